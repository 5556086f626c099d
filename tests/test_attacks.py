"""What a hostile tester found: each by the smallest file that showed it."""

from __future__ import annotations

import functools
from struct import pack

import build
import pytest
from build import EXPLICIT_UID, element, file, item, number, sequence

from deidrules.compile.compiler import compile_text
from deidrules.dicom.reader import read
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.engine.outcome import Deidentified
from deidrules.plan.model import Plan, Policies
from deidrules.text.refusal import Refusal

SECRET = b"SECRETCANARY"
PIXELS = 0x7FE00010
KEEP_ALL = "K Modality"
HEADER = element(0x00080016, "UI", build.CT_IMAGE) + element(0x00080018, "UI", "1.2.3")


@functools.cache
def plan(recipe: str, unlisted: str, malformed: str) -> Plan:
    policies = Policies(unlisted, unmatched_pixels="accept", unknown_sop_class="strictest", malformed=malformed)
    compiled = compile_text(f"deidrules 1\n{recipe}\n", policies=policies)
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


def run(data: bytes, recipe: str = KEEP_ALL, *, unlisted: str = "K", malformed: str = "quarantine") -> Deidentified:
    """The same whether a program for the layout was learned or not."""
    engine = Engine(plan(recipe, unlisted, malformed), KeyRing(bytes(range(32))))
    found = [engine.apply(data) for _ in range(4)]
    assert len({written(one) for one in found}) == 1
    return found[-1]


def written(found: Deidentified) -> bytes:
    return b"".join(found.parts)


def refused(data: bytes, recipe: str = KEEP_ALL, *, unlisted: str = "K", malformed: str = "quarantine") -> str:
    with pytest.raises(Refusal) as caught:
        run(data, recipe, unlisted=unlisted, malformed=malformed)
    return caught.value.code


def image(pixels: bytes, before: bytes = b"") -> bytes:
    """An image with this in the place of its pixel element."""
    whole = build.image()
    return whole[: whole.index(build.tag_bytes(PIXELS))] + before + pixels


# ---- pixels


def test_two_pixel_elements_are_refused_for_no_geometry_proves_both() -> None:
    floats = element(0x7FE00008, "OF", bytes(96))
    assert refused(file(image(element(PIXELS, "OW", bytes(24) + SECRET), floats))) == "several-pixel-elements"


def test_a_second_pixel_element_that_is_cut_off_is_not_left_out() -> None:
    cut = element(PIXELS, "OW", bytes(10), length=24)
    assert refused(file(image(cut, element(0x7FE00008, "OF", bytes(96))))) == "truncated"


def test_fragments_under_a_transfer_syntax_without_them_are_refused() -> None:
    assert refused(file(image(build.fragments(SECRET)))) == "pixel-coding"


def test_fragments_in_an_icon_of_a_native_object_are_refused() -> None:
    icon = image(build.fragments(SECRET))[len(build.identity()) :]
    assert refused(file(build.identity() + sequence(0x00880200, item(icon)))) == "pixel-coding"


@pytest.mark.parametrize("announcing", [element(0x7FE00000, "UL", pack("<I", 36)), element(0x7FE00001, "OV", bytes(8))])
def test_an_image_cut_off_behind_what_announces_its_pixels_is_refused(announcing: bytes) -> None:
    assert refused(file(image(b"", announcing))) == "truncated"


def test_an_image_without_pixels_is_written_and_the_audit_says_so() -> None:
    assert ("pixel-data-absent", 0) in run(file(image(b""))).dropped
    assert not run(file(build.image())).dropped


def test_the_rest_of_a_damaged_image_is_no_trailing_bytes() -> None:
    whole = build.image(rows=40, columns=60)
    at = whole.index(element(0x00100010, "PN", "DOE^JANE"))
    damaged = whole[:at] + b"\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8" + whole[at + 8 :]
    assert refused(file(damaged)) == "unknown-vr"


def test_a_long_rest_behind_the_header_of_an_image_may_be_its_pixels() -> None:
    assert run(file(HEADER + b"\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8" * 8)).dropped[0] == ("trailing-bytes", 64)
    assert refused(file(HEADER + b"\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8" * 100)) == "unknown-vr"


# ---- overlays

PLANE = (
    number(0x60000010, 4) + number(0x60000011, 6) + element(0x60000040, "CS", "G") + element(0x60000050, "SS", pack("<hh", 1, 1))
    + number(0x60000100, 1) + number(0x60000102, 0)
)  # fmt: skip


def test_bytes_beyond_the_geometry_of_a_plane_are_dropped() -> None:
    data = element(0x60003000, "OW", b"\xff\xf0\x0f\0" + SECRET)
    found = run(file(image(element(PIXELS, "OW", bytes(24)), PLANE + data)))
    assert ("excess-overlay-bytes", len(SECRET)) in found.dropped
    assert SECRET not in written(found)
    assert element(0x60003000, "OW", b"\xff\xf0\x0f\0") in written(found)


def test_bytes_beyond_the_geometry_of_a_plane_in_an_item_are_dropped() -> None:
    nested = sequence(0x00081140, item(PLANE + element(0x60003000, "OW", bytes(4) + SECRET)))
    found = run(file(HEADER + nested))
    assert SECRET not in written(found)
    assert read(written(found)).index[0x00081140].items is not None


def test_a_plane_that_nothing_describes_does_not_stay() -> None:
    assert refused(file(image(element(PIXELS, "OW", bytes(24)), element(0x60003000, "OW", SECRET)))) == "overlay-attributes"


def test_planes_of_one_layout_and_other_sizes_are_cut_each_by_its_own() -> None:
    engine = Engine(plan(KEEP_ALL, "K", "quarantine"), KeyRing(bytes(range(32))))
    for rows, kept in ((4, 4), (4, 4), (4, 4), (8, 6), (4, 4)):
        described = PLANE.replace(number(0x60000010, 4), number(0x60000010, rows))
        data = image(element(PIXELS, "OW", bytes(24)), described + element(0x60003000, "OW", bytes(range(1, 17))))
        out = read(written(engine.apply(file(data))))
        assert out.raw(out.index[0x60003000]) == bytes(range(1, kept + 1))


# ---- the engine's own elements


@pytest.mark.parametrize(
    ("tag", "vr", "value", "code"),
    [
        (0x00280008, "IS", "1\\5551234567", "pixel-attribute"),
        (0x00080016, "UI", f"{build.CT_IMAGE}\\1.2.555123", "bad-sop-class"),
        (0x00080005, "CS", "ISO_IR 555", "unknown-character-set"),
        (0x00080005, "CS", "ISO_IR 100\\ISO 2022 IR 987", "unknown-character-set"),
    ],
)
def test_what_always_stays_can_hide_no_number(tag: int, vr: str, value: str, code: str) -> None:
    others = [(0x00080016, "UI", build.CT_IMAGE), (0x00080018, "UI", "1.2.3")]
    elements = sorted([other for other in others if other[0] != tag] + [(tag, vr, value)])
    assert refused(file(b"".join(element(*one) for one in elements))) == code


@pytest.mark.parametrize("vr", ["LO", "LT", "PN", "UT"])
def test_a_number_that_stays_is_not_taken_for_a_text(vr: str) -> None:
    data = file(HEADER + element(0x00281050, vr, SECRET))
    assert refused(data, "K WindowCenter", unlisted="X") == "wrong-vr"
    assert SECRET not in written(run(data, "Z WindowCenter", unlisted="X"))


# ---- identifiers


def named(vr: str, name: bytes, said: bytes, character_set: str = "") -> bytes:
    """An object whose patient's name stands in its study description."""
    first = element(0x00080005, "CS", character_set) if character_set else b""
    texts = element(0x00081030, "LO", said + b" " * (len(said) & 1)) + element(0x00100010, vr, name + b" " * (len(name) & 1))
    return file(first + HEADER + texts)


def cleaned(data: bytes) -> bytes:
    out = read(written(run(data, "C StudyDescription", unlisted="X")))
    return out.raw(out.index[0x00081030])


@pytest.mark.parametrize("vr", ["PN", "LO", "UN", "UT"])
def test_a_name_is_known_whatever_vr_the_file_gives_it(vr: str) -> None:
    assert cleaned(named(vr, b"DOE^JANE", b"SCAN OF DOE")).strip() == b"SCAN"


def test_a_name_that_is_no_text_is_refused_where_texts_are_cleaned() -> None:
    assert refused(named("OB", b"DOE^JANE", b"SCAN OF DOE"), "C StudyDescription", unlisted="X") == "wrong-vr"


@pytest.mark.parametrize("said", ["王 小東 CT", "王小東のCT", "CT 小東 王"])
def test_a_name_of_one_ideograph_goes_with_the_rest_of_it(said: str) -> None:
    left = cleaned(named("PN", "王^小東".encode(), said.encode(), "ISO_IR 192")).decode()
    assert "王" not in left and "小東" not in left and "CT" in left


@pytest.mark.parametrize("unseen", ["\0", "\x01", "\x7f", "\u00ad", "\u200b", "\u202e", "\ufeff"])
def test_characters_that_nobody_sees_hide_no_name(unseen: str) -> None:
    said = f"SCAN OF D{unseen}OE"
    assert cleaned(named("PN", b"DOE^JANE", said.encode(), "ISO_IR 192")).strip() == b"SCAN"


# ---- repair


def test_a_repair_that_lost_the_pixels_is_none() -> None:
    whole = build.image()
    at = whole.index(element(0x00100020, "LO", "4711"))
    # pydicom takes the VR it does not know for a length in implicit VR, and everything behind for the value
    damaged = whole[:at] + pack("<HH", 0x0010, 0x0020) + b"\x01\x02\0\0" + whole[at + 8 :]
    assert refused(file(damaged), malformed="repair") == "unknown-vr"
    unended = image(build.fragments(b"abcd", ended=False))
    assert refused(file(unended, build.JPEG_UID), malformed="repair") == "missing-delimiter"


def test_a_repair_that_ends_before_a_value_does_is_none() -> None:
    odd = HEADER + element(0x00080060, "QQ", "CT") + element(0x00204000, "LT", "cut off", length=400)
    assert refused(file(odd, EXPLICIT_UID), malformed="repair") == "unknown-vr"


# ---- bombs


def test_a_hundred_thousand_elements_and_items_take_seconds() -> None:
    elements = b"".join(element(group << 16 | 0x1000 | low, "LO", "AB") for group in range(0x11, 0x1880, 2) for low in range(16))
    assert b"AB" not in written(run_once(file(HEADER + elements)))[400:]
    assert written(run_once(file(HEADER + sequence(0x00081140, item() * 100_000))))


def run_once(data: bytes) -> Deidentified:
    return Engine(plan("K ReferencedImageSequence", "X", "quarantine"), KeyRing(bytes(range(32)))).apply(data)


@pytest.mark.long
def test_more_items_than_the_limit_are_refused() -> None:
    with pytest.raises(Refusal, match="too-many-elements"):
        run_once(file(HEADER + sequence(0x00081140, item() * 2_100_000)))


def test_sequences_within_un_that_break_off_are_read_once_each() -> None:
    inner = b"\x08\0\x05\0\xff\xff\xff\x0f"
    for _ in range(60):
        inner = element(0x00091001, "UN", item(inner, build.IMPLICIT), build.IMPLICIT) + b"\1\0"
    bomb = element(0x00090010, "LO", "A") + element(0x00091001, "UN", item(inner, build.IMPLICIT))
    assert written(run_once(file(HEADER + bomb)))
