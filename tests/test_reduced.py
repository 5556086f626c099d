"""The item that D leaves of a sequence, for every sequence of every IOD: whole, valid by VR and VM, and no larger than it has to be."""

from __future__ import annotations

from collections.abc import Iterator

import build
import pytest

from deidrules.actions.dummy import dummy_values
from deidrules.dicom import dictionary, dummies, iod, values
from deidrules.dicom.element import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Element, Encoding
from deidrules.dicom.reader import read
from deidrules.engine.keys import KeyRing
from deidrules.engine.reduced import reduced
from deidrules.engine.touch import _fits

KEYS = KeyRing(bytes(range(32)))


def sequences() -> Iterator[tuple[int, iod.IodNode]]:
    """Each sequence with what an IOD says of its items; equal ones once."""
    seen: set[tuple[int, iod.IodNode]] = set()
    open_ = [iod.iod_named(name) for name in iod.names()] + [iod.iod_of("")]
    while open_:
        node = open_.pop()
        for tag in node.tags():
            entry = dictionary.entry(tag)
            if tag >> 16 == 4:
                continue  # of a DICOMDIR, which is refused
            if entry is not None and entry.vrs == ("SQ",) and (tag, node.below(tag)) not in seen:
                seen.add((tag, node.below(tag)))
                open_.append(node.below(tag))
    yield from sorted(seen, key=lambda one: one[0])


ALL = tuple(sequences())


def elements(tag: int, node: iod.IodNode, encoding: Encoding) -> tuple[bytes, tuple[Element, ...]]:
    """The item as the strict reader reads it, in a file whose only element is the sequence."""
    coding = {EXPLICIT_LITTLE: build.EXPLICIT, IMPLICIT_LITTLE: build.IMPLICIT, EXPLICIT_BIG: build.BIG}[encoding]
    data = build.file(build.element(tag, "SQ", reduced(tag, node, encoding, KEYS), coding), build.UIDS[coding])
    instance = read(data)
    (sequence,) = instance.elements
    assert sequence.items is not None
    (item,) = sequence.items
    return instance.buffer, item.elements


def test_there_is_a_sequence_of_every_kind() -> None:
    assert len(ALL) > 800


@pytest.mark.parametrize("encoding", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG], ids=["explicit", "implicit", "big"])
def test_the_item_holds_its_type_1_with_values_and_its_type_2_empty(encoding: Encoding) -> None:
    def check(buffer: bytes, found: tuple[Element, ...], sequence: int, node: iod.IodNode) -> None:
        expected = dict(dummies.members(sequence, node))
        assert {element.tag for element in found} == set(expected)
        for element in found:
            below = node.below(element.tag)
            if expected[element.tag] == 2:
                assert element.value == element.stop
            elif element.items is not None:
                (item,) = element.items
                check(buffer, item.elements, element.tag, below)
            else:
                decoded = values.decode(buffer[element.value : element.stop], element.vr, encoding, ())
                assert any(value not in ("", b"") for value in decoded), hex(element.tag)
                assert _fits(element.tag, len(decoded)), hex(element.tag)

    for tag, node in ALL:
        buffer, found = elements(tag, node, encoding)
        check(buffer, found, tag, node)


def test_no_item_is_large() -> None:
    sizes = {tag: len(reduced(tag, node, EXPLICIT_LITTLE, KEYS)) for tag, node in ALL}
    assert max(sizes.values()) < 20_000


def test_where_the_iod_knows_nothing_the_item_is_empty() -> None:
    assert reduced(0x00091001, None, EXPLICIT_LITTLE, KEYS) == b"\xfe\xff\x00\xe0\0\0\0\0"
    outside = iod.iod_of("1.2.840.10008.5.1.4.1.1.2").below(0x00700001)
    assert reduced(0x00700001, outside, EXPLICIT_LITTLE, KEYS) == b"\xfe\xff\x00\xe0\0\0\0\0"


def test_what_ps33_enumerates_has_a_dummy_that_fits() -> None:
    table = dummies._values()
    assert len(table) > 300
    for (sequence, tag), written in table.items():
        entry = dictionary.entry(tag)
        assert entry is not None
        for vr in entry.vrs:
            if vr == "OW":
                continue
            new = dummy_values(tag, vr, KEYS, sequence or None)
            assert len(new) == len(written) and _fits(tag, len(new)), entry.keyword
            assert values.decode(values.encode(new, vr, EXPLICIT_LITTLE, ()), vr, EXPLICIT_LITTLE, ()) == new, entry.keyword


def test_a_dummy_of_an_item_stands_in_items_only() -> None:
    meaning, item_class = 0x00080104, 0x00081150
    assert dummy_values(meaning, "LO", KEYS) == ("ANONYMIZED",)
    assert dummy_values(meaning, "LO", KEYS, 0x00081032) == ("Other",)
    assert dummy_values(item_class, "UI", KEYS, 0x00081111) == ("1.2.840.10008.3.1.2.3.3",)
    assert dummy_values(item_class, "UI", KEYS, 0x00081140) == dummy_values(item_class, "UI", KEYS) == ("1.2.840.10008.5.1.4.1.1.7",)
