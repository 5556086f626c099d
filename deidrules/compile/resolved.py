"""A recipe after its names were resolved: every selector a tag, every expression typed, nothing left to look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deidrules.actions.base import Level
from deidrules.plan.expression import Attribute, Condition, Expression
from deidrules.plan.pixels import Operation
from deidrules.plan.selector import Selector
from deidrules.text.source import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """What the header of a layer says, and its name."""

    index: int
    name: str
    option: int = 0
    may_weaken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResolvedRule:
    """One selector with one action. `leaves` is the most that may remain of the element, `reads` what remains of other attributes.
    `override` is the code named after `override` ("" when none was), None without the word."""

    selector: Selector
    code: str
    value: Expression | None
    condition: Condition | None
    excluded: tuple[Selector, ...]
    layer: LayerInfo
    otherwise: bool
    override: str | None
    because: str
    leaves: Level
    reads: Mapping[Attribute, Level] = field(default_factory=dict)
    span: Span = field(default=NOWHERE, compare=False)
    statement: Span = field(default=NOWHERE, compare=False)
    reading: str = ""

    @property
    def action(self) -> tuple[str, Expression | None, str]:
        """What two rules must share to ask for the same thing."""
        return self.code, self.value, self.reading


@dataclass(frozen=True, slots=True)
class ResolvedVerdict:
    """A named `reject`, `quarantine` or `accept`."""

    kind: str
    name: str
    condition: Condition
    layer: LayerInfo
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ResolvedPixels:
    """A named `pixels` block."""

    name: str
    condition: Condition
    operations: tuple[Operation, ...]
    layer: LayerInfo
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ResolvedWithout:
    """A verdict or pixel rule of an earlier layer switched off."""

    name: str
    because: str
    layer: LayerInfo
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ResolvedRecipe:
    """A layer, resolved. `tables` are the names of the lookup tables that it uses, with the place of the first use."""

    layer: LayerInfo
    rules: tuple[ResolvedRule, ...]
    verdicts: tuple[ResolvedVerdict, ...]
    pixels: tuple[ResolvedPixels, ...]
    withouts: tuple[ResolvedWithout, ...]
    tables: Mapping[str, Span] = field(default_factory=dict)
