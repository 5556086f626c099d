"""The plan: frozen, hashable data that is enough to run without the compiler."""

from __future__ import annotations

from dataclasses import dataclass, field

from deidrules.plan.expression import Condition, Expression
from deidrules.plan.pixels import Operation
from deidrules.plan.selector import Selector


@dataclass(frozen=True, slots=True)
class Rule:
    """One selector, one action. The rules of a plan stand in the order in which they are asked, so a run never ranks anything: of those
    that reach an element and whose condition holds, the first decides (rule 5).

    `code` is one of the standard's codes as written (`X`, `X/Z/D`, …) or `add`. `reading` is the VR with which a private element is read
    whose VR the file does not say, "" for none. `origin` is "recipe:line", `because` the reason given with `override`, both outside
    equality and fingerprint."""

    selector: Selector
    code: str
    value: Expression | None = None
    condition: int | None = None
    excluded: tuple[Selector, ...] = ()
    layer: int = 0
    otherwise: bool = False
    reading: str = ""
    origin: str = field(default="", compare=False)
    because: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`kind`: reject, quarantine or accept."""

    kind: str
    name: str
    condition: int
    origin: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class PixelRule:
    """What to do with the pixels of the objects for which the condition holds."""

    name: str
    condition: int
    operations: tuple[Operation, ...]
    origin: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Policies:
    """What a profile settles once. Spelled as in profile.yaml; `keep_private` is true when a reason was given."""

    unlisted: str
    unmatched_pixels: str = "quarantine"
    unknown_sop_class: str = "quarantine"
    malformed: str = "quarantine"
    keep_private: bool = False
    verify: str = "on"


@dataclass(frozen=True, slots=True)
class Override:
    """A weakening that was asked for, with its reason: listed by `plan` and in reports, not part of the fingerprint."""

    what: str
    code: str
    because: str
    origin: str


@dataclass(frozen=True, slots=True)
class Table:
    """A lookup table, by name and SHA-256 of its content."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Claim:
    """An option of PS3.15 that outputs may claim, by its code in PS3.16 CID 7050. `unless`: numbers of the conditions that take the claim
    away from an instance for which one of them holds, ascending."""

    code: int
    unless: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Why an option whose layer is in the stack is not claimed: a reason for people, and the rules it speaks of as "recipe:line"."""

    code: int
    why: str
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything an engine needs but the key, the tables' content and the program.

    Part of the fingerprint: dictionary, policies, conditions, rules, verdicts, pixels, tables, longitudinal, claims. Not part of it:
    profile, version, title, layers, origins, overrides, unclaimed."""

    profile: str
    version: str
    dictionary: str
    policies: Policies
    conditions: tuple[Condition, ...] = ()
    rules: tuple[Rule, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    pixels: tuple[PixelRule, ...] = ()
    tables: tuple[Table, ...] = ()
    longitudinal: str = ""  # what (0028,0303) may claim without an option for dates: "REMOVED" or "" (no claim)
    claims: tuple[Claim, ...] = ()
    title: str = field(default="", compare=False)
    layers: tuple[str, ...] = field(default=(), compare=False)
    overrides: tuple[Override, ...] = field(default=(), compare=False)
    unclaimed: tuple[Unclaimed, ...] = field(default=(), compare=False)
