"""Files that are never held: the same output as files that are, in memory that does not follow their size."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from struct import pack
from typing import Any

import large_objects
import numpy as np
import plans
import pytest
from compressed_objects import BLOCKS, CODED
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from large_objects import MEGABYTE
from pixel_objects import BIG, DEFLATED, EXPLICIT, IMPLICIT, dataset, file
from test_pixels_native import LAYOUTS
from test_pixels_overlay import with_embedded, with_plane

from deidrules.dicom import buffer as buffers
from deidrules.dicom.buffer import FileBuffer, Stretch, viewed
from deidrules.dicom.part import Part, Pieces
from deidrules.engine.keys import KeyRing
from deidrules.plan.expression import Compare
from deidrules.plan.model import PixelRule, Plan, Policies
from deidrules.plan.pixels import Band, Bands, Blank, Everything, Label, Operation, Rectangle, Strip
from deidrules.run import copying, sink
from deidrules.run.process import Processor, Settings
from deidrules.run.reading import open_buffer
from deidrules.run.result import Halt, Job, Prepared, Refused, Result
from deidrules.run.sink import digest, write_partial
from deidrules.text.refusal import Refusal

KEY = KeyRing(bytes(range(32)))
LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest", malformed="repair")
ALWAYS = (Compare(plans.attribute(0x00080060), "=", "OT", "text"),)
NEVER_LARGE, ALWAYS_LARGE = 1 << 60, 0
BOX = Rectangle(1, 1, 4, 3)


def plan(*operations: Operation) -> Plan:
    pixels = (PixelRule("r", 0, operations),) if operations else ()
    return plans.plan(plans.rule("X", "(0010,0010)"), policies=LOOSE, conditions=ALWAYS, pixels=pixels)


def done(folder: Path, data: bytes, operations: tuple[Operation, ...], large: int, *, dry: bool = False) -> tuple[Result, bytes]:
    """The file through a worker: its answer, and what it wrote (in a dry run, the digest of what it would have)."""
    path, waiting = folder / "given.dcm", folder / "waiting"
    path.write_bytes(data)
    os.utime(path, ns=(1, 1))  # a change a moment later shows, however coarse the clock
    waiting.mkdir(exist_ok=True)
    worker = Processor(Settings(plan(*operations), KEY, large_bytes=large, waiting="" if dry else str(waiting)))
    result = worker(Job(0, str(path), "source", "out.dcm"))
    if not isinstance(result, Prepared):
        assert not list(waiting.iterdir())
        return result, b""
    if dry:
        return result, result.content
    written = (waiting / "0.partial").read_bytes()
    (waiting / "0.partial").unlink()
    assert result.size == len(written)
    return result, written


def same(folder: Path, data: bytes, *operations: Operation) -> bytes:
    """What both ways write, having shown that it is the same."""
    held, large = (done(folder, data, operations, at) for at in (NEVER_LARGE, ALWAYS_LARGE))
    assert held == large
    assert not held[1] or done(folder, data, operations, ALWAYS_LARGE, dry=True)[1] == hashlib.sha256(held[1]).digest()
    return held[1]


@pytest.fixture(params=["large pieces", "small pieces"])
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every border that large files have, between the pixels of a small one."""
    if request.param == "small pieces":
        monkeypatch.setattr("deidrules.pixels.native.CHUNK", 5)
        monkeypatch.setattr("deidrules.pixels.native.NEAR", 3)
        monkeypatch.setattr("deidrules.pixels.extremes.BAND", 20)
        monkeypatch.setattr("deidrules.engine.render._SMALL", 8)
        monkeypatch.setattr(buffers, "_WINDOW", 24)
        monkeypatch.setattr(buffers, "PIECE", 11)
        monkeypatch.setattr("deidrules.dicom.part.PIECE", 11)
        monkeypatch.setattr(sink, "_COPIED_BYTES", 9)
        monkeypatch.setattr(sink, "_WAITING_BYTES", 30)
        monkeypatch.setattr(copying, "_LEAST", 10)
        monkeypatch.setattr(copying, "_MOST", 16)


OPERATIONS: dict[str, tuple[Operation, ...]] = {
    "nothing": (),
    "box": (Blank(BOX),),
    "boxes": (Blank(BOX), Blank(Rectangle(3, 0, 5, 3), frames=((2, 3),))),
    "outside": (Blank(BOX, outside=True, frames=((2, 2),)),),
    "everything": (Blank(Everything()),),
    "strip": (Blank(BOX), Strip("high-bit-overlays")),
}


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("what", OPERATIONS)
@pytest.mark.parametrize("place", range(len(LAYOUTS)))
def test_native_pixels_of_every_layout(tmp_path: Path, place: int, what: str) -> None:
    layout, transfer_syntax, _ = LAYOUTS[place]
    made = dataset(**{"rows": 7, "columns": 11 if layout.get("photometric") != "YBR_FULL_422" else 12, **layout, "frames": 3})
    made.PatientName = "EXAMPLE^SECRET"
    written = same(tmp_path, file(made, transfer_syntax), *OPERATIONS[what])
    assert written or what == "strip"  # of floats and single bits nothing can be stripped
    assert b"SECRET" not in written


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("vr", ["OB", "OW"])
@pytest.mark.parametrize("transfer_syntax", [EXPLICIT, IMPLICIT, BIG, DEFLATED])
def test_palettes_labels_planes_and_high_bits(tmp_path: Path, transfer_syntax: str, vr: str) -> None:
    label = (Blank(Bands((Band("top", 15),))), Label("AB"))
    palette: dict[str, Any] = {"photometric": "PALETTE COLOR", "rows": 40, "columns": 30, "frames": 2, "vr": vr}
    for colour in ("Red", "Green", "Blue"):
        palette[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 8]
        palette[f"{colour}PaletteColorLookupTableData"] = bytes(reversed(range(256)))
    assert same(tmp_path, file(dataset(**palette), transfer_syntax), *label)
    one_bit = dataset(rows=40, columns=31, frames=3, allocated=1, vr=vr)
    assert same(tmp_path, file(one_bit, transfer_syntax), *label)
    signed: dict[str, Any] = {"allocated": 16, "stored": 12, "signed": True, "frames": 3, "rows": 9, "columns": 5, "vr": "OW"}
    planes = with_embedded(with_plane(dataset(**signed), rows=9, columns=5, frames=3), 0x6002, 14)
    assert same(tmp_path, file(planes, transfer_syntax), Blank(Rectangle(1, 1, 3, 8)))
    assert same(tmp_path, file(planes, transfer_syntax), Blank(Rectangle(1, 1, 3, 8)), Strip("high-bit-overlays"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_where_bands_and_chunks_end_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: st.DataObject) -> None:
    layout, transfer_syntax, _ = data.draw(st.sampled_from(LAYOUTS))
    rows, columns = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 5)) * 2 - int("samples" not in layout)
    made = dataset(**{**layout, "rows": rows, "columns": columns, "frames": data.draw(st.integers(1, 4))})
    blanks = []
    for _ in range(data.draw(st.integers(1, 3))):
        left, top = data.draw(st.integers(0, columns - 1)), data.draw(st.integers(0, rows - 1))
        right, bottom = data.draw(st.integers(left + 1, columns)), data.draw(st.integers(top + 1, rows))
        blanks.append(Blank(Rectangle(left, top, right, bottom), outside=data.draw(st.booleans())))
    content = file(made, transfer_syntax)
    whole = done(tmp_path, content, tuple(blanks), NEVER_LARGE)
    with monkeypatch.context() as patch:
        patch.setattr("deidrules.pixels.native.CHUNK", data.draw(st.integers(0, 40), "chunk"))
        patch.setattr("deidrules.pixels.native.NEAR", data.draw(st.integers(-1, 20), "near"))
        patch.setattr("deidrules.pixels.extremes.BAND", data.draw(st.integers(1, 60), "band"))
        patch.setattr("deidrules.pixels.native.HELD", 0)
        for large in (NEVER_LARGE, ALWAYS_LARGE):
            assert done(tmp_path, content, tuple(blanks), large) == whole


@pytest.mark.parametrize("transfer_syntax", [EXPLICIT, IMPLICIT])
def test_pixel_data_of_odd_length_comes_out_even_where_it_changes(tmp_path: Path, transfer_syntax: str) -> None:
    made = dataset(rows=5, columns=5)
    del made.PixelData
    head = b"\xe0\x7f\x10\0" + (b"OB\0\0" if transfer_syntax == EXPLICIT else b"")
    data = file(made, transfer_syntax) + head + pack("<I", 25) + bytes(range(1, 26))
    written = same(tmp_path, data, Blank(Rectangle(0, 0, 5, 4)))
    assert written.endswith(head + pack("<I", 26) + bytes(20) + bytes(range(21, 26)) + b"\0")


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("table", ["basic", "extended", "none"])
@pytest.mark.parametrize("name", [*CODED, *BLOCKS])
def test_compressed_pixels(tmp_path: Path, name: str, table: str) -> None:
    coded = {**CODED, **BLOCKS}[name]
    made = coded.object(coded.frames(3), table=table)
    assert same(tmp_path, file(made, coded.uid), Blank(Rectangle(9, 4, 19, 14), frames=((2, 2),)))
    assert same(tmp_path, file(made, coded.uid))


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("pieces_of_a_frame", [1, 3])
def test_frames_that_all_lose_their_metadata(tmp_path: Path, pieces_of_a_frame: int) -> None:
    coded = BLOCKS["JPEG"]
    frames = [frame[:2] + b"\xff\xfe\0\x08SECRET" + frame[2:] for frame in coded.frames(4)]
    written = same(tmp_path, file(coded.object(frames, pieces=pieces_of_a_frame), coded.uid), Blank(BOX, frames=((3, 3),)))
    assert written and b"SECRET" not in written


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: data[:-20], "truncated"),
        (lambda data: data[:403], "truncated"),
        (lambda data: b"nothing of ours" * 40, "not-dicom"),
        (lambda data: data.replace(b"\x28\0\x10\0US", b"\x28\0\x10\0QQ"), "unknown-vr"),
    ],
)
def test_what_is_refused_is_refused_either_way(tmp_path: Path, change: Any, code: str) -> None:
    data = change(file(dataset(frames=3)))
    held, large = (done(tmp_path, data, OPERATIONS["box"], at)[0] for at in (NEVER_LARGE, ALWAYS_LARGE))
    assert held == large
    assert isinstance(held, Refused) and held.record["code"] == code


def test_repair_holds_what_it_reads_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = dataset(frames=3)
    made.PatientName = "EXAMPLE^SECRET"
    data = file(made)
    at = data.index(b"\x10\0\x10\0PN")
    end = at + 8 + data[at + 6]
    start = data.index(b"\x08\0\x16\0UI")
    data = data[:start] + data[at:end] + data[start:at] + data[end:]  # out of order: repaired
    assert b"SECRET" not in same(tmp_path, data) != b""
    monkeypatch.setattr("deidrules.engine.repair.LARGEST", len(data) - 1)
    for large in (NEVER_LARGE, ALWAYS_LARGE):
        refused = done(tmp_path, data, (), large)[0]
        assert isinstance(refused, Refused) and refused.record["code"] == "out-of-order"


# ---- files that change, disks that fail


def test_a_source_that_changes_between_judgement_and_copy_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = file(dataset(frames=3, rows=200, columns=200))
    write = sink.write_partial

    def after(how: Any) -> Any:
        def changed(folder: str, name: str, parts: tuple[Part, ...]) -> None:
            how(tmp_path / "given.dcm")
            write(folder, name, parts)

        return changed

    def overwrite(path: Path) -> None:
        with path.open("r+b") as out:
            out.seek(-10, os.SEEK_END)
            out.write(b"other")

    for how in (lambda path: os.truncate(path, 1000), lambda path: os.truncate(path, len(data) + 5), overwrite):
        monkeypatch.setattr("deidrules.run.process.write_partial", after(how))
        result, _ = done(tmp_path, data, OPERATIONS["box"], ALWAYS_LARGE)
        assert isinstance(result, Refused), result
        assert (result.outcome, result.record["code"]) == ("failed", "source-changed")
    # held files were read before: nothing that happens to them later counts
    assert isinstance(done(tmp_path, data, OPERATIONS["box"], NEVER_LARGE)[0], Prepared)


def test_outcomes_of_a_file_that_changed_are_sent_with_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "waiting").mkdir()
    path = tmp_path / "given.dcm"
    path.write_bytes(file(dataset()))
    worker = Processor(Settings(plan(), KEY, large_bytes=0, waiting=str(tmp_path / "waiting")))
    with monkeypatch.context() as patch:
        patch.setattr(FileBuffer, "prove_unchanged", lambda self: (_ for _ in ()).throw(Refusal("source-changed")))
        assert isinstance(worker(Job(0, str(path), "", "out")), Refused)
    result = worker(Job(1, str(path), "", "out"))
    assert isinstance(result, Prepared) and result.outcomes


def test_a_disk_that_fills_up_halts_the_run_and_a_source_that_fails_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = file(dataset(frames=3, rows=300, columns=300))

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "full")

    def broken(*_: Any) -> bytes:
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as patch:
        patch.setattr(os, "copy_file_range", full, raising=False)
        patch.setattr(os, "writev", full)
        patch.setattr(os, "write", full)
        result, _ = done(tmp_path, data, (), ALWAYS_LARGE)
        assert isinstance(result, Halt) and result.code == "disk-full"
    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", broken)
        result, _ = done(tmp_path, data, (), ALWAYS_LARGE)
        assert isinstance(result, Refused) and (result.outcome, result.record["code"]) == ("failed", "unreadable")


@pytest.fixture(autouse=True)
def nothing_known_of_this_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_paces", {})


@pytest.fixture
def source(tmp_path: Path) -> Iterator[FileBuffer]:
    path = tmp_path / "source"
    path.write_bytes(np.random.default_rng(3).bytes(300_000))
    with open_buffer(str(path), 1 << 30, 0) as opened:
        assert isinstance(opened, FileBuffer)
        yield opened


@pytest.mark.parametrize("how", ["copied", "not possible", "not there", "stops in the middle"])
def test_stretches_are_written_with_what_stands_between_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: FileBuffer, how: str
) -> None:
    calls: list[int] = []
    copy = getattr(os, "copy_file_range", None)

    def impossible(*arguments: Any) -> int:
        raise OSError(errno.EXDEV, "")

    def once(descriptor: int, target: int, count: int, offset: int) -> int:
        calls.append(count)
        if len(calls) % 2 == 0:
            raise OSError(errno.EIO, "")
        return int(copy(descriptor, target, min(count, 5000), offset)) if copy else 0

    if how == "not there":
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    elif how != "copied":
        monkeypatch.setattr(os, "copy_file_range", impossible if how == "not possible" else once, raising=False)
    view = viewed(source)
    assert isinstance(view, Stretch)
    many: list[Part] = [b"%d" % number for number in range(1500)]
    parts: list[Part] = [b"a", view[7:200_000], b"", view[5:5], view[3:9], Pieces(100_001, lambda: iter((b"b", view[1:100_001]))), *many]
    write_partial(str(tmp_path), "out", parts)
    data = (tmp_path / "source").read_bytes()
    expected = (
        b"a" + data[7:200_000] + data[3:9] + b"b" + data[1:100_001] + b"".join(bytes(part) for part in many if isinstance(part, bytes))
    )
    assert (tmp_path / "out").read_bytes() == expected
    assert digest(parts) == hashlib.sha256(expected).digest()


@pytest.mark.parametrize("faster", ["kernel", "memory"])
def test_the_faster_way_of_copying_is_found_and_both_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: FileBuffer, faster: str
) -> None:
    real = getattr(os, "copy_file_range", None)
    if real is None:
        pytest.skip("this system has no copy_file_range")
    clock = [0.0]
    kernel: list[int] = []

    def by_kernel(*arguments: int) -> int:
        clock[0] += 1 if faster == "kernel" else 100
        kernel.append(arguments[2])
        return int(real(*arguments))

    def by_memory(descriptor: int, data: bytes) -> None:
        clock[0] += 10
        os.write(descriptor, data)

    monkeypatch.setattr(os, "copy_file_range", by_kernel)
    monkeypatch.setattr(copying, "write", by_memory)
    monkeypatch.setattr(copying, "_paces", {})
    monkeypatch.setattr(copying, "_LEAST", 1000)
    monkeypatch.setattr(copying, "_MOST", 10_000)
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    view = viewed(source)
    write_partial(str(tmp_path), "out", [view[1:100_001], view[:200_000], view[7:]])
    data = (tmp_path / "source").read_bytes()
    assert (tmp_path / "out").read_bytes() == data[1:100_001] + data[:200_000] + data[7:]
    trials = [10_000] * 4
    assert kernel == ([*trials, 20_000, 200_000, 299_993] if faster == "kernel" else trials)


def test_a_part_that_cannot_be_made_leaves_no_file(tmp_path: Path, source: FileBuffer) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x"
        raise Refusal("source-changed")

    with pytest.raises(Refusal):
        write_partial(str(tmp_path), "out", [b"a", Pieces(2, broken)])
    os.truncate(tmp_path / "source", 100)
    with pytest.raises(Refusal, match="source-changed"):
        write_partial(str(tmp_path), "out", [viewed(source)[:]])
    assert not (tmp_path / "out").exists()


# ---- memory

MOST = 96_000_000
# what the process may grow by from a file of a megabyte to one of a gigabyte
GROWTH = 24_000_000


def held(folder: Path, statements: tuple[str, ...], *more: str, **layout: Any) -> int:
    """Peak resident memory of the command on one sparse object."""
    source, output = folder / "in.dcm", folder / "out"
    size = large_objects.native(source, sparse=True, **layout)
    profile = large_objects.profile(folder / "profile", *statements)
    try:
        peak, _ = large_objects.peak("apply-profile", str(profile), str(source), "--output", str(output), *more)
        written = [path.stat().st_size for path in output.rglob("*.dcm")] if output.exists() else []
        assert "--dry-run" in more or (len(written) == 1 and written[0] > size)
    finally:
        for path in (source, output, Path(f"{output}.run"), profile):
            large_objects.drop(path)
    return peak


GIGABYTE: dict[str, dict[str, Any]] = {
    "many frames": {"rows": 480, "columns": 640, "samples": 3, "frames": 1100},
    "one frame": {"rows": 22000, "columns": 24000, "allocated": 16, "stored": 12, "signed": True, "frames": 1},
}


@pytest.mark.long
@pytest.mark.parametrize(
    ("shape", "statements", "more"),
    [
        ("many frames", (), ()),
        ("many frames", ("blank 100,10,+200,+60",), ()),
        ("many frames", ("blank 100,10,+200,+60",), ("--dry-run",)),
        ("one frame", (), ()),
        ("one frame", ("blank outside 100,10,+800,+600",), ()),
        ("one frame", ("blank everything", "strip high-bit-overlays"), ()),
    ],
)
def test_a_gigabyte_goes_through_in_96_megabytes(tmp_path: Path, shape: str, statements: tuple[str, ...], more: tuple[str, ...]) -> None:
    if not large_objects.room(tmp_path, 1100 * MEGABYTE):
        pytest.skip("not enough room on the disk for a gigabyte")
    peak = held(tmp_path, statements, *more, **GIGABYTE[shape])
    assert peak <= MOST
    assert peak - held(tmp_path, statements, *more, **{**GIGABYTE[shape], "rows": 1000, "columns": 1000, "frames": 1}) <= GROWTH


@pytest.mark.long
def test_compressed_frames_go_through_one_at_a_time(tmp_path: Path) -> None:
    """Each of them loses a comment, so none stays as it is."""
    coded = BLOCKS["JPEG"]
    frame = coded.frames(1)[0]
    frame = frame[:2] + b"\xff\xfe\xea\x62" + b"SECRET" * 10_000 + frame[2:]
    layout: dict[str, Any] = {"rows": 24, "columns": 40, **coded.layout}
    profile = large_objects.profile(tmp_path / "profile", "blank 0,0,+16,+8 frames 2")
    peaks = []
    for frames in (80, 3200):
        if not large_objects.room(tmp_path, frames * len(frame)):
            pytest.skip("not enough room on the disk")
        large_objects.encapsulated(tmp_path / "in.dcm", [frame] * frames, coded.uid, **layout)
        output = tmp_path / f"out{frames}"
        peak, _ = large_objects.peak("apply-profile", str(profile), str(tmp_path / "in.dcm"), "--output", str(output))
        (written,) = output.rglob("*.dcm")
        assert b"SECRET" not in written.read_bytes()
        peaks.append(peak)
        large_objects.drop(tmp_path / "in.dcm")
        large_objects.drop(output)
    assert peaks[1] - peaks[0] <= GROWTH and peaks[1] <= MOST
