"""Which options of PS3.15 the outputs of a profile may claim: those whose work survives every other layer (rule 8).

The work of an option is undone where a rule of another layer may decide an element that a rule of the option reaches, before it does, and
leaves more of it; where the option keeps the element, by anything else than K. A rule under a condition over the object takes the claim
away from the instances for which the condition holds, every other one takes it away altogether. An option whose header names the layer may
weaken it, and so may what undoes nothing of such an option and leaves no more than it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deidrules.actions.base import Level
from deidrules.compile.lower import origin
from deidrules.compile.named import Named
from deidrules.compile.precedence import REMAINS, SHOWN, Judgement
from deidrules.compile.regions import LeafClass
from deidrules.compile.resolved import ResolvedRecipe, ResolvedRule
from deidrules.compile.undoing import Undoing, survey
from deidrules.dicom.method_codes import BASIC, CLEAN_PIXEL_DATA, CLEAN_RECOGNIZABLE_VISUAL_FEATURES, SAFE_PRIVATE
from deidrules.plan.expression import Condition, uses_here
from deidrules.plan.model import Policies, Unclaimed
from deidrules.plan.selector import PrivateAny

STILL = "what its other rules leave beyond the options below it stays all the same, and no code of an output says so"

# The options that may be claimed, each with the conditions that take its claim away.
Claimed = Mapping[int, frozenset[Condition]]


def claims(
    recipes: Sequence[ResolvedRecipe],
    rules: Sequence[ResolvedRule],
    classes: Sequence[LeafClass],
    judgement: Judgement,
    policies: Policies,
) -> tuple[Claimed, tuple[Unclaimed, ...]]:
    """What may be claimed, and why the options that may not be are not. `rules` stand in the order in which they are asked."""
    codes = {recipe.layer.option for recipe in recipes if recipe.layer.option}
    found = survey(rules, classes, judgement)
    idle = codes - found.working - {undoing.code for undoing in found.undone}
    lost = [*_without_work(recipes, rules, idle), *_switched_off(recipes), *_private_stays(codes, rules, policies)]
    unless: dict[int, frozenset[Condition]] = {}
    for undoing in found.undone:
        condition = undoing.by.condition
        if condition is None or uses_here(condition):
            lost.append(_reason(undoing))
        else:
            unless[undoing.code] = unless.get(undoing.code, frozenset()) | {condition}
    gone = {one.code for one in lost}
    lost += [Unclaimed(code, STILL) for code in sorted(gone & found.leave)]
    return {code: unless.get(code, frozenset()) for code in sorted(codes - gone)}, tuple(sorted(lost, key=_place))


def _place(one: Unclaimed) -> tuple[int, bool, tuple[str, ...], str]:
    return one.code, one.why == STILL, one.origins, one.why


# ---- what is lost whatever the rules for attributes do


def _without_work(recipes: Sequence[ResolvedRecipe], rules: Sequence[ResolvedRule], idle: set[int]) -> list[Unclaimed]:
    """Options for which there is no work, or of whose work stricter rules leave nothing."""
    out = []
    for code in sorted({recipe.layer.option for recipe in recipes if recipe.layer.option}):
        own = [rule for rule in rules if rule.layer.option == code]
        if code == CLEAN_RECOGNIZABLE_VISUAL_FEATURES:
            out.append(Unclaimed(code, "no part of the program cleans recognizable visual features"))
        elif code == CLEAN_PIXEL_DATA:
            if not any(recipe.pixels for recipe in recipes):
                out.append(Unclaimed(code, "the profile has no pixel rule that could judge a frame"))
        elif not own:
            out.append(Unclaimed(code, "its layer has no rule for an attribute"))
        elif code in idle:
            why = "stricter rules decide every element that its rules reach"
            out.append(Unclaimed(code, why, (origin(own[0].layer, own[0].span),)))
    return out


def _switched_off(recipes: Sequence[ResolvedRecipe]) -> list[Unclaimed]:
    """Options of which another layer switches off a verdict or a pixel rule."""
    owner: dict[str, Named] = {}
    out = []
    for recipe in recipes:
        for without in recipe.withouts:
            named = owner.pop(without.name, None)
            if named is not None and named.layer.option:
                places = (origin(without.layer, without.span), origin(named.layer, named.span))
                out.append(Unclaimed(named.layer.option, f'`without "{without.name}"` switches off a rule of the option', places))
        owner.update({verdict.name: verdict for verdict in recipe.verdicts})
        owner.update({block.name: block for block in recipe.pixels})
    return out


def _private_stays(codes: set[int], rules: Sequence[ResolvedRule], policies: Policies) -> list[Unclaimed]:
    """The Basic Profile takes all private elements, Retain Safe Private all but safe ones: with `keep-private`, neither is so unless a rule
    takes those that no other reaches."""
    if not policies.keep_private:
        return []
    for rule in rules:
        selector = rule.selector
        everywhere = isinstance(selector.leaf, PrivateAny) and not selector.steps and not selector.anchored
        if everywhere and rule.condition is None and not rule.excluded and rule.leaves == Level.NOTHING:
            return []
    why = "the policy `keep-private` lets private elements stay that no rule reaches"
    return [Unclaimed(code, why, ("profile.yaml",)) for code in sorted(codes & {BASIC, SAFE_PRIVATE})]


# ---- reasons in words


def _reason(undoing: Undoing) -> Unclaimed:
    by, rule, names = undoing.by, undoing.rule, list(undoing.names)
    said = f"`{by.code} {by.span.text or by.selector}`"
    if by.layer.option:
        said += f" of the option {by.layer.option}"
    what = ", ".join(f"`{name}`" for name in names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    match undoing.how:
        case "leaves":
            did = f"may leave {REMAINS[undoing.level]} where the option leaves less: {what}"
        case "keeps":
            did = f"does not keep what the option keeps: {what}"
        case "marked":
            did = f"is marked as a weakening: {what}"
        case _:
            did = f"reads {REMAINS[undoing.level]} of what the option leaves less of: {what}"
    return Unclaimed(undoing.code, f"{said} {did}", (origin(by.layer, by.span), origin(rule.layer, rule.span)))
