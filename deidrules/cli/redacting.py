"""What `redact` says of what it did: lines for a reader, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from deidrules.rectangles.matching import Matched
    from deidrules.run.redact import Blanked, Done

# what to do about a refusal
_HINTS = {
    "rectangle-outside-image": "was the rectangle drawn for this image? --clipped cuts it to the image, and frames count from 1",
    "nothing-to-blank": "`deidrules show FILE` lists the elements of the file",
    "no-ultrasound-regions": "without --remove-ultrasound-regions, and with -r for what is to go, the file can be redacted",
    "conflict": "take the other file away, or name another place with -o",
    "overlay-attributes": "--remove-overlays takes such a plane whole",
    "read-only": "-o names another place",
    "internal-error": "this is a defect of deidrules: please report this line, which holds no value",
    "verify-mismatch": "the output was withdrawn; please report it if the storage is sound",
}
_FORMS = {"tag": "at {}", "vr": "{}", "length": "length {}", "expected": "expected {}", "rule": "by {}", "type": "{}", "place": "at {}"}


def say_matches(matched: Matched) -> None:
    """On stderr what a user may not expect of how lists and files were brought together."""
    for target in matched.targets:
        if target.by_name:
            click.echo(f"{target.file}: the list has it in another folder; its name alone was matched", err=True)
    if matched.undone:
        files = "1 file" if matched.undone == 1 else f"{matched.undone} files"
        click.echo(f"{files} of the database not marked done, left alone: --all takes such files, too", err=True)


def report(done: Sequence[Done], asked: int, *, as_json: bool, verbose: bool, stopped: bool) -> int:
    """Say what became of each file; the exit code."""
    if as_json:
        click.echo(json.dumps(_record(done, asked), ensure_ascii=False))
    else:
        for one in done:
            _say(one, verbose=verbose)
        if asked > 1:
            click.echo(_sum(done, asked))
    if stopped:
        click.echo("interrupted: what was written is whole", err=True)
        return 130
    return int(any(one.outcome == "refused" for one in done))


def _say(one: Done, *, verbose: bool) -> None:
    if one.refusal is not None:
        click.echo(f"{one.file}: {_refusal(one.refusal)}", err=True)
        return
    note = "" if one.outcome == "written" else ": it is there already, the same bytes"
    if not one.changed:
        note += ": nothing to remove was found, so it is the input"
    click.echo(f"{one.file} -> {one.output}{note}")
    for line in _details(one) if verbose else ():
        click.echo(f"  {line}")


def _refusal(record: dict[str, str | int]) -> str:
    from deidrules.text.refusals import REFUSALS

    code = str(record["code"])
    said = f"refused: {code}, {REFUSALS.get(code, '')}".removesuffix(", ")
    details = " ".join(_FORMS[name].format(value) for name, value in record.items() if name in _FORMS)
    hint = _HINTS.get(code, "")
    return "; ".join(part for part in (said, details, hint) if part)


def _details(one: Done) -> Iterator[str]:
    for blanked in one.blanked:
        yield f"blanked {_corners(blanked)} in {_where(blanked)}"
    if one.removed:
        yield f"removed overlay {', '.join(one.removed)}"
    if one.high_bits:
        yield "cleared the bits of samples that are not the image"
    if one.new_icon:
        yield "made the icon image anew"
    if one.untrue:
        yield f"removed {', '.join(one.untrue)}: the image as it was, or untrue of it now"
    if one.new_uid:
        yield f"SOP Instance UID {one.new_uid}"
    for what, count in one.dropped:
        yield f"left behind: {what}, {count} bytes"


def _corners(blanked: Blanked) -> str:
    held = blanked.rectangle
    return f"{held.left},{held.top},{held.right},{held.bottom}"


def _where(blanked: Blanked) -> str:
    frames = f"frame {blanked.first}" if blanked.first == blanked.last else f"frames {blanked.first}-{blanked.last}"
    return f"overlay {blanked.overlay}, its {frames}" if blanked.overlay else frames


def _sum(done: Sequence[Done], asked: int) -> str:
    counts = {name: sum(one.outcome == name for one in done) for name in ("written", "duplicate", "refused")}
    return f"{asked} files: " + ", ".join(f"{count} {name}" for name, count in counts.items() if count or name != "duplicate")


def _record(done: Sequence[Done], asked: int) -> dict[str, Any]:
    """Rectangles are [x0, y0, x1, y1], half-open; frames [first, last], from 1; `overlay` is null for the image."""
    return {
        "files": [_file(one) for one in done],
        "asked": asked,
        **{name: sum(one.outcome == name for one in done) for name in ("written", "duplicate", "refused")},
    }


def _file(one: Done) -> dict[str, Any]:
    if one.refusal is not None:
        return {"file": one.file, "outcome": one.outcome, "output": None, "refusal": one.refusal}
    return {
        "file": one.file,
        "outcome": one.outcome,
        "output": one.output,
        "changed": one.changed,
        "blanked": [
            {
                "rectangle": [held.rectangle.left, held.rectangle.top, held.rectangle.right, held.rectangle.bottom],
                "frames": [held.first, held.last],
                "overlay": held.overlay or None,
            }
            for held in one.blanked
        ],
        "removed_overlays": list(one.removed),
        "high_bits_cleared": one.high_bits,
        "new_icon": one.new_icon,
        "removed_elements": list(one.untrue),
        "new_uid": one.new_uid or None,
        "dropped": dict(one.dropped),
    }
