"""What an output says of its own de-identification, PS3.15 E.1.1 and E.3; never more than was done to this very instance.

(0012,0062) becomes YES. (0012,0063) gets three values: profile@version, the fingerprint of the plan, deidrules@version (the
fingerprint fills an LO and stands in the middle, where no padding can lengthen it). (0012,0064) gets an item for each option of PS3.15 that
the instance may claim (PS3.16 CID 7050). Values and items that were there stay before them where the policy keeps them; an item that says
one of the codes already is written anew in its place. (0018,A001) gets an item for the program itself, beside those that the rules leave.

(0028,0303) follows the options: UNMODIFIED with full dates, MODIFIED with modified dates, else what the plan may say, and goes where it may
say nothing: a received UNMODIFIED could be false now. (0028,0301) becomes NO only together with Clean Pixel Data, that is when a pixel rule
judged every frame of the instance. (0028,0302) is never set. A received value of these two stays on the terms of the other markers, as the
statement of whoever made it: a NO proves nothing."""

from __future__ import annotations

import re

from deidrules.dicom import writer
from deidrules.dicom.element import Encoding
from deidrules.dicom.method_codes import CLEAN_PIXEL_DATA, FULL_DATES, METHOD_CODES, MODIFIED_DATES, SCHEME
from deidrules.engine import own
from deidrules.engine.condition import Conditions
from deidrules.engine.outcome import Path
from deidrules.engine.own import BURNED_IN, IDENTITY_REMOVED, LONGITUDINAL, METHOD
from deidrules.engine.own_item import OwnItem, whole_sequence
from deidrules.plan.fingerprint import fingerprint
from deidrules.plan.model import Plan
from deidrules.text.refusal import Refusal

CONTRIBUTING_EQUIPMENT = 0x0018A001

_NAME = "deidrules"
_LONGEST = 64  # characters of one LO, PS3.5 6.2
_UNFIT = re.compile(r"[^ -\[\]-~]")
_CODE_VALUE, _CODING_SCHEME, _CODE_MEANING = 0x00080100, 0x00080102, 0x00080104


class Claims:
    """What the outputs of one plan may say."""

    def __init__(self, plan: Plan, program_version: str) -> None:
        profile = f"{plan.profile}@{plan.version}" if plan.version else plan.profile or "plan"
        self._plan = plan
        self._method = tuple(_fit(text) for text in (profile, fingerprint(plan), f"{_NAME}@{program_version}"))
        self._equipment = (_equipment(_fit(program_version)),)
        self._markers: dict[tuple[int, ...], Markers] = {}

    def codes(self, conditions: Conditions, *, pixels_judged: bool) -> tuple[int, ...]:
        """The options that one instance may claim. A condition that cannot be judged counts as one that holds."""
        return tuple(
            claim.code
            for claim in self._plan.claims
            if (claim.code != CLEAN_PIXEL_DATA or pixels_judged) and not any(_may_hold(conditions, number) for number in claim.unless)
        )

    def markers(self, codes: tuple[int, ...]) -> Markers:
        """The markers of the instances that may claim these options."""
        known = self._markers.get(codes)
        if known is None:
            known = self._markers[codes] = Markers(self._method, codes, self._longitudinal(codes), self._equipment)
        return known

    def _longitudinal(self, codes: tuple[int, ...]) -> str:
        if MODIFIED_DATES in codes:
            return "MODIFIED"
        return "UNMODIFIED" if FULL_DATES in codes else self._plan.longitudinal


class Markers:
    """The elements that say it. `vrs`: their tags with their VRs."""

    def __init__(self, method: tuple[str, ...], codes: tuple[int, ...], longitudinal: str, equipment: tuple[OwnItem, ...]) -> None:
        self._method = method
        self._terms = {IDENTITY_REMOVED: "YES"}
        if CLEAN_PIXEL_DATA in codes:
            self._terms[BURNED_IN] = "NO"
        if longitudinal:
            self._terms[LONGITUDINAL] = longitudinal
        self._items = {CONTRIBUTING_EQUIPMENT: equipment}
        if codes:
            self._items[own.METHOD_CODES] = tuple(_code(str(code), METHOD_CODES[code]) for code in codes)
        self.vrs = {METHOD: "LO"} | dict.fromkeys(self._terms, "CS") | dict.fromkeys(self._items, "SQ")

    def ours(self, tag: int, path: Path) -> tuple[OwnItem, ...]:
        """Our own items in a sequence at a place; () for everything that is none of the sequences that get some."""
        return () if path else self._items.get(tag, ())

    def element(self, tag: int, encoding: Encoding, method_before: bytes = b"") -> bytes:
        """A whole marker element. `method_before` is the raw value of (0012,0063) that stays in front. Refusal `value-too-long`."""
        if tag in self._items:
            return whole_sequence(tag, self._items[tag], encoding)
        if tag in self._terms:
            return writer.element(tag, "CS", _padded(self._terms[tag].encode("ascii")), encoding)
        before = method_before.rstrip(b" \0")
        method = (before + b"\\" if before else b"") + "\\".join(self._method).encode("ascii")
        if len(method) > 0xFFFE:
            raise Refusal("value-too-long", tag=METHOD, vr="LO", length=len(method), expected=0xFFFE)
        return writer.element(METHOD, "LO", _padded(method), encoding)


def _may_hold(conditions: Conditions, number: int) -> bool:
    try:
        return conditions.holds(number)
    except Refusal:
        return True


def _code(value: str, meaning: str) -> OwnItem:
    """An item of a code sequence (PS3.3 8.8). It says the same as every other with its value and scheme."""
    elements = ((_CODE_VALUE, "SH", value), (_CODING_SCHEME, "SH", SCHEME), (_CODE_MEANING, "LO", meaning))
    return OwnItem(elements, told_by=(_CODE_VALUE, _CODING_SCHEME))


def _equipment(version: str) -> OwnItem:
    """The program as Contributing Equipment (PS3.3 C.12.1, purpose of PS3.16 CID 7005): no date, no place, no person."""
    purpose = OwnItem(_code("109104", "De-identifying Equipment").elements)
    return OwnItem(
        (
            (0x00080070, "LO", _NAME),  # Manufacturer
            (0x00081090, "LO", _NAME),  # Manufacturer's Model Name
            (0x00181020, "LO", version),  # Software Versions
            (0x0040A170, "SQ", purpose),  # Purpose of Reference Code Sequence
        )
    )


def _fit(text: str) -> str:
    return _UNFIT.sub("_", text)[:_LONGEST]


def _padded(value: bytes) -> bytes:
    return value + b" " * (len(value) & 1)
