"""Lower: resolved recipes to a plan, its rules in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deidrules.actions.base import Level
from deidrules.compile.kinds import kind_of_attribute
from deidrules.compile.regions import LeafClass
from deidrules.compile.resolved import LayerInfo, ResolvedPixels, ResolvedRecipe, ResolvedRule, ResolvedVerdict
from deidrules.dicom import dictionary, method_codes
from deidrules.dicom.method_codes import FULL_DATES, MODIFIED_DATES
from deidrules.plan.expression import Condition
from deidrules.plan.model import Claim, Override, PixelRule, Plan, Policies, Rule, Table, Unclaimed, Verdict
from deidrules.plan.order import rank
from deidrules.plan.selector import DeclaredSafe, PrivateLeaf
from deidrules.text.source import Span

_TEMPORAL = {"DA", "DT", "TM"}
BASIC = "/basic"  # the layer whose dates the claim REMOVED in (0028,0303) speaks of


class Conditions:
    """Numbers for conditions, equal ones shared."""

    def __init__(self) -> None:
        self.table: dict[Condition, int] = {}

    def number(self, condition: Condition | None) -> int | None:
        """The number of a condition in the plan."""
        return None if condition is None else self.table.setdefault(condition, len(self.table))


def in_order(recipes: Sequence[ResolvedRecipe]) -> list[ResolvedRule]:
    """All rules in the order of the plan; within one rank as written."""
    rules = [rule for recipe in recipes for rule in recipe.rules]
    return sorted(rules, key=lambda rule: rank(_rule(rule, 0 if rule.condition is not None else None)))


def lower(
    rules: Sequence[ResolvedRule],
    verdicts: Sequence[ResolvedVerdict],
    blocks: Sequence[ResolvedPixels],
    *,
    name: str,
    version: str,
    title: str,
    policies: Policies,
    tables: tuple[Table, ...],
    layers: tuple[str, ...],
    overrides: tuple[Override, ...],
    longitudinal: str,
    claims: Mapping[int, frozenset[Condition]],
    unclaimed: tuple[Unclaimed, ...],
) -> Plan:
    """The plan of rules that are in order and were judged."""
    conditions = Conditions()
    lowered = tuple(_rule(rule, conditions.number(rule.condition)) for rule in rules)
    verdict_rules = tuple(Verdict(v.kind, v.name, _number(conditions, v.condition), origin(v.layer, v.span)) for v in verdicts)
    pixel_rules = tuple(PixelRule(b.name, _number(conditions, b.condition), b.operations, origin(b.layer, b.span)) for b in blocks)
    return Plan(
        profile=name,
        version=version,
        dictionary=dictionary.EDITION,
        policies=policies,
        conditions=tuple(conditions.table),
        rules=lowered,
        verdicts=verdict_rules,
        pixels=pixel_rules,
        tables=tables,
        longitudinal=longitudinal,
        claims=tuple(Claim(code, tuple(sorted(_number(conditions, one) for one in unless))) for code, unless in sorted(claims.items())),
        title=title,
        layers=layers,
        overrides=overrides,
        unclaimed=unclaimed,
    )


def origin(layer: LayerInfo, span: Span) -> str:
    """Where a rule was written: "layer:line". The layer as the profile names it, so that plans of two machines are alike."""
    return f"{layer.name}:{span.line}"


def overrides_of(rules: Sequence[ResolvedRule], needed: set[int]) -> tuple[Override, ...]:
    """The weakenings that were asked for, one per statement, with their reasons."""
    found: dict[Span, Override] = {}
    for position in sorted(needed):
        rule = rules[position]
        if rule.override:
            found.setdefault(
                rule.statement,
                Override(rule.statement.text or str(rule.selector), rule.override, rule.because, origin(rule.layer, rule.span)),
            )
    return tuple(sorted(found.values(), key=lambda override: override.origin))


def longitudinal(rules: Sequence[ResolvedRule], classes: Sequence[LeafClass]) -> str:
    """What (0028,0303) may claim where no option for dates is claimed: "REMOVED" when the Basic Profile's layer is in the stack, none of
    an option for dates is, and no rule that may decide one of the dates or times it names leaves anything of it (PS3.15 E.2), by itself,
    in a private element that stays or read into another one; "" otherwise."""
    if any(_carries_dates(rule) or rule.layer.option in (FULL_DATES, MODIFIED_DATES) for rule in rules):
        return ""
    temporal = False
    for leaf_class in classes:
        entry = dictionary.entry(leaf_class.tag) if leaf_class.tag is not None else None
        if entry is None or not _TEMPORAL & set(entry.vrs):
            continue
        reached = [rules[position] for position in leaf_class.reached]
        if not any(_is_basic(rule.layer) for rule in reached):
            continue
        temporal = True
        for rule in reached:
            if rule.leaves > Level.NOTHING:
                return ""
            everywhere = not rule.selector.steps and not rule.selector.anchored and not rule.excluded
            if rule.condition is None and everywhere and leaf_class.covers(rule.selector.leaf):
                break
    return "REMOVED" if temporal else ""


def _is_basic(layer: LayerInfo) -> bool:
    return layer.option == method_codes.BASIC or (layer.name.startswith("ps315/") and layer.name.endswith(BASIC))


def _carries_dates(rule: ResolvedRule) -> bool:
    """True when something of a date may stay where no tag shows it: in a private element, whose VR only the file knows, or by reading. A
    plain C leaves none: dates and times go, and texts lose the dates in them (rule 13)."""
    if isinstance(rule.selector.leaf, PrivateLeaf | DeclaredSafe) and rule.leaves > Level.NOTHING:
        return not (rule.code == "C" and rule.value is None)
    return any(
        level > Level.NOTHING and kind_of_attribute(attribute.leaf) in {"date", "time", "any"} for attribute, level in rule.reads.items()
    )


def _number(conditions: Conditions, condition: Condition) -> int:
    number = conditions.number(condition)
    assert number is not None
    return number


def _rule(rule: ResolvedRule, condition: int | None) -> Rule:
    return Rule(
        rule.selector,
        rule.code,
        rule.value,
        condition,
        rule.excluded,
        rule.layer.index,
        rule.otherwise,
        rule.reading,
        origin(rule.layer, rule.span),
        rule.because,
    )
