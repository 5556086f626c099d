"""What `lint` and `fmt` are pointed at: profiles and recipes, found in folders or named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

RECIPE, PROFILE = ".recipe", "profile.yaml"


@dataclass(slots=True)
class Targets:
    """`profiles` as a compiler takes them; `recipes` that were found in folders, and `named` ones, which are looked at whatever profiles
    reach them."""

    profiles: list[str] = field(default_factory=list)
    recipes: list[Path] = field(default_factory=list)
    named: list[Path] = field(default_factory=list)

    def any(self) -> bool:
        """False when there is nothing to do."""
        return bool(self.profiles or self.recipes or self.named)


def find(paths: tuple[str, ...]) -> Targets:
    """Targets of PATH…: a folder is searched (hidden ones and links left out), a file is taken as it is, another word is a shipped profile.
    click.UsageError when one is neither, or when there is nothing in any of them."""
    targets = Targets()
    for text in paths:
        path = Path(text)
        if path.is_dir():
            for file in _search(path):
                if file.name == PROFILE:
                    targets.profiles.append(str(file))
                else:
                    targets.recipes.append(file)
        elif path.is_file():
            if path.suffix == RECIPE:
                targets.named.append(path)
            else:
                targets.profiles.append(text)
        elif _shipped(text):
            targets.profiles.append(text)
        else:
            raise click.UsageError(f"`{text}` is neither a file nor a folder nor a shipped profile")
    if not targets.any():
        raise click.UsageError(f"no {PROFILE} and no *{RECIPE} there")
    return targets


def _search(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name == PROFILE or (name.endswith(RECIPE) and not name.startswith(".")):
                yield Path(here) / name


def _shipped(name: str) -> bool:
    from deidrules.compile.profile import shipped_profiles

    return name in shipped_profiles()


def reached(profile: str) -> set[Path]:
    """The recipe files that a profile stands on, its tests among them."""
    from deidrules import resources
    from deidrules.compile.profile import load_profile

    typed, _ = load_profile(profile)
    if typed is None:
        return set()
    shipped = resources.folder("profiles")
    names = (*typed.recipes, *typed.tests)
    return {(typed.folder / name if name.endswith(RECIPE) else shipped / f"{name}{RECIPE}").resolve() for name in names}
