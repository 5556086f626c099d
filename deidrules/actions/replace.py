"""replace: what an RE2 expression matches is replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from deidrules.actions.arguments import text_of
from deidrules.actions.base import Context, Example, Level, function
from deidrules.text.refusal import Refusal

LONGEST_PATTERN = 1_000  # characters
LONGEST_BY = 1_000
LONGEST_TEXT = 65_536  # each search is linear in the text, and there may be as many as the text has characters
MEMORY = 1 << 20  # bytes that a compiled expression may take; RE2 refuses larger ones

_REFERENCE = re.compile(r"\\(.?)", re.DOTALL)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    """The RE2 expression; None when it is none, or too large."""
    import re2

    if len(pattern) > LONGEST_PATTERN:
        return None
    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except (re2.error, UnicodeEncodeError):
        return None


def _good_replacement(by: str, groups: int) -> bool:
    references = _REFERENCE.findall(by)
    return len(by) <= LONGEST_BY and all(r.isdecimal() and r.isascii() and int(r) <= groups for r in references)


def _filled(by: str, match: Any) -> str:
    """`by` with its references filled in; a group that took no part is empty."""
    return _REFERENCE.sub(lambda reference: match.group(int(reference[1])) or "", by)


def _check(constants: Mapping[str, object]) -> str | None:
    if "pattern" not in constants:
        return "`pattern` of `replace` is a constant"
    expression = _compiled(str(constants["pattern"]))
    if expression is None:
        return "`pattern` is no RE2 expression, or too large a one (look-around and back references are not part of RE2)"
    if "by" in constants and not _good_replacement(str(constants["by"]), expression.groups):
        return f"`by` is too long, or names a group that `pattern` does not have (it has {expression.groups}: `\\\\0` is all of the match)"
    return None


@function(
    leaves=Level.ALL,
    arguments={"pattern": Level.PART, "by": Level.ALL},
    examples=(
        Example(
            'C StudyDescription = replace(pattern: "(?i)ward [0-9]+", by: "WARD")',
            {"StudyDescription": "CHEST AP Ward 12"},
            {"StudyDescription": "CHEST AP WARD"},
        ),
        Example('C StudyID = replace(pattern: "^S([0-9]+)-.*$", by: "\\\\1")', {"StudyID": "S12-DOE"}, {"StudyID": "12"}),
    ),
    check=_check,
)
def replace(context: Context, subject: str, *, pattern: str, by: str = "") -> str:
    """Replace everything that the RE2 expression `pattern` matches by `by`, in which `\\0` is the match and `\\1` to `\\9` its groups (in a
    recipe's string a backslash is written twice). Where nothing matches the value stays whole, so it leaves all."""
    expression = _compiled(str(pattern))
    if expression is None or not _good_replacement(str(by), expression.groups):
        raise Refusal("bad-argument")
    text = text_of(subject)
    if len(text) > LONGEST_TEXT:
        raise Refusal("text-too-long")
    return str(expression.sub(lambda match: _filled(str(by), match), text))
