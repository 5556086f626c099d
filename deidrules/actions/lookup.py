"""lookup: the value that a table has for the subject."""

from __future__ import annotations

from collections.abc import Mapping

from deidrules.actions.arguments import text_of
from deidrules.actions.base import Context, Example, Level, function
from deidrules.text.refusal import Refusal


def _check(constants: Mapping[str, object]) -> str | None:
    if "table" not in constants:
        return "`table` of `lookup` is a constant: a plan names its tables"
    return None if text_of(constants["table"]) else "`table` of `lookup` is empty"


@function(
    leaves=Level.TOKEN,
    keyed="subject",
    arguments={"missing": Level.ALL},
    examples=(
        Example('D PatientID = lookup(table: "patients")', {"PatientID": "4711"}, {"PatientID": "TRIAL7-001"}),
        Example('D PatientID = lookup(table: "patients", missing: "UNLISTED")', {"PatientID": "0815"}, {"PatientID": "UNLISTED"}),
    ),
    check=_check,
)
def lookup(context: Context, subject: object, *, table: str, missing: str | None = None) -> str:
    """The entry of a lookup table (CSV or JSON; the plan holds its digest) for the subject, compared trimmed. When there is none, or the
    subject is absent or empty, the instance is quarantined, or `missing` is the result. Who has the table can undo it, so it is a token."""
    entries = context.tables.get(text_of(table))
    if entries is None:
        raise Refusal("unknown-table")
    found = entries.get(text_of(subject))
    if found is not None:
        return found
    if missing is None:
        raise Refusal("lookup-miss")
    return missing
