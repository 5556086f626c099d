"""hash: a keyed digest as hex digits."""

from __future__ import annotations

from collections.abc import Mapping

from deidrules.actions.arguments import out_of_range, text_of, whole
from deidrules.actions.base import Context, Example, Level, function
from deidrules.text.refusal import Refusal

SHORTEST, LONGEST = 8, 64


def _check(constants: Mapping[str, object]) -> str | None:
    return out_of_range(constants, "length", SHORTEST, LONGEST)


@function(
    leaves=Level.TOKEN,
    keyed="subject",
    arguments={"purpose": Level.TOKEN, "length": Level.PART, "missing": Level.ALL},
    examples=(
        Example("D AccessionNumber = hash()", {"AccessionNumber": "A4711"}, pattern={"AccessionNumber": "[0-9a-f]{16}"}),
        Example("D PatientID = hash(length: 32)", {"PatientID": "4711"}, pattern={"PatientID": "[0-9a-f]{32}"}),
    ),
    check=_check,
)
def hash_(context: Context, subject: object, *, purpose: str = "", length: int = 16, missing: str | None = None) -> str:
    """The first `length` (8 to 64) hex digits of the subject's HMAC-SHA256 under the run's key. There is no hash without a key: the hash of
    a number that somebody can count up to is that number. Subject, `purpose` and `missing` are those of `pseudonym`."""
    digits = whole(length, SHORTEST, LONGEST)
    name = text_of(subject)
    if not name:
        raise Refusal("bad-argument")
    return context.keys.digest("hash", text_of(purpose), name).hex()[:digits]
