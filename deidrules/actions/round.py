"""round: a number, or an age, to the nearest multiple of a step."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from deidrules.actions.ages import parsed_age
from deidrules.actions.arguments import number_of
from deidrules.actions.base import Context, Example, Level, function
from deidrules.text.refusal import Refusal

SMALLEST, LARGEST = Decimal("0.000001"), Decimal(1_000_000)


def _fits(step: Decimal) -> bool:
    return SMALLEST <= step <= LARGEST


def _check(constants: Mapping[str, object]) -> str | None:
    if "step" not in constants:
        return None
    try:
        return None if _fits(number_of(constants["step"])) else "`step` is a number from 0.000001 to 1000000"
    except Refusal:
        return "`step` is a number from 0.000001 to 1000000"


@function(
    leaves=Level.PART,
    arguments={"step": Level.PART},
    examples=(
        Example("C PatientWeight = round(step: 5)", {"PatientWeight": "71.2"}, {"PatientWeight": "70"}),
        Example("C PatientSize = round(step: 0.1)", {"PatientSize": "1.68"}, {"PatientSize": "1.7"}),
        Example("C PatientAge = round(step: 10)", {"PatientAge": "047Y"}, {"PatientAge": "050Y"}),
    ),
    check=_check,
)
def round_(context: Context, subject: object, *, step: Decimal) -> object:
    """The multiple of `step` nearest to the number; half-way the even multiple. An age (AS) keeps its unit. What is neither quarantines the
    instance."""
    each = number_of(step)
    if not _fits(each):
        raise Refusal("bad-argument")
    known = parsed_age(subject)
    if known is not None:
        number = int(_nearest(Decimal(known[0]), each))
        if number > 999:
            raise Refusal("number-out-of-range")
        return f"{number:03d}{known[1]}"
    if context.vr == "AS":
        raise Refusal("unparsable-age")
    rounded = _nearest(number_of(subject), each)
    if isinstance(subject, str):
        return _written(rounded)
    return int(rounded) if isinstance(subject, int) and rounded == rounded.to_integral_value() else float(rounded)


def _nearest(number: Decimal, step: Decimal) -> Decimal:
    with localcontext() as arithmetic:
        arithmetic.prec = 700  # number_of bounds the exponents, so this is exact
        return (number / step).to_integral_value(ROUND_HALF_EVEN) * step


def _written(number: Decimal) -> str:
    """As DS writes numbers: 16 characters at most."""
    if not number:
        return "0"
    number = number.normalize()
    plain = format(number, "f")
    text = plain if len(plain) <= 16 else format(number, "E")
    if len(text) > 16:
        raise Refusal("number-out-of-range")
    return text
