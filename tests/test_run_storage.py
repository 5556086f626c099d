"""Storage that fails, workers that are killed, users that interrupt: the real command in a process of its own wherever that is possible."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fake_engine
import pytest
from dicom_bytes import element, file, identity
from fake_engine import tree

from deidrules.dicom.dictionary import EDITION
from deidrules.engine.keys import KeyRing, generate
from deidrules.plan.model import Plan, Policies
from deidrules.run import directory, process, sink
from deidrules.run.directory import apply_directory
from deidrules.run.errors import stop_code
from deidrules.run.sink import Published, Sink, move_without_clobbering, write_partial
from deidrules.run.summary import Summary

KEY = KeyRing(bytes(range(32)))
PLAN = Plan("test", "1.0.0", EDITION, Policies("X"))
PROFILE = """\
profile: test
version: 1.0.0
language: 1
recipes: [main.recipe]
policies:
  unlisted: K
  unmatched-pixels: accept
  unknown-sop-class: strictest
"""
RECIPE = "deidrules 1\n\nX PatientName\nZ PatientID\nU StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID\n"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    place = tmp_path / "profile"
    place.mkdir()
    (place / "profile.yaml").write_text(PROFILE, encoding="utf-8")
    (place / "main.recipe").write_text(RECIPE, encoding="utf-8")
    return place


def objects(folder: Path, number: int, size: int = 0) -> Path:
    """So many small CT objects, each in an instance of its own."""
    folder.mkdir(exist_ok=True)
    for index in range(number):
        parts = identity()
        parts[1] = element(0x00080018, "UI", f"2.25.1{index:05}")
        parts.append(element(0x00204000, "LT", "x" * min(size, 10_000)))
        if size > 10_000:
            parts.append(element(0x00420011, "OB", bytes(size)))
        (folder / f"{index:05}").write_bytes(file(b"".join(parts)))
    return folder


def command(*arguments: str | Path, before: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "deidrules.cli.main", "apply-profile", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before or interruptible,
    )


def interruptible() -> None:
    """A job in the background of a script is born deaf to Ctrl-C, and so are its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finished(running: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = running.communicate(timeout=120)
    assert "Traceback" not in out + err
    return running.returncode, out + err


def summary_of(book: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((book / "summary.json").read_text("utf-8"))
    return data


def partial(out: Path) -> list[Path]:
    return [path for path in out.rglob("*") if ".deidrules-" in str(path)] if out.exists() else []


# ---- full, limited, read-only


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs needs root")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_full_disk_stops_the_run_with_exit_3_and_nothing_partial(tmp_path: Path, profile: Path, small_disk: Path, workers: str) -> None:
    source = objects(tmp_path / "in", 60, 50_000)
    out = small_disk / "out"
    code, said = finished(command(profile, source, "--output", out, "--workers", workers))
    assert code == 3, said
    assert "disk-full" in said
    assert partial(out) == []
    summary = summary_of(small_disk / "out.run")
    assert (summary["ended"], summary["reason"]) == ("stopped", "disk-full")
    assert summary["written"] == len(tree(out)) == summary["found"] < 60
    assert summary["written"] or workers != "1"  # several may fill the disk before the first file has its name
    assert len({path.stat().st_size for path in out.rglob("*.dcm")}) <= 1


def test_a_file_size_limit_stops_the_run_with_exit_3(tmp_path: Path, profile: Path) -> None:
    source = objects(tmp_path / "in", 3, 200_000)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    code, said = finished(command(profile, source, "--output", tmp_path / "out", before=limit))
    assert code == 3, said
    assert tree(tmp_path / "out") == {}
    assert partial(tmp_path / "out") == []


def test_an_output_that_cannot_be_made_stops_the_run_with_exit_3(profile: Path, tmp_path: Path) -> None:
    code, said = finished(command(profile, objects(tmp_path / "in", 1), "--output", "/proc/nowhere/out", "--run", tmp_path / "book"))
    assert code == 3, said
    assert summary_of(tmp_path / "book")["found"] == 0


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "Settings", lambda **given: process.Settings(build=fake_engine.build, **given))


def fill(folder: Path) -> Path:
    """Twenty files for the stand-in engine."""
    (folder / "in").mkdir(exist_ok=True)
    for number in range(20):
        (folder / "in" / f"{number:02}").write_text(f"write 1.1 1.2 1.{number} content")
    return folder


def run(folder: Path) -> Summary:
    return apply_directory(folder / "in", folder / "out", PLAN, key=KEY, crosswalk=folder / "walk.csv")


def concerns_outputs(call: str, first: Any, folder: Path) -> bool:
    """Whether a system call is about something the run writes."""
    if call in ("writev", "close"):
        try:
            place = Path(f"/proc/self/fd/{first}").readlink()
        except OSError:
            return False
        return place.suffix == ".partial"
    return isinstance(first, str | os.PathLike) and str(first).startswith(str(folder)) and not str(first).startswith(str(folder / "in"))


@pytest.mark.parametrize("call", ["open", "writev", "close", "link", "unlink", "mkdir"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.usefixtures("fake")
def test_whichever_call_fails_the_run_ends_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int) -> None:
    """The n-th call fails, for every n until there is no n-th."""
    true = getattr(os, call)
    for n in range(1, 200):
        place = tmp_path / str(n)
        place.mkdir()
        fill(place)
        calls = 0

        def fails(first: Any, *others: Any, n: int = n, place: Path = place, **more: Any) -> Any:
            nonlocal calls
            ours = concerns_outputs(call, first, place)
            calls += ours
            if ours and calls == n:
                if call == "close":
                    true(first)
                raise OSError(code, os.strerror(code), "SECRET")
            return true(first, *others, **more)

        monkeypatch.setattr(os, call, fails)
        try:
            summary = run(place)
        finally:
            monkeypatch.setattr(os, call, true)
        written = tree(place / "out") if (place / "out").exists() else {}
        assert {digest for name, digest in written.items() if name.endswith(".dcm")} <= {hashlib.sha256(b"DICMcontent").hexdigest()}
        if calls < n:
            assert (summary.ended, summary.written) == ("complete", 20)
            assert n > 1
            return
        if summary.ended == "complete":
            assert summary.written == 20  # it was tidying up, or a folder that was there anyway
            continue
        assert (summary.ended, summary.reason, summary.exit_code) == ("stopped", stop_code(OSError(code, "")), 3)
        assert call == "unlink" or partial(place / "out") == []
    raise AssertionError("the fault never stopped being reached")


def test_a_source_that_cannot_be_read_is_failed_and_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: None) -> None:
    true = os.open

    def fails(path: Any, *arguments: Any, **more: Any) -> int:
        if str(path).endswith("/in/07"):
            raise OSError(errno.EIO, "SECRET")
        return true(path, *arguments, **more)

    monkeypatch.setattr(os, "open", fails)
    summary = run(fill(tmp_path))
    assert (summary.written, summary.failed, dict(summary.codes)) == (19, 1, {"unreadable": 1})


# ---- the sink


def test_a_partial_file_is_private_and_gone_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_partial(str(tmp_path), "a", (b"ab", memoryview(b""), b"c" * 10))
    assert (tmp_path / "a").read_bytes() == b"ab" + b"c" * 10
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_partial(str(tmp_path), "a", (b"other",))
    assert (tmp_path / "a").read_bytes().startswith(b"ab")

    def fails(descriptor: int, parts: Any) -> int:
        os.write(descriptor, b"half")
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "writev", fails)
    with pytest.raises(OSError, match="full"):
        write_partial(str(tmp_path), "b", (b"whole",))
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("most", [1, 3, 7])
def test_a_file_is_written_whole_however_little_the_system_takes_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    def little(descriptor: int, parts: list[bytes | memoryview]) -> int:
        return os.write(descriptor, b"".join(bytes(part) for part in parts)[:most])

    monkeypatch.setattr(os, "writev", little)
    parts = tuple(bytes([65 + number]) * number for number in range(12))
    write_partial(str(tmp_path), "a", parts)
    assert (tmp_path / "a").read_bytes() == b"".join(parts)


def test_more_parts_than_the_system_takes_at_once_are_written(tmp_path: Path) -> None:
    parts = tuple(str(number).encode() for number in range(5000))
    write_partial(str(tmp_path), "a", parts)
    assert (tmp_path / "a").read_bytes() == b"".join(parts)


@pytest.mark.parametrize("links", [True, False])
def test_a_name_that_is_taken_is_never_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:

        def refuse(*arguments: Any, **more: Any) -> None:
            raise OSError(errno.EPERM, "no links here")

        monkeypatch.setattr(os, "link", refuse)
    new, taken = tmp_path / "new", tmp_path / "taken"
    new.write_text("new")
    taken.write_text("taken")
    with pytest.raises(FileExistsError):
        move_without_clobbering(str(new), str(taken))
    assert (new.read_text(), taken.read_text()) == ("new", "taken")
    move_without_clobbering(str(new), str(tmp_path / "free"))
    assert ((tmp_path / "free").read_text(), new.exists()) == ("new", False)


def test_two_runs_at_once_never_share_a_waiting_room(tmp_path: Path) -> None:
    one, two = Sink(tmp_path / "out"), Sink(tmp_path / "out")
    one.open()
    two.open()
    for which, text in ((one, b"first"), (two, b"second")):
        write_partial(which.partial, "1", (text,))
    assert one.publish("1", "a/b.dcm") is Published.NEW
    assert two.publish("1", "a/b.dcm") is Published.OTHER
    write_partial(two.partial, "2", (b"first",))
    assert two.publish("2", "a/b.dcm") is Published.SAME
    one.close()
    assert Path(two.partial).is_dir()
    two.close()
    assert tree(tmp_path / "out").keys() == {"a/b.dcm"}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a"]


def test_concurrent_runs_on_one_output_lose_nothing(tmp_path: Path, profile: Path) -> None:
    source = objects(tmp_path / "in", 150)
    generate(tmp_path / "key")
    key = ("--key-file", tmp_path / "key")
    running = [command(profile, source, "--output", tmp_path / "out", "--run", tmp_path / f"book{n}", *key) for n in range(3)]
    assert [finished(one)[0] for one in running] == [0, 0, 0]
    summaries = [summary_of(tmp_path / f"book{n}") for n in range(3)]
    assert sum(summary["written"] for summary in summaries) == 150 == len(tree(tmp_path / "out"))
    assert sum(summary["duplicate"] for summary in summaries) == 300
    assert partial(tmp_path / "out") == []


# ---- interruptions


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_exits_130_and_leaves_nothing_partial(
    tmp_path: Path, profile: Path, workers: str, number: signal.Signals
) -> None:
    source = objects(tmp_path / "in", 1500)
    running = command(profile, source, "--output", tmp_path / "out", "--workers", workers)
    deadline = time.monotonic() + 60
    while not list((tmp_path / "out").rglob("*.dcm")) and time.monotonic() < deadline:
        time.sleep(0.005)
    running.send_signal(number)
    code, said = finished(running)
    assert code == 130, said
    assert partial(tmp_path / "out") == []
    summary = summary_of(tmp_path / "out.run")
    assert summary["ended"] == "interrupted"
    assert 0 < summary["written"] == len(tree(tmp_path / "out")) < 1500
    assert "found" in said


@pytest.mark.long
def test_workers_killed_at_random_cost_their_file_in_hand_and_no_other(tmp_path: Path, profile: Path) -> None:
    source = objects(tmp_path / "in", 3000, 2000)
    generate(tmp_path / "key")
    running = command(profile, source, "--output", tmp_path / "out", "--workers", "3", "--key-file", tmp_path / "key")
    killed = 0

    def kill() -> None:
        nonlocal killed
        for _ in range(5):
            time.sleep(0.3)
            children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
            if running.poll() is None and children:
                os.kill(int(children[0]), signal.SIGKILL)
                killed += 1

    thread = threading.Thread(target=kill)
    thread.start()
    code, said = finished(running)
    thread.join()
    summary = summary_of(tmp_path / "out.run")
    assert summary["ended"] == "complete", said
    assert summary["found"] == 3000
    assert summary["failed"] <= killed
    assert summary["written"] == 3000 - summary["failed"] == len(tree(tmp_path / "out"))
    assert code == (1 if summary["failed"] else 0)
    assert partial(tmp_path / "out") == []


def test_waiting_room_names_are_told_from_outputs(tmp_path: Path) -> None:
    assert Path(Sink(tmp_path).partial).name.startswith(".deidrules-")
    assert sink.Sink(tmp_path).partial != sink.Sink(tmp_path).partial
