"""What came of the tests: one by one, and of a recipe or profile together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Span


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One test that was run. `recipe` is the name of the recipe it stands in, `against` that of the profile it ran against, "" when it ran
    against its own recipe alone. `findings`: what did not come out as expected, none when it passed."""

    name: str
    recipe: str
    against: str
    span: Span
    findings: tuple[Diagnostic, ...] = ()

    @property
    def passed(self) -> bool:
        """True when everything came out as the test says."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The tests of a recipe or profile. `errors` say why something does not compile; `not_run` counts the tests that did not run for it."""

    tests: tuple[Rehearsed, ...] = ()
    errors: tuple[Diagnostic, ...] = ()
    not_run: int = 0

    @property
    def passed(self) -> bool:
        """True when everything compiles and every test passed."""
        return not self.errors and all(test.passed for test in self.tests)


def together(rehearsals: tuple[Rehearsal, ...]) -> Rehearsal:
    """Several as one, in their order. What is said twice, because a recipe was reached in two ways, is said once."""
    tests: dict[object, Rehearsed] = {}
    errors: dict[object, Diagnostic] = {}
    for one in rehearsals:
        for test in one.tests:
            tests.setdefault((Path(test.recipe).resolve(), test.against, test.span.start), test)
        for error in one.errors:
            errors.setdefault((error.code, error.message, Path(error.span.source.name).resolve(), error.span.start), error)
    return Rehearsal(tuple(tests.values()), tuple(errors.values()), sum(one.not_run for one in rehearsals))
