"""No output has a dciodvfy error that its input did not have.

What is run: `deidrules apply-profile PROFILE ../shared/corpus/files --output OUT --run RUN --layout mirror`, and on each input and its
output `dciodvfy -new FILE`. Errors are compared by kind and attribute, see dciodvfy.py. Every exception stands in EXCEPTIONS with its
reason; one that is not met any more is a fault, too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import corpus_run
import dciodvfy
import pytest
from dciodvfy import Finding

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not corpus_run.CORPUS.is_dir(), reason=corpus_run.ABSENT),
    pytest.mark.skipif(not dciodvfy.available(), reason=dciodvfy.ABSENT),
]

PROFILES = ("ps315-basic", *corpus_run.STACKS)

KEPT_BAD_UIDS = tuple(
    (name, "MediaStorageSOPInstanceUID(0002,0003)") for name in ("func-sequence-replace/cleaned.dcm", "JPEGLossless_1s_1f_i_16_16_bad.dcm")
)
# (end of the file's name or "" for any, attribute path or "" for any) -> why
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("CommandLineTool.UnitTests/DicomResults/privateTag.dcm", ""): (
        "the input has elements out of order, in which dciodvfy gives up: what it says of the output is true of the input"
    ),
    **dict.fromkeys(KEPT_BAD_UIDS, "its SOP Instance UID is no UID; an option that keeps it puts it into the file meta information, too"),
    ("", "ReferencedSeriesSequence(0008,1115)"): (
        "Source Image Sequence is Type 2 in segmentations and X/Z/U in the table, so it is emptied (E.1-1, rule 12); Common Instance "
        "Reference, which the table does not list, stays and names what nothing refers to any more"
    ),
    ("NeurosurgeryPlan.dcm", "HangingProtocolDefinitionSequence(0072,000c)/ReasonForRequestedProcedureCodeSequence(0040,100a)"): (
        "the table says X, and the attribute is Type 2 in this one sequence: a plain X always removes (rule 12)"
    ),
}


# Where an exception is needed, if not under the Basic Profile
NEEDED = dict.fromkeys(KEPT_BAD_UIDS, ("fullest with full dates",))


def excused(source: Path, finding: Finding) -> tuple[str, str] | None:
    """The exception that a new error falls under."""
    return next(
        (key for key in EXCEPTIONS if source.as_posix().endswith(key[0]) and key[1] in ("", finding.path)),
        None,
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_no_output_has_a_dciodvfy_error_that_its_input_did_not_have(profile: str, tmp_path: Path) -> None:
    if absent := corpus_run.missing(profile):
        pytest.skip(f"layers not shipped: {', '.join(absent)}")
    run = corpus_run.apply(corpus_run.profile(profile, tmp_path), [corpus_run.FILES], tmp_path)
    assert len(run.written) >= corpus_run.least(profile)
    scratch = tmp_path / "scratch"

    def judge(pair: tuple[int, tuple[Path, Path]]) -> Counter[Finding]:
        number, (source, output) = pair
        own = scratch / str(number)
        own.mkdir(parents=True)
        return dciodvfy.new_errors(source, output, own)

    with ThreadPoolExecutor(2) as threads:
        found = dict(zip(run.written, threads.map(judge, enumerate(run.written.items())), strict=True))
    new: dict[Finding, list[str]] = defaultdict(list)
    met = set()
    for source, findings in found.items():
        for finding in findings:
            exception = excused(source, finding)
            if exception is None:
                new[finding].append(source.name)
            met.add(exception)
    lines = [f"{len(files)} x {finding.path}: {finding.said} ({files[0]})" for finding, files in sorted(new.items())]
    assert not lines, f"{len(lines)} kinds of new errors\n" + "\n".join(lines)
    assert not {key for key in EXCEPTIONS if profile in NEEDED.get(key, ("ps315-basic",))} - met, "exceptions that nothing needs"


def test_the_harness_sees_an_attribute_that_is_gone(tmp_path: Path) -> None:
    """Type 1 removed, Type 2 removed, a UID that is none: three new errors and nothing else."""
    from pydicom import dcmread

    source = corpus_run.FILES / "pydicom+pydicom/src/pydicom/data/test_files/CT_small.dcm"
    dataset = dcmread(source)
    del dataset.RescaleSlope, dataset.PatientBirthDate
    dataset.FrameOfReferenceUID = "1.2.03"
    dataset.save_as(tmp_path / "broken.dcm")
    new = dciodvfy.new_errors(source, tmp_path / "broken.dcm", tmp_path)
    assert {finding.path.rpartition("(")[0] for finding in new} == {"RescaleSlope", "PatientBirthDate", "FrameOfReferenceUID"}
    assert not dciodvfy.new_errors(source, source, tmp_path)
