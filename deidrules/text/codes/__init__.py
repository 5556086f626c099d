"""The table of DR codes: what each finding means, once, for messages, `lint --explain`, the reference and the tests.

DR0xx syntax · DR1xx names, tags, types · DR2xx safety · DR3xx conflicts, unreachable rules · DR4xx pixels · DR5xx profiles and versions,
DR52x tests of recipes · DR53x private lists · DR60x lists of rectangles · DR6xx conversion · DR9xx style. A range is a module of this
package that exports a tuple `TABLE`.
"""

from __future__ import annotations

from deidrules.text.codes import conflicts, names, pixels, profiles, rectangles, safety, style, syntax, tests
from deidrules.text.codes.model import Code

CODES: dict[str, Code] = {
    code.code: code
    for table in (
        syntax.TABLE,
        names.TABLE,
        safety.TABLE,
        conflicts.TABLE,
        pixels.TABLE,
        profiles.TABLE,
        tests.TABLE,
        rectangles.TABLE,
        style.TABLE,
    )
    for code in table
}

__all__ = ["CODES", "Code"]
