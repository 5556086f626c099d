"""Characters that have no place in a recipe: they hide something from the reader or from the terminal."""

from __future__ import annotations

import re
import unicodedata

from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Source, Span

# Control characters but tab and line break (a lone carriage return included), line and paragraph separators, characters that change the
# direction of text (what a reviewer sees is then not what is applied), byte order marks inside the text, halves of surrogate pairs.
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]|\r(?!\n)")
_SHOWN = 5


def safe(source: Source) -> tuple[str, tuple[Diagnostic, ...]]:
    """The text with a blank in place of every unsafe character, and what is to be said about them. A byte order mark at the very
    beginning is no error."""
    text = source.text
    if text.startswith("\ufeff"):
        text = " " + text[1:]
    if not _UNSAFE.search(text):
        return text, ()
    places = [match.start() for match in _UNSAFE.finditer(text)]
    findings = []
    for count, place in enumerate(places[:_SHOWN], 1):
        left = len(places) - count
        more = f"; {left} more such characters follow" if count == _SHOWN and left else ""
        findings.append(
            Diagnostic(
                "DR018",
                f"the character {describe(text[place])} cannot stand in a recipe",
                Span(source, place, place + 1),
                help=f"take it out{more}",
            )
        )
    return _UNSAFE.sub(" ", text), tuple(findings)


def describe(character: str) -> str:
    """`U+00A0 no-break space`."""
    name = unicodedata.name(character, "").lower() or {"\0": "null", "\r": "carriage return"}.get(character, "control character")
    if 0xD800 <= ord(character) <= 0xDFFF:
        name = "half of a surrogate pair"
    return f"U+{ord(character):04X} ({name})"
