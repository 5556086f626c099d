"""Which words of a text are somebody's name, and which belong to them. Defines no word of the language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from deidrules.actions.vocabulary import (
    CONNECTORS,
    DOTTED_TITLES,
    EVERYDAY,
    LABELS,
    NAME_FOLLOWS,
    NAME_PARTS,
    NUMBER_LABELS,
    ORDINARY,
    TITLES,
)
from deidrules.actions.written import Span, Word, words_of

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})
_NAME_GAP = frozenset(" .,^'’`_-=&/()")  # between the parts of one name


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What the instance knows its patient and staff by. `strong` words go wherever they stand; `weak` ones (short, or words of radiology)
    only beside something that went; `codes` are numbers and letters without what divides them; `ideographs` go within words too."""

    strong: frozenset[str]
    weak: frozenset[str]
    initials: frozenset[str]
    codes: frozenset[str]
    ideographs: tuple[str, ...]


@lru_cache(maxsize=1)  # one instance at a time: all its texts are cleaned in a row
def known_by(identifiers: frozenset[str]) -> Identifiers:
    strong, weak, initials, codes, ideographs = set[str](), set[str](), set[str](), set[str](), set[str]()
    for identifier in identifiers:
        for spelling in {identifier, identifier.lower().translate(_UMLAUTS)}:
            words = words_of(spelling)
            parts = [word.folded for word in words]
            ideographs.update(form for word in words for form in (word.folded, spelling[word.start : word.end]) if _ideographic(form))
            if any(character.isdigit() for character in spelling):
                code = "".join(parts)
                codes.update(form for form in (code, code.lstrip("0")) if len(form) >= 4)
                weak.add(code)
                parts = [part for part in parts if part.isalpha() and len(part) > 3]
            for part in parts:
                (strong if len(part) > 1 and part not in ORDINARY else weak).add(part)
                initials.add(part[0])
    return Identifiers(
        frozenset(strong | codes),
        frozenset(weak),
        frozenset(initials),
        frozenset(codes),
        tuple(sorted(ideographs, key=lambda word: (-len(word), word))),
    )


def _ideographic(text: str) -> bool:
    return any(character >= "\u2e80" for character in text)


def ideographic_names(text: str, known: Identifiers) -> list[Span]:
    """Names in scripts that put no blanks between words; a name of one character only where it touches another part."""
    found: list[Span] = []
    if text.isascii() or not known.ideographs:
        return found
    whole = [name for name in known.ideographs if len(name) > 1]
    for name in whole:
        place = text.find(name)
        while place >= 0:
            found.append((place, place + len(name)))
            place = text.find(name, place + len(name))
    single = {name for name in known.ideographs if len(name) == 1}
    for start, end in tuple(found):
        if start and text[start - 1] in single:
            found.append((start - 1, start))
        if end < len(text) and text[end] in single:
            found.append((end, end + 1))
    return found


class Names:
    """Which words of one text go: a mark per word, spread to the words that belong to it."""

    def __init__(self, text: str, words: list[Word], known: Identifiers, found: list[Span]) -> None:
        self.text = text
        self.words = words
        self.known = known
        self.shouted = text.isupper()
        self.name = [self._identifies(word.folded) for word in words]  # part of somebody's name or an identifier
        self.sure = tuple(self.name)  # before anything was drawn in by what stands beside it
        self.gone = list(self.name)
        self._mark_codes()
        self._mark_titles()
        self._mark_everyday_names()
        self._spread()
        self._mark_found(found)
        self._mark_labels()
        self._mark_connectors()

    def spans(self) -> list[Span]:
        """Where the words stand that go; with the full stop behind an initial or a title."""
        out = []
        for word, gone in zip(self.words, self.gone, strict=True):
            if gone:
                short = len(word.folded) == 1 or word.folded in NAME_PARTS or word.folded in LABELS
                out.append((word.start, word.end + (short and self.text[word.end : word.end + 1] == ".")))
        return out

    def _identifies(self, word: str) -> bool:
        strong = self.known.strong
        if word in strong:
            return True
        if not strong or len(word) < 4 or len(word) > 64:
            return False
        if not word.isalpha():  # DOE1962, id4711
            runs = "".join(c if c.isalpha() else " " for c in word).split() + "".join(c if c.isdigit() else " " for c in word).split()
            return any(run in strong and len(run) > 2 for run in runs)
        initials = self.known.initials
        if (word[1:] in strong and word[0] in initials) or (word[:-1] in strong and word[-1] in initials):  # jdoe, doej
            return True
        return any(word[:place] in strong and word[place:] in strong for place in range(2, len(word) - 1))  # janedoe

    def _gap(self, place: int) -> str:
        """What stands between a word and the next."""
        return self.text[self.words[place].end : self.words[place + 1].start]

    def _near(self, place: int) -> bool:
        """True when a word and the next may be parts of one name."""
        if not 0 <= place < len(self.words) - 1:
            return False
        gap = self._gap(place)
        return len(gap) <= 3 and _NAME_GAP.issuperset(gap)

    def _mark_codes(self) -> None:
        """Numbers and codes that are written in groups: 12-34-567, AB 1234."""
        codes = self.known.codes
        longest = max(map(len, codes), default=0)
        if not longest:
            return
        for place in range(len(self.words)):
            code, last = self.words[place].folded, place
            while last - place < 6 and len(code) < longest and self._near(last) and len(self._gap(last)) == 1:
                last += 1
                code += self.words[last].folded
                if code in codes:
                    for index in range(place, last + 1):
                        self.name[index] = self.gone[index] = True

    def _mark_titles(self) -> None:
        for place, word in enumerate(self.words[:-1]):
            dotted = self.text[word.end : word.end + 1] == "."
            if word.folded not in TITLES and not (dotted and word.folded in DOTTED_TITLES):
                continue
            if not self._near(place):
                continue
            behind = place + 1
            if self.words[behind].folded in TITLES or not self._title_holds(word, behind, dotted):
                continue
            self._take(place)
            self._take(behind)
            # Prof. J. van der Berg: initials and particles lead on to the name itself; in mixed case a second capitalised word follows
            taken = 1
            while self._near(behind) and taken < 4:
                leads_on = len(self.words[behind].folded) == 1 or self.words[behind].folded in NAME_PARTS
                behind += 1
                if not leads_on and (
                    self.shouted or not self._capitalised(behind) or self.words[behind].folded in ORDINARY or "," in self._gap(behind - 1)
                ):
                    break
                if not self.words[behind].folded.isalpha():
                    break
                self._take(behind)
                taken += 1

    def _mark_everyday_names(self) -> None:
        """ "for Brown", where somebody is called Brown."""
        for place, word in enumerate(self.words[1:], start=1):
            if word.folded in EVERYDAY and word.folded in self.known.weak and self.words[place - 1].folded in NAME_FOLLOWS:
                self._take(place)

    def _title_holds(self, word: Word, behind: int, dotted: bool) -> bool:
        following = self.words[behind].folded
        if not following.isalpha():
            return False
        if dotted or self.name[behind] or following in self.known.weak:
            return True
        if word.folded in {"professor", "doctor", "miss"} and (self.shouted or not self._capitalised(behind)):
            return False  # "the doctor requested", "miss apex"
        # DR CHEST is a digital radiograph of the chest
        return following not in ORDINARY and following not in CONNECTORS

    def _capitalised(self, place: int) -> bool:
        return self.text[self.words[place].start].isupper()

    def _take(self, place: int) -> None:
        self.name[place] = self.gone[place] = True

    def _spread(self) -> None:
        """Weak words, initials, titles and particles go with the name beside them, in both directions."""
        count = len(self.words)
        for places, step in ((range(1, count), -1), (range(count - 2, -1, -1), 1)):
            for place in places:
                if not self.name[place] and self.name[place + step] and self._near(min(place, place + step)) and self._belongs(place, step):
                    self._take(place)

    def _belongs(self, place: int, step: int) -> bool:
        word = self.words[place]
        if word.folded in self.known.weak:
            # Fred Hand, hand pain: an ordinary word is a name only beside an unmistakable one
            return word.folded not in ORDINARY or self.sure[place + step]
        if word.folded == "s" and step == -1:
            return self._gap(place - 1) in {"'", "’"}  # Doe's
        if len(word.folded) == 1 and word.folded.isalpha():
            return word.folded in self.known.initials or self.text[word.end : word.end + 1] == "."
        if word.folded in TITLES or (word.folded in DOTTED_TITLES and self.text[word.end : word.end + 1] == "."):
            return step == 1
        if word.folded not in NAME_PARTS or word.folded in ORDINARY:
            return False
        other = place - step
        return step == -1 or (0 <= other < len(self.words) and self.name[other])

    def _mark_found(self, found: list[Span]) -> None:
        """Words that lie in a date, number or address."""
        ends = sorted(found)
        index, reach = 0, -1
        for place, word in enumerate(self.words):
            while index < len(ends) and ends[index][0] <= word.start:
                reach = max(reach, ends[index][1])
                index += 1
            if word.end <= reach:
                self.gone[place] = True

    def _mark_labels(self) -> None:
        for place in range(len(self.words) - 2, -1, -1):
            word = self.words[place].folded
            if self.gone[place] or word not in LABELS:
                continue
            gap = self._gap(place)
            if len(gap) > 3 or not frozenset(" .:#=_-(/+").issuperset(gap):
                continue
            following = self.words[place + 1].folded
            if self.gone[place + 1]:
                self.gone[place] = True
            elif word in NUMBER_LABELS and any(c.isdigit() for c in following) and (len(following) > 2 or "#" in gap or ":" in gap):
                self.gone[place] = self.gone[place + 1] = True

    def _mark_connectors(self) -> None:
        for place in range(len(self.words) - 2, -1, -1):
            if not self.gone[place] and self.gone[place + 1] and self.words[place].folded in CONNECTORS:
                gap = self._gap(place)
                if len(gap) <= 3 and frozenset(" .:#(").issuperset(gap):
                    self.gone[place] = True
