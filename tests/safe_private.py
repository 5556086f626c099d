"""Objects with private elements, and plans of the shipped layers, for the tests of the Retain Safe Private Option."""

from __future__ import annotations

from functools import cache
from struct import pack
from typing import Any

import build
import case_data
from build import EXPLICIT, Coding

from deidrules import resources
from deidrules.compile.compiler import compile_layers
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.language import ast
from deidrules.language.parse import parse
from deidrules.plan.model import Plan, Policies
from deidrules.text.source import Source

BASIC, SAFE_PRIVATE = "ps315/2026d/basic", "ps315/2026d/retain-safe-private"
POLICIES = Policies("K", "accept", "strictest")
KEYS = KeyRing(bytes(range(32)))

# VR -> (a value as it arrives, the same cleaned; None where a new UID is written). The patient is DOE^JANE, 4711.
NUMBERS = {"FL": "f", "FD": "d", "US": "H", "UL": "I", "SS": "h", "SL": "i"}
VALUES: dict[str, tuple[bytes, bytes | None]] = {
    **{vr: (pack(f"<2{code}", 3, 4), pack(f"<2{code}", 3, 4)) for vr, code in NUMBERS.items()},
    **dict.fromkeys(("LO", "SH", "ST", "LT"), (b"HEAD by DOE ", b"HEAD")),
    "CS": (b"SOURCE A", b"SOURCE A"),
    "DS": (b"1.5\\2 ", b"1.5\\2 "),
    "IS": (b"750 ", b"750 "),
    "AT": (b"\x10\x00\x20\x00", b"\x10\x00\x20\x00"),
    "OB": (b"\x00\x01JD", b"\x00\x01JD"),
    "OW": (b"\x00\x01JD", b"\x00\x01JD"),
    "UI": (b"1.2.3.4.5.6\0", None),
}


def text_of(name: str) -> str:
    """A shipped recipe."""
    return (resources.folder("profiles") / f"{name}.recipe").read_text("utf-8")


@cache
def plan_of(*names: str, more: str = "", policies: Policies = POLICIES) -> Plan:
    """The plan of shipped layers, with one more recipe on top."""
    layers = [(name, text_of(name)) for name in names]
    compilation = compile_layers([*layers, *([("site", more)] if more else [])], policies)
    assert compilation.plan is not None, compilation.diagnostics
    return compilation.plan


def engine_of(*names: str, more: str = "", policies: Policies = POLICIES) -> Engine:
    """A fresh engine."""
    return Engine(plan_of(*names, more=more, policies=policies), KEYS)


@cache
def rows() -> tuple[ast.Rule, ...]:
    """The rules of the shipped layer that spell a private element."""
    recipe, problems = parse(Source(SAFE_PRIVATE, text_of(SAFE_PRIVATE)))
    assert recipe is not None and not problems
    rules = [statement for statement in recipe.statements if isinstance(statement, ast.Rule)]
    return tuple(rule for rule in rules if isinstance(rule.selectors[0].leaf, ast.PrivateTag))


def file_with(coding: Coding, *elements: bytes, characteristics: bytes = b"") -> bytes:
    """A file of a patient DOE^JANE; the elements are private ones of groups above 0020 or below 0010, put where they belong."""
    data = build.element(0x00080016, "UI", build.CT_IMAGE, coding) + build.element(0x00080018, "UI", "1.2.3", coding) + characteristics
    patient = build.element(0x00100010, "PN", "DOE^JANE", coding) + build.element(0x00100020, "LO", "4711", coding)
    study = build.element(0x0020000D, "UI", "1.2.4", coding) + build.element(0x0020000E, "UI", "1.2.5", coding)
    order = coding.order
    parts = [(int.from_bytes(part[:2], "little" if order == "<" else "big"), part) for part in (patient, study, *elements)]
    return build.file(data + b"".join(part for _, part in sorted(parts, key=lambda part: part[0])), build.UIDS[coding])


def block(group: int, number: int, creator: str, low: int, vr: str, value: bytes, coding: Coding = EXPLICIT, *, coded: str = "") -> bytes:
    """A creator and one element of its block; `value` of an SQ are its items."""
    head = build.element(group << 16 | number, "LO", creator, coding)
    return head + build.element(group << 16 | number << 8 | low, coded or vr, value, coding)


def applied(engine: Engine, data: bytes) -> dict[str, Any]:
    """The output as JSON, in the notation of the case folders."""
    return case_data.file_data(b"".join(engine.apply(data).parts))
