"""Where the grammar and the shipped profiles are: inside the wheel, or beside the package in a checkout or an editable install."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder `grammar` or `profiles`; FileNotFoundError when the installation is incomplete."""
    for place in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the installation of deidrules is incomplete: no folder `{name}`")
