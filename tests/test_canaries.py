"""Made-up strings planted in hundreds of places of a file: none is left in anything that is written, or the file is refused.

Not planted: the inside of compressed pixel data (comments of a JPEG, offset tables, fragments), which this version hands on as it is."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

import canaries
import pytest
from canaries import CHARACTER_SETS, ENCODINGS, PLACES, Place
from click.testing import CliRunner

from deidrules.cli.main import main
from deidrules.compile.compiler import compile_profile, compile_text
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.plan.model import Plan, Policies
from deidrules.text.refusal import Refusal

# It keeps whatever makes an engine look the other way: sequences, icons, a private block, a plane, pixels; it cleans, shifts, replaces.
KEEP_LIST = f"""\
deidrules 1
D PatientID, PatientName = pseudonym(PatientID, length: 12)
U StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, ReferencedSOPInstanceUID
K Modality, WindowCenter, ReferencedSOPClassUID, ValueType, RelationshipType
C StudyDate = shift(per: PatientID, within: 30 days)
C SeriesDescription
K ReferencedImageSequence, IconImageSequence, ContentSequence, ProcedureCodeSequence, CodeValue
K (0019,"{canaries.SPELLED}",01), (0019,"{canaries.SPELLED}",02)
K (601E,0010), (601E,0011), (601E,0040), (601E,0050), (601E,0100), (601E,0102), (601E,3000)
K PixelData, FloatPixelData, DoubleFloatPixelData
"""
# The codes of defects; every other refusal is an answer.
DEFECTS = frozenset({"function-failed", "wrong-change", "wrong-type", "cannot-add"})


@functools.cache
def keep_list() -> Plan:
    policies = Policies("X", unmatched_pixels="accept", unknown_sop_class="strictest")
    compiled = compile_text(KEEP_LIST, policies=policies)
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


@functools.cache
def basic() -> Plan:
    compiled = compile_profile("ps315-basic")
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


def leaks(plan: Plan, places: Iterable[Place], encoding: str, characters: str) -> list[str]:
    """The places whose canary is in the output."""
    engine = Engine(plan, KeyRing(bytes(range(32))))
    found: list[str] = []
    for number, place in enumerate(places):
        made = canaries.sheet(place, number, encoding, characters)
        try:
            instance = engine.apply(made.file())
        except Refusal as refusal:
            assert refusal.code not in DEFECTS, (place.name, refusal.code)
            assert not any(needle in str(refusal.record()).encode() for needle in canaries.needles(made.text))
            continue
        # the crosswalk's pairs hold the input's values and no output does
        names = " ".join((instance.study_uid, instance.series_uid, instance.instance_uid, *instance.verdicts))
        told = names.encode() + repr((instance.outcomes, instance.dropped)).encode()
        if canaries.hidden_in(b"".join(instance.parts), made.text) or canaries.hidden_in(told, made.text):
            found.append(place.name)
    return found


LISTED = tuple(place for place in PLACES if place.listed)


def test_there_are_places_enough_and_a_planted_file_holds_its_canary() -> None:
    assert len(PLACES) >= 120
    assert len({place.name for place in PLACES}) == len(PLACES)
    for encoding in ENCODINGS:
        for number, place in enumerate(PLACES):
            made = canaries.sheet(place, number, encoding)
            nowhere = place.name == "behind the deflated data set" and encoding != "deflated"
            implicit = encoding == "implicit" and place.name.startswith(("reserved bytes", "a number that stays"))
            in_pieces = place.name.startswith(("length of the delimiter", "identifier with"))
            assert nowhere or implicit or in_pieces or canaries.hidden_in(made.file(), made.text), (place.name, encoding)


def test_the_search_finds_what_is_not_removed() -> None:
    keeping = compile_text(
        "deidrules 1\nK PatientName, StudyDescription, ImageComments\n", policies=Policies("X", unknown_sop_class="strictest")
    )
    assert keeping.plan is not None
    kept = [place for place in PLACES if place.name in ("listed 00100010", "listed 00081030", "listed 00204000")]
    for encoding in ENCODINGS:
        for characters in CHARACTER_SETS:
            assert len(leaks(keeping.plan, kept, encoding, characters)) == 3, (encoding, characters)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_nothing_is_left_under_a_keep_list(encoding: str) -> None:
    assert leaks(keep_list(), PLACES, encoding, "none") == []


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_nothing_of_what_the_standard_lists_is_left_under_the_basic_profile(encoding: str) -> None:
    assert leaks(basic(), LISTED, encoding, "none") == []


@pytest.mark.parametrize("characters", [name for name in CHARACTER_SETS if name != "none"])
def test_no_character_set_hides_anything(characters: str) -> None:
    assert leaks(keep_list(), PLACES[::2], "explicit", characters) == []


@pytest.mark.long
@pytest.mark.parametrize("characters", CHARACTER_SETS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_nothing_is_left_in_any_encoding_and_character_set(encoding: str, characters: str) -> None:
    assert leaks(keep_list(), PLACES, encoding, characters) == []
    assert leaks(basic(), LISTED, encoding, characters) == []


def _planted(folder: Path, places: Iterable[tuple[int, Place]]) -> list[str]:
    """Files in folders that are named with canaries; the canaries."""
    texts: list[str] = []
    for number, place in places:
        made = canaries.sheet(place, number)
        named = canaries.canary(number + 0x1000), canaries.canary(number + 0x2000)
        below = folder / f"DOE {named[0]}"
        below.mkdir(parents=True)
        (below / f"{named[1]}^JANE.dcm").write_bytes(made.file())
        (below / f"{named[1]}.txt").write_text(f"no DICOM: {made.text}")
        texts += (made.text, *named)
    return texts


def _run(tmp_path: Path, profile: str, layout: str, places: Iterable[tuple[int, Place]]) -> None:
    texts = _planted(tmp_path / "in", places)
    output, run, key = tmp_path / "out", tmp_path / "run", tmp_path / "key"
    assert CliRunner().invoke(main, ["keygen", str(key)]).exit_code == 0
    result = CliRunner().invoke(
        main, ["apply-profile", profile, str(tmp_path / "in"), "--output", str(output), "--run", str(run), "--key-file", str(key),
               "--layout", layout, "--json", "-v"]
    )  # fmt: skip
    assert result.exit_code in (0, 1), result.output
    assert (run / "sources.csv").is_file()
    files = [path for folder in (output, run) for path in folder.rglob("*") if path.is_file() and path.name != "sources.csv"]
    assert {"audit.jsonl", "quarantine.jsonl", "summary.json"} <= {path.name for path in files}
    assert any(path.suffix == ".dcm" or b"DICM" in path.read_bytes()[128:132] for path in files)
    told = result.stdout_bytes + result.stderr_bytes
    names = "\n".join(str(path.relative_to(tmp_path)) for folder in (output, run) for path in folder.rglob("*")).encode()
    everything = [told, names, *(path.read_bytes() for path in files)]
    for text in texts:
        assert not any(canaries.hidden_in(data, text) for data in everything), text


@pytest.mark.parametrize("layout", ["uid", "mirror"])
def test_a_run_tells_nothing_but_in_the_list_of_sources(tmp_path: Path, layout: str) -> None:
    numbered = [(number, place) for number, place in enumerate(PLACES) if number % 9 == 0 and place.listed]
    _run(tmp_path, "ps315-basic", layout, numbered)


@pytest.mark.long
@pytest.mark.parametrize("layout", ["uid", "mirror"])
def test_a_run_over_all_places_tells_nothing(tmp_path: Path, layout: str) -> None:
    profile = tmp_path / "profile"
    profile.mkdir()
    (profile / "keep.recipe").write_text(KEEP_LIST)
    (profile / "profile.yaml").write_text(
        "profile: canaries\nversion: 1.0.0\nlanguage: 1\nrecipes: [keep.recipe]\npolicies:\n"
        "  unlisted: X\n  unmatched-pixels: accept\n  unknown-sop-class: strictest\n"
    )
    _run(tmp_path, str(profile), layout, list(enumerate(PLACES)))
