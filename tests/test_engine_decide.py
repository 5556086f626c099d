"""Which rules reach an element: the index against the selectors asked one by one, ties, compound codes."""

from __future__ import annotations

import plans
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deidrules.actions.base import Level
from deidrules.actions.registry import ACTIONS, FUNCTIONS
from deidrules.dicom import dictionary
from deidrules.dicom.iod import iod_of
from deidrules.engine.decide import Candidate, Decider, Decision, Scope
from deidrules.engine.level import level_of
from deidrules.engine.resolve import resolve
from deidrules.plan.expression import Apply, Exists, Join, Own, Read
from deidrules.plan.model import Plan, Policies, Rule
from deidrules.plan.own import engine_own
from deidrules.plan.selector import Place, TagLeaf, VrLeaf, compare
from deidrules.text.refusal import Refusal

CT = iod_of("1.2.840.10008.5.1.4.1.1.2")
CONDITIONS = tuple(Exists(plans.attribute(tag)) for tag in (0x00100010, 0x00100020, 0x00100030))


def decider(plan: Plan) -> Decider:
    return Decider(plan, ACTIONS, FUNCTIONS)


@pytest.mark.parametrize(
    ("code", "letters"),
    [
        ("X", "XXX"),
        ("K", "KKK"),
        ("X/Z", "ZZX"),
        ("X/D", "DDX"),
        ("Z/D", "DZZ"),
        ("X/Z/D", "DZX"),
        ("X/Z/U", "UZX"),
        ("X/U", "UUX"),
        ("D/U", "DDD"),
        ("Z/U", "UZZ"),
    ],
)
def test_a_compound_code_takes_the_letter_of_the_type_or_the_next_it_has(code: str, letters: str) -> None:
    assert "".join(resolve(code, type_) for type_ in (1, 2, 3)) == letters


@pytest.mark.parametrize("code", ["", "Q", "X/K", "X/X", "X/C", "x", "X/"])
def test_what_is_no_code_of_a_plan_is_an_error(code: str) -> None:
    with pytest.raises(ValueError, match="code"):
        resolve(code, 1)


def test_levels_follow_what_an_expression_lets_through() -> None:
    def level(code: str, value: object = None) -> Level:
        return level_of(code, value, ACTIONS, FUNCTIONS)  # type: ignore[arg-type]

    assert [level(code) for code in ("X", "Z", "D", "U", "C", "K")] == [0, 0, 0, 1, 2, 3]
    assert level("X/Z/U") == Level.TOKEN
    assert level("D", plans.text("A")) == Level.NOTHING
    patient = Read(plans.attribute(0x00100020))
    assert level("D", Apply("pseudonym", (("subject", patient),))) == Level.TOKEN
    assert level("D", Join((plans.text("A"), Apply("pseudonym", (("subject", patient),))))) == Level.TOKEN
    assert level("C", Apply("shift", (("subject", Own()), ("per", patient)))) == Level.PART
    assert level("C", Apply("upper", (("subject", Own()),))) == Level.ALL
    assert level("C", Apply("upper", (("subject", plans.text("a")),))) == Level.NOTHING


# ---- the index against the selectors

TAGS = (0x00100010, 0x00100020, 0x00102180, 0x00081110, 0x00080020, 0x60003000, 0x50020010, 0x00080007, 0x00191001, 0x00191002, 0x00280010)
LEAVES = st.sampled_from(
    [
        *(f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in TAGS),
        *("(0010,21xx)", "(0010,xxxx)", "(00xx,0010)", "(60xx,3000)", "(50xx,xxxx)", "(0028,xxxx)"),
        *('(0019,"ACME",01)', '(0019,"ACME",0x)', '(0019,"OTHER",01)', "vr PN", "vr LO", "vr OW", "vr SQ", "private", "unknown"),
    ]
)
STEPS = st.lists(st.sampled_from(["(0008,1110)", '(0019,"ACME",01)', "*"]), max_size=2)


@st.composite
def selectors(draw: st.DrawFn) -> str:
    steps = draw(STEPS)
    leaf = draw(st.one_of(LEAVES, st.just("*"))) if steps else draw(LEAVES)
    return " / ".join([*(["top"] if draw(st.booleans()) else []), *steps, leaf])


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    return plans.rule(
        draw(st.sampled_from(["X", "Z", "K", "C", "X/Z/D"])),
        draw(selectors()),
        condition=draw(st.sampled_from([None, None, 0, 1, 2])),
        layer=draw(st.integers(0, 2)),
        otherwise=draw(st.booleans()) and draw(st.booleans()),
        excluded=draw(st.lists(selectors(), max_size=1)),
    )


ELEMENTS = st.tuples(st.sampled_from(TAGS), st.sampled_from([None, "ACME", "OTHER"]), st.sampled_from(["LO", "SQ", "UN"]))
PATHS = st.lists(st.tuples(st.sampled_from([0x00081110, 0x00191001, 0x00400275]), st.sampled_from([None, "ACME"])), max_size=4)


@settings(max_examples=300, deadline=None)
@given(st.lists(rules(), max_size=12), st.lists(st.tuples(ELEMENTS, PATHS), min_size=1, max_size=6))
def test_the_index_finds_the_rules_that_the_selectors_reach(
    some: list[Rule], asked: list[tuple[tuple[int, str | None, str], list[tuple[int, str | None]]]]
) -> None:
    plan = plans.plan(*some, conditions=CONDITIONS)
    index = decider(plan)
    for (tag, creator, vr), path in asked:
        scope = index.top(CT)
        for sequence in path:
            scope = scope.below(*sequence)
        private = bool(tag >> 16 & 1)
        entry = dictionary.entry(tag)
        place = Place(
            tag, frozenset((vr,)) if private else frozenset(entry.vrs if entry else ()), creator if private else None, entry is not None
        )
        decision = scope.decide_private(tag, creator, vr) if private else scope.decide(tag)
        expected = []
        for rule in plan.rules:
            spelled = isinstance(rule.selector.leaf, TagLeaf) and rule.selector.leaf.exact
            if engine_own(tag) and not spelled:
                continue
            if rule.selector.reaches(place, tuple(path)) and not any(e.reaches(place, tuple(path)) for e in rule.excluded):
                expected.append(rule)
                if rule.condition is None:
                    break
        assert [c.rule for c in decision.candidates if c.rule is not None] == expected
        assert decision.candidates[-1].condition is None


# ---- rule 4: ties at run time


def chosen(plan: Plan, held: set[int], tag: int = 0x00100010) -> Candidate:
    decision: Decision = decider(plan).top(CT).decide(tag)
    return decision.choose(held.__contains__)


def test_of_two_conditional_rules_that_hold_the_one_that_leaves_less_wins() -> None:
    plan = plans.plan(plans.rule("C", "(0010,0010)", condition=0), plans.rule("Z", "(0010,0010)", condition=1), conditions=CONDITIONS)
    assert chosen(plan, {0, 1}).code == "Z"
    assert chosen(plan, {0}).code == "C"
    assert chosen(plan, set()).origin == "unlisted"


def test_two_that_leave_equally_much_and_differ_are_refused() -> None:
    plan = plans.plan(plans.rule("X", "(0010,0010)", condition=0), plans.rule("Z", "(0010,0010)", condition=1), conditions=CONDITIONS)
    with pytest.raises(Refusal) as refused:
        chosen(plan, {0, 1})
    assert (refused.value.code, refused.value.tag) == ("rules-tie", 0x00100010)


def test_the_more_specific_rule_is_no_tie() -> None:
    plan = plans.plan(
        plans.rule("K", "top / (0010,0010)", condition=0),
        plans.rule("Z", "(0010,0010)", condition=1),
        plans.rule("X", "vr PN", condition=2),
        conditions=CONDITIONS,
    )
    assert chosen(plan, {0, 1, 2}).code == "K"
    assert chosen(plan, {1, 2}).code == "Z"


def test_a_rule_of_an_earlier_layer_is_no_rival() -> None:
    plan = plans.plan(
        plans.rule("C", "(0010,0010)", condition=0, layer=1), plans.rule("X", "(0010,0010)", condition=1, layer=0), conditions=CONDITIONS
    )
    assert chosen(plan, {0, 1}).code == "C"


def test_incomparable_leaves_and_paths_meet_as_rivals() -> None:
    one, other = plans.rule("C", "(0010,0010)", condition=0), plans.rule("Z", "top / vr PN", condition=1)
    assert compare(one.selector, True, other.selector, True) == 0
    assert isinstance(other.selector.leaf, VrLeaf)
    assert chosen(plans.plan(one, other, conditions=CONDITIONS), {0, 1}).code == "Z"


# ---- rules 10 and 15


@pytest.mark.parametrize(
    ("unlisted", "keep_private", "codes"),
    [("X", False, "XXXX"), ("X", True, "XXKX"), ("K", False, "KXXX"), ("X/Z/D", True, "ZXKX"), ("quarantine", False, "quarantineXXX")],
)
def test_what_no_rule_reaches_follows_the_policy(unlisted: str, keep_private: bool, codes: str) -> None:
    scope: Scope = decider(plans.plan(policies=Policies(unlisted, keep_private=keep_private))).top(CT)
    decisions = (
        scope.decide(0x00100010),
        scope.decide(0x00080007),  # unknown
        scope.decide_private(0x00191001, "ACME", "LO"),
        scope.decide_private(0x00191001, None, "LO"),
    )
    assert "".join(decision.choose(bool).code for decision in decisions) == codes


def test_a_rule_that_spells_no_creator_can_leave_nothing_of_a_private_element() -> None:
    scope = decider(plans.plan(plans.rule("K", "vr LO"), plans.rule("Z", "vr SH"))).top(CT)
    assert scope.decide_private(0x00191001, "ACME", "LO").choose(bool).code == "X"
    assert scope.decide_private(0x00191001, "ACME", "SH").choose(bool).code == "X"
    assert scope.decide_private(0x00191001, None, "SH").choose(bool).code == "X"
    spelled = decider(plans.plan(plans.rule("K", '(0019,"ACME",01)'))).top(CT).decide_private(0x00191001, "ACME", "LO").choose(bool)
    assert (spelled.code, spelled.vouched) == ("K", True)


def test_twenty_thousand_rules_are_indexed_at_once() -> None:
    many = [plans.rule("X", f"({group:04X},{element:04X})") for group in range(0x10, 0x18, 2) for element in range(0x1000, 0x2388)]
    index = decider(plans.plan(*many))
    assert len(many) == 20_000
    assert index.top(CT).decide(0x00101000).choose(bool).code == "X"
    assert index.top(CT).decide(0x00100010).choose(bool).origin == "unlisted"


def test_paths_that_no_rule_can_tell_apart_share_a_scope() -> None:
    index = decider(plans.plan(plans.rule("X", "(0008,1110) / (0010,0010)"), plans.rule("Z", "top / (0010,0010)")))
    deep = index.top(CT)
    for number in range(40):
        deep = deep.below(0x00081110 + number % 3, None)
    assert deep is index.top(CT).below(1, None).below(2, None).below(0x00081110, None).below(0x00081110, None)
