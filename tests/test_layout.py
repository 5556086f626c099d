"""The layout memo: what it gives is what the reader gives, whatever the bytes."""

from __future__ import annotations

import random

import build
import pytest
from build import BIG, EXPLICIT, IMPLICIT, UIDS, Coding, changed, file
from hypothesis import given, settings
from hypothesis import strategies as st

from deidrules.dicom.element import DicomObject, Element, Item
from deidrules.dicom.layout import STEADY, Layouts
from deidrules.dicom.limits import Limits
from deidrules.dicom.reader import read
from deidrules.text.refusal import Refusal

CODINGS = [EXPLICIT, IMPLICIT, BIG]
Tree = tuple[object, ...]


def tree(elements: tuple[Element, ...]) -> Tree:
    return tuple(
        (
            *(one.tag, one.vr, one.coded_vr, one.header, one.value, one.stop, one.end, one.undefined, one.fragments, one.creator),
            None if one.items is None else tuple(map(branch, one.items)),
        )
        for one in elements
    )


def branch(one: Item) -> Tree:
    return (one.header, one.value, one.stop, one.end, one.undefined, one.encoding, tree(one.elements))


def told(found: DicomObject) -> Tree:
    """Everything that a DicomObject says."""
    assert {one.tag: one for one in found.elements} == found.index
    return (
        found.buffer, found.start, found.stop, found.encoding, found.transfer_syntax, tree(found.elements), tree(found.meta),
        found.meta_buffer, found.has_preamble, found.deflated, found.dropped, found.odd_lengths,
    )  # fmt: skip


def plainly(data: bytes) -> Tree:
    try:
        return told(read(data))
    except Refusal as refusal:
        return ("refused", *refusal.record().items())


def by_memo(layouts: Layouts, data: bytes) -> tuple[Tree, int | None]:
    try:
        found, identity = layouts.read(data)
    except Refusal as refusal:
        return ("refused", *refusal.record().items()), None
    return told(found), identity


def warm(*files: bytes) -> Layouts:
    """A memo that has met the files often enough to know them."""
    layouts = Layouts(most_of_a_size=1000)
    for _ in range(3):
        for data in files:
            layouts.read(data)
    assert layouts.hits >= len(files)
    return layouts


@pytest.mark.parametrize("coding", CODINGS)
def test_a_file_of_the_same_layout_is_not_walked_again(coding: Coding) -> None:
    first = file(build.rich(coding), UIDS[coding])
    second = first.replace(b"DOE^JANE", b"ROE^JOAN")
    layouts = warm(first)
    identity = layouts.read(first)[1]
    misses = layouts.misses
    assert by_memo(layouts, second) == (plainly(second), identity)
    assert layouts.misses == misses and identity is not None
    assert read(second).raw(read(second).index[0x00100010]) == b"ROE^JOAN"


def test_another_layout_of_the_same_size_has_another_identity() -> None:
    first = file(build.rich())
    second = first.replace(b"\x10\0\x10\0PN", b"\x10\0\x20\0LO")
    layouts = warm(first, second)
    assert layouts.read(first)[1] != layouts.read(second)[1]
    assert by_memo(layouts, second)[0] == plainly(second)


@pytest.mark.parametrize("coding", CODINGS)
def test_steady_values_are_part_of_the_layout(coding: Coding) -> None:
    first = file(build.image(coding), UIDS[coding])
    layouts = warm(first)
    known = layouts.read(first)[1]
    for one in read(first).elements:
        other = changed(first, one.value, bytes([first[one.value] ^ 1]))
        found, identity = layouts.read(other)
        assert (identity == known) is (one.tag not in STEADY), hex(one.tag)
        assert told(found) == plainly(other)


def test_what_stands_behind_the_data_set_is_not_remembered() -> None:
    for data in (file(build.image() + b"tail"), build.deflated(build.image()), build.image(), file(build.image(), None)):
        layouts = Layouts()
        for _ in range(4):
            assert by_memo(layouts, data) == (plainly(data), None)
        assert layouts.hits == 0


def test_other_limits_forget_what_was_read() -> None:
    data = file(build.rich())
    layouts = warm(data)
    with pytest.raises(Refusal, match="too-deep"):
        layouts.read(data, Limits(depth=1))
    assert layouts.read(data)[1] is None or layouts.misses > 2


def test_the_memo_is_bounded() -> None:
    layouts = Layouts(most=4, most_of_a_size=2)
    files = [file(build.identity() + build.element(0x00204000, "LT", "x" * (2 * size))) for size in range(20)]
    for data in files * 3:
        assert by_memo(layouts, data)[0] == plainly(data)
    assert layouts._count <= 4
    assert sum(map(len, layouts._by_size.values())) == layouts._count
    same_size = [file(build.element(0x00100000 | tag, "LO", "ab")) for tag in range(0x1000, 0x100A)]
    for data in same_size * 3:
        assert by_memo(layouts, data)[0] == plainly(data)
    assert all(len(kept) <= 2 for kept in layouts._by_size.values())


SEEDS = [file(build.rich(coding), UIDS[coding]) for coding in CODINGS] + [
    file(build.identity() + build.fragments(b"\xff\xd8ab", b"cdef"), build.JPEG_UID),
    file(build.image(IMPLICIT, bits=16), build.IMPLICIT_UID),
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=3)), min_size=1, max_size=3))
def test_the_memo_says_what_the_reader_says_of_any_mutant(seed: bytes, changes: list[tuple[int, bytes]]) -> None:
    layouts = warm(*SEEDS)
    mutant = seed
    for place, new in changes:
        at = place % (len(mutant) - len(new))
        mutant = changed(mutant, at, new)
    for _ in range(3):
        assert by_memo(layouts, mutant)[0] == plainly(mutant)


def test_every_single_byte_counts_as_the_reader_counts_it() -> None:
    layouts = warm(*SEEDS)
    chance = random.Random(7)
    for seed in SEEDS:
        for at in range(len(seed)):
            mutant = changed(seed, at, bytes([seed[at] ^ (1 << chance.randrange(8))]))
            assert by_memo(layouts, mutant)[0] == plainly(mutant), at
