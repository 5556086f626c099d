"""Keys: what is derived from a secret, and the file it lies in."""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deidrules.engine.keys import HEADER, KeyFileError, KeyRing, fresh, generate, load

KEYS = KeyRing(bytes(range(32)))
OTHER = KeyRing(bytes(range(1, 33)))


def test_what_is_derived_never_changes() -> None:
    # A released profile means these values: whoever has to change this test breaks every project that has a key.
    assert KEYS.identifier == "a97ddf4b"
    assert KEYS.digest("hash", "a", "b").hex() == "8cf954afb38e0328fb58f6af67e29bf746b670de5ea278cffc2ea887aa6250ca"
    assert KEYS.uid("1.2.3") == "2.25.215846160874400680734851585695926162648"
    assert KEYS.number("shift", "4711", below=730) == 366


def test_purposes_keys_and_frames_are_told_apart() -> None:
    digests = {
        KEYS.digest("hash", "ab", "c"),
        KEYS.digest("hash", "a", "bc"),
        KEYS.digest("hash", "abc"),
        KEYS.digest("hash", "abc", ""),
        KEYS.digest("pseudonym", "ab", "c"),
        OTHER.digest("hash", "ab", "c"),
    }
    assert len(digests) == 6


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=70))
def test_every_uid_is_valid_and_as_long_as_every_other(original: str) -> None:
    uid = KEYS.uid(original)
    assert len(uid) == 44
    root, number = uid[:5], uid[5:]
    assert root == "2.25."
    assert number.isdecimal() and number[0] != "0" and int(number) < 2**128
    assert uid == KEYS.uid(original) == KeyRing(bytes(range(32))).uid(original) != OTHER.uid(original)


def test_padding_is_no_part_of_a_uid() -> None:
    assert KEYS.uid("1.2.840.1\0") == KEYS.uid(" 1.2.840.1 ") == KEYS.uid("1.2.840.1")


def test_ten_thousand_uids_differ() -> None:
    assert len({KEYS.uid(f"1.2.3.{number}") for number in range(10_000)}) == 10_000


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 2**330), st.text(max_size=5))
def test_a_number_lies_below_its_bound(below: int, part: str) -> None:
    assert 0 <= KEYS.number("test", part, below=below) < below


def test_numbers_are_evenly_spread() -> None:
    counts = [0] * 7
    for part in range(7_000):
        counts[KEYS.number("test", str(part), below=7)] += 1
    assert min(counts) > 880 and max(counts) < 1_120  # four standard deviations


def test_large_numbers_use_all_their_range() -> None:
    assert max(KEYS.number("test", str(part), below=2**300) for part in range(50)) > 2**297


def test_a_bound_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="below"):
        KEYS.number("test", below=0)


def test_a_secret_is_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        KeyRing(b"short")


def test_nothing_shows_the_secret() -> None:
    assert repr(KEYS) == f"KeyRing({KEYS.identifier})"
    assert bytes(range(32)).hex()[:8] not in (KEYS.identifier, str(KEYS))


def test_a_worker_gets_the_same_keys() -> None:
    KEYS.uid("1.2.3")
    assert pickle.loads(pickle.dumps(KEYS)).uid("1.2.3") == KEYS.uid("1.2.3")


def test_a_fresh_key_is_another_each_time() -> None:
    assert fresh().uid("1.2.3") != fresh().uid("1.2.3")


def test_a_made_key_is_closed_to_others_and_loads_again(tmp_path: Path) -> None:
    place = tmp_path / "project.key"
    before = os.umask(0o777)
    try:
        made = generate(place)
    finally:
        os.umask(before)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert load(place).identifier == made.identifier
    header, secret, end = place.read_text("ascii").split("\n")
    assert (header, end, len(bytes.fromhex(secret))) == (HEADER, "", 32)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    place = tmp_path / "project.key"
    generate(place)
    before = place.read_bytes()
    with pytest.raises(KeyFileError, match="exists already"):
        generate(place)
    assert place.read_bytes() == before
    link = tmp_path / "link.key"
    link.symlink_to(tmp_path / "nowhere.key")
    with pytest.raises(KeyFileError, match="exists already"):
        generate(link)
    assert not (tmp_path / "nowhere.key").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666])
def test_a_key_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    place = tmp_path / "project.key"
    generate(place)
    place.chmod(mode)
    with pytest.raises(KeyFileError, match="group or others"):
        load(place)


def test_a_link_is_judged_by_what_it_leads_to(tmp_path: Path) -> None:
    place, link = tmp_path / "project.key", tmp_path / "link.key"
    made = generate(place)
    link.symlink_to(place)
    assert load(link).identifier == made.identifier
    place.chmod(0o644)
    with pytest.raises(KeyFileError, match="group or others"):
        load(link)


GOOD = f"{HEADER}\n{bytes(range(32)).hex()}\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 32,
        bytes(range(32)).hex().encode(),
        GOOD.replace("1\n", "2\n").encode(),
        GOOD[:-3].encode(),
        GOOD.encode() + b"\n",
        GOOD.encode() + b"more",
        GOOD.encode() * 100,
        GOOD.replace("0", "O").encode(),
        GOOD.encode("utf-16"),
        f"{HEADER}\n{'00' * 32}\n".encode(),
        f"{HEADER}\n{'ab' * 32}\n".encode(),
    ],
)
def test_a_file_that_is_no_key_is_refused_without_quoting_it(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "project.key"
    place.write_bytes(content)
    place.chmod(0o600)
    with pytest.raises(KeyFileError) as caught:
        load(place)
    assert str(place) not in str(caught.value)
    assert "0405" not in str(caught.value)


@pytest.mark.parametrize("content", [GOOD, GOOD.rstrip(), GOOD.replace("\n", "\r\n"), f"{HEADER}\n{bytes(range(32)).hex().upper()}\n"])
def test_line_ends_and_case_do_not_matter(tmp_path: Path, content: str) -> None:
    place = tmp_path / "project.key"
    place.write_bytes(content.encode("ascii"))
    place.chmod(0o600)
    assert load(place).identifier == KEYS.identifier


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="does not exist"):
        load(tmp_path / "nowhere")
    with pytest.raises(KeyFileError, match="not a regular file"):
        load(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyFileError, match="not a regular file"):
        load(tmp_path / "pipe")
    with pytest.raises(KeyFileError, match="cannot be created"):
        generate(tmp_path / "no" / "folder")
