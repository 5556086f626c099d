"""One run of a test's object through the engine: what went in, what came out, or why nothing did."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from deidrules.compile.kinds import spoken
from deidrules.dicom.part import joined
from deidrules.dicom.reader import read
from deidrules.engine.condition import Conditions
from deidrules.engine.content import ITEM
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.engine.reading import Reading
from deidrules.plan.model import Plan
from deidrules.plan.selector import TagLeaf
from deidrules.rehearsal.contents import Contents
from deidrules.rehearsal.given import Instance
from deidrules.text.refusal import Refusal
from deidrules.text.refusals import REFUSALS

# Nobody's secret: the same pseudonyms and shifts in every rehearsal, so that a test passes always or never.
KEY = KeyRing(hashlib.sha256(b"deidrules rehearsal").digest())


@dataclass(frozen=True, slots=True)
class Performance:
    """`after` is None when the object was refused. `held`: (kind, name) of the verdicts that held."""

    instance: Instance
    before: Contents
    after: Contents | None
    refusal: Refusal | None
    held: frozenset[tuple[str, str]]


class Stage:
    """A plan that objects of tests are run against.

    An object without SOP class is judged by the strictest Type whatever the policy `unknown-sop-class` says, as a bare data set is: a test
    is about rules, and most need no SOP class. One that a test gives follows the policy."""

    def __init__(self, plan: Plan, tables: Mapping[str, Mapping[str, str]]) -> None:
        self.plan = plan
        self._tables = tables
        self._engines: dict[bool, Engine] = {}

    def perform(self, instance: Instance) -> Performance:
        """Run the object."""
        before = Contents(instance.data)
        try:
            result = self._engine(strictest=not instance.has_sop_class).apply(instance.data)
            written = joined(result.parts)
            if result.proof is not None:
                result.proof.check(written)
        except Refusal as refusal:
            held = self._held(instance) if refusal.code in ("rejected", "quarantined") else frozenset[tuple[str, str]]()
            return Performance(instance, before, None, refusal, held)
        gone = frozenset(outcome.path for outcome in result.outcomes if outcome.tag == ITEM)
        after = Contents(written, gone)
        return Performance(instance, before, after, None, frozenset(("accept", name) for name in result.verdicts))

    def _engine(self, *, strictest: bool) -> Engine:
        if strictest not in self._engines:
            self._engines[strictest] = Engine(self.plan, KEY, tables=self._tables, strictest=strictest)
        return self._engines[strictest]

    def _held(self, instance: Instance) -> frozenset[tuple[str, str]]:
        conditions = Conditions(self.plan.conditions, Reading(read(instance.data)))
        return frozenset((verdict.kind, verdict.name) for verdict in self.plan.verdicts if conditions.holds(verdict.condition))


def why(refusal: Refusal) -> str:
    """A refusal in words: where, by which rule, and what its code means."""
    place = f" at `{spoken(TagLeaf(refusal.tag))}`" if refusal.tag is not None else ""
    rule = f" by `{refusal.rule}`" if refusal.rule else ""
    return f"`{refusal.code}`{place}{rule}: {REFUSALS[refusal.code]}"
