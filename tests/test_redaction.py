"""Objects redacted without a plan: what was asked changes, every other byte stays."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pydicom
import pytest
from compressed_objects import BLOCKS, CODED, Coded, fragments_of
from pixel_objects import BIG, DEFLATED, EXPLICIT, IMPLICIT, dataset, file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from test_pixels_overlay import plane_bits, with_embedded, with_plane

from deidrules.dicom.element import DicomObject
from deidrules.dicom.part import joined
from deidrules.dicom.reader import read
from deidrules.engine.derived import BLANKED
from deidrules.engine.redaction import Ask, Redacted, Redaction, redact_object
from deidrules.plan.pixels import Blank, Rectangle
from deidrules.text.refusal import Refusal

BOX = Rectangle(2, 1, 5, 4)


def ask(*blanks: Blank, own: bool = False) -> Redaction:
    return Redaction((Ask("asked", blanks, own),))


def done(data: bytes, redaction: Redaction) -> tuple[Dataset, Redacted]:
    before = bytes(data)
    found = redact_object(data, redaction)
    assert data == before
    written = joined(found.parts)
    found.prove(written)
    return pydicom.dcmread(io.BytesIO(written), force=True), found


def refused(data: bytes, redaction: Redaction) -> str:
    with pytest.raises(Refusal) as caught:
        redact_object(data, redaction)
    return caught.value.code


def blank_of(frame: np.ndarray, box: Rectangle, value: Any) -> np.ndarray:
    out = frame.copy()
    out[box.top : box.bottom, box.left : box.right] = value
    return out


# ---- native


@pytest.mark.parametrize("transfer_syntax", [EXPLICIT, IMPLICIT, DEFLATED, BIG])
@pytest.mark.parametrize("samples", [1, 3])
def test_only_the_samples_of_the_rectangle_change_and_no_other_byte_of_the_file(transfer_syntax: str, samples: int) -> None:
    made = dataset(frames=3, samples=samples, photometric="RGB" if samples == 3 else "MONOCHROME2", allocated=8 if samples == 3 else 16)
    made["PixelData"].VR = "OB" if samples == 3 else "OW"
    made.PatientName, made.PatientComments = "DOE^JANE", "stays, whatever it says"
    data = file(made, transfer_syntax)
    after, found = done(data, ask(Blank(BOX, frames=((2, 2),))))
    kind = np.dtype("u1" if samples == 3 else ">u2" if transfer_syntax == BIG else "<u2")
    shape = (3, 6, 8, samples) if samples == 3 else (3, 6, 8)
    wanted = np.frombuffer(made.PixelData, kind).reshape(shape).copy()
    wanted[1] = blank_of(wanted[1], BOX, 0)
    assert after.PixelData == wanted.tobytes()
    assert after.DerivationDescription == BLANKED
    if transfer_syntax != DEFLATED:
        made.DerivationDescription = BLANKED
        assert joined(found.parts) == file(made, transfer_syntax).replace(made.PixelData, wanted.tobytes())
    assert "PatientIdentityRemoved" not in after


def test_a_rectangle_beyond_the_image_is_refused_or_cut() -> None:
    data = file(dataset())
    outside = Rectangle(6, 4, 12, 9)
    assert refused(data, ask(Blank(outside))) == "rectangle-outside-image"
    assert refused(data, ask(Blank(BOX, frames=((2, 2),)))) == "rectangle-outside-image"
    after, found = done(data, ask(Blank(outside, clipped=True)))
    assert after.PixelData == blank_of(np.frombuffer(dataset().PixelData, "u1").reshape(6, 8), Rectangle(6, 4, 8, 6), 0).tobytes()
    assert found.work.frames[0].rectangles == (Rectangle(6, 4, 8, 6),)


@pytest.mark.parametrize(
    "blank",
    [
        Blank(Rectangle(50, 50, 60, 60), clipped=True),
        Blank(BOX, clipped=True, frames=((7, 9),)),
        Blank(BOX, overlay="6000"),
        Blank(BOX, overlay="*"),
    ],
)
def test_a_rectangle_that_reaches_nothing_is_refused(blank: Blank) -> None:
    assert refused(file(dataset()), ask(blank)) == "nothing-to-blank"
    # and does not hide behind another that does
    both = Redaction((Ask("one", (Blank(BOX),)), Ask("other", (blank,))))
    assert refused(file(dataset()), both) == "nothing-to-blank"


def test_an_object_without_pixels_is_not_passed_through() -> None:
    made = dataset()
    del made.PixelData
    assert refused(file(made), ask(Blank(BOX))) == "nothing-to-blank"
    assert refused(file(made), ask(Blank(BOX), Blank(BOX, overlay="*"))) == "nothing-to-blank"


def test_what_is_not_dicom_is_refused() -> None:
    assert refused(b"a text, and no object of any kind", ask(Blank(BOX))) == "not-dicom"


def test_bytes_behind_the_image_and_behind_the_data_set_are_left_behind() -> None:
    made = dataset(value=bytes(range(48)) + b"hidden twice over")
    made.add_new(0xFFFCFFFC, "OB", b"JANE DOE")
    data = file(made) + b"\0\0a thumbnail, perhaps"
    after, found = done(data, ask(Blank(BOX)))
    assert after.PixelData == blank_of(np.arange(48, dtype="u1").reshape(6, 8), BOX, 0).tobytes()
    written = joined(found.parts)
    assert b"hidden" not in written and b"JANE" not in written and b"thumbnail" not in written
    assert {what for what, _ in found.dropped} == {"excess-pixel-bytes", "trailing-bytes", "trailing-padding"}


# ---- compressed


def of_coded(coded: Coded, **options: Any) -> tuple[bytes, list[bytes]]:
    frames = coded.frames(3)
    return file(coded.object(frames, **options), coded.uid), frames


@pytest.mark.parametrize("name", ["RLE", "JPEG lossless SV1, 12 bits", "JPEG-LS", "JPEG 2000", "HTJ2K", "JPEG XL, lossless", "deflated"])
@pytest.mark.parametrize("table", ["basic", "extended", "none"])
def test_one_frame_changes_in_its_own_coding_and_the_others_keep_their_bytes(name: str, table: str) -> None:
    coded = CODED[name]
    data, frames = of_coded(coded, table=table)
    after, _ = done(data, ask(Blank(BOX, frames=((2, 2),))))
    assert after.file_meta.TransferSyntaxUID == coded.uid
    basic, fragments = fragments_of(after)
    assert [held for _, held in fragments][0::2] == [frame + b"\0" * (len(frame) % 2) for frame in frames[0::2]]
    assert np.array_equal(coded.decode(fragments[1][1]), blank_of(coded.decode(frames[1]), BOX, coded.fill))
    offsets = [offset for offset, _ in fragments]
    if table == "basic":
        assert list(struct.unpack("<3I", basic)) == offsets
    if table == "extended":
        assert list(struct.unpack("<3Q", after.ExtendedOffsetTable)) == offsets


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_of_a_jpeg_frame_are_blanked(name: str) -> None:
    coded = BLOCKS[name]
    data, frames = of_coded(coded)
    after, _ = done(data, ask(Blank(Rectangle(0, 0, 10, 10), frames=((2, 2),))))
    _, fragments = fragments_of(after)
    assert [held for _, held in fragments][0::2] == [frame + b"\0" * (len(frame) % 2) for frame in frames[0::2]]
    before, now = coded.decode(frames[1]), coded.decode(fragments[1][1])
    inside = now[:10, :10]
    assert (inside == coded.fill).all() if name != "JPEG, colour" else (inside < 3).all()
    assert np.array_equal(now[16:, 32:], before[16:, 32:])


def test_metadata_goes_from_a_frame_that_changes_and_stays_in_the_others() -> None:
    coded = BLOCKS["JPEG"]
    told = b"\xff\xfe" + struct.pack(">H", 10) + b"JANE DOE"
    frames = [frame[:2] + told + frame[2:] for frame in coded.frames(2)]
    data = file(coded.object(frames), coded.uid)
    after, found = done(data, ask(Blank(BOX, frames=((2, 2),))))
    _, fragments = fragments_of(after)
    assert fragments[0][1].rstrip(b"\0") == frames[0].rstrip(b"\0")
    assert b"JANE" not in fragments[1][1]
    assert dict(found.dropped) == {"jpeg-metadata": len(told)}


def test_video_is_refused() -> None:
    coded = CODED["RLE"]
    data = file(coded.object(coded.frames(1)), "1.2.840.10008.1.2.4.103")
    assert refused(data, ask(Blank(BOX))) == "encapsulated-pixels-unsupported"


# ---- overlay planes

ODD = np.random.default_rng(3).integers(0, 2, (3, 4, 5), dtype="u1")


def test_a_rectangle_of_a_plane_s_own_lies_where_the_plane_s_pixels_are() -> None:
    made = with_plane(dataset(frames=4), 0x6002, rows=4, columns=5, frames=3, origin=(2, 3), first=2, bits=ODD)
    data = file(made)
    box = Rectangle(1, 0, 4, 2)
    after, found = done(data, ask(Blank(box, overlay="6002", frames=((3, 3),)), own=True))
    wanted = ODD.copy()
    wanted[2] = blank_of(wanted[2], box, 0)
    assert np.array_equal(plane_bits(after[0x6002, 0x3000].value, 3, 4, 5), wanted)
    assert after.PixelData == made.PixelData
    changed = after[0x6002, 0x3000].value
    assert joined(found.parts) == data.replace(made[0x6002, 0x3000].value, changed)
    # of the image, the same pixels are two columns to the right, one row further down, in frame 4
    again, _ = done(data, ask(Blank(Rectangle(3, 1, 6, 3), overlay="6002", frames=((4, 4),))))
    assert again[0x6002, 0x3000].value == changed


@pytest.mark.parametrize("frames", [(), ((1, 1),)])
def test_a_plane_without_frames_has_one(frames: tuple[tuple[int, int], ...]) -> None:
    data = file(with_plane(dataset(frames=4), 0x6000, rows=4, columns=5, bits=ODD[0]))
    after, _ = done(data, ask(Blank(Rectangle(0, 0, 5, 1), overlay="6000", frames=frames), own=True))
    assert np.array_equal(plane_bits(after[0x6000, 0x3000].value, 1, 4, 5)[0], blank_of(ODD[0], Rectangle(0, 0, 5, 1), 0))
    beyond = ask(Blank(Rectangle(0, 0, 5, 1), overlay="6000", frames=((2, 2),)), own=True)
    assert refused(data, beyond) == "rectangle-outside-image"


def test_a_rectangle_beyond_the_plane_is_refused_or_cut() -> None:
    data = file(with_plane(dataset(), 0x6000, rows=4, columns=5, bits=ODD[0]))
    box = Rectangle(3, 3, 7, 6)  # lies in the image, and not in the plane
    assert refused(data, ask(Blank(box, overlay="6000"), own=True)) == "rectangle-outside-image"
    after, _ = done(data, ask(Blank(box, overlay="6000", clipped=True), own=True))
    assert np.array_equal(plane_bits(after[0x6000, 0x3000].value, 1, 4, 5)[0], blank_of(ODD[0], Rectangle(3, 3, 5, 4), 0))
    assert refused(data, ask(Blank(BOX, overlay="6002"), own=True)) == "nothing-to-blank"


def test_any_is_the_image_and_every_plane() -> None:
    made = with_plane(with_plane(dataset(), 0x6000), 0x6004)
    after, _ = done(file(made), ask(Blank(BOX), Blank(BOX, overlay="*")))
    wanted = blank_of(np.ones((6, 8), "u1"), BOX, 0)
    for group in (0x6000, 0x6004):
        assert np.array_equal(plane_bits(after[group, 0x3000].value, 1, 6, 8)[0], wanted)
    assert after.PixelData == blank_of(np.frombuffer(made.PixelData, "u1").reshape(6, 8), BOX, 0).tobytes()


def test_a_plane_whose_attributes_do_not_describe_it_is_refused_or_taken_whole() -> None:
    made = with_plane(dataset(), 0x6000)
    made[0x6000, 0x0010].value = 60_000
    data = file(made)
    for own in (False, True):
        assert refused(data, ask(Blank(BOX, overlay="6000"), own=own)) == "overlay-attributes"
        redaction = Redaction((Ask("asked", (Blank(BOX, overlay="6000"),), own),), strips=("overlays",))
        after, _ = done(data, redaction)
        assert not [element for element in after if element.tag.group == 0x6000]


def test_all_overlays_go_whole_and_nothing_else() -> None:
    made = with_plane(with_plane(dataset(), 0x6000), 0x601E)
    after, found = done(file(made), Redaction(strips=("overlays",)))
    assert not [element for element in after if element.tag.group & 0xFF00 == 0x6000]
    assert after.PixelData == made.PixelData
    assert found.work.removed_groups == (0x6000, 0x601E)
    assert joined(found.parts) == file(dataset())


# ---- bits beside the image


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("declared", [False, True])
def test_high_bits_are_cleared_whether_an_overlay_is_declared_or_not(big: bool, signed: bool, declared: bool) -> None:
    made = dataset(allocated=16, stored=12, signed=signed, frames=2)
    if declared:
        with_embedded(made, 0x6000, 14)
    after, _ = done(file(made, BIG if big else EXPLICIT), Redaction(strips=("high-bit-overlays",)))
    order = ">" if big else "<"
    values = np.frombuffer(made.PixelData, f"{order}u2") & 0xFFF
    wanted = (values.astype("i4") ^ 0x800) - 0x800 if signed else values.astype("i4")
    assert np.array_equal(np.frombuffer(after.PixelData, f"{order}{'i' if signed else 'u'}2"), wanted)
    assert not [element for element in after if element.tag.group == 0x6000]


def test_high_bits_of_compressed_frames_are_cleared() -> None:
    def hidden(number: int) -> np.ndarray:
        return CODED["RLE, 12 bits"].make(number) | np.uint16(0x4000)

    coded = CODED["RLE, 12 bits"]
    data = file(coded.object([coded.encode(hidden(number)) for number in range(2)]), coded.uid)
    after, _ = done(data, Redaction(strips=("high-bit-overlays",)))
    for number, (_, held) in enumerate(fragments_of(after)[1]):
        assert np.array_equal(coded.decode(held), coded.make(number))


def test_a_rectangle_in_an_embedded_plane_spares_the_image_and_the_other_bits() -> None:
    made = with_embedded(with_embedded(dataset(allocated=16, stored=12, frames=2), 0x6000, 13), 0x6002, 14)
    after, _ = done(file(made), ask(Blank(BOX, overlay="6000", frames=((2, 2),)), own=True))
    wanted = np.frombuffer(made.PixelData, "<u2").reshape(2, 6, 8).copy()
    wanted[1, BOX.top : BOX.bottom, BOX.left : BOX.right] &= 0xFFFF ^ 1 << 13
    assert after.PixelData == wanted.tobytes()


@pytest.mark.parametrize("strips", [("overlays",), ("high-bit-overlays",), ("overlays", "high-bit-overlays")])
def test_where_nothing_is_to_be_removed_the_output_is_the_input(strips: tuple[str, ...]) -> None:
    data = file(dataset()) + b"\0\0even what stands behind"
    found = redact_object(data, Redaction(strips=strips))
    assert not found.changed
    assert joined(found.parts) == data
    found.prove(data)
    with pytest.raises(Refusal, match="verify-mismatch"):
        found.prove(data[:-1] + b"x")


# ---- ultrasound regions


def test_what_lies_outside_the_ultrasound_regions_is_blanked_in_every_frame() -> None:
    made = dataset(frames=3)
    region = Dataset()
    region.RegionLocationMinX0, region.RegionLocationMinY0, region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 2, 1, 4, 3
    made.SequenceOfUltrasoundRegions = Sequence([region])
    after, _ = done(file(made), Redaction(outside_regions=True))
    before = np.frombuffer(made.PixelData, "u1").reshape(3, 6, 8)
    wanted = np.zeros_like(before)
    wanted[:, 1:4, 2:5] = before[:, 1:4, 2:5]
    assert after.PixelData == wanted.tobytes()


def test_an_object_without_ultrasound_regions_is_not_passed_through() -> None:
    assert refused(file(dataset()), Redaction(outside_regions=True)) == "no-ultrasound-regions"
    made = dataset()
    del made.PixelData
    assert refused(file(made), Redaction(outside_regions=True)) == "no-ultrasound-regions"


# ---- around the pixels


def with_icons(made: Dataset) -> Dataset:
    icon = dataset(rows=2, columns=2)
    for name in ("SOPClassUID", "SOPInstanceUID", "Modality"):
        delattr(icon, name)
    made.IconImageSequence = Sequence([icon])
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = "1.2.3", "2.25.9"
    reference.IconImageSequence = Sequence([icon])
    made.ReferencedImageSequence = Sequence([reference, Dataset()])
    return made


@pytest.mark.parametrize("transfer_syntax", [EXPLICIT, IMPLICIT, BIG])
@pytest.mark.parametrize("undefined", [False, True])
def test_the_icon_is_made_anew_and_other_copies_of_the_image_go_at_every_depth(transfer_syntax: str, undefined: bool) -> None:
    made = with_icons(dataset(value=b"\xff" * 48))
    made["ReferencedImageSequence"].is_undefined_length = undefined
    made.ReferencedImageSequence[0].is_undefined_length_sequence_item = undefined
    after, found = done(file(made, transfer_syntax), ask(Blank(Rectangle(0, 0, 8, 3))))
    assert (found.new_icon, found.removed) == (True, (0x00880200,))
    (icon,) = after.IconImageSequence
    shown = np.frombuffer(icon.PixelData, "u1")[: icon.Rows * icon.Columns].reshape(icon.Rows, icon.Columns)
    assert not shown[0].any() and shown[-1].all()
    assert "IconImageSequence" not in after.ReferencedImageSequence[0]
    assert after.ReferencedImageSequence[0].ReferencedSOPInstanceUID == "2.25.9"
    assert len(after.ReferencedImageSequence) == 2
    read(joined(found.parts))


def test_copies_of_the_image_stay_where_only_planes_change() -> None:
    made = with_icons(with_plane(dataset(), 0x6000))
    after, found = done(file(made), ask(Blank(BOX, overlay="6000")))
    assert (found.new_icon, found.removed) == (False, ())
    assert after.IconImageSequence == made.IconImageSequence
    assert after.ReferencedImageSequence == made.ReferencedImageSequence
    assert "DerivationDescription" not in after


def test_what_could_be_untrue_of_the_image_goes_and_the_derivation_is_described_once() -> None:
    made = dataset(DerivationDescription="window 1", LossyImageCompression="01", ImageType=["ORIGINAL", "PRIMARY"])
    made.SmallestImagePixelValue, made.LargestImagePixelValue = 0, 255
    signature = Dataset()
    signature.MACIDNumber = 1
    made.DigitalSignaturesSequence = Sequence([signature])
    after, found = done(file(made), ask(Blank(BOX)))
    assert after.DerivationDescription == f"window 1\r\n{BLANKED}"
    assert found.removed == (0x00280106, 0x00280107, 0xFFFAFFFA)
    assert not {"SmallestImagePixelValue", "LargestImagePixelValue", "DigitalSignaturesSequence"} & set(after.dir())
    assert (after.LossyImageCompression, after.ImageType) == ("01", ["ORIGINAL", "PRIMARY"])
    again, _ = done(joined(found.parts), ask(Blank(Rectangle(0, 0, 1, 1))))
    assert again.DerivationDescription == after.DerivationDescription


def test_group_lengths_follow_what_changed_and_stay_where_nothing_did() -> None:
    made = with_icons(with_plane(dataset(value=bytes(48) + b"12"), 0x6000))
    made.IconImageSequence.append(made.IconImageSequence[0])  # two items are no icon: it goes, and its group with it
    whole = read(file(made))
    sizes = group_sizes(whole)
    data = bytes(whole.buffer[: whole.start])
    for tag, element in whole.index.items():
        if tag >> 16 in sizes and tag >> 16 not in {inner >> 16 for inner in whole.index if inner < tag}:
            # a wrong one of a group in which nothing changes stays wrong
            length = 4711 if tag >> 16 == 0x0028 else sizes[tag >> 16]
            data += struct.pack("<HH2sHI", tag >> 16, 0, b"UL", 4, length)
        data += whole.buffer[element.header : element.end]
    after, found = done(data, Redaction((Ask("asked", (Blank(BOX),)),), strips=("overlays",)))
    written = read(joined(found.parts))
    sizes = group_sizes(written)
    lengths = {tag >> 16: after[tag].value for tag in written.index if not tag & 0xFFFF}
    assert lengths == {group: 4711 if group == 0x0028 else size for group, size in sizes.items()}
    assert sizes.keys() == {0x0008, 0x0028, 0x7FE0}


def group_sizes(whole: DicomObject) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for element in whole.elements:
        if element.tag & 0xFFFF:
            sizes[element.group] = sizes.get(element.group, 0) + element.end - element.header
    return sizes


def test_a_preamble_stays_unless_it_begins_a_tiff() -> None:
    data = bytearray(file(dataset()))
    data[:9] = b"site note"
    _, found = done(bytes(data), ask(Blank(BOX)))
    assert joined(found.parts)[:128] == data[:128]
    data[:8] = b"II*\0\x10\0\0\0"
    _, found = done(bytes(data), ask(Blank(BOX)))
    assert joined(found.parts)[:128] == bytes(128)
    assert dict(found.dropped) == {"tiff-preamble": 128}


def test_a_bare_data_set_stays_one() -> None:
    data = file(dataset())
    start = read(data).start
    found = redact_object(data[start:], ask(Blank(BOX)))
    assert joined(found.parts) == joined(redact_object(data, ask(Blank(BOX))).parts)[start:]


def test_the_uid_stays_unless_a_new_one_is_asked_for() -> None:
    data = file(dataset())
    after, _ = done(data, ask(Blank(BOX)))
    assert after.SOPInstanceUID == after.file_meta.MediaStorageSOPInstanceUID == "2.25.1"
    new = [
        done(data, Redaction((Ask(name, (Blank(box),)),), new_uid=True))
        for name, box in (("a", BOX), ("b", BOX), ("a", Rectangle(0, 0, 1, 1)))
    ]
    for after, found in new:
        assert after.SOPInstanceUID == after.file_meta.MediaStorageSOPInstanceUID == found.new_uid != "2.25.1"
        meta = read(joined(found.parts)).meta
        assert after.file_meta.FileMetaInformationGroupLength == meta[-1].end - meta[0].end
    assert new[0][1].new_uid == new[1][1].new_uid != new[2][1].new_uid
    with pytest.raises(Refusal, match="no-instance-uid"):
        redact_object(_without_uid(data), Redaction(new_uid=True))


def _without_uid(data: bytes) -> bytes:
    whole = read(data)
    element = whole.index[0x00080018]
    return data[: element.header] + data[element.end :]


# ---- proof


def test_a_file_that_is_not_what_was_asked_is_found_out() -> None:
    data = file(with_plane(dataset(frames=2), 0x6000))
    found = redact_object(data, ask(Blank(BOX), Blank(BOX, overlay="*")))
    written = joined(found.parts)
    found.prove(written)
    whole = read(written)
    for tag in (0x7FE00010, 0x60003000):
        for at in range(whole.index[tag].value, whole.index[tag].stop):
            other = bytearray(written)
            other[at] ^= 0x10
            with pytest.raises(Refusal, match="verify-mismatch"):
                found.prove(bytes(other))
    with pytest.raises(Refusal, match="verify-mismatch"):
        found.prove(data)
    with pytest.raises(Refusal, match="verify-mismatch"):
        found.prove(written[:-2])
