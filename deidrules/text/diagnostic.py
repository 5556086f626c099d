"""What is said about a place in a recipe or profile: errors as values, never exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deidrules.text.source import NOWHERE, Span


class Severity(StrEnum):
    """`error` stops the compiler, `warning` does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that a diagnostic speaks of, such as the other rule of a clash."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `code` is a key of `deidrules.text.codes.CODES`; the message is lower case, without full stop, the user's words in
    backticks; `help` says what to do next."""

    code: str
    message: str
    span: Span = NOWHERE
    help: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def severity(self) -> Severity:
        """Severity as the table of codes has it."""
        from deidrules.text.codes import CODES

        return CODES[self.code].severity


def has_errors(diagnostics: tuple[Diagnostic, ...] | list[Diagnostic]) -> bool:
    """True when any of them stops the compiler."""
    return any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
