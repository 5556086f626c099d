"""What compiles holds no tie, no unmarked weakening and no unmarked broad rule."""

from __future__ import annotations

import oracle_content
import pytest
import strategies_content
from hypothesis import HealthCheck, assume, given, settings
from oracle import Oracle, Refused, own
from oracle_data import Item, Value, dictionary_vrs, keyword_tag, read
from oracle_rules import LETTERS, Chain, Claim, leaf_order, leaves, more_specific, reaches
from oracle_run import KEYS, compiled
from strategies import SEQUENCES, Stack, stacks
from strategies_files import VALUES, files

from deidrules.language import ast

QUICK = settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)


# ---- nothing unmarked weakens


def may_weaken(stack: Stack, claim: Claim, other: Claim) -> bool:
    """True when the weakening is marked, naming a code that leaves no more than the other rule, or is that of an option layer."""
    stance = claim.stance
    named = stance.code if isinstance(stance, ast.Override) and stance.because else ""
    if named and max(LETTERS[letter] for letter in named.split("/")) <= leaves(other):
        return True
    header = stack.layers[claim.layer][1].layer
    return header is not None and bool(header.option) and stack.layers[other.layer][0] in header.may_weaken


@settings(QUICK, max_examples=50)
@given(stacks(), files())
def test_no_unmarked_rule_ever_lowers_what_is_protected(stack: Stack, data: bytes):
    lowers_nothing_unmarked(stack, data)


@pytest.mark.long
@settings(QUICK, max_examples=1500)
@given(stacks(), files())
def test_no_unmarked_rule_ever_lowers_what_is_protected_in_many_stacks(stack: Stack, data: bytes):
    lowers_nothing_unmarked(stack, data)


def lowers_nothing_unmarked(stack: Stack, data: bytes) -> None:
    """A stack that compiles against its lower layers alone: no element is protected less by the whole than by them, unless a rule of the
    layers above them that leaves as much says so."""
    one = compiled(stack)
    assume(one is not None and len(one.stack.layers) > 1)
    assert one is not None
    layers = [recipe for _, recipe in one.stack.layers]
    top, meta = read(data)
    whole = Oracle(layers, one.stack.policies, KEYS)
    whole.begin(top, meta)
    compared = 0
    for count in range(1, len(layers)):
        lower = Oracle(layers[:count], one.stack.policies, KEYS)
        lower.begin(top, meta)
        for chain, here, value in places(top):
            if own(value.tag):
                continue
            try:
                whole.mark(here, chain)
                was, now = lower.decision(value, chain, here), whole.decision(value, chain, here)
                if was is None or now is None:
                    assert was is None
                    continue
                left = whole.effect(now, value, chain)[0]
                remained = lower.effect(was, value, chain)[0]
            except Refused:
                continue
            compared += 1
            above = [c for c in whole.claims if c.layer >= count and whole.effect(c, value, chain)[0] >= left and reaches(c, value, chain)]
            assert left <= remained or any(may_weaken(one.stack, c, was) for c in above), (was, now, one.stack.show())
    assume(compared)


# ---- nothing that compiles holds a tie, an unmarked weakening or an unmarked broad rule

CHAINS: tuple[tuple[tuple[int, str | None], ...], ...] = (
    (),
    *(((keyword_tag(name), None),) for name in SEQUENCES),
    *(((keyword_tag(one), None), (keyword_tag(other), None)) for one in SEQUENCES[:2] for other in SEQUENCES[:2]),
    ((0x00191003, "ACME"),),
    *(((keyword_tag(name), None),) for name in strategies_content.SEQUENCES[1:]),
    ((keyword_tag(SEQUENCES[0]), None), (keyword_tag("ContentSequence"), None)),
    ((keyword_tag(SEQUENCES[0]), None), (0x00191003, "ACME")),
)
OWNERS = ("ACME", "OTHER 1.0", "SOMEBODY ELSE")
ITEMS = tuple(
    Value(tag, sorted(dictionary_vrs(tag))[0], content=(concept, kind))
    for concept in ("", "DCM:121022", "SCT:A")
    for kind, tags in (*oracle_content.HOLDS.items(), ("", oracle_content.holding("")))
    for tag in tags
)
ELEMENTS = (
    *(Value(tag, sorted(dictionary_vrs(tag))[0]) for tag in map(keyword_tag, (*VALUES, *SEQUENCES))),
    *(Value(tag, "LT") for tag in (0x60004000, 0x00080199, 0x00100099)),
    *(Value(0x60003000 + group, "OW") for group in (0, 0x20000)),
    *(
        Value(0x00191000 | low, vr, creator=who, declared=declared)
        for low in (1, 2, 3, 5, 0x11)
        for vr in ("LO", "SQ", "UI")
        for who in ("ACME", "OTHER 1.0", "Q")
        for declared in (False, True)
    ),
)


def faults(stack: Stack) -> list[str]:
    """What rules 4, 8 and 9 forbid, found by looking at every pair of rules at every place of the small universe."""
    oracle = Oracle([recipe for _, recipe in stack.layers], stack.policies, KEYS)
    found = []
    for chain in CHAINS:
        of_items = ITEMS if chain and chain[-1][0] in oracle_content.SEQUENCES and oracle.asks_content else ()
        for value in (*ELEMENTS, *of_items):
            reaching = [claim for claim in oracle.claims if reaches(claim, value, chain)]
            for one in reaching:
                for other in reaching:
                    fault = fault_of(stack, oracle, one, other, value, chain, reaching)
                    if fault:
                        found.append(f"{fault} at {chain} ({value.tag:08X}): {one.code} {one.path} / {other.code} {other.path}")
    return found


def fault_of(stack: Stack, oracle: Oracle, one: Claim, other: Claim, value: Value, chain: Chain, reaching: list[Claim]) -> str:
    """What is wrong with a rule and another one behind it, or beside it."""
    effect, other_effect = oracle.effect(one, value, chain), oracle.effect(other, value, chain)
    if effect == other_effect or (one.code, one.value) == (other.code, other.value):
        return ""
    if (one.layer, one.otherwise) == (other.layer, other.otherwise) and not more_specific(one, other):
        free = one.condition is None or other.condition is None
        settled = any(c.condition is None and before(c, one) and before(c, other) for c in reaching)
        return "tie" if free and not settled and not more_specific(other, one) else ""
    if not before(one, other):
        return ""
    if clash(stack, one, other, reaching):
        return "two options"
    headers = [recipe.layer for _, recipe in stack.layers]
    first, second = headers[one.layer], headers[other.layer]
    opposed = first is not None and second is not None and one.layer != other.layer and one.otherwise == other.otherwise
    if opposed and first is not None and stack.layers[other.layer][0] not in first.may_weaken:
        return ""  # a clash that a layer which is none has settled, above both or between them
    if any(c.condition is None and before(one, c) and before(c, other) for c in reaching):
        return ""  # what stands in between decides, and is judged itself
    if effect[0] > other_effect[0]:
        # the same rule twice in a layer, once with its mark, says so once
        said = [one, *(c for c in reaching if c.layer == one.layer and c.condition is None and (c.code, c.value) == (one.code, one.value))]
        return "" if any(may_weaken(stack, c, other) for c in said) else "unmarked weakening"
    narrower = leaf_order(one.path.leaf) < leaf_order(other.path.leaf)
    broad = one.layer > other.layer and narrower and not one.otherwise and not other.otherwise
    return "unmarked broad rule" if broad and not isinstance(one.stance, ast.Override) and not may_weaken(stack, one, other) else ""


def clash(stack: Stack, one: Claim, other: Claim, reaching: list[Claim]) -> bool:
    """True when two options ask for different things, the one asked first without leave, and no layer that is none decides before both, or
    between them. Two rules under conditions may exclude each other, so nothing is said of them."""
    headers = [recipe.layer for _, recipe in stack.layers]
    first = headers[one.layer]
    if first is None or headers[other.layer] is None or one.layer == other.layer or one.otherwise != other.otherwise:
        return False
    if stack.layers[other.layer][0] in first.may_weaken or (one.condition is not None and other.condition is not None):
        return False
    deciding = [c for c in reaching if c.condition is None and before(c, other)]
    above = [c for c in deciding if before(c, one) and (headers[c.layer] is None or c.layer == one.layer)]
    between = [c for c in deciding if before(one, c) and (headers[c.layer] is None or c.layer == other.layer)]
    return not above and not between


def before(one: Claim, other: Claim) -> bool:
    """Rule 5: `one` stands before `other` in the list."""
    if one.otherwise != other.otherwise:
        return other.otherwise
    return one.layer > other.layer or (one.layer == other.layer and more_specific(one, other))


@settings(QUICK, max_examples=60)
@given(stacks())
def test_what_compiles_holds_no_tie_no_unmarked_weakening_and_no_unmarked_broad_rule(stack: Stack):
    one = compiled(stack)
    assume(one is not None)
    assert one is not None
    found = faults(one.stack)
    assert not found, "\n".join(found[:5]) + "\n" + one.stack.show()


@pytest.mark.long
@settings(QUICK, max_examples=1500)
@given(stacks())
def test_many_stacks_that_compile_hold_no_tie_no_unmarked_weakening_and_no_unmarked_broad_rule(stack: Stack):
    one = compiled(stack)
    assume(one is not None)
    assert one is not None
    found = faults(one.stack)
    assert not found, "\n".join(found[:5]) + "\n" + one.stack.show()


def places(item: Item, chain: tuple[tuple[int, str | None], ...] = ()) -> list[tuple[tuple[tuple[int, str | None], ...], Item, Value]]:
    """Every element with its enclosing sequences and its item."""
    found = []
    for value in item.values.values():
        found.append((chain, item, value))
        for inner in value.items or ():
            found += places(inner, (*chain, (value.tag, value.creator)))
    return found
