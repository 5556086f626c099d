"""A plan held against Table E.1-1: for each row what the claimed options require, what the plan does, and whether that is enough.

Strength is what remains of the original (rule 6 of the language): nothing, a token, a part, all. X, Z and D count alike. A D or Z of the
table also allows a token, since a dummy is any value that does not identify (PS3.15 Table E.1-1a); a C of the table is met by any C, since
the manner of cleaning is the option's own and stands in its conformance statement (E.3.5, E.3.6). A rule that gives a reason for leaving
more than that weakens all the same. Where several rules can decide a row, by condition or place, each has to be enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from deidrules.actions.base import Function, Level
from deidrules.compile import codes
from deidrules.dicom.method_codes import BASIC
from deidrules.lint.effective import Effect, Effects
from deidrules.lint.table import Row, rows
from deidrules.plan.model import Plan


class State(StrEnum):
    """How a row stands, the worst last."""

    STRONGER = "stronger"
    REQUIRED = "as required"
    WEAKENED = "weakened"
    MISSING = "missing"


_WORST = {state: number for number, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Required:
    """What a row demands: a code of the table, and the option whose column it is (113100: the Basic Profile's)."""

    code: str
    option: int = BASIC

    @property
    def allows(self) -> Level:
        """The most that may remain."""
        return Level.TOKEN if {"Z", "D"} & set(self.code.split("/")) else codes.leaves(self.code)


@dataclass(frozen=True, slots=True)
class Covered:
    """One row of the table in the light of a plan. `effects` as in Effects, each with its state."""

    row: Row
    required: Required
    effects: tuple[tuple[Effect, State], ...]

    @property
    def state(self) -> State:
        """The worst of its effects."""
        return max((state for _, state in self.effects), key=_WORST.__getitem__)

    @property
    def effect(self) -> Effect:
        """The first of those that are worst."""
        return next(effect for effect, state in self.effects if state is self.state)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is weakened, each reason once."""
        return tuple(dict.fromkeys(effect.because for effect, state in self.effects if state is State.WEAKENED))


def required(row: Row, options: Collection[int]) -> Required:
    """What the claimed options require: the Basic Profile's code, or of the columns of these options the one that leaves most."""
    given = [Required(row.basic)] + [Required(letter, option) for option, letter in row.options.items() if option in options]
    return max(given, key=lambda one: one.allows)


def judge(effect: Effect, needed: Required) -> State:
    """One effect against what is required."""
    strict = codes.leaves(needed.code)
    if effect.leaves <= strict:
        return State.STRONGER if effect.leaves < strict else State.REQUIRED
    if effect.because:
        return State.WEAKENED
    manner = needed.code == effect.code == "C"
    return State.REQUIRED if manner or effect.leaves <= needed.allows else State.MISSING


def coverage(plan: Plan, options: Collection[int], functions: Mapping[str, Function] | None = None) -> tuple[Covered, ...]:
    """All rows of the table, in its order. `options` are the codes of the options that the profile claims; `functions` those it was
    compiled with, where these are not the installed ones."""
    effects = Effects(plan, functions)
    out = []
    for row in rows():
        needed = required(row, options)
        leaf = row.leaf
        found = effects.of_private() if leaf is None else effects.of(leaf)
        out.append(Covered(row, needed, tuple((effect, judge(effect, needed)) for effect in found)))
    return tuple(out)


def totals(covered: Collection[Covered]) -> Mapping[State, int]:
    """How many rows are in each state, all states named."""
    count = Counter(one.state for one in covered)
    return {state: count[state] for state in State}
