"""Values for the oracle: expressions, what they leave, and whether a value fits its element. The functions themselves are vocabulary and
are called as the package has them."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from oracle_conditions import find
from oracle_data import MULTI_TEXT, NUMBERS, SINGLE_TEXT, Item, Value, keyword_tag, walk
from pydicom.datadict import dictionary_VM, tag_for_keyword

from deidrules.actions import base
from deidrules.actions.base import Level
from deidrules.actions.registry import FUNCTIONS
from deidrules.language import ast
from deidrules.text.refusal import Refusal

# PS3.5 6.2: the longest value in characters (PN: one component group)
LONGEST = {
    "AE": 16,
    "CS": 16,
    "SH": 16,
    "DS": 16,
    "TM": 14,
    "IS": 12,
    "DA": 8,
    "DT": 26,
    "AS": 4,
    "UI": 64,
    "LO": 64,
    "PN": 64,
    "ST": 1024,
    "LT": 10240,
}
FORMS = {
    "DA": r"[0-9]{8}",
    "DT": r"[0-9]{4,14}(\.[0-9]{1,6})?([+-][0-9]{4})?",
    "UI": r"[0-9.]+",
    "CS": r"[A-Z0-9_ ]*",
    "AS": r"[0-9]{3}[DWMY]",
    "DS": r"[0-9eE.+ -]*",
    "IS": r"[0-9+ -]*",
}
DAYS = {"days": 1, "weeks": 7, "years": 365}


@dataclass(frozen=True)
class Context:
    """What an action may know (see actions.base.Context)."""

    keys: base.Keys
    identifiers: frozenset[str]
    tables: Mapping[str, Mapping[str, str]]
    vr: str = ""


class Subject:
    """The element an action stands on (see actions.base.Subject)."""

    def __init__(self, value: Value, *, vouched: bool) -> None:
        self.tag, self.vr, self.vouched = value.tag, value.vr, vouched
        self._value = value

    @property
    def values(self) -> tuple[base.Atom, ...]:
        """Its values."""
        try:
            return present(self._value.atoms()) if self._value.items is None else ()  # type: ignore[return-value]
        except ValueError:
            raise Refusal("wrong-value") from None


# Attributes whose whole value identifies a patient, a visit or an order (actions.base.Context: identifiers)
IDENTIFYING = (
    *("AccessionNumber", "PatientID", "OtherPatientIDs", "PatientAddress", "MedicalRecordLocatorRetired", "PatientTelephoneNumbers"),
    *("AdmissionID", "RequestedProcedureID", "PlacerOrderNumberImagingServiceRequest", "FillerOrderNumberImagingServiceRequest"),
)
IDENTIFYING_TAGS = frozenset(tag for keyword in IDENTIFYING if (tag := tag_for_keyword(keyword)) is not None) | {0x00101090}


def identifiers(top: Item) -> frozenset[str]:
    """Words and numbers that identify the instance's patient and staff, at every depth, upper case: the parts of every person's name and
    of the address, the whole of the IDs and numbers."""
    found: set[str] = set()
    for _, value in walk(top):
        if value.items is not None or not (value.vr == "PN" or value.tag in IDENTIFYING_TAGS):
            continue
        for atom in value.atoms():
            text = str(atom).upper()
            if value.tag in IDENTIFYING_TAGS:
                found.add(text)
            if value.vr == "PN" or value.tag == 0x00101040:
                found.update(re.split(r"[\^=\s,;/\\]+", text))
    return frozenset(word for word in found if len(word) >= 2 or word >= "\u2e80")  # an ideograph is a name by itself


def target_tag(leaf: ast.Leaf) -> int:
    """The tag an `add` names."""
    if isinstance(leaf, ast.Keyword):
        return keyword_tag(leaf.name)
    assert isinstance(leaf, ast.TagMask)
    return int(leaf.group + leaf.element, 16)


def leaves(expression: ast.Expression, parameters: Mapping[str, ast.Expression]) -> Level:
    """Rule 6: the most an expression lets through."""
    match expression:
        case ast.Text() | ast.Number() | ast.List():
            return Level.NOTHING
        case ast.Reference(ast.Path(leaf, steps)):
            return Level.NOTHING if isinstance(leaf, ast.Name) and not steps else Level.ALL
        case ast.Concat(parts):
            return max(leaves(part, parameters) for part in parts)
        case ast.Call(name, arguments):
            function = FUNCTIONS[name]
            through = [min(leaves(a.value, parameters), named(function, a.name).leaves) for a in arguments if a.name]
            subject = [a.value for a in arguments if not a.name]
            own = min(leaves(subject[0], parameters), function.leaves) if subject else function.leaves
            return max([own, *through])
    raise AssertionError(expression)


def named(function: base.Function, word: str) -> base.Parameter:
    """An argument of a function."""
    found = function.parameter(word)
    assert found is not None
    return found


class Reader:
    """Evaluates the expressions of one rule on one element."""

    def __init__(self, top: Item, meta: Item, here: Item, parameters: Mapping[str, ast.Expression], context: Context) -> None:
        self.top, self.meta, self.here, self.parameters, self.context = top, meta, here, parameters, context

    def result(self, expression: ast.Expression, own: Value) -> tuple[object, ...]:
        """The values of a whole expression; none when all of them are empty."""
        values = self.evaluate(expression, own)
        return values if any(str(value) for value in values) else ()

    def evaluate(self, expression: ast.Expression | None, own: Value) -> tuple[object, ...]:
        """Its values, one or many."""
        match expression:
            case None:
                return present(own.atoms()) if own.items is None else ()
            case ast.Text(value):
                return (value,)
            case ast.Number(digits, unit):
                return (Decimal(digits) * DAYS[unit] if unit else Decimal(digits),)
            case ast.List(items):
                return tuple(atom for item in items for atom in self.evaluate(item, own))
            case ast.Reference(ast.Path(ast.Name(name), ())):
                return self.evaluate(self.parameters[name], own)
            case ast.Reference(path):
                return tuple(atom for value in find(path, self.top, self.meta, self.here) for atom in present(value.atoms()))
            case ast.Concat(parts):
                return self.joined([self.evaluate(part, own) for part in parts])
            case ast.Call():
                return self.called(expression, own)
        raise AssertionError(expression)

    def joined(self, parts: list[tuple[object, ...]]) -> tuple[object, ...]:
        """`a + b`: a single value goes with each of several, an absent one is an empty text."""
        count = max(len(part) for part in parts)
        if any(len(part) not in (0, 1, count) for part in parts):
            raise Refusal("value-count")
        return tuple("".join(str(part[min(row, len(part) - 1)]) for part in parts if part) for row in range(count))

    def called(self, call: ast.Call, own: Value) -> tuple[object, ...]:
        """A function on its subject, value by value unless it takes them all; rule 13 for what only keys."""
        function = FUNCTIONS[call.function]
        given = {a.name: self.evaluate(a.value, own) for a in call.arguments if a.name}
        subject_node = next((a.value for a in call.arguments if not a.name), None)
        subject = self.evaluate(subject_node, own)
        keyed = subject if function.keyed == "subject" else given.get(function.keyed, ())
        if function.keyed and not any(str(atom) for atom in keyed):
            if "missing" not in given:
                raise Refusal("missing-key")
            return given["missing"]
        words = {name: self.typed(atoms, named(function, name).type) for name, atoms in given.items()}
        if function.whole:
            result = function.call(self.context, subject, **words)
            return result if isinstance(result, tuple) else (result,)
        return tuple(function.call(self.context, atom, **words) for atom in subject)

    def typed(self, atoms: tuple[object, ...], word: str) -> object:
        """An argument as the function's annotation wants it."""
        if word == "list":
            return tuple(str(atom) for atom in atoms)
        if word == "days":
            return int(str(atoms[0]))
        if word == "number":
            return Decimal(str(atoms[0]))
        return "\\".join(str(atom) for atom in atoms)


def present(atoms: tuple[object, ...]) -> tuple[object, ...]:
    """The values of an element; none when all of them are empty."""
    return atoms if any(atom not in ("", b"") for atom in atoms) else ()


def is_of_its_vr(value: Value) -> bool:
    """Whether the bytes of an element that is read with a VR its file does not say are values of that VR."""
    try:
        atoms = present(value.atoms())
    except (ValueError, LookupError, struct.error):
        return False
    if any(isinstance(atom, str) and re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", atom) for atom in atoms):
        return False
    if value.vr in MULTI_TEXT and any(isinstance(atom, str) and re.search(r"[\t\n\x0c\r]", atom) for atom in atoms):
        return False
    return fitting(atoms, value.vr, value.tag, len(atoms))


def fitting(values: tuple[object, ...], vr: str, tag: int, before: int) -> bool:
    """Rule 13: values are checked against VR, length and VM. As many values as there were `before` are the input's own affair."""
    if vr in SINGLE_TEXT and len(values) > 1:
        return False
    if vr not in (*SINGLE_TEXT, *MULTI_TEXT, *NUMBERS, "AT") and not all(isinstance(value, bytes) for value in values):
        return False
    if vr in NUMBERS:
        try:
            struct.pack(f"<{len(values)}{NUMBERS[vr]}", *(float(str(v)) if NUMBERS[vr] in "fd" else int(str(v)) for v in values))
        except (ValueError, struct.error):
            return False
    if vr in MULTI_TEXT or vr in SINGLE_TEXT:
        for value in values:
            parts = str(value).split("=") if vr == "PN" else [str(value)]
            if vr in FORMS and str(value) and not re.fullmatch(FORMS[vr], str(value)):
                return False
            if any(len(part) > LONGEST.get(vr, 1 << 30) for part in parts):
                return False
    if not values or len(values) == before or tag >> 16 & 1:
        return True
    try:
        return any(vm_allows(vm, len(values)) for vm in dictionary_VM(tag).split(" or "))
    except KeyError:
        return True


def vm_allows(vm: str, count: int) -> bool:
    """PS3.6: 1, 3, 1-n, 2-2n."""
    low, _, high = vm.partition("-")
    if not high:
        return count == int(low)
    if high.isdecimal():
        return int(low) <= count <= int(high)
    return count >= int(low) and count % int(high.removesuffix("n") or 1) == 0
