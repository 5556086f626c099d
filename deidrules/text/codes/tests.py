"""DR52x: what `deidrules test` says about the tests of recipes."""

from __future__ import annotations

from deidrules.text.codes.model import Code
from deidrules.text.diagnostic import Severity

ERROR = Severity.ERROR

TABLE: tuple[Code, ...] = (
    Code(
        "DR520",
        "not-as-expected",
        ERROR,
        "The rules make something else of the object than the test says. Either a rule does not do what its author meant, or the test is "
        "wrong; both are worth knowing before a file is read.",
    ),
    Code(
        "DR521",
        "refused-in-test",
        ERROR,
        "The object of the test is refused for a reason that the test does not expect, so nothing comes out of it. With such files the "
        "profile would write nothing.",
    ),
    Code(
        "DR522",
        "expected-but-not-given",
        ERROR,
        "An expectation speaks of something that the test does not give. `expect removed` would hold without any rule, and show nothing.",
    ),
    Code(
        "DR523",
        "cannot-be-given",
        ERROR,
        "What the test gives cannot stand in an object: no value of its VR, or an image that contradicts itself. A test of an object that "
        "cannot be says nothing about those that can.",
    ),
    Code("DR524", "expects-nothing", ERROR, "A test without `expect` cannot fail."),
    Code(
        "DR525",
        "no-such-verdict",
        ERROR,
        "The test expects a verdict that nothing it runs against has. A test in a recipe runs against that recipe alone; verdicts of other "
        "layers are tested in a recipe under `tests:`.",
    ),
)
