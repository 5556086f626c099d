"""Which options of PS3.15 the outputs of a profile may claim: those whose work survives every other layer (rule 8).

The work of an option is undone where a rule of another layer may decide an element that a rule of the option reaches, before it does, and
leaves more of it; where the option keeps the element, by anything else than K. A rule under a condition over the object takes the claim
away from the instances for which the condition holds, every other one takes it away altogether. An option may be weakened by another one
whose header names its layer, and by what leaves no more than that one does: but only as long as the other one is claimed, since without
its code nothing in the output would say that something was kept."""

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
    undoings, working = survey(rules, classes, judgement)
    lost = [*_without_work(recipes, rules, working), *_switched_off(recipes), *_private_stays(codes, rules, policies)]
    claimed: dict[int, frozenset[Condition]] = {code: frozenset() for code in codes - {one.code for one in lost}}
    # what excuses an undoing may be lost itself: claims only shrink, so this ends
    while (smaller := _without_undone(claimed, undoings)) != claimed:
        claimed = smaller
    lost += [_reason(one) for one in undoings if one.code not in claimed and _ways_out(one, claimed) is None]
    return dict(sorted(claimed.items())), tuple(sorted(lost, key=lambda one: (one.code, one.origins, one.why)))


def _without_undone(claimed: Claimed, undoings: Sequence[Undoing]) -> dict[int, frozenset[Condition]]:
    """The claims that are left while no others than these excuse anything."""
    out = dict(claimed)
    for undoing in undoings:
        if undoing.code in out:
            unless = _ways_out(undoing, claimed)
            if unless is None:
                del out[undoing.code]
            else:
                out[undoing.code] |= unless
    return out


def _ways_out(undoing: Undoing, claimed: Claimed) -> frozenset[Condition] | None:
    """The conditions of which none may hold, so that nothing is undone; None when it is undone whatever holds."""
    ways = [claimed[code] - undoing.spared for code in sorted(undoing.excuses) if code in claimed]
    condition = undoing.by.condition
    if condition is not None and not uses_here(condition):
        ways.append(frozenset({condition}))
    return min(ways, key=len, default=None)


# ---- what is lost whatever the rules for attributes do


def _without_work(recipes: Sequence[ResolvedRecipe], rules: Sequence[ResolvedRule], working: set[int]) -> list[Unclaimed]:
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
        elif code not in working:
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
    if _named(undoing):
        did += f"; the option {_named(undoing)} that may do so is not claimed itself"
    return Unclaimed(undoing.code, f"{said} {did}", (origin(by.layer, by.span), origin(rule.layer, rule.span)))


def _named(undoing: Undoing) -> str:
    return " or ".join(str(code) for code in sorted(undoing.excuses))
