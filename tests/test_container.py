"""The container through the whole engine: text planted in each part of it is not in the output, and what stays is valid."""

from __future__ import annotations

import functools
import io
import re
import shutil
import subprocess
import zlib
from pathlib import Path
from struct import pack
from xml.etree import ElementTree

import build
import codestreams
import pydicom
import pytest
from build import EXPLICIT_UID, element, item, sequence
from codestreams import JPEG_2000S, JPEGS, SECRET, segment

from deidrules.compile.compiler import compile_profile, compile_text
from deidrules.engine.documents import MIME_TYPES, minimal_document
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.engine.outcome import Deidentified
from deidrules.pixels.codestream import edits
from deidrules.plan.model import Plan, Policies
from deidrules.text.refusal import Refusal

KEYS = KeyRing(bytes(range(32)))
PLANTED = SECRET + b"\0"


@functools.cache
def basic() -> Plan:
    plan = compile_profile("ps315-basic").plan
    assert plan is not None
    return plan


@functools.cache
def plan(recipe: str = "K Modality", unlisted: str = "K", pixels: str = "accept") -> Plan:
    policies = Policies(unlisted, unmatched_pixels=pixels, unknown_sop_class="strictest")
    compiled = compile_text(f"deidrules 1\n{recipe}\n", policies=policies)
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


def run(data: bytes, by: Plan) -> Deidentified:
    """The same bytes whether a program for the layout was learned or not."""
    engine = Engine(by, KEYS)
    found = [engine.apply(data) for _ in range(3)]
    assert len({written(one) for one in found}) == 1 and len({one.dropped for one in found}) == 1
    return found[-1]


def written(found: Deidentified) -> bytes:
    return b"".join(found.parts)


def dataset(found: Deidentified) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(written(found)))


def refused(data: bytes, by: Plan) -> str:
    with pytest.raises(Refusal) as caught:
        run(data, by)
    return caught.value.code


def seen(data: bytes) -> bytes:
    """What can be read of an output, the deflated data set too."""
    if build.DEFLATED_UID.encode() in data[:400]:
        return data + zlib.decompress(data[144 + int.from_bytes(data[140:144], "little") :], -zlib.MAX_WBITS)
    return data


def test_the_readme_names_what_is_left_behind() -> None:
    section = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8").partition("## The container")[2].partition("\n## ")[0]
    named = {word for row in re.findall(r"^\|.*\|$", section, re.MULTILINE)[2:] for word in re.findall(r"`([^`]+)`", row.split("|")[3])}
    others = {"trailing-bytes", "excess-pixel-bytes", "excess-overlay-bytes", "video-stream-unread", "pixel-data-absent"}
    assert named == {edits.JPEG, edits.JPEG_2000, edits.JPEG_XL, edits.EXCESS} | others


# ---- text in each place

JPEG = JPEGS[0]
PLANTED_JPEG = next(codestreams.spread(JPEG.data, segment(0xFE, SECRET) + segment(0xE1, b"Exif\0\0" + SECRET)))
IDENTITY = {
    0x00080016: element(0x00080016, "UI", build.CT_IMAGE),
    0x00080018: element(0x00080018, "UI", "1.2.3"),
    0x00080060: element(0x00080060, "CS", "CT"),
}


def with_elements(*elements: bytes, transfer_syntax: str = EXPLICIT_UID) -> bytes:
    """An object of these elements and the identity, in order of their tags."""
    own = {int.from_bytes(one[:2], "little") << 16 | int.from_bytes(one[2:4], "little"): one for one in elements}
    every = IDENTITY | own
    data_set = b"".join(every[tag] for tag in sorted(every))
    return build.deflated(data_set) if transfer_syntax == build.DEFLATED_UID else build.file(data_set, transfer_syntax)


def nested(*elements: bytes) -> bytes:
    """A sequence that stays, with an item in an item."""
    return sequence(0x00081115, item(sequence(0x00081115, item(b"".join(elements)), undefined=True)))


def icon(pixels: bytes) -> bytes:
    return sequence(0x00880200, item(codestreams.description(0) + pixels))


def fragments(*contents: bytes) -> bytes:
    return build.fragments(*(content + b"\0" * (len(content) & 1) for content in contents))


GROUPS = {f"{group:04X}": group << 16 for group in (*range(0x5000, 0x5020, 2), *range(0x6000, 0x6020, 2))}
GONE = {
    "digital signatures": (0xFFFAFFFA, "SQ"),
    "original attributes": (0x04000561, "SQ"),
    "modified attributes": (0x04000550, "SQ"),
    "nonconforming attributes": (0x04000551, "SQ"),
    "nonconforming value": (0x04000552, "OB"),
    "message authentication code": (0x04000404, "OB"),
    "referenced signatures": (0x04000402, "SQ"),
    "referenced codes": (0x04000403, "SQ"),
    "audio type": (0x50002000, "US"),
    "audio sample": (0x5000200C, "OB"),
    "audio comments": (0x5000200E, "LT"),
    "curve label": (0x50002500, "LO"),
    "trailing padding": (0xFFFCFFFC, "OB"),
    "command group": (0x00000010, "LO"),
    "file set group": (0x00041500, "CS"),
    "group length": (0x00080000, "UL"),
}


def secret(tag: int, vr: str) -> bytes:
    if vr == "SQ":
        return sequence(tag, item(element(0x00100010, "PN", SECRET + b" ") + element(0x04000520, "OB", PLANTED)))
    return element(tag, vr, SECRET + b" " + bytes(-(len(SECRET) + 1) % 4))


EVERYWHERE = {
    **{name: secret(*what) for name, what in GONE.items()},
    **{f"curve {name}": secret(tag | 0x3000, "OW") for name, tag in GROUPS.items() if name.startswith("5")},
    **{f"overlay {name}": secret(tag | 0x3000, "OW") for name, tag in GROUPS.items() if name.startswith("6")},
    **{f"overlay comments {name}": secret(tag | 0x4000, "LT") for name, tag in GROUPS.items() if name.startswith("6")},
}


@pytest.mark.parametrize("name", EVERYWHERE)
def test_what_the_table_takes_away_goes_at_the_top_and_inside(name: str) -> None:
    for data in (with_elements(EVERYWHERE[name]), with_elements(nested(EVERYWHERE[name]))):
        assert SECRET in data
        found = run(data, basic())
        assert SECRET not in written(found)
        assert sum(one.change == "removed" for one in found.outcomes) == 1


@pytest.mark.parametrize("transfer_syntax", [build.IMPLICIT_UID, EXPLICIT_UID, build.BIG_ENDIAN_UID, build.DEFLATED_UID])
def test_the_instance_uid_of_the_file_is_that_of_the_object(transfer_syntax: str) -> None:
    coding = {uid: coding for coding, uid in build.UIDS.items()}.get(transfer_syntax, build.EXPLICIT)
    data = build.image(coding)
    found = run(build.deflated(data) if transfer_syntax == build.DEFLATED_UID else build.file(data, transfer_syntax), basic())
    after = dataset(found)
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID == found.instance_uid
    assert after.SOPInstanceUID.startswith("2.25.")
    assert after.file_meta.MediaStorageSOPClassUID == after.SOPClassUID
    assert after.file_meta.TransferSyntaxUID == transfer_syntax


@pytest.mark.parametrize("sample", [*JPEGS, *JPEG_2000S], ids=lambda sample: sample.name)
def test_text_in_frames_goes_and_the_image_stays(sample: codestreams.Sample) -> None:
    if sample in JPEGS:
        planted = next(codestreams.spread(sample.data, segment(0xFE, SECRET)))
    else:
        planted = codestreams.in_tile_parts(sample.data, codestreams.comment(SECRET))
    data = codestreams.file(sample.transfer_syntax, planted, sample.data, planted, frames=3)
    for by in (plan(), basic()):
        found = run(data, by)
        assert SECRET not in written(found)
        after = read_frames(found, 3)
        assert after == [sample.data + b"\0" * (len(sample.data) & 1)] * 3
        assert all(sample.shows(frame) for frame in after)
        ((what, count),) = found.dropped
        assert what == ("jpeg-metadata" if sample in JPEGS else "jpeg-2000-metadata") and count == 2 * (len(planted) - len(sample.data))
    assert dataset(found).file_meta.MediaStorageSOPInstanceUID == found.instance_uid


def read_frames(found: Deidentified, count: int) -> list[bytes]:
    return list(pydicom.encaps.generate_frames(dataset(found).PixelData, number_of_frames=count))


def test_frames_without_anything_beside_them_are_the_same_bytes() -> None:
    for sample in (*JPEGS, *JPEG_2000S, codestreams.JP2, codestreams.JXL, codestreams.JXL_BOXES):
        data = codestreams.file(sample.transfer_syntax, sample.data, sample.data, offsets=b"", frames=2)
        found = run(data, plan())
        at = data.index(build.tag_bytes(0x7FE00010))
        assert written(found).endswith(data[at:]) and not found.dropped


def test_frames_of_several_fragments_are_looked_through_as_a_whole() -> None:
    for cut in (3, 10, 30, len(PLANTED_JPEG) - 4):
        cut &= ~1
        data = codestreams.file(JPEG.transfer_syntax, PLANTED_JPEG[:cut], PLANTED_JPEG[cut:], JPEG.data, frames=2)
        if cut < 3:  # nothing says where the first frame ends
            assert refused(data, plan()) == "frames-unclear"
            continue
        found = run(data, plan())
        assert SECRET not in written(found)
        assert read_frames(found, 2) == [JPEG.data + b"\0" * (len(JPEG.data) & 1)] * 2


def test_the_basic_offset_table_follows_a_frame_in_between() -> None:
    sizes = [len(one) + (len(one) & 1) + 8 for one in (JPEG.data, PLANTED_JPEG)]
    offsets = pack("<3I", 0, sizes[0], sizes[0] + sizes[1])
    data = codestreams.file(JPEG.transfer_syntax, JPEG.data, PLANTED_JPEG, JPEG.data, offsets=offsets, frames=3)
    found = run(data, plan())
    new = written(found)
    at = new.index(build.tag_bytes(0x7FE00010)) + 12
    assert new[at : at + 20] == item(pack("<3I", 0, sizes[0], 2 * sizes[0]))
    assert read_frames(found, 3) == [JPEG.data + b"\0" * (len(JPEG.data) & 1)] * 3
    wrong = codestreams.file(JPEG.transfer_syntax, JPEG.data, PLANTED_JPEG, JPEG.data, offsets=offsets[:8] + SECRET[:4], frames=3)
    assert refused(wrong, plan()) == "frames-unclear"


def extended(*contents: bytes) -> bytes:
    """The three tables beside these fragments."""
    sizes = [len(one) + (len(one) & 1) for one in contents]
    places = [sum(sizes[:number]) + 8 * number for number in range(len(sizes))]
    return (
        element(0x7FE00001, "OV", pack(f"<{len(sizes)}Q", *places))
        + element(0x7FE00002, "OV", pack(f"<{len(sizes)}Q", *map(len, contents)))
        + element(0x7FE00003, "UV", pack("<Q", sum(sizes) - (len(contents[-1]) & 1)))
    )


def test_extended_tables_follow_what_was_taken_out() -> None:
    contents = (PLANTED_JPEG, JPEG.data, PLANTED_JPEG)
    data = codestreams.file(JPEG.transfer_syntax, *contents, frames=3, before=extended(*contents))
    found = run(data, plan())
    assert SECRET not in written(found)
    assert extended(JPEG.data, JPEG.data, JPEG.data) in written(found)
    after = dataset(found)
    tables = (after.ExtendedOffsetTable, after.ExtendedOffsetTableLengths)
    assert list(pydicom.encaps.generate_frames(after.PixelData, number_of_frames=3, extended_offsets=tables)) == [JPEG.data] * 3


def test_of_the_extended_tables_all_stay_or_none() -> None:
    contents = (PLANTED_JPEG, JPEG.data)
    data = codestreams.file(JPEG.transfer_syntax, *contents, frames=2, before=extended(*contents))
    for recipe in ("X ExtendedOffsetTable", "X ExtendedOffsetTableLengths", "D ExtendedOffsetTable", "Z ExtendedOffsetTableLengths"):
        after = dataset(run(data, plan(recipe)))
        assert "ExtendedOffsetTable" not in after and "ExtendedOffsetTableLengths" not in after
        assert after[0x7FE00003].value == 2 * (len(JPEG.data) + (len(JPEG.data) & 1)) - (len(JPEG.data) & 1)
    after = dataset(run(data, plan("X PixelData")))
    assert not [one.tag for one in after if one.tag.group == 0x7FE0]
    after = dataset(run(data, plan("Z (7FE0,0003)")))
    assert 0x7FE00003 not in after and "ExtendedOffsetTable" in after
    changed = data.replace(pack("<Q", len(PLANTED_JPEG)), b"VANDERPL", 1)
    assert refused(changed, plan()) == "frames-unclear"


def test_tables_beside_uncompressed_pixels_go() -> None:
    whole = build.image()
    at = whole.index(build.tag_bytes(0x7FE00010))
    data = build.file(whole[:at] + element(0x7FE00001, "OV", SECRET[:24]) + element(0x7FE00003, "UV", SECRET[:8]) + whole[at:])
    found = run(data, plan())
    assert SECRET[:8] not in written(found) and dataset(found).PixelData == bytes(24)


def test_a_frame_that_nobody_can_follow_does_not_leave() -> None:
    for wrong in (JPEG.data[:-4], SECRET * 4, JPEG.data[: len(JPEG.data) // 2] + SECRET):
        data = codestreams.file(JPEG.transfer_syntax, JPEG.data, wrong, frames=2)
        assert refused(data, plan()) == "bad-codestream"
        assert SECRET not in written(run(data, plan("X PixelData")))


def test_an_icon_that_stays_loses_the_same() -> None:
    thumbnail = icon(fragments(PLANTED_JPEG))
    data = codestreams.file(JPEG.transfer_syntax, JPEG.data, before=thumbnail)
    found = run(data, plan())
    assert SECRET not in written(found) and icon(fragments(JPEG.data)) in written(found)
    assert dict(found.dropped) == {"jpeg-metadata": len(PLANTED_JPEG) - len(JPEG.data)}
    assert "IconImageSequence" not in dataset(run(data, basic()))
    excess = element(0x7FE00010, "OB", bytes(48 * 64) + PLANTED)
    found = run(codestreams.file(JPEG.transfer_syntax, JPEG.data, before=icon(excess)), plan())
    assert SECRET not in written(found) and dict(found.dropped) == {"excess-pixel-bytes": len(PLANTED)}
    broken = codestreams.file(JPEG.transfer_syntax, JPEG.data, before=icon(fragments(SECRET)))
    assert refused(broken, plan()) == "bad-codestream"


def test_bytes_beyond_the_geometry_of_encapsulated_native_frames_go() -> None:
    frame = codestreams.grey().tobytes()
    data = codestreams.file("1.2.840.10008.1.2.1.98", frame, frame + PLANTED, frames=2)
    found = run(data, plan())
    assert SECRET not in written(found)
    assert read_frames(found, 2) == [frame] * 2
    assert refused(codestreams.file("1.2.840.10008.1.2.1.98", frame[:-2]), plan()) == "pixel-data-short"


def test_a_deflated_frame_ends_where_its_stream_does() -> None:
    machine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    frame = machine.compress(codestreams.grey().tobytes()) + machine.flush()
    found = run(codestreams.file("1.2.840.10008.1.2.8.1", frame + SECRET), plan())
    assert SECRET not in written(found) and read_frames(found, 1) == [frame + b"\0" * (len(frame) & 1)]


# ---- video

VIDEO = "1.2.840.10008.1.2.4.102"


def test_video_leaves_only_where_pixels_that_nobody_judged_may_and_the_audit_says_so() -> None:
    data = codestreams.file(VIDEO, bytes(64) + PLANTED, frames=50, offsets=bytes(4))
    found = run(data, plan())
    ((what, count),) = found.dropped
    assert what == "video-stream-unread" and count > 64
    assert refused(data, plan(pixels="quarantine")) == "video-stream-unread"
    judged = 'K Modality\npixels "seen" when Modality = "CT" { clean }'
    assert refused(data, plan(judged, pixels="quarantine")) == "video-stream-unread"
    accepted = 'K Modality\naccept "seen" when Modality = "CT"'
    assert dict(run(data, plan(accepted, pixels="quarantine")).dropped).keys() == {"video-stream-unread"}
    assert not run(data, plan("X PixelData", pixels="quarantine")).dropped
    assert refused(codestreams.file(VIDEO, bytes(64), before=icon(fragments(bytes(64))), offsets=SECRET[:4]), plan()) != ""


def test_video_inside_a_sequence_does_not_leave() -> None:
    data = codestreams.file(VIDEO, bytes(64), before=icon(fragments(bytes(64))))
    assert refused(data, plan()) == "video-stream-unread"
    assert refused(codestreams.file(VIDEO, bytes(64), frames=50, offsets=SECRET[:4]), plan()) == "frames-unclear"


# ---- encapsulated documents


def document(mime: str | None, content: bytes = PLANTED, length: int | None = None, coding: build.Coding = build.EXPLICIT) -> bytes:
    """A file with an encapsulated document."""
    return (
        element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.104.1", coding)
        + element(0x00080018, "UI", "1.2.3", coding)
        + element(0x00420011, "OB", content, coding)
        + (element(0x00420012, "LO", mime, coding) if mime is not None else b"")
        + (element(0x00420015, "UL", pack(coding.order + "I", length), coding) if length is not None else b"")
    )


@pytest.mark.parametrize("coding", build.UIDS, ids=build.UIDS.values())
@pytest.mark.parametrize("mime", sorted(MIME_TYPES))
def test_a_document_becomes_a_document_of_its_kind(mime: str, coding: build.Coding) -> None:
    data = build.file(document(mime, length=len(SECRET), coding=coding), build.UIDS[coding], sop_class="1.2.840.10008.5.1.4.1.1.104.1")
    found = run(data, basic())
    after = dataset(found)
    new = minimal_document(mime)
    assert SECRET not in written(found)
    assert after.EncapsulatedDocument == new + b"\0" * (len(new) & 1) and len(new) > 1
    assert after.EncapsulatedDocumentLength == len(new)
    assert after.MIMETypeOfEncapsulatedDocument == mime
    changes = {one.tag: (one.code, one.change) for one in found.outcomes}
    assert changes[0x00420011] == ("D", "replaced") == changes[0x00420015]


def test_files_of_one_layout_and_other_kinds_get_each_its_own() -> None:
    engine = Engine(basic(), KEYS)
    for mime in ("model/obj", "model/mtl", "model/stl", "model/obj", "model/obj", "model/mtl", "model/stl"):
        after = dataset(engine.apply(build.file(document(mime, length=30))))
        assert after.EncapsulatedDocument.rstrip(b"\0") == minimal_document(mime).rstrip(b"\0")
        assert after.EncapsulatedDocumentLength == len(minimal_document(mime))


@pytest.mark.parametrize("mime", [None, "", "application/pdf; name=DOE", "image/jpeg", "text/plain", "application/x-doe^jane"])
def test_a_document_of_no_known_kind_is_refused(mime: str | None) -> None:
    assert refused(build.file(document(mime)), basic()) == "unknown-document-type"
    assert SECRET not in written(run(build.file(document(mime)), plan("X EncapsulatedDocument")))


def test_the_length_of_a_document_goes_where_the_document_goes() -> None:
    data = build.file(document("application/pdf", length=30))
    assert "EncapsulatedDocumentLength" not in dataset(run(data, plan("X EncapsulatedDocument")))
    elsewhere = data.replace(
        b"1.2.840.10008.5.1.4.1.1.104.1\0", b"1.2.840.10008.5.1.4.1.1.77.1.1"
    )  # an endoscopic image: no such attribute
    after = dataset(run(data, plan("Z EncapsulatedDocument")))  # Type 1 in its IOD: a dummy (rule 12)
    assert after.EncapsulatedDocumentLength == len(minimal_document("application/pdf"))
    assert "EncapsulatedDocumentLength" not in dataset(run(elsewhere, plan("Z EncapsulatedDocument")))
    after = dataset(run(data, plan("K EncapsulatedDocument")))
    assert (after.EncapsulatedDocument, after.EncapsulatedDocumentLength) == (PLANTED, 30)
    after = dataset(run(data, plan("D EncapsulatedDocument\nX EncapsulatedDocumentLength")))
    assert "EncapsulatedDocumentLength" not in after


def test_a_document_in_an_item_is_replaced_too() -> None:
    inside = document("model/obj", length=30)[len(document(None)) - len(element(0x00420011, "OB", PLANTED)) :]
    inside = element(0x00420011, "OB", PLANTED) + inside[inside.index(build.tag_bytes(0x00420012)) :]
    found = run(with_elements(nested(inside)), basic())
    assert SECRET not in written(found) and minimal_document("model/obj") in written(found)


def test_the_documents_are_what_their_kind_asks_for() -> None:
    for mime in ("text/xml", "application/dicom+xml"):
        assert ElementTree.fromstring(minimal_document(mime)).text is None
    stl = minimal_document("model/stl")
    assert len(stl) == 84 + 50 * int.from_bytes(stl[80:84], "little")
    pdf = minimal_document(" Application/PDF \0")
    assert pdf.startswith(b"%PDF-1.4\n") and pdf.endswith(b"%%EOF\n")
    table = int(pdf.split(b"startxref\n")[1].split()[0])
    rows = pdf[table:].split(b"\n")[3:8]
    for number, row in enumerate(rows, start=1):
        assert pdf[int(row.split()[0]) :].startswith(b"%d 0 obj" % number)
    stream = pdf[pdf.index(b"stream\n") + 7 : pdf.index(b"\nendstream")]
    assert b"/Length %d " % len(stream) in pdf


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed (package poppler-utils)")
def test_a_reader_opens_the_page(tmp_path: Path) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes(minimal_document("application/pdf") + b"\0")
    done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True)
    assert done.stdout.split() == [b"ANONYMIZED"] and not done.stderr
