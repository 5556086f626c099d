"""From the names of a base and of options to the files of a new profile folder, compiled once to see that they go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from deidrules.compile.clashes import Clash, clashes, params_of, settling, weakened
from deidrules.compile.compiler import compile_profile
from deidrules.compile.layers import find_recipe
from deidrules.compile.model import Compilation, Profile
from deidrules.compile.options import BASIC, OPTIONS, Option, find_option, option_words
from deidrules.compile.profile import load_profile, shipped_profiles
from deidrules.compile.skeleton import SETTLED, Start, chosen_options, files, profile_name
from deidrules.text.suggest import did_you_mean

MANY = 6  # attributes named in a message


class CannotStart(Exception):
    """The profile cannot be made; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new profile: its name, its layers in order, its options, what settled which option (winner, loser), its files by their place."""

    name: str
    layers: tuple[str, ...]
    options: tuple[Option, ...]
    settled: tuple[tuple[str, str], ...]
    files: dict[str, str]


def make_profile(folder: str, base: str, options: Sequence[str], settle: Sequence[str] = ()) -> Made:
    """The files of a profile for the folder of this name. Raises CannotStart for words that mean nothing, for options that do not go with
    the base, and for options that clash unless `settle` names the one that decides."""
    stand = _base(base)
    chosen = chosen_options(stand.recipes, [_option(word) for word in options])
    winners = [_option(word) for word in settle]
    for winner in winners:
        if winner not in chosen:
            raise CannotStart(f"--settle {winner.name}: the option is not among those of the profile")
    if chosen and BASIC not in stand.recipes:
        raise CannotStart(f"the options of the standard refine its Basic Profile, and `{base}` does not stand on it: take `ps315-basic`")
    start = Start(profile_name(Path(folder).resolve().name), stand, _own(stand), chosen)
    compilation = _compiled(start)
    found = clashes(compilation)
    decided = [(clash, _winner(clash, winners)) for clash in found]
    if winners and not all(any(winner.layer == layer for _, layer in decided) for winner in winners):
        raise CannotStart("--settle: there is nothing to settle between these options")
    start = replace(start, layers=compilation.layers)
    if decided:
        start = _settled(start, decided)
        compilation = _compiled(start)
    if compilation.diagnostics:
        raise CannotStart(f"these options do not go together: {compilation.diagnostics[0].message}")
    pairs = tuple((_short(layer), _short(clash.other if layer == clash.one else clash.one)) for clash, layer in decided)
    return Made(start.name, start.stack, chosen, pairs, files(start))


def _base(base: str) -> Profile:
    if base not in shipped_profiles():
        near = did_you_mean(base, shipped_profiles())
        raise CannotStart(f"no shipped profile `{base}`: {near or 'there are ' + ', '.join(shipped_profiles())}")
    profile, _ = load_profile(base)
    if profile is None:
        raise CannotStart(f"the shipped profile `{base}` cannot be read")
    return profile


def _option(word: str) -> Option:
    option = find_option(word)
    if option is None:
        near = did_you_mean(word, option_words())
        raise CannotStart(f"no option `{word}`: {near or '`deidrules init --list` shows them'}")
    return option


def _own(base: Profile) -> dict[str, str]:
    """The recipes that are files of the base's folder."""
    layered = {option.layer for option in OPTIONS} | {BASIC}
    out = {}
    for name in base.recipes:
        source, _ = find_recipe(base, name)
        if name.endswith(".recipe") and name not in layered and source is not None:
            out[name] = source.text
    return out


def _compiled(start: Start) -> Compilation:
    """The files compiled, in a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="deidrules-") as place:
        folder = Path(place)
        for name, text in files(start).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return compile_profile(folder)


def _winner(clash: Clash, winners: Sequence[Option]) -> str:
    one, other = _short(clash.one), _short(clash.other)
    names = ", ".join(f"`{name}`" for name in clash.names[:MANY])
    more = f" and {len(clash.names) - MANY} more" if len(clash.names) > MANY else ""
    asked = f"`{one}` and `{other}` ask for different things for {len(clash.names)} attributes ({names}{more})"
    if clash.whole:
        raise CannotStart(f"{asked}: they exclude each other, leave one of them out")
    named = [winner.layer for winner in winners if winner.layer in (clash.one, clash.other)]
    if len(named) != 1:
        raise CannotStart(f"{asked}: say which decides, `--settle {one}` or `--settle {other}`; the other is then not claimed")
    return named[0]


def _settled(start: Start, decided: Sequence[tuple[Clash, str]]) -> Start:
    """With the layer that settles: first without `override`, then with one where the compiler asks for it."""
    layers = {layer.name: layer for layer in start.layers}

    def text(overrides: frozenset[str]) -> str:
        return "\n".join(settling(clash, layer, overrides, params_of(layers[layer])) for clash, layer in decided)

    tried = replace(start, settled=text(frozenset()))
    compilation = _compiled(tried)
    sources = [layer.source.name for layer in compilation.layers if layer.source.name.endswith(SETTLED)]
    return replace(start, settled=text(weakened(compilation, sources[0])))


def _short(layer: str) -> str:
    return layer.rpartition("/")[2]
