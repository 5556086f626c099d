"""cap: nothing above a bound is told apart."""

from __future__ import annotations

from collections.abc import Mapping

from deidrules.actions.ages import completed_years, parsed_age
from deidrules.actions.arguments import number_of, out_of_range, whole
from deidrules.actions.base import Context, Example, Level, function
from deidrules.text.refusal import Refusal

HIGHEST = 998  # an age of 999 years has to fit into AS


def _check(constants: Mapping[str, object]) -> str | None:
    return out_of_range(constants, "at", 0, HIGHEST)


@function(
    leaves=Level.PART,
    arguments={"at": Level.ALL},
    examples=(
        Example("C PatientAge = cap()", {"PatientAge": "093Y"}, {"PatientAge": "090Y"}),
        Example("C PatientAge = cap()", {"PatientAge": "089Y"}, {"PatientAge": "089Y"}),
        Example("C PatientWeight = cap(at: 150)", {"PatientWeight": "182.5"}, {"PatientWeight": "151"}),
    ),
    check=_check,
)
def cap(context: Context, subject: object, *, at: int = 89) -> object:
    """What is above `at` becomes `at` + 1: with the default, ages over 89 become `090Y`, as the Safe Harbor rule of HIPAA wants it. Works
    on ages in any unit (then `at` is years) and on numbers; what is at or below the bound stays. A text that is no age where the VR is
    AS, and no number elsewhere, quarantines the instance."""
    bound = whole(at, 0, HIGHEST)
    known = parsed_age(subject)
    if known is not None:
        return f"{bound + 1:03d}Y" if completed_years(*known) > bound else subject
    if context.vr == "AS":
        raise Refusal("unparsable-age")
    if number_of(subject) <= bound:
        return subject
    return str(bound + 1) if isinstance(subject, str) else bound + 1
