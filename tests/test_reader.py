"""The strict reader on hand-built bytes: what it proves, what it drops, what it refuses."""

from __future__ import annotations

import random
import zlib
from struct import pack

import build
import pytest
from build import BIG, EXPLICIT, IMPLICIT, UIDS, Coding, element, file, item, number, sequence

from deidrules.dicom import header, writer
from deidrules.dicom.container import IMPLEMENTATION_CLASS_UID, file_meta
from deidrules.dicom.element import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, DicomObject, Element, Encoding
from deidrules.dicom.limits import Limits
from deidrules.dicom.pixel_length import native_length
from deidrules.dicom.reader import read
from deidrules.text.refusal import Refusal
from deidrules.text.refusals import REFUSALS

CODINGS = [EXPLICIT, IMPLICIT, BIG]
ENCODINGS = {EXPLICIT: EXPLICIT_LITTLE, IMPLICIT: IMPLICIT_LITTLE, BIG: EXPLICIT_BIG}


def refused(data: bytes, limits: Limits | None = None) -> str:
    """The code of the refusal; the table must list it."""
    with pytest.raises(Refusal) as caught:
        read(data) if limits is None else read(data, limits)
    assert caught.value.code in REFUSALS
    return caught.value.code


def only(data_set: bytes, tag: int, coding: Coding = EXPLICIT) -> Element:
    return read(file(data_set, UIDS[coding])).index[tag]


# ---- what is proven


@pytest.mark.parametrize("coding", CODINGS)
def test_a_data_set_is_read_in_every_encoding(coding: Coding) -> None:
    data_set = build.rich(coding)
    found = read(file(data_set, UIDS[coding]))
    assert found.encoding == ENCODINGS[coding]
    assert found.transfer_syntax == UIDS[coding]
    assert found.buffer[found.start : found.stop] == data_set
    assert found.dropped == ()
    name = found.index[0x00100010]
    assert (name.vr, name.coded_vr, found.raw(name)) == ("PN", "PN" if coding.explicit else "", b"DOE^JANE")
    outer = found.index[0x00081110]
    assert outer.vr == "SQ" and outer.items is not None and len(outer.items) == 2 and outer.items[1].elements == ()
    inner = outer.items[0].elements[0]
    assert inner.undefined and inner.end == inner.stop + 8 and inner.items is not None
    assert found.raw(inner.items[0].elements[0]) == b"1.2.9\0"
    assert inner.items[0].undefined and inner.items[0].end == inner.items[0].stop + 8


@pytest.mark.parametrize("coding", CODINGS)
def test_headers_written_are_headers_read(coding: Coding) -> None:
    encoding = ENCODINGS[coding]
    for tag, vr, value in ((0x00100010, "PN", b"DOE^JANE"), (0x00204000, "LT", b"ab"), (0x7FE00010, "OW", b"\1\2\3\4")):
        assert writer.element(tag, vr, value, encoding) == element(tag, vr, value, coding)
    assert writer.item_header(4, encoding) == item(b"abcd", coding)[:8]
    whole = (
        writer.element_header(0x00081110, "SQ", None, encoding)
        + writer.item_header(None, encoding)
        + writer.item_delimiter(encoding)
        + writer.sequence_delimiter(encoding)
    )
    assert whole == sequence(0x00081110, item(b"", coding, undefined=True), coding=coding, undefined=True)


def test_a_short_length_field_is_not_overflown() -> None:
    with pytest.raises(Refusal, match="value-too-long"):
        writer.element_header(0x00100010, "PN", 0x10000, EXPLICIT_LITTLE)
    assert writer.element_header(0x00100010, "PN", 0x10000, IMPLICIT_LITTLE)


@pytest.mark.parametrize("coding", CODINGS)
def test_private_elements_know_their_creator(coding: Coding) -> None:
    found = read(file(build.rich(coding), UIDS[coding]))
    assert found.index[0x00090010].creator is None
    assert found.index[0x00091001].creator == "ACME 1.1"
    assert found.index[0x00091102].creator == "OTHER MAKER"


@pytest.mark.parametrize("coding", CODINGS)
def test_creators_count_within_their_own_item_only(coding: Coding) -> None:
    found = read(file(build.rich(coding), UIDS[coding]))
    items = found.index[0x00081110].items
    assert items is not None
    assert items[0].elements[1].tag == 0x00091001 and items[0].elements[1].creator is None


def test_a_creator_of_two_blocks_owns_neither_and_an_empty_one_has_none() -> None:
    data_set = (
        element(0x00090010, "LO", "ACME")
        + element(0x00090011, "LO", "OTHER")
        + element(0x00090012, "LO", "")
        + element(0x00091001, "LO", "a")
        + element(0x00091101, "LO", "b")
        + element(0x00091201, "LO", "c")
        + element(0x00091301, "LO", "d")
    )
    found = read(file(data_set))
    assert [found.index[0x00090001 | block].creator for block in (0x1000, 0x1100, 0x1200, 0x1300)] == ["ACME", "OTHER", None, None]
    found = read(file(data_set.replace(b"OTHER ", b"acme  ")))
    assert [found.index[0x00090001 | block].creator for block in (0x1000, 0x1100, 0x1200, 0x1300)] == [None] * 4


@pytest.mark.parametrize("coding", CODINGS)
def test_an_un_coded_private_sequence_is_read_as_implicit_little_endian(coding: Coding) -> None:
    found = read(file(build.rich(coding), UIDS[coding]))
    hidden = found.index[0x00091102]
    assert hidden.vr == "SQ" and hidden.items is not None
    assert hidden.items[0].encoding == IMPLICIT_LITTLE
    assert hidden.items[0].elements[0].tag == 0x00100010
    broken = found.index[0x00091103]
    assert broken.vr == "UN" and broken.items is None


def test_an_un_coded_sequence_of_undefined_length_is_read() -> None:
    content = item(element(0x00100010, "PN", "DOE^JOHN", IMPLICIT), IMPLICIT, undefined=True)
    found = only(sequence(0x00091001, content, undefined=True, vr="UN"), 0x00091001)
    assert (found.vr, found.coded_vr, found.undefined) == ("SQ", "UN", True)
    assert found.items is not None and found.items[0].elements[0].vr == "PN"


def test_an_un_coded_public_element_has_the_dictionary_vr() -> None:
    assert only(element(0x00100020, "UN", b"4711"), 0x00100020).vr == "LO"
    assert only(element(0x00280010, "UN", b"\1\0"), 0x00280010).vr == "US"
    assert only(element(0x00081110, "UN", b""), 0x00081110).items == ()
    assert only(element(0x00081110, "UN", b"no item!"), 0x00081110).vr == "UN"
    assert only(element(0x00090010, "UN", b"ACME") + element(0x00091001, "LO", "x"), 0x00091001).creator == "ACME"


def test_un_coded_numbers_in_big_endian_stay_unknown() -> None:
    # PS3.5 6.2.2: they are little endian
    assert only(element(0x00280010, "UN", b"\1\0", BIG), 0x00280010, BIG).vr == "UN"
    assert only(element(0x00100020, "UN", b"4711", BIG), 0x00100020, BIG).vr == "LO"


def test_implicit_numbers_are_signed_as_pixel_representation_says() -> None:
    for sign, vr in ((0, "US"), (1, "SS")):
        data_set = number(0x00280103, sign, IMPLICIT) + element(0x00280106, "US", b"\xff\xff", IMPLICIT)
        assert only(data_set, 0x00280106, IMPLICIT).vr == vr


def test_implicit_elements_nobody_knows_are_unknown_or_sequences() -> None:
    assert only(element(0x00091001, "LO", b"abcd", IMPLICIT), 0x00091001, IMPLICIT).vr == "UN"
    assert only(element(0x00080003, "LO", b"abcd", IMPLICIT), 0x00080003, IMPLICIT).vr == "UN"
    private = only(sequence(0x00091001, item(element(0x00100010, "PN", "DOE", IMPLICIT), IMPLICIT), coding=IMPLICIT), 0x00091001, IMPLICIT)
    assert private.vr == "SQ"
    assert only(element(0x00090000, "UL", bytes(4), IMPLICIT), 0x00090000, IMPLICIT).vr == "UL"


def test_encapsulated_pixel_data_is_fragments() -> None:
    found = read(file(build.identity() + build.fragments(b"\xff\xd8ab", b"cd"), build.JPEG_UID))
    pixels = found.index[0x7FE00010]
    assert pixels.fragments and pixels.items is not None and pixels.undefined
    assert [found.buffer[one.value : one.stop] for one in pixels.items] == [b"", b"\xff\xd8ab", b"cd"]
    assert pixels.end == pixels.stop + 8 == found.stop


def test_odd_lengths_are_taken_and_told() -> None:
    found = read(file(element(0x00100020, "LO", b"471")))
    assert found.odd_lengths and found.raw(found.index[0x00100020]) == b"471"
    assert not read(file(build.identity())).odd_lengths


def test_a_deflated_data_set_is_inflated() -> None:
    data_set = build.image()
    found = read(build.deflated(data_set))
    assert found.deflated and found.buffer == data_set and found.start == 0
    assert found.meta_buffer[found.meta[0].value : found.meta[0].stop] != b""


@pytest.mark.parametrize("length", [0, 4, 20, 10_000, -1])
def test_a_wrong_or_absent_meta_group_length_misleads_nobody(length: int) -> None:
    found = read(file(build.identity(), group_length=length))
    assert found.index[0x00100020].length == 4
    assert [one.tag for one in found.meta][-1] == 0x00020010


@pytest.mark.parametrize("coding", CODINGS)
def test_a_file_without_preamble_is_recognised(coding: Coding) -> None:
    found = read(build.image(coding))
    assert not found.has_preamble and found.encoding == ENCODINGS[coding] and found.transfer_syntax == UIDS[coding]
    with_meta = read(build.meta(UIDS[coding]) + build.image(coding))
    assert not with_meta.has_preamble and len(with_meta.meta) == 5


@pytest.mark.parametrize("coding", CODINGS)
def test_a_missing_transfer_syntax_is_inferred(coding: Coding) -> None:
    found = read(file(build.image(coding), None))
    assert found.transfer_syntax == UIDS[coding]
    assert read(bytes(128) + b"DICM" + build.image(coding)).transfer_syntax == UIDS[coding]


# ---- what is dropped


@pytest.mark.parametrize(
    "tail", [b"garbage", b"\0" * 100, b"\xff" * 9, b"x", element(0x00101001, "PN", "DOE"), element(0xFFFCFFFC, "OB", b"", length=9)]
)
def test_bytes_behind_pixel_data_are_dropped_and_counted(tail: bytes) -> None:
    found = read(file(build.image() + tail))
    assert found.dropped == (("trailing-bytes", len(tail)),)
    assert found.stop == len(found.buffer) - len(tail)


def test_elements_behind_pixel_data_are_elements() -> None:
    found = read(file(build.image() + element(0xFFFCFFFC, "OB", b"DOE^JANE")))
    assert found.dropped == () and 0xFFFCFFFC in found.index


def test_bytes_behind_trailing_padding_are_dropped() -> None:
    assert read(file(build.identity() + element(0xFFFCFFFC, "OB", b"") + b"tail")).dropped == (("trailing-bytes", 4),)


def test_zeros_behind_a_data_set_without_pixels_are_dropped() -> None:
    assert read(file(build.identity() + bytes(512))).dropped == (("trailing-bytes", 512),)


def test_an_image_whose_pixels_are_zeroed_away_is_refused() -> None:
    data_set = build.image()
    cut = data_set.index(element(0x7FE00010, "OW", b"", length=24)[:12])
    assert refused(file(data_set[:cut] + bytes(len(data_set) - cut))) == "unknown-vr"


@pytest.mark.parametrize("tail", [b"garbage", b"\0", b"\x20\0\x10\0"])
def test_other_bytes_behind_a_data_set_without_pixels_are_refused(tail: bytes) -> None:
    assert refused(file(build.identity() + tail)) in {"truncated", "unknown-vr"}


def test_bytes_behind_a_deflated_stream_are_dropped() -> None:
    assert read(build.deflated(build.image()) + b"tail").dropped == (("trailing-bytes", 4),)


# ---- what is refused


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"hello world, this is a text " * 20, b"%PDF-1.4" + bytes(300), bytes(1000), b"\x08\0", b"\x89PNG\r\n\x1a\n" + bytes(200)],
)
def test_what_is_not_dicom_is_called_so(data: bytes) -> None:
    assert refused(data) == "not-dicom"


def test_a_directory_is_called_so() -> None:
    assert refused(file(b"", sop_class="1.2.840.10008.1.3.10")) == "dicomdir"
    assert refused(file(element(0x00041130, "CS", "SET") + sequence(0x00041220))) == "dicomdir"
    assert refused(element(0x00041130, "CS", "SET") + sequence(0x00041220)) == "dicomdir"


def test_a_file_that_ends_with_its_meta_information_is_refused() -> None:
    assert refused(file(b"")) == "no-data-set"
    assert refused(bytes(128) + b"DICM") == "no-data-set"


@pytest.mark.parametrize(
    ("data_set", "code"),
    [
        (element(0x00100010, "PN", "A") + element(0x00100010, "PN", "B"), "duplicate-tag"),
        (element(0x00100010, "PN", "A") + element(0x00100020, "LO", "B") + element(0x00100010, "PN", "C"), "duplicate-tag"),
        (element(0x00100020, "LO", "A") + element(0x00100010, "PN", "B"), "out-of-order"),
        (sequence(0x00081110, item(element(0x00100020, "LO", "A") + element(0x00100010, "PN", "B"))), "out-of-order"),
        (element(0x00100010, "PN", b"DOE", length=4), "truncated"),
        (element(0x7FE00010, "OW", b"abc", length=4000), "truncated"),
        (element(0x00100010, "XX", "DOE"), "unknown-vr"),
        (element(0x00100010, "pn", "DOE"), "unknown-vr"),
        (element(0x00204000, "OB", b"ab", reserved=1), "reserved-bytes"),
        (element(0x00204000, "OB", b"ab", length=build.NO_END), "undefined-length"),
        (element(0x00204000, "UT", b"ab", length=build.NO_END), "undefined-length"),
        (sequence(0x00081110, b"no item!"), "bad-item"),
        (sequence(0x00081110, item() + b"\xfe\xff\x0d\xe0" + bytes(4)), "bad-item"),
        (sequence(0x00081110, item() + b"\xfe\xff\xdd\xe0" + bytes(4)), "bad-item"),
        (element(0x00081110, "SQ", item(), length=build.NO_END), "missing-delimiter"),
        (element(0x00081110, "SQ", item() + b"\xfe\xff\xdd\xe0\1\0\0\0", length=build.NO_END), "bad-delimiter"),
        (sequence(0x00081110, item(b"", undefined=True)[:-4] + b"\1\0\0\0"), "bad-delimiter"),
        (sequence(0x00081110, item(b"", undefined=True)[:-8]), "missing-delimiter"),
        (item(), "stray-delimiter"),
        (b"\xfe\xff\x0d\xe0" + bytes(4), "stray-delimiter"),
        (sequence(0x00081110, item(element(0x00100010, "PN", b"DOE ", length=40)) + item(bytes(60))), "truncated"),
        (sequence(0x00081110, b"\xfe\xff\x00\xe0" + pack("<I", 100)), "truncated"),
        (sequence(0x00081110, b"\xfe\xff\x00\xe0"), "truncated"),
        (sequence(0x00081110, b"1234567"), "truncated"),
        (build.fragments(b"ab", ended=False), "missing-delimiter"),
        (build.fragments(b"ab")[:-8] + b"\0" * 8, "bad-fragment"),
        (element(0x7FE00010, "OB", item(b"", undefined=True), length=build.NO_END), "bad-fragment"),
        (element(0x7FE00010, "OB", item() + b"\xfe\xff\x00\xe0" + pack("<I", 100), length=build.NO_END), "truncated"),
        (build.image() + build.image()[-36:], "duplicate-tag"),
        (b"\x10\0\x10\0PN", "truncated"),
    ],
)
def test_broken_data_sets_are_refused(data_set: bytes, code: str) -> None:
    assert refused(file(data_set, build.JPEG_UID)) == code


def test_broken_implicit_data_sets_are_refused() -> None:
    uid = build.IMPLICIT_UID
    assert refused(file(element(0x00100010, "PN", b"ab", IMPLICIT, length=build.NO_END), uid)) == "undefined-length"
    assert refused(file(element(0x00081110, "SQ", b"no item!", IMPLICIT), uid)) == "bad-item"
    assert refused(file(element(0x00100010, "PN", b"ab", IMPLICIT, length=4), uid)) == "truncated"
    assert refused(file(element(0x00100020, "LO", b"ab", IMPLICIT) + element(0x00100010, "PN", b"ab", IMPLICIT), uid)) == "out-of-order"
    assert refused(file(build.fragments(b"ab"), uid)) in {"truncated", "undefined-length"}
    assert refused(file(element(0x7FE00010, "OB", b"ab", IMPLICIT, length=build.NO_END), uid)) == "undefined-length"


@pytest.mark.parametrize("uid", ["1.2.3.4", "1.2.840.113619.5.2", "1.2.840.10008.1.2.7.1", "1.2.840.10008.5.1.4.1.1.2", "rubbish"])
def test_an_unknown_transfer_syntax_is_refused(uid: str) -> None:
    assert refused(file(build.image(), uid)) == "unknown-transfer-syntax"


def test_compressed_pixels_without_a_transfer_syntax_are_refused() -> None:
    assert refused(file(build.identity() + build.fragments(b"ab"), None)) == "no-transfer-syntax"
    assert refused(bytes(128) + b"DICM" + b"rubbish that is no data set") == "no-transfer-syntax"


def test_broken_file_meta_is_refused() -> None:
    start = bytes(128) + b"DICM"
    assert refused(start + element(0x00020001, "??", b"ab") + build.image()) == "bad-file-meta"
    assert refused(start + element(0x00020010, "UI", b"1.2.", length=400)) == "truncated"
    assert refused(start + element(0x00020010, "UI", "1.2") + element(0x00020010, "UI", "1.2")) == "duplicate-tag"
    assert refused(start + element(0x00020010, "UI", "1.2") + element(0x00020002, "UI", "1.2")) == "out-of-order"
    assert refused(start + element(0x00020001, "OB", b"ab", reserved=7)) == "reserved-bytes"


def test_a_broken_data_set_without_preamble_keeps_its_own_code() -> None:
    assert refused(build.image()[:-1]) == "truncated"
    assert refused(build.identity() + element(0x00100010, "PN", "A")) == "duplicate-tag"


def test_a_syntax_that_the_data_set_belies_is_refused() -> None:
    assert refused(file(build.image(IMPLICIT), build.EXPLICIT_UID)) == "unknown-vr"
    assert refused(file(build.image(EXPLICIT), build.IMPLICIT_UID)) == "truncated"


# ---- bounds


def nested(depth: int, coding: Coding = EXPLICIT, vr: str = "SQ") -> bytes:
    opening = element(0x00081140, vr, b"", coding, length=build.NO_END) + build.tag_bytes(0xFFFEE000, coding) + b"\xff" * 4
    closing = b"".join(build.tag_bytes(tag, coding) + bytes(4) for tag in (0xFFFEE00D, 0xFFFEE0DD))
    return opening * depth + closing * depth


@pytest.mark.parametrize("coding", CODINGS)
def test_nesting_is_read_to_the_limit_and_refused_beyond(coding: Coding) -> None:
    assert read(file(nested(64, coding), UIDS[coding])).index[0x00081140].items
    assert refused(file(nested(65, coding), UIDS[coding])) == "too-deep"
    assert refused(file(nested(3000, coding), UIDS[coding])) == "too-deep"
    assert refused(file(nested(3000, coding), UIDS[coding]), Limits(depth=10_000)) == "too-deep"


def test_nesting_within_un_is_bounded() -> None:
    inner = b""
    for _ in range(100):
        inner = element(0x00091001, "UN", item(inner, IMPLICIT), IMPLICIT)
    assert refused(file(inner, build.IMPLICIT_UID)) == "too-deep"
    assert refused(file(element(0x00091001, "UN", item(inner, IMPLICIT)))) == "too-deep"


def test_the_number_of_elements_is_bounded() -> None:
    many = b"".join(element(0x00110000 | number, "UN", b"", EXPLICIT) for number in range(0x1000, 0x1064))
    assert refused(file(many), Limits(elements=99)) == "too-many-elements"
    assert len(read(file(many), Limits(elements=100)).elements) == 100
    assert refused(file(sequence(0x00081110, item() * 100)), Limits(elements=99)) == "too-many-elements"
    assert refused(file(build.fragments(*[b""] * 100), build.JPEG_UID), Limits(elements=99)) == "too-many-elements"


def test_a_deflate_bomb_is_refused_without_being_inflated() -> None:
    machine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = file(machine.compress(bytes(64 << 20)) + machine.flush(), build.DEFLATED_UID)
    assert refused(bomb) == "deflate-bomb"
    assert refused(build.deflated(build.image()), Limits(inflated=50)) == "deflate-bomb"


def test_a_broken_deflated_stream_is_refused() -> None:
    whole = build.deflated(build.image())
    assert refused(whole[:-3]) == "deflate-broken"
    assert refused(file(b"\xff\xff\xff\xff", build.DEFLATED_UID)) == "deflate-broken"


# ---- whatever the bytes


def settled(data: bytes) -> DicomObject | Refusal:
    """The object or the refusal: anything else fails the test."""
    try:
        return read(data)
    except Refusal as refusal:
        assert refusal.code in REFUSALS
        return refusal


@pytest.mark.parametrize("coding", CODINGS)
def test_a_file_cut_anywhere_is_refused_unless_cut_between_elements(coding: Coding) -> None:
    whole = file(build.rich(coding), UIDS[coding])
    found = read(whole)
    ends = {one.end for one in found.elements}
    for length in range(len(whole)):
        result = settled(whole[:length])
        if isinstance(result, DicomObject):
            assert length in ends, length


@pytest.mark.parametrize("data", [file(build.fragments(b"\xff\xd8ab", b"cd"), build.JPEG_UID), build.deflated(build.rich()), build.rich()])
def test_other_files_cut_anywhere_are_settled(data: bytes) -> None:
    for cut in build.cuts(data):
        settled(cut)


def covers(found: DicomObject) -> None:
    """Elements follow on each other without gap or overlap, down to the last item."""

    def walk(elements: tuple[Element, ...], start: int, stop: int) -> None:
        position = start
        for one in elements:
            assert one.header == position and one.header < one.value <= one.stop <= one.end
            position = one.end
            if one.items is not None:
                at = one.value
                for part in one.items:
                    assert part.header == at and part.value == at + 8 and part.value <= part.stop <= part.end
                    if not one.fragments:
                        walk(part.elements, part.value, part.stop)
                    at = part.end
                assert at == one.stop
        assert position == stop

    walk(found.elements, found.start, found.stop)


def test_two_thousand_mutants_are_read_or_refused() -> None:
    chance = random.Random(20261120)
    seeds = [file(build.rich(coding), UIDS[coding]) for coding in CODINGS]
    seeds += [file(build.fragments(b"\xff\xd8ab", b"cd"), build.JPEG_UID), build.deflated(build.rich()), build.rich(), file(build.image())]
    read_whole = 0
    for number_of in range(2000):
        data = bytearray(seeds[number_of % len(seeds)])
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    data[at : at + 2] = chance.choice([b"\xff\xff", b"\0\0", b"\xfe\xff", b"SQ", b"UN"])
                case 2:
                    del data[at : at + chance.randint(1, 9)]
                case 3:
                    data[at:at] = chance.randbytes(chance.randint(1, 9))
        result = settled(bytes(data))
        if isinstance(result, DicomObject):
            covers(result)
            read_whole += 1
    assert read_whole > 100


# ---- pixel length


@pytest.mark.parametrize(
    ("image", "keep"),
    [
        (build.image(), 24),
        (build.image(rows=3, columns=3), 10),
        (build.image(bits=16, frames=3), 144),
        (build.image(samples=3, photometric="RGB"), 72),
        (build.image(samples=3, photometric="YBR_FULL_422", pixels=bytes(48)), 48),
        (build.image(samples=3, photometric="YBR_FULL_422", pixels=bytes(72)), 72),
        (build.image(bits=1, frames=2), 6),
        (build.image(rows=3, columns=3, bits=1, pixels=bytes(2)), 2),
    ],
)
def test_native_pixel_data_has_the_length_of_its_geometry(image: bytes, keep: int) -> None:
    found = native_length(read(file(image)))
    assert found is not None and (found.keep, found.excess) == (keep, 0)


def test_bytes_beyond_the_geometry_are_excess() -> None:
    found = native_length(read(file(build.image(pixels=bytes(24) + b"DOE^JANE"))))
    assert found is not None and (found.keep, found.excess) == (24, 8)


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (build.image(pixels=bytes(22)), "pixel-data-short"),
        (build.image(pixels=b""), "pixel-data-short"),
        (build.image(frames=0, pixels=bytes(24)), "no-pixel-geometry"),
        (build.image(rows=0, pixels=bytes(24)), "no-pixel-geometry"),
        (build.identity() + element(0x7FE00010, "OW", bytes(24)), "no-pixel-geometry"),
        (build.image(samples=3, photometric="YBR_FULL_422", pixels=bytes(90)), "pixel-length-unclear"),
        (build.image(samples=3, photometric="YBR_FULL_422", pixels=bytes(40)), "pixel-data-short"),
    ],
)
def test_missing_pixels_or_geometry_are_refused(image: bytes, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        native_length(read(file(image)))
    assert caught.value.code == code and code in REFUSALS


def test_objects_without_native_pixels_have_no_pixel_length() -> None:
    assert native_length(read(file(build.identity()))) is None
    assert native_length(read(file(build.identity() + build.fragments(b"ab"), build.JPEG_UID))) is None


# ---- output


def test_file_meta_is_built_from_nothing_and_reads_back() -> None:
    outside = file_meta(build.CT_IMAGE, "2.25.1", build.EXPLICIT_UID)
    found = read(outside + build.image())
    assert outside[:128] == bytes(128)
    values = {one.tag: outside[one.value : one.stop].rstrip(b"\0 ") for one in found.meta}
    assert values[0x00020002] == build.CT_IMAGE.encode() and values[0x00020003] == b"2.25.1"
    assert values[0x00020010] == build.EXPLICIT_UID.encode() and values[0x00020012] == IMPLEMENTATION_CLASS_UID.encode()
    assert values[0x00020013].startswith(b"DEIDRULES_") and len(values[0x00020013]) <= 16
    length = found.meta[0]
    assert int.from_bytes(outside[length.value : length.stop], "little") == len(outside) - length.end


def test_there_is_no_implicit_big_endian() -> None:
    assert header.coding_of(Encoding(explicit=False, big_endian=False)) is header.IMPLICIT


@pytest.mark.parametrize("tail", [b"\r\n--trailer: somebody", b"\xff" * 12, b"\x0a\x0d\x2d\x2dxy and more text than that"])
def test_text_behind_a_data_set_without_pixels_is_dropped_and_recorded(tail: bytes) -> None:
    body = build.element(0x00080060, "CS", b"SR") + build.element(0x00100020, "LO", b"1 ")
    whole = build.file(body)
    found = read(whole + tail)
    assert found.dropped == (("trailing-bytes", len(tail)),) and [element.tag for element in found.elements] == [0x00080060, 0x00100020]


def test_a_damaged_element_is_no_trailing_bytes() -> None:
    body = build.element(0x00080060, "CS", b"SR") + b"\x10\x00\x20\x00  \x02\x001 "
    with pytest.raises(Refusal, match="unknown-vr"):
        read(build.file(body))


def test_an_image_that_ends_in_text_before_its_pixels_is_refused() -> None:
    body = build.element(0x00280010, "US", b"\x02\x00") + b"\r\n--trailer: somebody"
    with pytest.raises(Refusal):
        read(build.file(body))
