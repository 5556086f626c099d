"""One object through the engine: read, judged, de-identified, put together; or refused."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from deidrules import __version__
from deidrules.actions import registry
from deidrules.actions.base import Function, Keys
from deidrules.dicom import container, iod, sop_class
from deidrules.dicom.buffer import Buffer
from deidrules.dicom.element import DicomObject
from deidrules.dicom.layout import Layouts
from deidrules.dicom.limits import LIMITS, Limits
from deidrules.dicom.method_codes import METHOD_CODES
from deidrules.engine import icons
from deidrules.engine.claims import Claims
from deidrules.engine.condition import Conditions
from deidrules.engine.decide import PIXELS, Decider
from deidrules.engine.derived import Changed
from deidrules.engine.header import Header
from deidrules.engine.outcome import Deidentified, Outcome, Outcomes
from deidrules.engine.program import Program, Programs
from deidrules.engine.proven import proof_of
from deidrules.engine.reading import DataSet, Reading, top_of
from deidrules.engine.render import ProgramMismatch, Rendered, deflated, gathered, render
from deidrules.engine.repair import NOT_REPAIRABLE, repaired
from deidrules.engine.surroundings import Surroundings
from deidrules.engine.touch import PATIENT_ID, Done, Memory, Toucher
from deidrules.pixels.apply import PixelResult, redact
from deidrules.pixels.burned_in import read_header, unseen
from deidrules.pixels.codestream.strip import is_stream
from deidrules.pixels.facts import read_facts
from deidrules.pixels.work import PixelWork, judge
from deidrules.plan.model import Plan
from deidrules.text.refusal import Refusal

STUDY_UID, SERIES_UID, INSTANCE_UID, SOP_CLASS = 0x0020000D, 0x0020000E, 0x00080018, 0x00080016

_MOST_TOPS = 512

__all__ = ["Deidentified", "Engine", "check_plan"]


class Engine:
    """Applies one plan with one key. Not shared between threads; what it remembers from file to file changes its speed, never its output.

    `tables`: the content of the plan's lookup tables by name. `functions`: words of the language by name, the built-in and installed
    ones unless given. `strictest`: take objects of unknown, absent or private SOP class whatever the policy says (for bare data sets).
    ValueError when the plan uses a function or a code that this program does not have."""

    def __init__(
        self,
        plan: Plan,
        keys: Keys,
        *,
        tables: Mapping[str, Mapping[str, str]] | None = None,
        functions: Mapping[str, Function] | None = None,
        limits: Limits = LIMITS,
        strictest: bool = False,
    ) -> None:
        self.plan = plan
        self._keys = keys
        self._tables = dict(tables or {})
        self._functions = registry.functions() if functions is None else functions
        self._limits = limits
        self._strictest = strictest or plan.policies.unknown_sop_class == "strictest"
        check_plan(plan, self._functions)
        self._decider = Decider(plan, registry.ACTIONS, self._functions)
        self._claims = Claims(plan, __version__)
        self._memory = Memory()
        self._layouts = Layouts()
        self._programs = Programs()
        self._outcomes = Outcomes()
        self._tops: OrderedDict[int, DataSet] = OrderedDict()

    def apply(self, data: Buffer) -> Deidentified:
        """De-identify the bytes of one file (with preamble, file meta information, or neither). The input is never changed. Of a FileBuffer
        as much is read as the rules need; the output's parts read the rest of it later.

        Raises Refusal, with a code of `deidrules.text.refusals.REFUSALS`, whenever the object cannot be de-identified as the plan says;
        there is no other way out."""
        self._memory.trim()
        try:
            instance, layout = self._layouts.read(data, self._limits)
        except Refusal as refusal:
            if self.plan.policies.malformed != "repair" or refusal.code in NOT_REPAIRABLE:
                raise
            instance, layout = self._layouts.read(repaired(data, refusal), self._limits)
            return self._apply(instance, layout, was_repaired=True)
        return self._apply(instance, layout, was_repaired=False)

    def _apply(self, instance: DicomObject, layout: int | None, *, was_repaired: bool) -> Deidentified:
        reading = Reading(instance, self._top(instance, layout))
        conditions = Conditions(self.plan.conditions, reading)
        accepted = self._verdicts(conditions)
        uid = self._sop_class(instance)
        toucher = Toucher(reading, self._keys, self._tables, registry.ACTIONS, self._functions, self._memory)
        work, pixels = self._pixels(reading, conditions, toucher, accepted=bool(accepted))
        claims = self._claims.codes(conditions, pixels_judged=work.judged)
        surroundings = Surroundings(work.removed_groups, Changed.of(work), icons.fate_of(pixels), claims)
        program, rendered = self._rendered(reading, conditions, toucher, surroundings, pixels, layout)
        instance_uid = _one(rendered, INSTANCE_UID)
        meta = container.file_meta(uid, instance_uid, instance.transfer_syntax)
        parts = (meta, deflated(rendered.parts)) if instance.deflated else gathered([meta, *rendered.parts])
        touched = work.changes_pixels or work.changes_overlays or bool(work.rules and work.removed_groups)
        proves = touched and self.plan.policies.verify == "on"
        return Deidentified(
            parts=parts,
            study_uid=_one(rendered, STUDY_UID),
            series_uid=_one(rendered, SERIES_UID),
            instance_uid=instance_uid,
            sop_class=uid,
            outcomes=program.outcomes,
            outcomes_id=program.outcomes_id,
            replaced_uids=tuple((old, new) for tag, old, new in rendered.pairs if tag != PATIENT_ID),
            patient_ids=tuple((old, new) for tag, old, new in rendered.pairs if tag == PATIENT_ID),
            dropped=(*instance.dropped, *rendered.dropped, *_absent(instance, uid)),
            verdicts=accepted,
            pixel_rules=work.rules,
            repaired=was_repaired,
            claims=claims,
            unjudged=_unjudged(work, program.outcomes),
            proof=proof_of(instance, work, program.outcomes, self._limits) if proves else None,
            unproven=touched and not proves,
        )

    def _top(self, instance: DicomObject, layout: int | None) -> DataSet | None:
        """The data set of a layout, shared by its files."""
        if layout is None:
            return None
        while self._layouts.forgotten:
            gone = self._layouts.forgotten.pop()
            self._tops.pop(gone, None)
            self._programs.forget(gone)
        top = self._tops.get(layout)
        if top is None:
            top = self._tops[layout] = top_of(instance)
            if len(self._tops) > _MOST_TOPS:
                self._tops.popitem(last=False)
        return top

    def _verdicts(self, conditions: Conditions) -> tuple[str, ...]:
        """Rule 18: all are judged before anything is decoded. Names of the `accept` verdicts that held."""
        held: dict[str, list[str]] = {"reject": [], "quarantine": [], "accept": []}
        for verdict in self.plan.verdicts:
            if conditions.holds(verdict.condition):
                held[verdict.kind].append(verdict.name)
        names = ", ".join(name for kind in held.values() for name in kind)
        if held["reject"]:
            raise Refusal("rejected", rule=names)
        if held["quarantine"]:
            raise Refusal("quarantined", rule=names)
        return tuple(held["accept"])

    def _sop_class(self, instance: DicomObject) -> str:
        """The SOP class, "" when absent. Refusal `unknown-sop-class` by policy."""
        uid = sop_class.of_object(instance)
        if not self._strictest and uid not in sop_class.storage():
            raise Refusal("unknown-sop-class", tag=SOP_CLASS)
        return uid

    def _pixels(self, reading: Reading, conditions: Conditions, toucher: Toucher, *, accepted: bool) -> tuple[PixelWork, PixelResult]:
        """Rule 19: the matching rules judged and, where they change bytes, carried out."""
        instance = reading.instance
        policy = self.plan.policies.unmatched_pixels
        trusting = accepted or policy == "accept"
        untouched = PixelResult(icon=None if trusting else b"")
        has_pixels = any(tag in instance.index for tag in PIXELS)
        has_overlays = bool(reading.top.overlay_groups)
        if not has_pixels and not has_overlays:
            return PixelWork(), untouched
        rules = tuple(rule for rule in self.plan.pixels if conditions.holds(rule.condition))
        if not rules and not has_overlays and trusting:
            return PixelWork(unjudged=unseen(instance)), untouched
        header = self._header(reading, conditions, toucher, Surroundings())
        keeps_pixels = has_pixels and header.keeps_pixels()
        removed = header.planes_that_go() if has_overlays else frozenset()
        if not keeps_pixels and not has_overlays:
            return PixelWork(), untouched
        if keeps_pixels and is_stream(instance.transfer_syntax) and not trusting:
            raise Refusal("video-stream-unread")
        facts = read_facts(instance)
        work = judge(
            rules,
            facts,
            read_header(instance),
            policy=policy,
            accepted=accepted,
            removed_overlays=removed,
            keeps_pixels=keeps_pixels,
        )
        result = redact(instance, facts, work)
        if trusting and not work.changes_pixels:
            return work, result
        return work, icons.with_icon(instance, facts, result, header)

    def _header(self, reading: Reading, conditions: Conditions, toucher: Toucher, surroundings: Surroundings) -> Header:
        keeps = self.plan.policies.unlisted == "K"
        top = self._decider.top(iod.iod_of(sop_class.of_object(reading.instance)))
        return Header(top, reading, conditions, toucher, self._claims, surroundings, self._outcomes, keeps_markers=keeps)

    def _rendered(
        self,
        reading: Reading,
        conditions: Conditions,
        toucher: Toucher,
        surroundings: Surroundings,
        pixels: PixelResult,
        layout: int | None,
    ) -> tuple[Program, Rendered]:
        """The data set by a program of its layout, or by one of its own."""
        key = (layout, surroundings)
        for program in self._programs.of(key) if layout is not None else ():
            if program.top is reading.top and program.holds(reading.instance.buffer, conditions.holds):
                try:
                    rendered = render(program, reading, toucher, pixels, {})
                except ProgramMismatch:
                    continue
                self._programs.used(key, program)
                return program, rendered
        header = self._header(reading, conditions, toucher, surroundings)
        program = header.program()
        results: dict[int, Done] = header.results
        rendered = render(program, reading, toucher, pixels, results)
        if layout is not None and program.reusable:
            self._programs.used(key, program)
        return program, rendered


def _absent(instance: DicomObject, uid: str) -> tuple[tuple[str, int], ...]:
    """An image without pixels may have been cut off between two elements, or be a header on purpose: nobody can tell, so it is said."""
    if "Image Storage" not in sop_class.name_of(uid) or not PIXELS.isdisjoint(instance.index):
        return ()
    return (("pixel-data-absent", 0),)


def _unjudged(work: PixelWork, outcomes: Sequence[Outcome]) -> str:
    """Nothing is said of pixel data that does not stay. It stands at the end of an object, but for what may follow it."""
    if work.unjudged in ("", "overlay-plane"):
        return work.unjudged
    stays = any(outcome.tag in PIXELS and not outcome.path and outcome.change == "kept" for outcome in reversed(outcomes))
    return work.unjudged if stays else ""


def _one(rendered: Rendered, tag: int) -> str:
    values = rendered.traced.get(tag, ())
    return str(values[0]) if len(values) == 1 else ""


def check_plan(plan: Plan, functions: Mapping[str, Function]) -> None:
    """ValueError when the plan asks for something that this program does not have: better before the first file than at it."""
    from deidrules.dicom import dictionary
    from deidrules.engine.evaluate import functions_of
    from deidrules.engine.resolve import resolve

    if plan.dictionary != dictionary.EDITION:
        raise ValueError(f"the plan was made with another dictionary: {plan.dictionary}")
    for rule in plan.rules:
        resolve(rule.code, 1)
        unknown = functions_of(rule.value) - functions.keys() if rule.value is not None else set()
        if unknown:
            raise ValueError(f"the plan calls unknown functions: {', '.join(sorted(unknown))}")
    numbers = [rule.condition for rule in plan.rules] + [v.condition for v in plan.verdicts] + [p.condition for p in plan.pixels]
    for number in [*numbers, *(number for claim in plan.claims for number in claim.unless)]:
        if number is not None and not 0 <= number < len(plan.conditions):
            raise ValueError("the plan names a condition that it does not have")
    if any(claim.code not in METHOD_CODES for claim in plan.claims):
        raise ValueError("the plan claims an option that the standard does not have")
