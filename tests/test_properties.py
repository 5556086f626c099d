"""What holds for every recipe, every plan and every file."""

from __future__ import annotations

import copy
import io
import struct
from collections import Counter
from dataclasses import replace

import pydicom
import pytest
from dicom_bytes import element, file
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from oracle import LETTERS, Claim, Oracle, Refused, claims, leaf_order, leaves, more_specific, own, reaches
from oracle_data import Item, Value, dictionary_vrs, keyword_tag, normal, read, walk
from oracle_run import KEYS, compiled
from strategies import SEQUENCES, VALUES, Stack, anything, files, policies, recipes, sequences, some, stacks

from deidrules.compile.compiler import compile_layers, compile_text
from deidrules.engine.instance import Engine
from deidrules.engine.memory import deidentify
from deidrules.language import ast
from deidrules.language.format import format_recipe
from deidrules.language.parse import parse
from deidrules.plan.fingerprint import fingerprint
from deidrules.plan.json import from_json, to_json
from deidrules.plan.model import Plan, Policies
from deidrules.text.refusal import Refusal
from deidrules.text.source import Source

QUICK = settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)


def plan_of(text: str, **policy: str) -> Plan:
    """The plan of a recipe that has to compile."""
    compilation = compile_text("deidrules 1\n" + text, policies=Policies(**{"unlisted": "X", "unmatched_pixels": "accept", **policy}))
    assert compilation.plan is not None, compilation.diagnostics
    return compilation.plan


# ---- fingerprint


def relaid(text: str, draw: st.DrawFn) -> str:
    """The same recipe laid out otherwise: comments, blank lines, blanks, line breaks where the language allows them."""
    first, *rest = text.splitlines()
    lines = [first]
    for line in rest:
        if draw(st.integers(0, 2)) == 0:
            lines.append(draw(st.sampled_from(("", "# a comment", "   # X PatientName", "\t"))))
        if draw(st.integers(0, 2)) == 0:
            line = line.replace(", ", ",\n      ")
        if draw(st.integers(0, 2)) == 0:
            line = draw(st.sampled_from(("  ", "\t"))) + line + draw(st.sampled_from((" ", "  # behind", "\t")))
        lines.append(line)
    return "\n".join(lines) + draw(st.sampled_from(("", "\n", "\n\n# the end\n")))


@QUICK
@given(stacks(), st.data())
def test_layout_comments_and_names_of_files_do_not_move_the_fingerprint(stack: Stack, data: st.DataObject):
    one = compiled(stack)
    assume(one is not None)
    assert one is not None
    texts = [(f"folder/{name}.recipe" if stack.layers[0][0] != name else name, relaid(text, data.draw)) for name, text in one.stack.texts()]
    other = compile_layers(texts, one.stack.policies)
    assert other.plan is not None, (texts, other.diagnostics)
    assert fingerprint(other.plan) == fingerprint(one.plan), texts


BASE = """
param study: text = "T7"
K Modality
X StudyDescription
Z AccessionNumber
D PatientName = study + "-1"
D PatientID = pseudonym(length: 8) override X because "r"
C StudyDate = shift(per: PatientID, within: 30 days)
X (0010,10xx) except (0010,1010)
Z RequestAttributesSequence / PatientID
K PatientAge override X because "r"
when Modality = "CT" {
    X PatientComments
}
add PatientSex = "O"
reject "r" when Modality = "OT"
pixels "p" when Modality = "US" and Rows = 480 and Columns = 640 {
    blank 0,0,+640,+58
}
"""
CHANGES = (
    ("K Modality", "K Manufacturer"),
    ("X StudyDescription", "Z StudyDescription"),
    ("X StudyDescription", "X/Z StudyDescription"),
    ("X StudyDescription", "X StudyDescription, SeriesDescription"),
    ("X StudyDescription\n", ""),
    ("X StudyDescription", "X StudyDescription otherwise"),
    ("X StudyDescription", "X top / StudyDescription"),
    ('"T7"', '"T8"'),
    ('"-1"', '"-2"'),
    ("length: 8", "length: 9"),
    ("pseudonym(length", "hash(length"),
    ("30 days", "31 days"),
    ("per: PatientID", "per: PatientName"),
    ("(0010,10xx)", "(0010,1xxx)"),
    (" except (0010,1010)", ""),
    ("except (0010,1010)", "except (0010,1020)"),
    ("RequestAttributesSequence / PatientID", "* / PatientID"),
    ("RequestAttributesSequence / PatientID", "top / RequestAttributesSequence / PatientID"),
    ('when Modality = "CT"', 'when Modality = "MR"'),
    ('when Modality = "CT"', 'when Modality != "CT"'),
    ('when Modality = "CT"', 'when all Modality = "CT"'),
    ('when Modality = "CT"', 'when Modality contains "CT"'),
    ('when Modality = "CT"', 'when here / Modality = "CT"'),
    ('"O"', '"F"'),
    ("add PatientSex", "add RequestAttributesSequence / PatientSex"),
    ('reject "r"', 'quarantine "r"'),
    ('reject "r"', 'reject "s"'),
    ('Modality = "OT"', 'Modality = "SC"'),
    ("+58", "+57"),
    ("blank 0,0", "blank outside 0,0"),
    ('"p"', '"q"'),
)


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_every_change_of_meaning_moves_the_fingerprint(old: str, new: str):
    assert old in BASE
    assert fingerprint(plan_of(BASE)) != fingerprint(plan_of(BASE.replace(old, new, 1)))


@pytest.mark.parametrize(
    "policy", [{"unlisted": "K"}, {"unmatched_pixels": "quarantine"}, {"unknown_sop_class": "strictest"}, {"malformed": "repair"}]
)
def test_every_policy_moves_the_fingerprint(policy: dict[str, str]):
    text = "K Modality\n"
    assert fingerprint(plan_of(text)) != fingerprint(plan_of(text, **policy))


def test_the_order_of_layers_moves_the_fingerprint_where_it_decides():
    one, other = ("a", "deidrules 1\nX PatientName\n"), ("b", "deidrules 1\nZ PatientName\n")
    forth, back = compile_layers([one, other], Policies("X")), compile_layers([other, one], Policies("X"))
    assert forth.plan is not None
    assert back.plan is not None
    assert fingerprint(forth.plan) != fingerprint(back.plan)


def test_a_reason_does_not_move_the_fingerprint_but_stands_in_the_plan():
    one = plan_of('X PatientAge\nwhen Modality = "CT" {\n K PatientAge override X because "one"\n}\n')
    other = plan_of('X PatientAge\nwhen Modality = "CT" {\n K PatientAge override X because "other"\n}\n')
    assert fingerprint(one) == fingerprint(other)
    assert one.overrides[0].because == "one"


def plain(path: ast.Path) -> tuple[object, ...]:
    """A selector with its keywords as tags and its creators as they are compared."""

    def leaf(node: ast.Leaf) -> object:
        match node:
            case ast.Keyword(name):
                return f"{keyword_tag(name):08X}"
            case ast.TagMask(group, element):
                return group + element
            case ast.PrivateTag(group, creator, element):
                return group, normal(creator), element
        return node

    return leaf(path.leaf), tuple(leaf(step) for step in path.steps), path.anchor


def meaning(stack: Stack) -> tuple[object, ...]:
    """All a stack says, without layout: its claims, verdicts and policies. A K on the engine's own says nothing (rule 16)."""
    layers = [recipe for _, recipe in stack.layers]
    said = frozenset(
        (c.layer, c.code, plain(c.path), c.value, c.condition, frozenset(plain(path) for path in c.excluded), c.otherwise)
        for c in claims(layers, {})
        if not (isinstance(c.path.leaf, ast.Keyword) and own(keyword_tag(c.path.leaf.name)))
    )
    verdicts = frozenset(
        (s.kind, s.name, s.condition)
        for number, layer in enumerate(layers)
        for s in layer.statements
        if isinstance(s, ast.Verdict)
        and not any(isinstance(w, ast.Without) and w.name == s.name for later in layers[number + 1 :] for w in later.statements)
    )
    return said, verdicts, stack.policies


MUTATIONS = ("code", "selector", "otherwise", "drop", "swap", "policy", "condition")


@st.composite
def mutated(draw: st.DrawFn, stack: Stack) -> Stack:
    """One thing changed."""
    kind = draw(st.sampled_from(MUTATIONS))
    if kind == "policy":
        return replace(stack, policies=draw(policies))
    if kind == "swap":
        return replace(stack, layers=stack.layers[::-1])
    number = draw(st.integers(0, len(stack.layers) - 1))
    name, recipe = stack.layers[number]
    places = [i for i, s in enumerate(recipe.statements) if isinstance(s, ast.Rule | ast.When)]
    assume(places)
    place = draw(st.sampled_from(places))
    statement = recipe.statements[place]
    changed: list[ast.TopStatement] = [statement]
    if kind == "drop":
        changed = []
    elif isinstance(statement, ast.When):
        changed = [replace(statement, condition=ast.Not(statement.condition))]
    elif isinstance(statement, ast.Rule):
        match kind:
            case "code":
                changed = [replace(statement, code=draw(st.sampled_from(("X", "Z", "K", "X/Z"))), value=None)]
            case "otherwise":
                changed = [replace(statement, stance=None if statement.stance == ast.Otherwise() else ast.Otherwise())]
            case "condition":
                changed = [ast.When(ast.Exists(ast.Path(ast.Keyword("Modality"))), (statement,))]
            case _:
                changed = [replace(statement, selectors=draw(some(anything)))]
    statements = (*recipe.statements[:place], *changed, *recipe.statements[place + 1 :])
    layers = (*stack.layers[:number], (name, replace(recipe, statements=statements)), *stack.layers[number + 1 :])
    return replace(stack, layers=layers)


@QUICK
@given(stacks(2), st.data())
def test_what_says_something_else_has_another_fingerprint(stack: Stack, data: st.DataObject):
    one = compiled(stack)
    assume(one is not None)
    assert one is not None
    other = compiled(data.draw(mutated(one.stack)))
    assume(other is not None)
    assert other is not None
    if meaning(one.stack) == meaning(other.stack):
        assert fingerprint(one.plan) == fingerprint(other.plan)
    else:
        assert fingerprint(one.plan) != fingerprint(other.plan), (one.stack.show(), other.stack.show())


@QUICK
@given(recipes(1))
def test_a_recipe_comes_back_from_its_text_as_it_was(recipe: ast.Recipe):
    parsed, said = parse(Source("recipe", format_recipe(recipe)))
    assert parsed == recipe, said


# ---- plan and JSON


@QUICK
@given(stacks())
def test_a_plan_comes_back_from_json_as_it_was(stack: Stack):
    one = compiled(stack)
    assume(one is not None)
    assert one is not None
    text = to_json(one.plan)
    back = from_json(text)
    assert back == one.plan
    assert fingerprint(back) == fingerprint(one.plan)
    assert to_json(back) == text
    assert text.isascii()


@pytest.mark.parametrize(
    "recipe",
    [
        'X top / (0019,"A/B",01)\n',
        'X (0019,"A / B) x",0x) except (0029,"say ""hi""",01)\n',
        'when (0019,"A/B",01) = "x" {\n X PatientName\n}\n',
        'when (0019,"A/B",10) / (0029,"C / D",01) = "x" {\n X (0019,"A/B",10) / (0029,"C / D",01)\n}\n',
        'D PatientName = pseudonym((0019,"A/B",01)) override X because "r"\n',
        BASE,
    ],
)
def test_plans_with_odd_creators_come_back_from_json(recipe: str):
    plan = plan_of(recipe)
    assert from_json(to_json(plan)) == plan


@pytest.mark.parametrize("change", [("X", "K"), ('"layer":0', '"layer":1'), ('"unlisted":"X"', '"unlisted":"K"')])
def test_a_plan_that_was_tampered_with_does_not_come_back(change: tuple[str, str]):
    text = to_json(plan_of("X PatientName\nwhen exists PatientID {\n Z StudyDate\n}\n"))
    broken = text.replace(*change) if change[0] in text else text.replace('"fingerprint":"', '"fingerprint":"0')
    assert broken != text
    with pytest.raises(ValueError):
        from_json(broken)


# ---- outcomes


@QUICK
@given(stacks(), files())
def test_every_element_of_the_input_has_exactly_one_outcome(stack: Stack, data: bytes):
    one = compiled(stack)
    assume(one is not None)
    assert one is not None
    try:
        result = Engine(one.plan, KEYS).apply(data)
    except Refusal:
        assume(False)
    found = Counter((o.path, o.tag) for o in result.outcomes if o.change != "added")
    assert all(times == 1 for times in found.values()), found.most_common(3)
    gone = {(o.path, o.tag) for o in result.outcomes if o.change in ("removed", "emptied", "reduced")}
    for path, value in walk(read(data)[0]):
        counted = tuple((tag, number + 1) for tag, number in path)
        inside = any((counted[:depth], counted[depth][0]) in gone for depth in range(len(counted)))
        assert found[counted, value.tag] == (0 if inside else 1), (counted, hex(value.tag), one.stack.show())
        del found[counted, value.tag]
    marked = {(0x0012, 0x0062), (0x0012, 0x0063), (0x0012, 0x0064), (0x0028, 0x0303)}
    assert {(tag >> 16, tag & 0xFFFF) for _, tag in found} <= marked


# ---- the input stays


@QUICK
@given(stacks(), files())
def test_the_input_data_set_is_not_changed(stack: Stack, data: bytes):
    one = compiled(stack)
    assume(one is not None)
    assert one is not None
    dataset = pydicom.dcmread(io.BytesIO(data))
    before = copy.deepcopy(dataset)
    try:
        result = deidentify(dataset, one.plan, KEYS)
    except Refusal:
        result = None
    assert dataset == before
    assert dataset.file_meta == before.file_meta
    assert result is None or result is not dataset


def test_input_bytes_in_a_bytearray_are_not_changed():
    data = file(
        element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7") + element(0x00080018, "UI", "1.2.3") + element(0x00100010, "PN", "DOE^JANE")
    )
    kept = bytearray(data)
    Engine(plan_of("D PatientName\nU SOPInstanceUID\n", unknown_sop_class="strictest"), KEYS).apply(bytes(kept))
    assert bytes(kept) == data


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
    whole.top, whole.meta = top, meta
    compared = 0
    for count in range(1, len(layers)):
        lower = Oracle(layers[:count], one.stack.policies, KEYS)
        lower.top, lower.meta = top, meta
        for chain, here, value in places(top):
            if own(value.tag):
                continue
            try:
                was, now = lower.decision(value, chain, here), whole.decision(value, chain, here)
                if was is None or now is None:
                    assert was is None
                    continue
                left = whole.effect(now, value)[0]
                remained = lower.effect(was, value)[0]
            except Refused:
                continue
            compared += 1
            above = [c for c in whole.claims if c.layer >= count and whole.effect(c, value)[0] >= left and reaches(c, value, chain)]
            assert left <= remained or any(may_weaken(one.stack, c, was) for c in above), (was, now, one.stack.show())
    assume(compared)


# ---- nothing that compiles holds a tie, an unmarked weakening or an unmarked broad rule

CHAINS: tuple[tuple[tuple[int, str | None], ...], ...] = (
    (),
    *(((keyword_tag(name), None),) for name in SEQUENCES),
    *(((keyword_tag(one), None), (keyword_tag(other), None)) for one in SEQUENCES[:2] for other in SEQUENCES[:2]),
    ((0x00191003, "ACME"),),
    ((keyword_tag(SEQUENCES[0]), None), (0x00191003, "ACME")),
)
OWNERS = ("ACME", "OTHER 1.0", "SOMEBODY ELSE")
ELEMENTS = (
    *(Value(tag, sorted(dictionary_vrs(tag))[0]) for tag in map(keyword_tag, (*VALUES, *SEQUENCES))),
    *(Value(tag, "LT") for tag in (0x60004000, 0x00080199, 0x00100099)),
    *(Value(0x60003000 + group, "OW") for group in (0, 0x20000)),
    *(
        Value(0x00191000 | low, vr, creator=who)
        for low in (1, 2, 3, 5, 0x11)
        for vr in ("LO", "SQ", "UI")
        for who in ("ACME", "OTHER 1.0", "Q")
    ),
)


def faults(stack: Stack) -> list[str]:
    """What rules 4, 8 and 9 forbid, found by looking at every pair of rules at every place of the small universe."""
    oracle = Oracle([recipe for _, recipe in stack.layers], stack.policies, KEYS)
    found = []
    for chain in CHAINS:
        for value in ELEMENTS:
            reaching = [claim for claim in oracle.claims if reaches(claim, value, chain)]
            for one in reaching:
                for other in reaching:
                    fault = fault_of(stack, oracle, one, other, value, reaching)
                    if fault:
                        found.append(f"{fault} at {chain} ({value.tag:08X}): {one.code} {one.path} / {other.code} {other.path}")
    return found


def fault_of(stack: Stack, oracle: Oracle, one: Claim, other: Claim, value: Value, reaching: list[Claim]) -> str:
    """What is wrong with a rule and another one behind it, or beside it."""
    effect, other_effect = oracle.effect(one, value), oracle.effect(other, value)
    if effect == other_effect or (one.code, one.value) == (other.code, other.value):
        return ""
    if (one.layer, one.otherwise) == (other.layer, other.otherwise) and not more_specific(one, other):
        free = one.condition is None or other.condition is None
        settled = any(c.condition is None and before(c, one) and before(c, other) for c in reaching)
        return "tie" if free and not settled and not more_specific(other, one) else ""
    if not before(one, other) or any(c.condition is None and before(one, c) and before(c, other) for c in reaching):
        return ""  # what stands in between decides, and is judged itself
    if stack.layers[one.layer][1].layer and stack.layers[other.layer][1].layer and one.layer != other.layer:
        return "two options"
    if effect[0] > other_effect[0]:
        # the same rule twice in a layer, once with its mark, says so once
        said = [one, *(c for c in reaching if c.layer == one.layer and c.condition is None and (c.code, c.value) == (one.code, one.value))]
        return "" if any(may_weaken(stack, c, other) for c in said) else "unmarked weakening"
    narrower = leaf_order(one.path.leaf) < leaf_order(other.path.leaf)
    broad = one.layer > other.layer and narrower and not one.otherwise and not other.otherwise
    return "unmarked broad rule" if broad and not isinstance(one.stance, ast.Override) and not may_weaken(stack, one, other) else ""


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


# ---- canaries


def canary(number: int) -> bytes:
    """A string that stands nowhere else."""
    return f"CNRY{number:04d}X".encode()


def held(output: bytes, count: int) -> list[int]:
    """The canaries that an output holds, in any of the usual codings."""
    return [
        number
        for number in range(count)
        if any(canary(number).decode().encode(coding) in output for coding in ("latin-1", "utf-16-le", "utf-16-be"))
    ]


# 2 x 5 samples of 8 bits: the pixel data is one canary
IMAGE = b"".join(
    element(tag, vr, value)
    for tag, vr, value in (
        *((0x00280002, "US", b"\x01\x00"), (0x00280004, "CS", "MONOCHROME2"), (0x00280010, "US", b"\x02\x00")),
        *((0x00280011, "US", b"\x05\x00"), (0x00280100, "US", b"\x08\x00"), (0x00280101, "US", b"\x08\x00")),
        *((0x00280102, "US", b"\x07\x00"), (0x00280103, "US", b"\x00\x00")),
    )
)


class Nest:
    """Builds files full of canaries."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> bytes:
        self.count += 1
        return canary(self.count - 1) + b" "

    def item(self, content: bytes, *, undefined: bool = False) -> bytes:
        if undefined:
            return b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + content + b"\xfe\xff\x0d\xe0\x00\x00\x00\x00"
        return b"\xfe\xff\x00\xe0" + struct.pack("<I", len(content)) + content

    def sequence(self, tag: int, content: bytes, *, vr: str = "SQ", undefined: bool = False) -> bytes:
        body = self.item(content, undefined=undefined)
        if undefined:
            head = struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, 0xFFFFFFFF)
            return head + body + b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
        return element(tag, vr, body)

    def implicit(self, tag: int, content: bytes) -> bytes:
        return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(content)) + content

    def level(self, depth: int) -> bytes:
        """An item's elements, with all that can stand in one, and a deeper item."""
        out = element(0x00080005, "CS", "ISO_IR 100") if depth == 0 else b""
        if depth == 0:
            out += element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7") + element(0x00080018, "UI", "1.2.3.4")
        out += element(0x00080080, "LO", self.next()) + element(0x00080199, "LO", self.next())
        out += element(0x00081030, "LO", self.next())
        if depth < 20:
            out += self.sequence(0x00081140, self.level(depth + 1), undefined=depth % 2 == 0)
        out += element(0x00090010, "LO", self.next())
        out += element(0x00090012, "LO", "ACME")
        out += element(0x00091001, "LO", self.next()) + element(0x00091002, "OB", self.next()) + element(0x00091003, "UN", self.next())
        out += self.sequence(0x00091004, element(0x00100010, "PN", self.next()), undefined=True)
        out += element(0x00091101, "LO", self.next())
        out += element(0x00091201, "LO", self.next())
        out += self.sequence(0x00091204, element(0x00100010, "PN", self.next()), undefined=True)
        out += element(0x00100010, "PN", self.next()) + element(0x00100020, "LO", self.next())
        out += element(0x00104000, "LT", self.next()) + element(0x00189999, "UN", self.next())
        out += element(0x00204000, "UN", self.next())
        if depth == 0:
            out += IMAGE
        inner = self.implicit(0x00100010, self.next()) + self.implicit(0x00100020, self.next())
        out += self.sequence(0x00400275, inner, vr="UN", undefined=depth % 2 == 1)
        out += element(0x0040A160, "UT", self.next()) + element(0x60003000, "OW", self.next()) + element(0x60004000, "LT", self.next())
        if depth == 0:
            out += element(0x7FE00010, "OW", self.next()) + element(0xFFFCFFFC, "OB", self.next())
        return out

    def file(self, *, preamble: bool = True, group_lengths: bool = False) -> bytes:
        dataset = self.level(0)
        if group_lengths:
            dataset = element(0x00080000, "UL", b"CNRY") + dataset
        meta = b"".join(
            (
                element(0x00020001, "OB", b"\x00\x01"),
                element(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.7"),
                element(0x00020003, "UI", "1.2.3.4"),
                element(0x00020010, "UI", "1.2.840.10008.1.2.1"),
                element(0x00020012, "UI", "1.2.3.5"),
                element(0x00020013, "SH", self.next()),
                element(0x00020016, "AE", self.next()),
                element(0x00020100, "UI", "1.2.3.6"),
                element(0x00020102, "OB", self.next()),
            )
        )
        head = (self.next() * 20)[:128] if preamble else bytes(128)
        tail = self.next()
        return head + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + dataset + tail


@pytest.mark.parametrize(
    "recipe",
    [
        "X PatientName\n",
        "K Modality, ReferencedImageSequence, RequestAttributesSequence\n",
        "K vr SQ\nZ PatientID\nD PatientName\n",
        "K ReferencedImageSequence\nZ vr PN, vr LO, vr LT, vr UT\nD (0040,xxxx)\n",
        'K ReferencedImageSequence\nD PatientName = pseudonym()\nD PatientID = hash(length: 8, missing: "N")\n',
        'K vr SQ\nD (0009,"ACME",01) = "Q"\nX unknown\nK (0009,"ACME",04) override X because "r"\n',
    ],
)
@pytest.mark.parametrize("preamble", [True, False])
def test_no_canary_at_any_depth_reaches_the_output_when_everything_unlisted_goes(recipe: str, preamble: bool):
    nest = Nest()
    data = nest.file(preamble=preamble, group_lengths=True)
    assert len(held(data, nest.count)) >= nest.count - 1 - (not preamble)
    result = Engine(plan_of(recipe, unknown_sop_class="strictest"), KEYS).apply(data)
    output = b"".join(result.parts)
    assert held(output, nest.count) == []
    assert b"CNRY" not in output
    assert pydicom.dcmread(io.BytesIO(output)).SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert all("CNRY" not in repr(outcome) for outcome in result.outcomes)


nothing_left = st.one_of(
    st.builds(ast.Rule, st.sampled_from(("X", "Z", "D", "X/Z", "X/D", "Z/D", "X/Z/D")), some(anything), st.none(), st.just(()), st.none()),
    st.builds(
        ast.Rule,
        st.just("K"),
        st.tuples(sequences.map(lambda name: ast.Path(ast.Keyword(name)))),
        st.none(),
        st.just(()),
        st.just(ast.Override("X", "tried")),
    ),
    st.builds(ast.Rule, st.just("K"), st.just((ast.Path(ast.VrClass("SQ")),)), st.none(), st.just(()), st.just(ast.Override("X", "tried"))),
)


@QUICK
@given(st.lists(nothing_left, min_size=1, max_size=5), files())
def test_no_text_of_a_random_file_reaches_the_output_under_rules_that_leave_nothing(body: list[ast.Rule], data: bytes):
    one = compiled(Stack((("layer0", ast.Recipe(1, None, tuple(body))),), Policies("X", "accept", "strictest")))
    assume(one is not None)
    assert one is not None
    try:
        output = b"".join(Engine(one.plan, KEYS).apply(data).parts)
    except Refusal:
        assume(False)

    def texts(file: bytes) -> set[bytes]:
        return {v.raw.strip() for _, v in walk(read(file)[0]) if len(v.raw) > 3 and v.vr != "UI" and not own(v.tag)}

    assert not texts(data) & texts(output)
