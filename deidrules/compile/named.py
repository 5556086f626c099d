"""Verdicts and pixel rules by name: unique in a profile, switched off by `without` (rule 18)."""

from __future__ import annotations

from collections.abc import Sequence

from deidrules.compile.lower import origin
from deidrules.compile.resolved import ResolvedPixels, ResolvedRecipe, ResolvedVerdict
from deidrules.plan.model import Override
from deidrules.text.diagnostic import Diagnostic, Note
from deidrules.text.suggest import did_you_mean

Named = ResolvedVerdict | ResolvedPixels


def settle(
    recipes: Sequence[ResolvedRecipe], *, whole_profile: bool
) -> tuple[list[ResolvedVerdict], list[ResolvedPixels], list[Override], list[Diagnostic]]:
    """(verdicts, pixel rules that are in force, those switched off, complaints)."""
    problems: list[Diagnostic] = []
    known: dict[str, Named] = {}
    off: list[Override] = []
    for recipe in recipes:
        for without in recipe.withouts:
            target = known.get(without.name)
            if target is None:
                if whole_profile:
                    near = did_you_mean(without.name, known)
                    help_ = near or "`without` switches off a rule of an earlier layer"
                    problems.append(
                        Diagnostic("DR306", f"no verdict or pixel rule `{without.name}` in an earlier layer", without.span, help_)
                    )
                continue
            off.append(Override(f'without "{without.name}"', "", without.because, origin(without.layer, without.span)))
            del known[without.name]
        here: list[Named] = [*recipe.verdicts, *recipe.pixels]
        for named in here:
            if named.name in known:
                note = Note(known[named.name].span, "the other one")
                problems.append(
                    Diagnostic("DR305", f"the name `{named.name}` is taken", named.span, "one of the two would be lost", (note,))
                )
                continue
            known[named.name] = named
    verdicts = [named for named in known.values() if isinstance(named, ResolvedVerdict)]
    blocks = [named for named in known.values() if isinstance(named, ResolvedPixels)]
    return verdicts, blocks, off, problems
