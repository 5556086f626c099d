"""The fingerprint of a plan is its meaning: layout does not move it, every change of meaning does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from oracle import own
from oracle_data import keyword_tag, normal
from oracle_rules import claims
from oracle_run import compiled
from strategies import Stack, anything, policies, recipes, some, stacks

from deidrules.compile.compiler import compile_layers, compile_text
from deidrules.language import ast
from deidrules.language.format import format_recipe
from deidrules.language.parse import parse
from deidrules.plan.fingerprint import fingerprint
from deidrules.plan.json import from_json, to_json
from deidrules.plan.model import Plan, Policies
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
    first = stack.layers[0][0]
    names = {name: f"folder/{name}.recipe" if name != first else name for name, _ in stack.layers}

    def renamed(text: str) -> str:
        head, *rest = text.split("\n", 2)[1:]
        for name, other in names.items() if head.startswith("layer ") else ():
            head = head.replace(f'"{name}"', f'"{other}"')
        return "\n".join((text.split("\n", 1)[0], head, *rest))

    texts = [(names[name], relaid(renamed(text), data.draw)) for name, text in one.stack.texts()]
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
    "policy",
    [{"unlisted": "K"}, {"unmatched_pixels": "quarantine"}, {"unknown_sop_class": "strictest"}, {"malformed": "repair"}, {"verify": "off"}],
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


def claimed(plan: Plan) -> object:
    """What outputs may claim, and when not."""
    return {claim.code: frozenset(plan.conditions[number] for number in claim.unless) for claim in plan.claims}


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
    # what outputs claim depends on headers and on what is marked as a weakening, which says nothing else
    if meaning(one.stack) == meaning(other.stack) and claimed(one.plan) == claimed(other.plan):
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
