"""What came of a run, in numbers that add up."""

from __future__ import annotations

from dataclasses import dataclass, fields

OUTCOMES = ("written", "duplicate", "rejected", "quarantined", "failed", "other")

# The exit codes of the command line, by how a run ended
STOPPED, INTERRUPTED = 3, 130


@dataclass(frozen=True, slots=True)
class Summary:
    """Every file that was attended to, counted once: `found` = `written` + `duplicate` + `rejected` + `quarantined` + `failed` + `other`.

    `written`: new files in the output. `duplicate`: the same bytes stood there already. `rejected`: a `reject` of the profile held.
    `quarantined`: the plan could not be applied as it says. `failed`: the file could not be read, or a defect of the program. `other`: not
    DICOM, a DICOMDIR, a symbolic link. `codes` counts the codes of all that was not written.

    `plan` is the fingerprint of the plan, `profile` and `version` where it came from, `key` the public identifier of the key.
    `ended`: complete, stopped (then `reason` is a code) or interrupted; only a complete run has attended to every file. `bytes` were
    written, in `seconds`. In a dry run `written` is what would have been. `run_folder` is where the run was written down, "" nowhere; no
    file holds it."""

    found: int
    written: int
    duplicate: int
    rejected: int
    quarantined: int
    failed: int
    other: int
    plan: str
    profile: str
    version: str
    key: str
    codes: tuple[tuple[str, int], ...] = ()
    layout: str = "uid"
    workers: int = 1
    dry_run: bool = False
    ended: str = "complete"
    reason: str = ""
    bytes: int = 0
    seconds: float = 0.0
    run_folder: str = ""

    @property
    def balanced(self) -> bool:
        """The closing equation."""
        return self.found == self.written + self.duplicate + self.rejected + self.quarantined + self.failed + self.other

    @property
    def exit_code(self) -> int:
        """0 nothing quarantined or failed, 1 something was, 3 stopped early, 130 interrupted."""
        match self.ended:
            case "stopped":
                return STOPPED
            case "interrupted":
                return INTERRUPTED
        return 1 if self.quarantined or self.failed else 0

    def equation(self) -> str:
        """The closing equation, written out."""
        return f"found {self.found} = " + " + ".join(f"{outcome} {getattr(self, outcome)}" for outcome in OUTCOMES)

    def record(self) -> dict[str, object]:
        """As JSON has it: the fields by name, `codes` an object, no path."""
        out: dict[str, object] = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "run_folder"}
        out["codes"] = dict(self.codes)
        out["seconds"] = round(self.seconds, 3)
        return out
