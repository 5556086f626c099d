"""Where something stands in the source text."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Source:
    """A named text: a recipe or a profile. `name` is what a person calls it (a path as given, or a shipped name)."""

    name: str
    text: str

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        starts = [0]
        for offset, character in enumerate(self.text):
            if character == "\n":
                starts.append(offset + 1)
        return tuple(starts)

    def position(self, offset: int) -> tuple[int, int]:
        """(line, column), both counted from 1, of a character offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line counted from 1, without its line break."""
        starts = self._starts
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r")


NO_SOURCE = Source("", "")


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of characters of a source."""

    source: Source = field(default=NO_SOURCE, repr=False)
    start: int = 0
    end: int = 0

    @property
    def line(self) -> int:
        """Line counted from 1; 0 when nowhere."""
        return self.source.position(self.start)[0] if self.source.name else 0

    @property
    def column(self) -> int:
        """Column counted from 1; 0 when nowhere."""
        return self.source.position(self.start)[1] if self.source.name else 0

    @property
    def text(self) -> str:
        """The characters of the span."""
        return self.source.text[self.start : self.end]

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}" if self.source.name else ""


NOWHERE = Span()
