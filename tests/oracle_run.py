"""Compile and engine against the oracle on random pairs of a stack of layers and a file: `python tests/oracle_run.py 2000 [seed]`."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, replace

import strategies
import strategies_files
from hypothesis import HealthCheck, given, seed, settings
from oracle import MARKERS, Document, Expected, Oracle, Refused
from oracle_claims import false_claims
from oracle_data import Item, Value, decoded, read

from deidrules.compile.compiler import compile_layers
from deidrules.compile.model import Compilation
from deidrules.engine.instance import Deidentified, Engine
from deidrules.engine.keys import KeyRing
from deidrules.language import ast
from deidrules.language.format import format_recipe
from deidrules.language.parse import parse
from deidrules.plan.model import Plan
from deidrules.text.diagnostic import Severity
from deidrules.text.refusal import Refusal
from deidrules.text.source import Source

KEYS = KeyRing(bytes(range(32)))
ROUNDS = 8
DEFLATED = b"1.2.840.10008.1.2.1.99"


class Disagreement(AssertionError):
    """The engine did something else than the oracle says."""


@dataclass(frozen=True)
class Compiled:
    """A stack that compiles, with its plan."""

    stack: strategies.Stack
    plan: Plan


def compiled(stack: strategies.Stack) -> Compiled | None:
    """The stack as far as it compiles: what the compiler complains of is marked with an override, then taken away. Random stacks would
    hardly ever compile otherwise."""
    marked: set[object] = set()
    for _ in range(ROUNDS):
        compilation = compile_layers(stack.texts(), stack.policies)
        if compilation.plan is not None:
            return Compiled(stack, compilation.plan)
        stack = _mended(stack, compilation, marked)
        if not any(recipe.statements for _, recipe in stack.layers):
            return None
    return None


def _mended(stack: strategies.Stack, compilation: Compilation, marked: set[object]) -> strategies.Stack:
    errors = [d for d in compilation.diagnostics if d.severity is Severity.ERROR]
    layers = []
    for name, recipe in stack.layers:
        text = format_recipe(recipe)
        parsed, said = parse(Source(name, text))
        assert parsed is not None, (said, text)
        assert parsed == recipe, text
        mine = [(d.code, d.span.start) for d in errors if d.span.source.name == name and d.span.source.text == text]
        statements: list[ast.TopStatement] = []
        for statement in parsed.statements:
            if isinstance(statement, ast.When):
                body = tuple(kept for rule in statement.body if (kept := _statement(rule, mine, marked)) is not None)
                own = any(
                    statement.span.start <= start < statement.span.end
                    and not any(rule.span.start <= start < rule.span.end for rule in statement.body)
                    for _, start in mine
                )
                if body and not own:
                    statements.append(replace(statement, body=body))
            elif isinstance(statement, ast.Rule | ast.Add):
                if (kept := _statement(statement, mine, marked)) is not None:
                    statements.append(kept)
            elif not any(statement.span.start <= start < statement.span.end for _, start in mine):
                statements.append(statement)
        header = parsed.layer
        if header is not None and any(header.span.start <= start < header.span.end for _, start in mine):
            header = None
        if header is not None and any(code == "DR303" for code, _ in mine):
            # options clash: the later one takes leave, and where it has that already it is no option
            others = tuple(other for other, _ in stack.layers if other != name)
            header = None if header.may_weaken == others else replace(header, may_weaken=others)
        layers.append((name, replace(parsed, layer=header, statements=tuple(statements))))
    return replace(stack, layers=tuple(layers))


def _statement(rule: ast.Rule | ast.Add, errors: list[tuple[str, int]], marked: set[object]) -> ast.Rule | ast.Add | None:
    codes = [code for code, start in errors if rule.span.start <= start < rule.span.end and code != "DR303"]
    if not codes:
        return rule
    if all(code.startswith("DR20") for code in codes) and rule not in marked:
        changed = replace(rule, stance=ast.Override("X", "mended"))
        marked.add(changed)
        return changed
    return None


TWINS = ((b"4711", b"4712"), (b"DOE^JANE", b"ROE^JOHN"), (b"CT", b"MR"), (b"20200131", b"20200201"), (b"ORIGINAL", b"DERIVED "))


def twin(data: bytes) -> bytes:
    """A file of the same layout that holds something else."""
    if DEFLATED in data[:1000]:
        return data
    for old, new in TWINS:
        data = data.replace(old, new)
    return data


# ---- the engine against the oracle


def outcome_of(engine: Engine, data: bytes) -> Deidentified | Refusal:
    """What the engine makes of a file."""
    try:
        return engine.apply(data)
    except Refusal as refusal:
        return refusal


def check(one: Compiled, data: bytes, engine: Engine | None = None) -> str:
    """A word for what happened when both agree; Disagreement otherwise."""
    item, meta = read(data)
    recipes = [recipe for _, recipe in one.stack.layers]
    expected: dict[int, Expected] | Refused
    oracle = Oracle(recipes, one.stack.policies, KEYS)
    try:
        expected = oracle.apply(item, meta)
    except Refused as refused:
        expected = refused
    got = outcome_of(engine or Engine(one.plan, KEYS), data)
    if isinstance(got, Refusal):
        if isinstance(expected, Refused) or (got.code == "undecodable-condition" and oracle.doubts):
            return f"refused {got.code}"
        raise Disagreement(f"the engine refuses {got}, the oracle does not\n{one.stack.show()}")
    if isinstance(expected, Refused):
        raise Disagreement(f"the oracle refuses {expected.reason}, the engine does not\n{one.stack.show()}")
    observed, _ = read(b"".join(got.parts))
    differences = list(compare(expected, observed, top=True))
    differences += false_claims(one.stack.layers, oracle.decided, one.stack.policies, got.claims)
    differences += _codes(observed, got.claims, kept=one.stack.policies.unlisted == "K")
    if differences:
        raise Disagreement("\n".join(differences) + "\n" + one.stack.show())
    return "written"


def _codes(observed: Item, claims: tuple[int, ...], *, kept: bool) -> list[str]:
    """What is wrong with the codes of an output: each claim once, and none else unless earlier ones may stay."""
    value = observed.values.get(0x00120064)
    items = value.items or [] if value is not None else []
    said = [
        tuple(item.values[tag].raw.strip(b" \0").decode("ascii") if tag in item.values else "" for tag in (0x00080100, 0x00080102))
        for item in items
    ]
    wanted = [(str(code), "DCM") for code in claims]
    if not kept and said != wanted:
        return [f"the codes are {said}, the claims {claims}"]
    if any(said.count(code) != 1 for code in wanted) or (value is not None and not items and wanted):
        return [f"of the claims {claims} the codes {said} do not say each once"]
    return []


def compare(expected: dict[int, Expected], observed: Item, path: str = "", *, top: bool = False) -> list[str]:
    """How an output differs from what it must be, element by element. The markers the engine writes at the top are left aside."""
    found: list[str] = []
    for tag in sorted({*expected, *observed.values}):
        if top and tag in MARKERS:
            continue
        name = f"{path}({tag >> 16:04X},{tag & 0xFFFF:04X})"
        if tag not in observed.values:
            found.append(f"{name} is missing")
        elif tag not in expected:
            found.append(f"{name} should not be there")
        else:
            found += _element(name, expected[tag], observed.values[tag])
    return found


def _element(name: str, expected: Expected, observed: Value) -> list[str]:
    if expected == [] and not observed.items and not observed.raw:
        return []  # emptied: in implicit VR nothing says that it was a sequence
    if isinstance(expected, list):
        if observed.items is None or len(observed.items) != len(expected):
            return [f"{name} has other items"]
        pairs = zip(expected, observed.items, strict=True)
        return [line for number, (one, other) in enumerate(pairs) for line in compare(one, other, f"{name}[{number}] / ")]
    if observed.items is not None:
        return [f"{name} is a sequence"]
    if isinstance(expected, Document):
        new = observed.raw.startswith(expected.begins) and (not expected.original or expected.original not in observed.raw)
        return [] if new else [f"{name} is no document of its kind"]
    if isinstance(expected, bytes):
        return [] if observed.raw == expected else [f"{name} was to stay {expected!r}, is {observed.raw!r}"]
    wanted = [_plain(value, expected.vr) for value in expected.values]
    atoms = observed.atoms()
    if observed.vr == "UN":  # `as`: nothing in the file says the VR that the rule reads it with
        atoms = decoded(observed.raw, expected.vr, observed.little, observed.charsets)
    present = [_plain(value, expected.vr) for value in atoms]
    if wanted in ([], [""]) and present in ([], [""]):
        return []
    return [] if wanted == present else [f"{name} was to be {wanted}, is {present}"]


def _plain(value: object, vr: str) -> object:
    if isinstance(value, bytes):
        return value
    text = str(value).strip(" \0")
    return float(text) if vr in ("DS", "IS", "FL", "FD", "US", "SS", "UL", "SL") and text else text


def run(count: int, number: int = 0, *, show: bool = False) -> Counter[str]:
    """Random pairs until `count` of them compiled and were compared; the words of `check`, counted."""
    words: Counter[str] = Counter()
    block = 0
    while sum(words.values()) < count:

        @seed(number * 1_000_003 + block)
        @settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(strategies.stacks(), strategies_files.files(), strategies_files.files())
        def pairs(stack: strategies.Stack, first: bytes, second: bytes) -> None:
            one = compiled(stack)
            if one is None:
                return
            engine = Engine(one.plan, KEYS)
            # what the engine remembers of one file, of its layout above all, must not show in the next
            found = [check(one, file, engine) for file in (first, second, twin(first), first)]
            if sum(words.values()) < count:
                words[found[0]] += 1
            if sum(words.values()) < count:
                words[found[1]] += 1

        pairs()
        block += 1
        if show:
            print(f"{sum(words.values())} of {count}", file=sys.stderr)
    return words


def main() -> None:
    """Print the counts."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    number = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    words = run(count, number, show=True)
    print(f"{sum(words.values())} pairs compiled and agreed with the oracle (seed {number})")
    for word, times in words.most_common():
        print(f"  {times:6} {word}")


if __name__ == "__main__":
    main()
