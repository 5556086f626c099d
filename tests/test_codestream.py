"""Text planted in compressed frames: it goes wherever the codec has room for it, and the image decodes to the same pixels."""

from __future__ import annotations

import random
import zlib
from struct import pack

import codestreams
import imagecodecs
import numpy as np
import pytest
from codestreams import JP2, JPEG_2000S, JPEGS, JXL, JXL_BOXES, SECRET, Sample, box, comment, segment

from deidrules.dicom.transfer_syntax import transfer_syntax
from deidrules.dicom.uid import registry
from deidrules.pixels.codestream import deflated, jp2, jpeg, jpeg2000, jpeg_xl, rle, stamps, uncompressed
from deidrules.pixels.codestream.edits import Edit, edited
from deidrules.pixels.codestream.strip import CODECS, is_stream
from deidrules.text.refusal import Refusal


def edits(sample: Sample, data: bytes) -> list[Edit]:
    codec = CODECS[sample.transfer_syntax]
    assert codec.edits is not None
    return codec.edits(memoryview(data))


def stripped(sample: Sample, data: bytes) -> bytes:
    """The frame without what is not its image; nothing more goes in a second pass."""
    new = b"".join(edited(memoryview(data), edits(sample, data)))
    assert not changes(sample, new)
    return new


def changes(sample: Sample, data: bytes) -> bool:
    return b"".join(edited(memoryview(data), edits(sample, data))) != data


def refused(sample: Sample, data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        edits(sample, data)
    return caught.value.code


def test_every_transfer_syntax_with_fragments_has_its_codec() -> None:
    uids = [uid for uid, row in registry().items() if row.kind == "Transfer Syntax"]
    encapsulated = set()
    for uid in uids:
        try:
            if transfer_syntax(uid).encapsulated:
                encapsulated.add(uid)
        except Refusal:
            pass
    assert encapsulated == set(CODECS)
    assert {uid for uid in CODECS if is_stream(uid)} == {uid for uid in CODECS if uid.startswith("1.2.840.10008.1.2.4.10")}


@pytest.mark.parametrize("sample", [*JPEGS, *JPEG_2000S, JP2, JXL, JXL_BOXES], ids=lambda sample: sample.name)
def test_a_frame_of_an_encoder_stays_byte_for_byte(sample: Sample) -> None:
    for data in (sample.data, sample.data + b"\0"):
        assert not changes(sample, data)


# ---- JPEG and JPEG-LS

BESIDE = {
    "comment": segment(0xFE, SECRET),
    "Exif": segment(0xE1, b"Exif\0\0" + SECRET),
    "XMP": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET),
    "ICC profile": segment(0xE2, b"ICC_PROFILE\0\x01\x01" + SECRET),
    "FlashPix": segment(0xE2, b"FPXR\0" + SECRET),
    "JUMBF": segment(0xEB, b"JP" + SECRET),
    "Ducky": segment(0xEC, b"Ducky" + SECRET),
    "Photoshop": segment(0xED, b"Photoshop 3.0\08BIM" + SECRET),
    "thumbnail of JFXX": segment(0xE0, b"JFXX\0\x10" + SECRET),
    "AVI1": segment(0xE0, b"AVI1" + SECRET),
    "application 8": segment(0xE8, SECRET),
    "SPIFF with a text": segment(0xE8, b"SPIFF\0" + SECRET),
    "application 15": segment(0xEF, SECRET),
    "short Adobe": segment(0xEE, b"Adobe" + SECRET[:6]),
    "a stamp with a text behind": segment(0xFE, b"LEAD Technologies Inc. V1.01\0" + SECRET),
    "fill bytes before": b"\xff\xff\xff" + segment(0xFE, SECRET),
    "empty": segment(0xE5, b"") + segment(0xFE, SECRET),
}


@pytest.mark.parametrize("sample", JPEGS, ids=lambda sample: sample.name)
@pytest.mark.parametrize("planted", BESIDE.values(), ids=BESIDE)
def test_a_segment_beside_the_image_goes_wherever_it_stands(sample: Sample, planted: bytes) -> None:
    places = 0
    for data in codestreams.spread(sample.data, planted):
        assert stripped(sample, data) == sample.data
        places += 1
    assert places >= 3


def test_text_between_the_scans_goes() -> None:
    (progressive,) = (sample for sample in JPEGS if sample.name == "progressive")
    scans = [at for at in codestreams.marker_places(progressive.data) if progressive.data[at + 1] == 0xDA]
    assert len(scans) > 3
    data = progressive.data[: scans[2]] + segment(0xFE, SECRET) + progressive.data[scans[2] :]
    assert stripped(progressive, data) == progressive.data


@pytest.mark.parametrize("sample", JPEGS, ids=lambda sample: sample.name)
def test_bytes_outside_the_image_go(sample: Sample) -> None:
    assert stripped(sample, SECRET + sample.data) == sample.data
    assert stripped(sample, sample.data + SECRET) == sample.data
    assert stripped(sample, sample.data + b"\0\0" + SECRET + b"\0") == sample.data
    assert stripped(sample, sample.data + sample.data) == sample.data
    for padding in (b"\xcc", b"\xff", b"\0\0\0\0", b"\xff\xff\xff"):
        assert stripped(sample, sample.data + padding) == sample.data + padding


def with_first(data: bytes, *segments: bytes) -> bytes:
    """The frame without its application segments and with these behind SOI."""
    at = 2
    while data[at + 1] & 0xF0 == 0xE0:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return data[:2] + b"".join(segments) + data[at:]


JFIF = b"JFIF\0\x01\x01\x00\x00\x01\x00\x01\x00\x00"


def test_what_decoders_need_is_cut_down_to_what_it_means() -> None:
    sample = JPEGS[1]
    thumbnail = JFIF[:12] + b"\x02\x05" + SECRET + b"!"
    data = with_first(sample.data, segment(0xE0, thumbnail))
    assert stripped(sample, data) == with_first(sample.data, segment(0xE0, JFIF))
    adobe = b"Adobe\0\x64\0\0\0\0\x01"
    data = with_first(sample.data, segment(0xEE, adobe + SECRET))
    assert stripped(sample, data) == with_first(sample.data, segment(0xEE, adobe))
    near = JPEGS[-1]
    transform = segment(0xE8, b"mrfx\x01")
    data = near.data[:2] + transform + segment(0xE8, b"mrfx\x01" + SECRET) + near.data[2:]
    assert stripped(near, data) == near.data[:2] + transform + near.data[2:]


def test_of_two_that_say_the_same_one_stays_and_two_that_disagree_are_refused() -> None:
    rgb, other = (segment(0xEE, b"Adobe\0\x64\0\0\0\0" + transform) for transform in (b"\0", b"\x01"))
    sample = JPEGS[2]
    assert stripped(sample, with_first(sample.data, rgb, rgb)) == with_first(sample.data, rgb)
    assert refused(sample, with_first(sample.data, rgb, other)) == "bad-codestream"
    assert stripped(
        sample, with_first(sample.data, segment(0xE0, JFIF), segment(0xE0, JFIF[:5] + b"\x01\x02\0SECR\0\0"), rgb)
    ) == with_first(sample.data, segment(0xE0, JFIF), rgb)


def test_colours_of_an_rgb_frame_are_the_same_without_its_metadata() -> None:
    sample = JPEGS[2]
    assert b"Adobe" in sample.data
    data = with_first(sample.data, segment(0xE1, b"Exif\0\0" + SECRET), segment(0xEE, b"Adobe\0\x64\0\0\0\0\0" + SECRET))
    new = stripped(sample, data)
    assert SECRET not in new
    assert np.array_equal(sample.decode(new), sample.decode(data))


@pytest.mark.parametrize("sample", JPEGS, ids=lambda sample: sample.name)
def test_a_frame_that_cannot_be_followed_to_its_end_is_refused(sample: Sample) -> None:
    data = sample.data
    places = codestreams.marker_places(data)
    frame = next(at for at in places if data[at + 1] in (0xC0, 0xC1, 0xC2, 0xC3, 0xF7))
    scan = next(at for at in places if data[at + 1] == 0xDA)
    broken = {
        "no image at all": b"",
        "no start": SECRET,
        "no end": data[:-2],
        "a cut in the headers": data[: frame + 5],
        "a marker missing": data[:scan] + b"\0" + data[scan:],
        "a longer frame header": data[:frame] + pack(">BBH", 0xFF, data[frame + 1], data[frame + 3] + 30) + data[frame + 4 :],
        "text in the frame header": data[: frame + 2] + pack(">H", data[frame + 3] + 9) + data[frame + 4 : frame + 2 + data[frame + 3]]
        + SECRET[:9] + data[frame + 2 + data[frame + 3] :],
        "a reserved marker": data[:scan] + segment(0xF1, SECRET) + data[scan:],
        "a length below two": data[:scan] + b"\xff\xfe\0\x01" + data[scan:],
        "a length beyond the end": data[:scan] + b"\xff\xfe\xff\xff" + data[scan:],
        "tables alone": data[:frame] + b"\xff\xd9",
        "another start inside": data[:scan] + b"\xff\xd8" + data[scan:],
        "quantisation with a text": data[:scan] + segment(0xDB, b"\0" + bytes(64) + SECRET) + data[scan:],
        "Huffman table with a text": data[:scan] + segment(0xC4, b"\0" + bytes(16) + SECRET) + data[scan:],
        "restart interval with a text": data[:scan] + segment(0xDD, b"\0\0" + SECRET) + data[scan:],
    }  # fmt: skip
    assert {name: refused(sample, made) for name, made in broken.items()} == dict.fromkeys(broken, "bad-codestream")


# ---- JPEG 2000 and HTJ2K


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("sample", JPEG_2000S, ids=lambda sample: sample.name)
def test_a_comment_goes_from_the_main_header_and_from_tile_parts(sample: Sample, kind: int) -> None:
    planted = comment(SECRET, kind)
    for data in (codestreams.before_tiles(sample.data, planted), codestreams.in_tile_parts(sample.data, planted + planted)):
        assert SECRET in data and sample.shows(data)
        assert stripped(sample, data) == sample.data


def test_lengths_of_tile_parts_follow() -> None:
    (sample,) = (one for one in JPEG_2000S if one.name == "HTJ2K, tiles")
    assert sample.data.count(b"\xff\x90\x00\x0a") == 6 and b"\xff\x55" in sample.data[:200]
    data = codestreams.in_tile_parts(sample.data, comment(SECRET))
    new = stripped(sample, data)
    assert new == sample.data and sample.shows(new)
    # a list of lengths that was wrong before cannot follow
    wrong = data.replace(b"\xff\x55", b"\xff\x55", 1)
    at = wrong.index(b"\xff\x55") + 7
    assert refused(sample, wrong[:at] + b"\0\0\0\x09" + wrong[at + 4 :]) == "bad-codestream"


def test_the_last_tile_part_may_go_up_to_the_end() -> None:
    sample = JPEG_2000S[0]
    at = sample.data.index(b"\xff\x90\x00\x0a")
    data = bytearray(codestreams.in_tile_parts(sample.data, comment(SECRET)))
    data[at + 6 : at + 10] = bytes(4)
    new = stripped(sample, bytes(data))
    assert SECRET not in new and sample.shows(new)
    assert new[at + 6 : at + 10] == bytes(4)


@pytest.mark.parametrize("sample", JPEG_2000S, ids=lambda sample: sample.name)
def test_a_codestream_that_cannot_be_followed_is_refused(sample: Sample) -> None:
    data = sample.data
    tile = data.index(b"\xff\x90\x00\x0a")
    length = int.from_bytes(data[tile + 6 : tile + 10], "big")
    broken = {
        "nothing": b"",
        "no start": SECRET,
        "no end": data[:-2],
        "a cut in the header": data[:30],
        "a cut in a tile-part": data[: tile + length // 2],
        "an unknown segment": codestreams.before_tiles(data, pack(">HH", 0xFF6A, 2 + len(SECRET)) + SECRET),
        "text in SIZ": data[:4] + pack(">H", data[5] + 8) + data[6 : 4 + data[5]] + SECRET[:8] + data[4 + data[5] :],
        "a tile-part that is too long": data[: tile + 6] + pack(">I", length + 1) + data[tile + 10 :],
        "a tile-part that is too short": data[: tile + 6] + pack(">I", 12) + data[tile + 10 :],
    }
    assert {name: refused(sample, made) for name, made in broken.items()} == dict.fromkeys(broken, "bad-codestream")
    assert stripped(sample, data + SECRET) == data


def parted(data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """A JP2 file: signature, file type, header, codestream with its box header."""
    header, stream = data.index(b"jp2h") - 4, data.index(b"jp2c") - 4
    return data[:12], data[12:header], data[header:stream], data[stream:]


def test_boxes_beside_the_codestream_go() -> None:
    signature, kind, header, stream = parted(JP2.data)
    xml, uuid = box(b"xml ", b"<a>" + SECRET + b"</a>"), box(b"uuid", bytes(16) + SECRET)
    info = box(b"uinf", box(b"url ", bytes(4) + SECRET))
    sized = stream if stream[:4] != bytes(4) else pack(">I", len(stream)) + stream[4:]
    for data in (
        signature + kind + xml + header + uuid + sized,
        signature + kind + header + info + sized + xml + uuid,
        signature + kind + header + sized + box(b"jp2i", SECRET) + SECRET,
        signature + kind + header + pack(">I", 1) + b"jp2c" + pack(">Q", len(sized) + 8) + sized[8:] + xml,
    ):
        new = stripped(JP2, data)
        assert SECRET not in new and JP2.shows(new)
        assert new.endswith(sized[8:])


def test_comments_in_a_wrapped_codestream_go_and_its_box_follows() -> None:
    signature, kind, header, stream = parted(JP2.data)
    planted = codestreams.before_tiles(stream[8:], comment(SECRET))
    for tail in (b"", SECRET):
        data = signature + kind + header + box(b"jp2c", planted + tail)
        assert stripped(JP2, data) == signature + kind + header + box(b"jp2c", stream[8:])
        data = signature + kind + header + bytes(4) + b"jp2c" + planted + tail
        assert stripped(JP2, data) == signature + kind + header + bytes(4) + b"jp2c" + stream[8:]
    data = signature + kind + header + pack(">I", 1) + b"jp2c" + pack(">Q", len(planted) + 16) + planted
    assert stripped(JP2, data) == signature + kind + header + pack(">I", 1) + b"jp2c" + pack(">Q", len(stream) + 8) + stream[8:]


def test_a_colour_profile_becomes_the_colour_space_it_is_decoded_as() -> None:
    signature, kind, header, stream = parted(JP2.data)
    colr = header.index(b"colr") - 4
    assert header[colr:] == box(b"colr", b"\x01\0\0\0\0\0\x10")
    for method in (b"\x02\0\0", b"\x03\0\0", b"\x04\0\0"):
        inner = header[8:colr] + box(b"colr", method + SECRET) + box(b"uuid", SECRET)
        new = stripped(JP2, signature + kind + box(b"jp2h", inner) + stream)
        assert new == JP2.data


def test_palette_and_channel_order_stay() -> None:
    signature, kind, header, stream = parted(JP2.data)
    inner = header[8:]
    swapped = box(b"cdef", pack(">H9H", 3, 0, 0, 3, 1, 0, 2, 2, 0, 1))
    data = signature + kind + box(b"jp2h", inner + swapped) + stream
    assert stripped(JP2, data) == data
    palette = box(b"pclr", pack(">HB", 2, 3) + b"\x07\x07\x07" + bytes(6)) + box(b"cmap", pack(">HBB", 0, 1, 0) * 3)
    data = signature + kind + box(b"jp2h", inner + palette) + stream
    assert stripped(JP2, data) == data
    for wrong in (
        box(b"pclr", pack(">HB", 2, 3) + b"\x07\x07\x07" + bytes(6) + SECRET),
        box(b"cdef", pack(">H9H", 3, 0, 0, 3, 1, 0, 2, 2, 0, 1) + SECRET),
        box(b"cmap", SECRET),
        box(b"bpcc", SECRET),
        box(b"res ", box(b"resc", SECRET)),
        box(b"what", SECRET),
    ):
        assert refused(JP2, signature + kind + box(b"jp2h", inner + wrong) + stream) == "bad-codestream"


def test_brands_of_the_file_type_hold_no_text() -> None:
    signature, kind, header, stream = parted(JP2.data)
    data = signature + box(b"ftyp", kind[8:] + b"DOE^JANE") + header + stream
    assert stripped(JP2, data) == JP2.data
    data = signature + box(b"ftyp", b"jp2 1958jp2 ") + header + stream
    assert stripped(JP2, data) == JP2.data
    assert refused(JP2, signature + box(b"ftyp", b"DOE jp2 jp2 ") + header + stream) == "bad-codestream"
    assert refused(JP2, signature + kind + stream) == "bad-codestream"
    assert refused(JP2, signature + kind + header) == "bad-codestream"
    assert refused(JP2, signature + kind + header + stream + stream) in ("bad-codestream",)


# ---- JPEG XL


def test_boxes_beside_a_jpeg_xl_codestream_go() -> None:
    for kind in (b"Exif", b"xml ", b"jumb", b"brob", b"jhgm", b"free"):
        planted = box(kind, bytes(4) + SECRET)
        for data in (JXL_BOXES.data + planted, JXL_BOXES.data[:32] + planted + JXL_BOXES.data[32:]):
            new = stripped(JXL_BOXES, data)
            assert new == JXL_BOXES.data and JXL_BOXES.shows(new)
    assert refused(JXL_BOXES, JXL_BOXES.data[:32] + box(b"Exif", SECRET)) == "bad-codestream"
    assert refused(JXL_BOXES, SECRET) == "bad-codestream"
    assert refused(JXL_BOXES, JXL_BOXES.data[:12] + box(b"ftyp", b"jxl \0\0\0\0jxl DOE ") + JXL_BOXES.data[32:]) == "bad-codestream"


def test_a_jpeg_in_jpeg_xl_loses_its_metadata_and_keeps_its_coefficients() -> None:
    plain = JPEGS[1].data
    data = bytes(imagecodecs.jpegxl_encode_jpeg(plain))
    sample = Sample("recompressed", "1.2.840.10008.1.2.4.111", data, imagecodecs.jpegxl_decode)
    assert stripped(sample, data) == data
    planted = next(codestreams.spread(plain, segment(0xFE, SECRET) + segment(0xE1, b"Exif\0\0" + SECRET)))
    data = bytes(imagecodecs.jpegxl_encode_jpeg(planted))
    assert imagecodecs.jpegxl_decode_jpeg(data) == planted
    new = stripped(sample, data)
    assert imagecodecs.jpegxl_decode_jpeg(new) == plain
    assert sample.shows(new)


# ---- RLE, deflated and uncompressed frames


def rle_frame() -> bytes:
    """16 bit samples in two segments of literal runs."""
    plane = codestreams.grey(16).astype(">u2").tobytes()
    segments = [b"".join(b"\x7f" + part[at : at + 128] for at in range(0, len(part), 128)) for part in (plane[::2], plane[1::2])]
    return pack("<16I", 2, 64, 64 + len(segments[0]), *[0] * 13) + b"".join(segments)


def test_what_an_rle_header_does_not_use_becomes_zero() -> None:
    frame = rle_frame()
    assert rle.edits(memoryview(frame)) == []
    planted = frame[:20] + SECRET + frame[20 + len(SECRET) :]
    new = b"".join(edited(memoryview(planted), rle.edits(memoryview(planted))))
    assert new == frame
    for wrong in (frame[:40], b"\x10" + frame[1:], frame[:4] + b"\x44" + frame[5:], frame[:8] + pack("<I", len(frame)) + frame[12:]):
        with pytest.raises(Refusal, match="bad-codestream"):
            rle.edits(memoryview(wrong))


def test_bytes_behind_a_deflated_frame_go() -> None:
    machine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    frame = machine.compress(codestreams.grey(16).tobytes() * 300) + machine.flush()
    assert deflated.edits(memoryview(frame)) == [] and not deflated.edits(memoryview(frame + b"\0"))[0].what
    (edit,) = deflated.edits(memoryview(frame + SECRET))
    assert (edit.start, edit.stop) == (len(frame), len(frame) + len(SECRET))
    for wrong in (frame[:-3], SECRET, b""):
        with pytest.raises(Refusal, match="bad-codestream"):
            deflated.edits(memoryview(wrong))


def test_bytes_beyond_the_geometry_of_an_uncompressed_frame_go() -> None:
    assert uncompressed.edits(memoryview(bytes(7)), 7) == [] == uncompressed.edits(memoryview(bytes(8)), 7)
    assert uncompressed.edits(memoryview(bytes(8) + SECRET), 7) == [Edit(8, 8 + len(SECRET), what="excess-frame-bytes")]
    with pytest.raises(Refusal, match="pixel-data-short"):
        uncompressed.edits(memoryview(bytes(6)), 7)


# ---- hostile frames


@pytest.mark.parametrize("sample", [*JPEGS, *JPEG_2000S, JP2, JXL_BOXES], ids=lambda sample: sample.name)
def test_whatever_a_frame_holds_it_is_followed_or_refused(sample: Sample) -> None:
    random_ = random.Random(sample.name)
    for _ in range(300):
        data = sample.data
        for _ in range(random_.randint(1, 6)):
            at = random_.randrange(min(len(data), 800) + 1)
            changed = (bytes([random_.randrange(256)]), b"", SECRET[: random_.randrange(30)])
            data = data[:at] + random_.choice(changed) + data[at + random_.randrange(9) :]
        if random_.random() < 0.2:
            data = data[: random_.randrange(len(data) + 1)]
        try:
            found = edits(sample, data)
        except Refusal as refusal:
            assert refusal.code == "bad-codestream"
            continue
        places = [place for edit in found for place in (edit.start, edit.stop)]
        assert places == sorted(places) and (not places or places[-1] <= len(data))
        stripped(sample, data)


# ---- stamps

REAL = {
    stamps.JPEG_COMMENTS: (
        b"LEAD Technologies Inc. V1.01\0",
        b"MITRA_DICOM_STANDARD",
        b"Intel(R) JPEG Library, version [2.0.18.50]",
        b"Lavc57.107.100",
    ),
    stamps.JPEG_APPLICATIONS: (b"LJIF\0\x01\0\0\0\0\0\0\0",),
    stamps.JPEG_LS_APPLICATIONS: (
        b"SPIFF\0\x02\0\0\x03\0\0\0d\0\0\0d\x0a\x08\x06\x02\0\0\0\x48\0\0\0\x48",
        b"\0\0\0\x01\xff\xd8",
    ),
    stamps.JPEG_2000_COMMENTS: (
        b"Kakadu-v7.3.3",
        b"Kdu-Layer-Info: log_2{Delta-D(MSE)/[2^16*Delta-L(bytes)]}, L(bytes)\n -65.4, 6.8e+004\n-256.0, 3.7e+006\n",
        b"Created by OpenJPEG version 2.5.2",
        b"Created by GDCM/OpenJPEG version 2.3.1",
        b"OpenJPH Ver 0.7.3.",
        b"AVLT_114",
        b"Pegasus Imaging Corp",
        b"Creator: JasPer Version 1.701.0",
        b"Created by: JJ2000 version 5.1",
    ),
}


def test_each_stamp_is_met_by_a_real_one_and_is_the_whole_comment() -> None:
    for known, written in REAL.items():
        pattern = stamps.matching(known)
        assert len(written) == len(known)
        for stamp, text in zip(known, written, strict=True):
            assert stamps.matching((stamp,)).fullmatch(text), stamp.why
            for around in (
                text + SECRET,
                SECRET + text,
                text + b" 19580102",
                text + b"\n",
            ):
                assert not pattern.fullmatch(around), (stamp.why, around)
    assert set(REAL) == {value for name, value in vars(stamps).items() if name.isupper() and isinstance(value, tuple)}


@pytest.mark.parametrize("sample", [*JPEGS[:1], *JPEG_2000S[:1]], ids=lambda sample: sample.name)
def test_a_stamp_stays_and_a_text_beside_it_goes(sample: Sample) -> None:
    if sample in JPEGS:
        with_stamp = sample.data[:2] + segment(0xFE, b"LEAD Technologies Inc. V1.01\0") + sample.data[2:]
        planted = with_stamp[:2] + segment(0xFE, SECRET) + with_stamp[2:]
    else:
        with_stamp = codestreams.before_tiles(sample.data, comment(b"Kakadu-v7.3.3"))
        planted = codestreams.before_tiles(with_stamp, comment(SECRET))
        assert edits(sample, codestreams.before_tiles(sample.data, comment(b"Kakadu-v7.3.3", 0)))
    assert stripped(sample, planted) == with_stamp


def test_the_modules_say_how_a_frame_begins() -> None:
    assert JPEGS[0].data.startswith(jpeg.START)
    assert JPEG_2000S[0].data.startswith(jpeg2000.START)
    assert JP2.data.startswith(jp2.START)
    assert JXL.data.startswith(jpeg_xl.BARE) and JXL_BOXES.data.startswith(jpeg_xl.START)
