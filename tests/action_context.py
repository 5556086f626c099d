"""A context and a subject for calling actions and functions directly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deidrules.actions.base import Atom
from deidrules.engine.keys import KeyRing


@dataclass
class FakeContext:
    vr: str = "LO"
    identifiers: frozenset[str] = frozenset()
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    keys: KeyRing = field(default_factory=lambda: KeyRing(bytes(range(32))))


@dataclass
class FakeSubject:
    vr: str
    values: tuple[Atom, ...] = ()
    tag: int = 0x00081030
    vouched: bool = False
