"""The formatter: one layout, the same meaning, every comment with its statement."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies_language import comments_texts, recipes, rules, sets

from deidrules.language import ast, fill
from deidrules.language.format import FormatFault, format_recipe
from deidrules.language.parse import parse
from deidrules.text.source import Source

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "prototypes" / "language" / "recipes"
PATIENT = settings(suppress_health_check=list(HealthCheck), deadline=None)


def read(text: str) -> ast.Recipe:
    recipe, findings = parse(Source("test", text))
    assert not findings, findings
    assert recipe is not None
    return recipe


def formatted(text: str) -> str:
    return format_recipe(read(text))


def comments_of(recipe: ast.Recipe) -> list[tuple[str, list[str]]]:
    """Every statement's kind with its comments in order."""
    found = [("header", texts(recipe.header_comments)), ("end", [text for text in recipe.closing_comments if text])]
    for statement in (recipe.layer, *recipe.statements):
        if statement is not None:
            found.append((type(statement).__name__, texts(statement.comments)))
            found += [(type(line).__name__, texts(line.comments)) for line in getattr(statement, "body", ())]
    return found


def texts(comments: ast.Comments) -> list[str]:
    return [text for text in (*comments.before, *comments.within, comments.after, *comments.closing) if text]


@settings(PATIENT, max_examples=250)
@given(recipes())
def test_a_formatted_recipe_says_the_same_with_the_same_comments(recipe: ast.Recipe) -> None:
    text = format_recipe(recipe)
    again = read(text)
    assert again == recipe
    assert comments_of(again) == comments_of(recipe)
    assert format_recipe(again) == text


@settings(PATIENT, max_examples=150)
@given(rules() | sets, st.data())
def test_comments_within_a_statement_stay_within_it(statement: ast.Statement, data: st.DataObject) -> None:
    text = format_recipe(ast.Recipe(1, None, (statement,)))
    head, body = text.split("\n", 1)
    # only the statement itself, without the comments it was drawn with
    body = format_recipe(ast.Recipe(1, None, (replace(statement, comments=ast.NO_COMMENTS),))).split("\n", 1)[1].strip("\n")
    legal = fill._breaks(body)
    if not legal:
        return
    ends = [match.end() for match in fill.ATOM.finditer(body)]
    places = sorted(data.draw(st.sets(st.sampled_from(legal), min_size=1, max_size=3)), reverse=True)
    inserted = []
    for place in places:
        comment = data.draw(comments_texts)
        trailing = data.draw(st.booleans())
        inserted.insert(0, comment)
        body = body[: ends[place - 1]] + ("  " if trailing else "\n") + comment + "\n" + body[ends[place - 1] :]
    recipe = read(f"{head}\n{body}\n")
    assert recipe.statements == (statement,)
    assert list(recipe.statements[0].comments.within) == inserted
    text = format_recipe(recipe)
    again = read(text)
    assert list(again.statements[0].comments.within) == inserted
    assert format_recipe(again) == text


def test_codes_and_trailing_comments_line_up() -> None:
    assert formatted("deidrules 1\nK Modality,Rows # a\nX/Z (0040,0555)   # b\n\nK Columns # c\n") == (
        "deidrules 1\nK   Modality, Rows  # a\nX/Z (0040,0555)     # b\n\nK Columns  # c\n"
    )


def test_blank_lines_between_groups_stay_at_most_one() -> None:
    assert formatted("deidrules 1\n\n\n\nK Rows\n\n\n# group\n\n\nX PatientName\nZ PatientID\n\n\n") == (
        "deidrules 1\n\nK Rows\n\n# group\n\nX PatientName\nZ PatientID\n"
    )


def test_a_long_list_goes_on_below_its_first_selector() -> None:
    names = ", ".join(f"AttributeNumber{number}" for number in range(8))
    lines = formatted(f"deidrules 1\nset some = {names}\nX/Z {names} except {names} otherwise\n").split("\n")
    assert max(map(len, lines)) <= fill.WIDTH
    assert lines[1].startswith("set some = A")
    assert lines[2].startswith("           A")
    assert lines[3].startswith("X/Z A")
    assert lines[4].startswith("    A")


def test_a_long_condition_stands_below_the_name_of_its_rule() -> None:
    text = formatted(
        'deidrules 1\npixels "GE LOGIQ 9 banner" when Manufacturer = "GE Medical Systems" and ManufacturerModelName = "LOGIQ9" '
        "and Rows = 480 and Columns = 640 { blank 0,0,+640,+58 }"
    )
    assert text == (
        'deidrules 1\npixels "GE LOGIQ 9 banner"\n'
        '    when Manufacturer = "GE Medical Systems" and ManufacturerModelName = "LOGIQ9" and Rows = 480\n'
        "     and Columns = 640\n{\n    blank 0,0,+640,+58\n}\n"
    )


def test_every_kind_of_comment_keeps_its_place() -> None:
    text = (
        "# licence\n\ndeidrules 1  # version\n"
        "# before the layer\nlayer option 113110  # layer\n\n"
        "# about the set\nset dates = StudyDate,  # study\n            # the series\n            SeriesDate\n"
        'when Modality = "CT" {  # head\n    # inside\n    X PatientName  # name\n\n    # last\n}  # behind\n\n# end\n'
    )
    assert formatted(text) == text


def test_hexadecimal_digits_are_upper_case_and_needless_brackets_go() -> None:
    assert formatted('deidrules 1\nwhen ((Rows = 1)) { X (0010,10ab), (60xx,3000), (0019,"a ""b""",0c) }') == (
        'deidrules 1\nwhen Rows = 1 {\n    X (0010,10AB), (60xx,3000), (0019,"a ""b""",0C)\n}\n'
    )


def test_only_quotes_and_backslashes_are_escaped() -> None:
    assert formatted('deidrules 1\nD PatientName = "a \\"b\\" \\\\ # {ü}"\n') == 'deidrules 1\nD PatientName = "a \\"b\\" \\\\ # {ü}"\n'


@pytest.mark.parametrize("value", ["a\nb", "a\x00", "\ud800"])
def test_a_tree_no_text_can_have_is_refused(value: str) -> None:
    with pytest.raises(FormatFault):
        format_recipe(ast.Recipe(1, None, (ast.Rule("D", (ast.Path(ast.Keyword("PatientName")),), ast.Text(value)),)))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recipes of the prototype are not beside the checkout")
def test_the_recipes_of_the_prototype_keep_their_meaning_and_comments() -> None:
    for place in sorted(SHARED.glob("*.recipe")):
        if place.name == "bad.recipe":
            continue
        recipe = read(place.read_text(encoding="utf-8"))
        text = format_recipe(recipe)
        again = read(text)
        assert again == recipe
        assert comments_of(again) == comments_of(recipe)
        assert format_recipe(again) == text
