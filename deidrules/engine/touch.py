"""What becomes of one element: the action is asked, its answer is checked and coded. Remembered where it cannot differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deidrules.actions.base import Action, Atom, Change, Enter, Function, Keep, Keys, Reduce, Refuse, Remove, Set
from deidrules.dicom import dictionary, values, writer
from deidrules.dicom.element import IMPLICIT_LITTLE, Element
from deidrules.engine.content import dummy_sequence
from deidrules.engine.context import FileContext
from deidrules.engine.decide import Candidate
from deidrules.engine.evaluate import Evaluator, Values, reads_of
from deidrules.engine.reading import DataSet, Reading, is_sequence
from deidrules.engine.reduced import reduced
from deidrules.plan.expression import Attribute
from deidrules.text.refusal import Refusal

PATIENT_ID = 0x00100020
# What a run names and links its output by: Study, Series and SOP Instance UID, Patient ID
TRACED = frozenset({0x0020000D, 0x0020000E, 0x00080018, PATIENT_ID})

_MEMO_LIMIT = 50_000
_LONGEST_REMEMBERED = 4096  # bytes of a value


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """`change` is the word of the outcome: kept, removed, emptied, replaced, entered (a sequence whose elements are judged) or reduced
    (to one item). `coded` is the whole new element where there is one, `values` are its values. `pairs` are old and new values
    of UIDs and patient IDs."""

    change: str
    coded: bytes = b""
    vr: str = ""
    values: Values = ()
    pairs: tuple[tuple[str, str], ...] = ()
    replace_uids: bool = False


@dataclass(slots=True, eq=False)
class Memory:
    """What an engine remembers from file to file. `fixed` are answers that depend on nothing of the file, `known` those that depend on
    the values in their key; None there says that the file's identifiers belong to the key."""

    fixed: dict[tuple[Any, ...], Done] = field(default_factory=dict)
    known: dict[tuple[Any, ...], Done | None] = field(default_factory=dict)
    reads: dict[Candidate, tuple[Attribute, ...]] = field(default_factory=dict)

    def trim(self) -> None:
        """Bounded, whatever the files hold."""
        if len(self.known) > _MEMO_LIMIT:
            self.known.clear()
        if len(self.fixed) > _MEMO_LIMIT or len(self.reads) > _MEMO_LIMIT:
            self.fixed.clear()
            self.reads.clear()


class ElementSubject:
    """Implements `deidrules.actions.base.Subject`. `asked` is true once its values were looked at."""

    __slots__ = ("_element", "_place", "_reading", "asked", "tag", "vouched", "vr")

    def __init__(self, element: Element, place: DataSet, reading: Reading, vouched: bool) -> None:
        self.tag = element.tag
        self.vr = "SQ" if is_sequence(element) else element.vr
        self.vouched = vouched
        self.asked = False
        self._element = element
        self._place = place
        self._reading = reading

    @property
    def values(self) -> Values:
        """Its values, decoded; () when it has none."""
        self.asked = True
        return self._reading.values(self._element, self._place)


class Toucher:
    """Applies candidates to the elements of one file."""

    def __init__(
        self,
        reading: Reading,
        keys: Keys,
        tables: Mapping[str, Mapping[str, str]],
        actions: Mapping[str, Action],
        functions: Mapping[str, Function],
        memory: Memory,
    ) -> None:
        self.context = FileContext(reading, keys, tables)
        self._reading = reading
        self._evaluator = Evaluator(reading, self.context, functions)
        self._actions = actions
        self._memory = memory

    def touch(self, element: Element, place: DataSet, candidate: Candidate) -> tuple[Done, bool]:
        """What becomes of the element, and whether that depends on nothing of the file but its layout."""
        memory = self._memory
        charsets = self._reading.charsets(place)
        kind = (candidate, element.tag, element.vr, element.coded_vr, element.items is None, place.encoding, charsets)
        done = memory.fixed.get(kind)
        if done is not None:
            return done, True
        remembered = element.stop - element.value <= _LONGEST_REMEMBERED
        key: tuple[Any, ...] = ()
        if remembered:
            reads = memory.reads.get(candidate)
            if reads is None:
                reads = memory.reads[candidate] = () if candidate.value is None else reads_of(candidate.value)
            key = (kind, self._reading.raw(element, place), *[self._evaluator.read(attribute, place) for attribute in reads])
            known = memory.known.get(key, _UNKNOWN)
            if known is None:
                key = (*key, self.context.identifiers)
                known = memory.known.get(key, _UNKNOWN)
            if known is not None and known is not _UNKNOWN:
                return known, False
        subject = ElementSubject(element, place, self._reading, candidate.vouched)
        self.context.looked = False
        done = self._answer(element, place, candidate, subject)
        if not (subject.asked or self.context.looked or (candidate.value is not None and memory.reads.get(candidate, True))):
            memory.fixed[kind] = done
            return done, True
        if remembered:
            if self.context.looked and memory.known.get(key, _UNKNOWN) is _UNKNOWN:
                memory.known[key] = None
                key = (*key, self.context.identifiers)
            memory.known[key] = done
        return done, False

    def create(self, tag: int, place: DataSet, candidate: Candidate) -> Done:
        """The element that an `add` makes where there was none."""
        entry = dictionary.entry(tag)
        if entry is None or candidate.value is None:
            raise Refusal("cannot-add", tag=tag)
        new = self._evaluator.values(candidate.value, _NOTHING, place)
        vr = _vr_for(entry.vrs, new)
        if vr == "SQ":
            raise Refusal("cannot-add", tag=tag, vr=vr)
        blank = Element(tag, vr, vr if place.encoding.explicit else "", 0, 0, 0, 0)
        if not _fits(tag, len(new)):
            raise Refusal("value-multiplicity", tag=tag, vr=vr, length=len(new))
        return self._coded(blank, place, new, ())

    def _answer(self, element: Element, place: DataSet, candidate: Candidate, subject: ElementSubject) -> Done:
        self.context.vr = subject.vr
        try:
            change = self._change(place, candidate, subject) if self._proves(element, place, candidate, subject) else Remove()
            if candidate.content:
                if isinstance(change, Set) and not any(value not in ("", b"") for value in change.values) and candidate.code != "Z":
                    change = self._actions["D"].call(subject, self.context)  # what came out empty: an item has its value (rule 12)
                if isinstance(change, Reduce) and (dummy := dummy_sequence(element, place)) is not None:
                    return Done("replaced", dummy)
            return self._done(element, place, candidate, change, subject)
        except Refusal as refusal:
            if refusal.tag is not None:
                raise
            vr = refusal.vr or subject.vr
            raise Refusal(
                refusal.code, tag=element.tag, vr=vr, length=refusal.length, expected=refusal.expected, rule=refusal.rule
            ) from None

    def _proves(self, element: Element, place: DataSet, candidate: Candidate, subject: ElementSubject) -> bool:
        """A private element of which the file does not say the VR was given one by its rule, or by what the object declares: what is
        cleaned by it has to be of that VR, or text could pass for numbers. Everything else proves itself."""
        if not element.private or element.coded_vr not in ("", "UN") or subject.vr in ("UN", "SQ") or candidate.code not in ("C", "U"):
            return True
        try:
            values.encode(subject.values, subject.vr, place.value_encoding(element), self._reading.charsets(place))
        except Refusal:
            return False
        return True

    def _change(self, place: DataSet, candidate: Candidate, subject: ElementSubject) -> Change:
        if candidate.value is None:
            change = self._actions[candidate.code].call(subject, self.context)
        else:
            change = Set(self._evaluator.values(candidate.value, subject, place))
        # rule 12: a dummy stands where a D came out empty, and on Type 1 where a Z or C did
        if (candidate.code == "D" or (candidate.type == 1 and candidate.code in ("C", "Z"))) and _is_empty(change, subject):
            return self._actions["D"].call(subject, self.context)
        return change

    def _done(self, element: Element, place: DataSet, candidate: Candidate, change: Change, subject: ElementSubject) -> Done:
        # what is traced belongs to this value: reading it through the subject says so
        match change:
            case Keep():
                old = subject.values if element.tag in TRACED else ()
                return Done("kept", values=old, pairs=_pairs(element.tag, old, old))
            case Remove():
                return Done("removed", pairs=_pairs(element.tag, subject.values if element.tag == PATIENT_ID else (), ()))
            case Enter(replace_uids) if subject.vr == "SQ":
                return Done("entered", replace_uids=replace_uids)
            case Reduce() if subject.vr == "SQ":
                return Done("reduced", self._one_item(element, place, candidate))
            case Set(new) if subject.vr != "SQ" or not new:
                if new and not _fits(element.tag, len(new)) and len(new) != len(subject.values):
                    raise Refusal("value-multiplicity", length=len(new))
                traced = element.tag == PATIENT_ID or subject.vr == "UI"
                return self._coded(element, place, new, subject.values if traced else ())
            case Refuse(code):
                raise Refusal(code)
        raise Refusal("wrong-change", vr=subject.vr)

    def _one_item(self, element: Element, place: DataSet, candidate: Candidate) -> bytes:
        """A sequence with one item. What is coded UN is implicit little endian inside (PS3.5 6.2.2)."""
        inner = IMPLICIT_LITTLE if element.coded_vr == "UN" else place.encoding
        item = reduced(element.tag, candidate.items, inner, self.context.keys)
        return writer.element(element.tag, element.coded_vr or "SQ", item, place.encoding)

    def _coded(self, element: Element, place: DataSet, new: Values, old: Values) -> Done:
        vr = "SQ" if is_sequence(element) else element.vr
        body = values.encode(new, vr, place.value_encoding(element), self._reading.charsets(place)) if new else b""
        coded = writer.element(element.tag, element.coded_vr or vr, body, place.encoding)
        return Done("replaced" if new else "emptied", coded, vr, new, _pairs(element.tag, old, new))


class _Nothing:
    values: Values = ()


_NOTHING = _Nothing()
_UNKNOWN = Done("unknown")


def _pairs(tag: int, old: Values, new: Values) -> tuple[tuple[str, str], ...]:
    """What a crosswalk may say of it: every patient ID, and every UID that was replaced by another."""
    if tag == PATIENT_ID:
        return tuple((str(value), str(new[0]) if new else "") for value in old if value != "")
    if len(old) != len(new):
        return ()
    return tuple((str(one), str(other)) for one, other in zip(old, new, strict=True) if one != other and one != "")


def _is_empty(change: Change, subject: ElementSubject) -> bool:
    """True when an element is left without a value, as far as its action looked."""
    match change:
        case Set(new):
            return not any(value not in ("", b"") for value in new)
        case Keep():
            return subject.asked and not subject.values
    return False


def _vr_for(vrs: tuple[str, ...], new: tuple[Atom, ...]) -> str:
    """The VR of a new element where the dictionary leaves a choice: SS only for negative numbers."""
    if "SS" in vrs and "US" in vrs:
        return "SS" if any(str(value).startswith("-") for value in new) else "US"
    return vrs[0]


def _fits(tag: int, count: int) -> bool:
    """True when the dictionary's VM (PS3.6: 1, 3, 1-n, 2-2n, 1-n or 1) allows so many values; no values are always allowed."""
    entry = None if tag >> 16 & 1 else dictionary.entry(tag)
    if entry is None or not count:
        return True
    return any(_vm_allows(vm.strip(), count) for vm in entry.vm.split(" or "))


def _vm_allows(vm: str, count: int) -> bool:
    low, _, high = vm.partition("-")
    if not low.isdecimal():
        return True
    least = int(low)
    if not high:
        return count == least
    if high.isdecimal():
        return least <= count <= int(high)
    step = high.removesuffix("n")
    return count >= least and (not step or count % int(step) == 0)
