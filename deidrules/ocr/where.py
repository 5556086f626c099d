"""Filters of a survey: `Keyword=value`, where the value may be a pattern of `*`, `?` and `[…]`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from deidrules.dicom import dictionary
from deidrules.ocr.columns import SIGNATURE, cell
from deidrules.ocr.headers import Header
from deidrules.ocr.signature import VALUES, Signature
from deidrules.text.suggest import did_you_mean

_FILTER = re.compile(r"\s*([A-Za-z0-9]+)\s*(!?=)(.*)", re.DOTALL)
_DERIVED = frozenset(SIGNATURE) - VALUES.keys()


class FilterError(ValueError):
    """A filter that cannot be: the message is for whoever wrote it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One `Keyword=value` or `Keyword!=value`. `tag` is 0 for a column that the survey derives (Frames, UltrasoundRegions, Overlays)."""

    keyword: str
    tag: int
    pattern: str
    negated: bool = False

    def holds(self, header: Header, signature: Signature) -> bool:
        """Whether one of the attribute's values at the top level matches, upper and lower case the same (with `!=`: none does). An empty
        pattern matches an attribute that is absent or empty. Refusal when the attribute cannot be decoded."""
        if self.tag:
            values = header.values(self.tag) or ("",)
        else:
            values = (cell(self.keyword, header, signature) or "",)
        return any(fnmatchcase(value.casefold(), self.pattern) for value in values) is not self.negated


def read_filter(text: str) -> Filter:
    """The filter of a text. FilterError when its form is another, or the keyword is none of PS3.6."""
    match = _FILTER.fullmatch(text)
    if match is None:
        raise FilterError("a filter is written Keyword=value or Keyword!=value")
    keyword, operator, pattern = match.groups()
    tag = 0 if keyword in _DERIVED else dictionary.tag_of(keyword)
    if tag is None:
        near = did_you_mean(keyword, (*dictionary.KEYWORDS, *_DERIVED))
        raise FilterError(f"unknown keyword `{keyword}`" + (f": {near}" if near else ""))
    return Filter(keyword, tag, pattern.strip().casefold(), operator == "!=")


def passes(filters: Sequence[Filter], header: Header, signature: Signature) -> bool:
    """True when every keyword's filters hold: of several with the same keyword one is enough, of those with `!=` all are asked."""
    asked: dict[str, bool] = {}
    for one in filters:
        holds = one.holds(header, signature)
        if one.negated:
            if not holds:
                return False
        else:
            asked[one.keyword] = asked.get(one.keyword, False) or holds
    return all(asked.values())
