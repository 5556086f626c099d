"""Takes what identifies out of a text and leaves the rest byte for byte. Defines no word of the language."""

from __future__ import annotations

from deidrules.actions.names import Names, ideographic_names, known_by
from deidrules.actions.written import Span, spans, words_of

_BLANKS = " \t"
_SEPARATORS = "_-,;:/^=&+|#@"


def clean_text(text: str, identifiers: frozenset[str]) -> str:
    """The text without the instance's identifiers (whole words, whatever their case, order and diacritics), titles and the name behind
    them, dates, numbers of six and more digits, e-mail and web addresses, and without the words that only led up to them ("for", "by",
    "MRN"). Unchanged when nothing was found; empty when nothing but punctuation is left. Takes time linear in the text."""
    words = words_of(text)
    if not words:
        return text
    known = known_by(identifiers)
    found = list(spans(text, words))
    found += ideographic_names(text, known)
    found += Names(text, words, known, found).spans()
    if not found:
        return text
    rest = _cut(text, _merged(text, found))
    return rest if any(character.isalnum() for character in rest) else ""


def _merged(text: str, found: list[Span]) -> list[Span]:
    """In order, without overlaps; one span where nothing but punctuation of one line lies between two."""
    out: list[Span] = []
    for start, end in sorted(found):
        if out:
            before = out[-1]
            gap = text[before[1] : start] if start > before[1] else ""
            if len(gap) <= 5 and not any(c.isalnum() or c in "\r\n" for c in gap):
                out[-1] = (before[0], max(before[1], end))
                continue
        out.append((start, end))
    return out


def _cut(text: str, cuts: list[Span]) -> str:
    """The text without the spans, its seams closed: one separator where there were two, none at the edge of a line."""
    pieces: list[str] = []
    kept = 0  # where the part that stays begins
    for number, (start, end) in enumerate(cuts):
        limit = cuts[number + 1][0] if number + 1 < len(cuts) else len(text)
        left = start
        while left > kept and text[left - 1] in _BLANKS + _SEPARATORS + "([":
            left -= 1
        right = end
        while right < limit and text[right] in _BLANKS + _SEPARATORS + ")]":
            right += 1
        first = left == 0 or text[left - 1] in "\r\n" or (left == kept and not any(pieces))
        last = right == len(text) or text[right] in "\r\n"
        if first:
            while right < limit and text[right] in " \t.":
                right += 1
        pieces += (text[kept:left], _seam(text[left:start], text[start:end], text[end:right], text[right : right + 1], first, last))
        kept = right
    pieces.append(text[kept:])
    return "".join(pieces)


def _seam(tail: str, cut: str, head: str, following: str, first: bool, last: bool) -> str:
    """What joins the two sides of a cut. `tail` and `head` are the blanks, separators and brackets that stood before and behind it."""
    opened = closed = 0  # brackets whose partners stay
    for character in tail + cut + head:
        if character in "([":
            opened += 1
        elif character in ")]":
            opened, closed = (opened - 1, closed) if opened else (0, closed + 1)
    if opened and tail.strip(_BLANKS + _SEPARATORS):
        return tail.rstrip(_BLANKS)
    if closed and head.strip(_BLANKS + _SEPARATORS):
        return head.lstrip(_BLANKS + _SEPARATORS)
    if first or last:
        return ""
    if any(bracket in tail + head for bracket in "()[]"):
        return " "
    if not head and following in {".", "!", "?"}:
        return ""
    if tail.strip(_BLANKS):
        return tail
    if head.strip(_BLANKS):
        return head
    return tail if len(tail) <= 1 and tail else " "
