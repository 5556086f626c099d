"""Reading recipes: places, trees, many errors in one run, hostile input."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deidrules.language import ast
from deidrules.language.parse import MAX_CHARACTERS, parse
from deidrules.text.codes import CODES
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Source

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "prototypes" / "language" / "recipes"
PATIENT = settings(suppress_health_check=list(HealthCheck), deadline=None)


def findings(text: str) -> tuple[Diagnostic, ...]:
    return parse(Source("test", text))[1]


def codes(text: str) -> list[tuple[int, str]]:
    """(line, code) of every finding."""
    return [(finding.span.line, finding.code) for finding in findings(text)]


def read(text: str) -> ast.Recipe:
    recipe, said = parse(Source("test", text))
    assert not said, said
    assert recipe is not None
    return recipe


def only(text: str) -> ast.TopStatement:
    """The one statement of a recipe."""
    (statement,) = read(f"deidrules 1\n{text}\n").statements
    return statement


def key(name: str) -> ast.Path:
    return ast.Path(ast.Keyword(name))


# ---- trees


def test_a_rule_has_code_selectors_value_exceptions_and_stance() -> None:
    assert only('X/Z/D PatientName, (0010,10ab) = study + "-" except vr PN override Z because "why"') == ast.Rule(
        "X/Z/D",
        (key("PatientName"), ast.Path(ast.TagMask("0010", "10AB"))),
        ast.Concat((ast.Reference(ast.Path(ast.Name("study"))), ast.Text("-"))),
        (ast.Path(ast.VrClass("PN")),),
        ast.Override("Z", "why"),
    )


def test_a_quote_in_a_creator_is_doubled() -> None:
    rule = only('U (0029,"ACME ""A"" 1.0",1x)')
    assert isinstance(rule, ast.Rule)
    assert rule.selectors[0].leaf == ast.PrivateTag("0029", 'ACME "A" 1.0', "1x")


def test_a_path_has_an_anchor_and_steps() -> None:
    rule = only("K top / ContentSequence / * / PersonName, ContentSequence / *")
    assert isinstance(rule, ast.Rule)
    assert rule.selectors == (
        ast.Path(ast.Keyword("PersonName"), (ast.Keyword("ContentSequence"), ast.Star()), "top"),
        ast.Path(ast.Star(), (ast.Keyword("ContentSequence"),)),
    )


def test_a_call_has_named_and_unnamed_arguments_and_units() -> None:
    rule = only("C StudyDate = shift(per: PatientID, within: 365 days, -3, [1, 2.5])")
    assert isinstance(rule, ast.Rule)
    assert rule.value == ast.Call(
        "shift",
        (
            ast.Argument("per", ast.Reference(key("PatientID"))),
            ast.Argument("within", ast.Number("365", "days")),
            ast.Argument("", ast.Number("-3")),
            ast.Argument("", ast.List((ast.Number("1"), ast.Number("2.5")))),
        ),
    )


def test_conditions_nest_by_brackets() -> None:
    block = only('when not (A1 = 1 or any B1 contains "b") and all C1 != 3 and exists D1 { X PatientName }')
    assert isinstance(block, ast.When)
    assert block.condition == ast.And(
        (
            ast.Not(ast.Or((ast.Compare(key("A1"), "=", ast.Number("1")), ast.Contains(key("B1"), ast.Text("b"), "any")))),
            ast.Compare(key("C1"), "!=", ast.Number("3"), "all"),
            ast.Exists(key("D1")),
        )
    )


@pytest.mark.parametrize(
    ("literal", "pattern", "ignore_case"),
    [(r"/FILM|PRINT/i", "FILM|PRINT", True), (r"/a\/b\\\/c\d/", r"a/b\\/c\d", False), ('/#"{/', '#"{', False)],
)
def test_an_expression_loses_its_slashes_and_nothing_else(literal: str, pattern: str, ignore_case: bool) -> None:
    verdict = only(f'reject "a" when ImageType matches {literal}')
    assert isinstance(verdict, ast.Verdict)
    assert verdict.condition == ast.Matches(key("ImageType"), pattern, ignore_case)


def test_pixel_statements() -> None:
    block = only(
        'pixels "a" when Rows = 1 {\nblank 0,1,+2,+3 clipped overlay 601e frames 1..3, 7\nblank outside ultrasound-regions\n'
        'blank top 5, right 10%\nblank everything overlay *\nstrip high-bit-overlays\nread-text in everything\nclean\nlabel "TEXT"\n}'
    )
    assert isinstance(block, ast.Pixels)
    assert block.body == (
        ast.Blank(ast.Rectangle(0, 1, 2, 3, True, True), False, True, "601E", (ast.FrameSpan(1, 3), ast.FrameSpan(7, 7))),
        ast.Blank(ast.UltrasoundRegions(), True),
        ast.Blank(ast.Bands((ast.Band("top", 5), ast.Band("right", 10, True)))),
        ast.Blank(ast.Everything(), overlay="*"),
        ast.Strip("high-bit-overlays"),
        ast.ReadText(ast.Everything()),
        ast.Clean(),
        ast.Label("TEXT"),
    )


def test_test_statements() -> None:
    block = only(
        'test "a" {\ngiven A1 = "x", (0028,0010) = 480, B1 = ["c", 2.5]\nexpect removed A1, vr PN\nexpect A1 = "y"\n'
        'expect A1 keeps "x" loses "y"\nexpect A1 loses "y"\nexpect blanked 0,0,+1,+1 frames 2\nexpect reject "b"\n}'
    )
    assert isinstance(block, ast.Test)
    assert block.body == (
        ast.Given(
            (
                ast.Assignment(key("A1"), ast.Text("x")),
                ast.Assignment(ast.Path(ast.TagMask("0028", "0010")), ast.Number("480")),
                ast.Assignment(key("B1"), ast.List((ast.Text("c"), ast.Number("2.5")))),
            )
        ),
        ast.ExpectOutcome("removed", (key("A1"), ast.Path(ast.VrClass("PN")))),
        ast.ExpectValue(key("A1"), ast.Text("y")),
        ast.ExpectText(key("A1"), "x", "y"),
        ast.ExpectText(key("A1"), "", "y"),
        ast.ExpectArea("blanked", ast.Rectangle(0, 0, 1, 1, True, True), (ast.FrameSpan(2, 2),)),
        ast.ExpectVerdict("reject", "b"),
    )


def test_a_layer_header_has_an_option_and_what_it_may_weaken() -> None:
    assert read('deidrules 1\n# comment\n\nlayer option 113110 may weaken "a", "b"').layer == ast.LayerHeader(113110, ("a", "b"))
    assert read('deidrules 1\nlayer may weaken "a"').layer == ast.LayerHeader(0, ("a",))


def test_spans_are_character_offsets_into_the_source() -> None:
    text = '\ufeffdeidrules 1\r\n# é𝄞 "\r\nX  PatientName,\r\n   (0010,0020) except vr PN   # c\r\nwhen Rows = 1 {\r\n  K Rows\r\n}\r\n'
    recipe = read(text)
    rule, block = recipe.statements
    assert isinstance(rule, ast.Rule)
    assert isinstance(block, ast.When)
    assert rule.span.text == "X  PatientName,\r\n   (0010,0020) except vr PN"
    assert [path.span.text for path in (*rule.selectors, *rule.excluded)] == ["PatientName", "(0010,0020)", "vr PN"]
    assert (rule.span.line, rule.span.column) == (3, 1)
    assert block.span.text == "when Rows = 1 {\r\n  K Rows\r\n}"
    assert block.body[0].span.text == "K Rows"
    assert rule.comments.after == "# c"


# ---- lines


@pytest.mark.parametrize(
    "text",
    [
        "X PatientName,\n  PatientID",
        "X PatientName,   # why\n  # and how\n\n  PatientID",
        'D PatientName =\n  "a" +\n  "b"',
        "D PatientName = pseudonym\n".replace("\n", "(\nPatientID\n,\nlength\n:\n8\n)"),
        "X RequestAttributesSequence /\n  ScheduledProcedureStepID",
        'K PatientAge\n  override X\n  # evidence\n  because "why"',
        "K PatientAge\nexcept Rows\notherwise",
        'reject "a"\n\nwhen Rows = 1 and\n Columns = 2\n or_ = 3'.replace("\n or_ = 3", ""),
        "when not\n exists Rows\n or Rows = 1\n{\n\nX PatientName\n\n}",
        'when Modality in [\n"CT",\n"PT"\n] {X PatientName}',
        'pixels "a" # c\nwhen Rows = 1\n{ clean }',
    ],
)
def test_a_line_break_here_does_not_end_the_statement(text: str) -> None:
    only(text)


@pytest.mark.parametrize(
    "text",
    [
        "X\nPatientName",
        "X PatientName\n, PatientID",
        'D PatientName\n= "a"',
        "when\nRows = 1 { X PatientName }",
        "when Rows !=\n1 { X PatientName }",
    ],
)
def test_a_line_break_here_ends_the_statement(text: str) -> None:
    assert codes(f"deidrules 1\n{text}")


def test_a_comment_sign_in_a_text_an_expression_or_a_creator_begins_no_comment() -> None:
    recipe = read('deidrules 1\nreject "#1" when ImageType matches /a#"b/ and Rows = 1 # c "\nX (0019,"A # ""B",01) # d\n')
    assert [statement.comments.after for statement in recipe.statements] == ['# c "', "# d"]


def test_a_text_without_its_closing_quote_never_takes_one_from_another_line() -> None:
    recipe, said = parse(Source("test", 'deidrules 1\nK PatientAge override X because "IRB\nbecause 2026"\nX PatientName'))
    assert [(finding.span.line, finding.code) for finding in said] == [(2, "DR007")]
    assert recipe is not None
    assert recipe.statements == (ast.Rule("X", (key("PatientName"),)),)


# ---- many errors, each once


BROKEN = [
    "REMOV PatientName",
    "remove PatientName",
    "X PatientName,",
    "X PatientName PatientID",
    "X (0010,0010",
    "D PatientID = pseudonym(PatientID, length: 8",
    'D PatientName = "ANON',
    'D PatientName = "a\\n"',
    "K PatientAge override X because",
    "K Rows exceptColumns",
    'when Rows = 1 and Columns = 2 or Modality = "CT" { X PatientName }',
    "when Rows = [1, 2 { X PatientName }",
    "X *",
    "}",
    "clean",
    "param a: strng",
    'test "a" { given Rows = }',
]
GOOD = ["X PatientName", "K Rows, Columns except vr PN", 'when Rows = 1 {\n  X PatientID # "{\n}', 'pixels "b" when Rows = 2 {\n clean\n}']


@settings(PATIENT, max_examples=200)
@given(st.lists(st.sampled_from(BROKEN) | st.sampled_from(GOOD), max_size=12))
def test_a_broken_statement_hides_no_other_one(statements: list[str]) -> None:
    text = "deidrules 1\n" + "\n".join(statements)
    recipe, said = parse(Source("test", text))
    assert recipe is not None
    lines = {finding.span.line for finding in said}
    line = 2
    for statement in statements:
        if statement in BROKEN:
            assert line in lines
        else:
            assert not lines & set(range(line, line + statement.count("\n") + 1))
        line += statement.count("\n") + 1
    sound = [statement for statement in recipe.statements if getattr(statement, "body", True)]  # a test with a broken line stays, empty
    assert len(sound) == sum(statement in GOOD for statement in statements)


def test_a_broken_line_in_a_block_hides_no_other_one() -> None:
    text = 'deidrules 1\npixels "a" when Rows = 1 {\n  blank 0,0\n  clean\n  strip overlay\n  label "x\n}\nX PatientNmae PatientID\n'
    recipe, said = parse(Source("test", text))
    assert [finding.span.line for finding in said] == [3, 5, 6, 8]
    assert recipe is not None
    (block,) = recipe.statements
    assert isinstance(block, ast.Pixels)
    assert block.body == (ast.Clean(),)


def test_an_unclosed_block_ends_where_a_statement_begins_that_cannot_stand_in_it() -> None:
    text = 'deidrules 1\nwhen Rows = 1 {\n  X PatientID\npixels "a" when Rows = 1 {\n  clean\nX PatientName\nset a = Rows,\nK a\n'
    assert codes(text) == [(2, "DR014"), (4, "DR014"), (7, "DR030")]


def test_a_block_without_its_opening_brace_is_one_error() -> None:
    assert codes('deidrules 1\npixels "a" when Rows = 1\n  clean\n  blank top 5\n}\nX PatientName\n') == [(2, "DR030")]


def test_after_fifty_errors_the_rest_is_not_read() -> None:
    said = findings("deidrules 1\n" + "REMOVE PatientName\n" * 200)
    assert len(said) == 51
    assert said[-1].code == "DR029"


def test_without_the_version_line_the_rest_is_still_read() -> None:
    recipe, said = parse(Source("test", "X PatientName\nREMOV PatientID\n"))
    assert [(finding.span.line, finding.code) for finding in said] == [(1, "DR002"), (2, "DR004")]
    assert recipe is not None
    assert len(recipe.statements) == 1


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", "\ufeff"])
def test_an_empty_text_is_no_recipe(text: str) -> None:
    assert [code for _, code in codes(text)] == ["DR002"]


# ---- bounds and hostile input


def test_a_recipe_that_is_too_large_is_refused_before_it_is_read() -> None:
    start = time.perf_counter()
    recipe, said = parse(Source("test", "deidrules 1\n" + "X PatientName\n" * (10_000_000 // 14)))
    assert recipe is None
    assert [finding.code for finding in said] == ["DR016"]
    assert time.perf_counter() - start < 1
    assert len("X") < MAX_CHARACTERS


@pytest.mark.parametrize(
    "text",
    [
        "X PatientName = " + "f(" * 5000 + ")" * 5000,
        "D PatientName = " + "[" * 33 + "1" + "]" * 33,
        "when " + "(" * 3000 + "Rows = 1" + ")" * 3000 + " { X PatientName }",
        "when Rows = 1 " + "{" * 3000 + "}" * 3000,
    ],
)
def test_deep_nesting_is_a_finding(text: str) -> None:
    assert "DR017" in {code for _, code in codes(f"deidrules 1\n{text}\nX PatientName\n")}


def test_thirty_brackets_are_not_too_deep() -> None:
    read("deidrules 1\nD PatientName = " + "[" * 30 + "1" + "]" * 30)


def test_not_does_not_chain() -> None:
    assert codes("deidrules 1\nwhen " + "not " * 5000 + "Rows = 1 { X PatientName }") == [(2, "DR001")]


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f", "\u202e", "\u2066", "\u2028", "\ufeff", "\ud800", "\r", "\x85"])
@pytest.mark.parametrize("place", ['D PatientName = "a{}b"', "X Patient{}Name", "X PatientName # a{}b"])
def test_an_unsafe_character_is_a_finding_wherever_it_stands(place: str, character: str) -> None:
    text = f"deidrules 1\n{place.format(character)}\nX PatientID\n"
    said = findings(text)
    assert "DR018" in {finding.code for finding in said}
    assert not any(character in finding.message + finding.help for finding in said)


@pytest.mark.long
@pytest.mark.parametrize(
    "repeated",
    ['X "\n', "overlay (\n", "{", "{}", '"', ";", "#\n", "when Rows = 1 {\n", "X A,\n", "\\", "(0010,", "X PatientName\n", "matches /"],
)
def test_hostile_repetition_ends_in_bounded_time(repeated: str) -> None:
    start = time.perf_counter()
    parse(Source("test", "deidrules 1\n" + repeated * (400_000 // len(repeated))))
    assert time.perf_counter() - start < 20


TOKENS = st.sampled_from(
    [
        "X",
        "K",
        "Z/D",
        "PatientName",
        "(0010,0010)",
        '(0019,"A",01)',
        "study",
        "vr",
        "PN",
        "private",
        "top",
        "here",
        "*",
        ",",
        "=",
        "+",
        "/",
        ":",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "when",
        "and",
        "or",
        "not",
        "in",
        "exists",
        "except",
        "otherwise",
        "override",
        "because",
        '"a"',
        '"',
        "\\\\",
        "12",
        "+5",
        "0.5",
        "days",
        "#",
        "pixels",
        "blank",
        "clean",
        "0,0,+1,+1",
        "frames",
        "test",
        "given",
        "expect",
        "removed",
        "set",
        "param",
        "add",
        "matches",
        "/a#/",
        "reject",
        "without",
        "deidrules",
        "layer",
        "option",
        "\x00",
        "é",
        "Q",
        ";",
    ]
) | st.sampled_from(("\n", "# c\n"))


@settings(PATIENT, max_examples=400)
@given(st.lists(TOKENS, max_size=30), st.booleans())
def test_no_text_makes_the_parser_fail(tokens: list[str], headed: bool) -> None:
    recipe, said = parse(Source("test", ("deidrules 1\n" if headed else "") + " ".join(tokens)))
    assert recipe is not None
    assert all(finding.code in CODES and finding.message for finding in said)
    assert all(0 <= finding.span.start <= finding.span.end <= len(finding.span.source.text) + 1 for finding in said)


@settings(PATIENT, max_examples=200)
@given(st.text(max_size=60))
def test_no_characters_make_the_parser_fail(text: str) -> None:
    parse(Source("test", text))
    parse(Source("test", "deidrules 1\nX PatientName " + text))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recipes of the prototype are not beside the checkout")
def test_the_recipes_of_the_prototype_are_read() -> None:
    for place in sorted(SHARED.glob("*.recipe")):
        said = findings(place.read_text(encoding="utf-8"))
        assert bool(said) == (place.name == "bad.recipe"), (place.name, said)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recipes of the prototype are not beside the checkout")
def test_six_hundred_and_fifty_lines_are_read_in_half_a_second() -> None:
    text = (SHARED / "basic_full.recipe").read_text(encoding="utf-8")
    read(text)
    start = time.perf_counter()
    read(text)
    assert time.perf_counter() - start < 0.5
