"""What stands in an object: every element with its place, as selectors ask for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deidrules.actions.base import Atom
from deidrules.compile.selectors import Reached
from deidrules.dicom import content_item, dictionary
from deidrules.dicom.element import Element
from deidrules.dicom.private import block_of
from deidrules.dicom.reader import read
from deidrules.dicom.vr import VRS, Kind
from deidrules.engine.content import content_of
from deidrules.engine.reading import DataSet, Reading, is_sequence
from deidrules.plan.own import engine_own
from deidrules.plan.selector import Place, PrivateLeaf, Selector, TagLeaf
from deidrules.text.refusal import Refusal

_WORD = re.compile(r"[^\W_]+")
_WORDY = frozenset({Kind.TEXT, Kind.CODE})

Where = tuple[tuple[int, int], ...]  # (tag of a sequence, number of its item from 0), outermost first


@dataclass(frozen=True, slots=True)
class Spot:
    """One element: `where` and `tag` tell it from all others of the object, before and after. `values` are () for a sequence, which has
    `items` instead (else None)."""

    tag: int
    where: Where
    creators: tuple[str | None, ...]
    creator: str | None
    vr: str
    raw: bytes
    values: tuple[Atom, ...]
    items: int | None
    content: tuple[str, str] | None = None  # (concept, value type) of the content item whose value it is

    @property
    def empty(self) -> bool:
        """Without a value, or without items."""
        return not self.items if self.items is not None else not self.values

    @property
    def wordy(self) -> bool:
        """True when its value is made of words, rather than a number, a date or a UID."""
        return self.items is None and VRS[self.vr].kind in _WORDY

    @property
    def words(self) -> frozenset[str]:
        """The words of a text, each value of anything else; lower case."""
        texts = [str(value).casefold() for value in self.values if not isinstance(value, bytes)]
        return frozenset(word for text in texts for word in (_WORD.findall(text) if self.wordy else [text]) if word)

    def reached(self, by: Reached) -> bool:
        """True when a selector of the language means it: what is the engine's own only when it is named (rule 16)."""
        if not self.selected(by.selector) or any(self.selected(selector) for selector in by.excluded):
            return False
        leaf = by.selector.leaf
        return (isinstance(leaf, TagLeaf | PrivateLeaf) and leaf.exact) or not engine_own(self.tag)

    def selected(self, selector: Selector) -> bool:
        """True when a selector of the plan reaches it."""
        entry = None if self.tag >> 16 & 1 else dictionary.entry(self.tag)
        vrs = frozenset(entry.vrs) if entry is not None else frozenset((self.vr,))
        path = tuple((tag, creator) for (tag, _), creator in zip(self.where, self.creators, strict=True))
        return selector.reaches(Place(self.tag, vrs, self.creator, entry is not None, content=self.content), path)


class Contents:
    """The elements of an object, group 0002 too, private creators left out: they have no rule of their own (rule 15). `gone`: the items of
    the object as it was that are not in this one, their numbers from 1."""

    def __init__(self, data: bytes, gone: frozenset[Where] = frozenset()) -> None:
        self.reading = Reading(read(data))
        self._gone = gone
        self.spots: dict[tuple[Where, int], Spot] = {}
        self._walk(self.reading.meta, (), ())
        self._walk(self.reading.top, (), ())

    def at(self, spot: Spot) -> Spot | None:
        """The element at the place of another object's; None when nothing is there."""
        where: list[tuple[int, int]] = []
        before: list[tuple[int, int]] = []
        for tag, number in spot.where:
            if (*before, (tag, number + 1)) in self._gone:
                return None
            where.append((tag, number - sum((*before, (tag, other)) in self._gone for other in range(1, number + 1))))
            before.append((tag, number + 1))
        return self.spots.get((tuple(where), spot.tag))

    def reached(self, by: Reached) -> tuple[Spot, ...]:
        """All that a selector of the language means."""
        return tuple(spot for spot in self.spots.values() if spot.reached(by))

    def selected(self, selector: Selector) -> tuple[Spot, ...]:
        """All that a selector of the plan reaches."""
        return tuple(spot for spot in self.spots.values() if spot.selected(selector))

    def words(self, spot: Spot) -> frozenset[str]:
        """The words of an element; of a sequence, those of everything in it."""
        if spot.items is None:
            return spot.words
        depth = len(spot.where)
        below = (s for s in self.spots.values() if s.where[:depth] == spot.where and len(s.where) > depth and s.where[depth][0] == spot.tag)
        return frozenset(word for inner in below for word in inner.words)

    def pixels(self, tag: int) -> bytes | None:
        """The value of the pixel element; None when it is gone."""
        spot = self.spots.get(((), tag))
        return None if spot is None else spot.raw

    def _walk(self, place: DataSet, where: Where, creators: tuple[str | None, ...]) -> None:
        content = self._content(place) if where and where[-1][0] in content_item.SEQUENCES else None
        values = content_item.value_elements(content[1]) if content is not None else ()
        for element in place.elements:
            if block_of(element.tag) is not None:
                continue
            self.spots[where, element.tag] = self._spot(element, place, where, creators, content if element.tag in values else None)
            if is_sequence(element):
                for number, item in enumerate(element.items or ()):
                    self._walk(place.below(item), (*where, (element.tag, number)), (*creators, element.creator))

    def _content(self, place: DataSet) -> tuple[str, str] | None:
        try:
            return content_of(place, self.reading)[0]
        except Refusal:
            return None  # the engine refuses the object

    def _spot(
        self, element: Element, place: DataSet, where: Where, creators: tuple[str | None, ...], content: tuple[str, str] | None
    ) -> Spot:
        return Spot(
            tag=element.tag,
            where=where,
            creators=creators,
            creator=element.creator,
            vr=element.vr,
            raw=b"" if is_sequence(element) else self.reading.raw(element, place),
            values=self.reading.values(element, place),
            items=len(element.items or ()) if is_sequence(element) else None,
            content=content,
        )
