"""A recipe in its one canonical layout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deidrules.language import ast
from deidrules.language.fill import WIDTH, Line, aligned, fill, with_comments
from deidrules.language.parse import parse
from deidrules.language.spell import area, condition, expression, frames, listed, path, quoted, rectangle, selectors, stance
from deidrules.text.source import Source

Groups = list[list[str]]


class FormatFault(AssertionError):
    """The text does not say what the tree says: a fault of the formatter, or a tree that no recipe can have."""


def format_recipe(recipe: ast.Recipe) -> str:
    """The text of a recipe: statements and comments as they are, layout ours. The text is parsed again and compared before it is
    returned; raises FormatFault when tree or comments differ, as they do for a tree no text has (a line break in a string)."""
    text = _text(recipe)
    again, findings = parse(Source("formatted recipe", text))
    if findings or again is None:
        raise FormatFault(f"the formatted recipe is not sound: {findings[0].code}")
    if again != recipe:
        raise FormatFault("the formatted recipe is another recipe")
    if _all_comments(again) != _all_comments(recipe):
        raise FormatFault("the formatted recipe has other comments")
    return text


def _text(recipe: ast.Recipe) -> str:
    lines = _commented([Line(f"deidrules {recipe.language}")], recipe.header_comments)
    if recipe.layer:
        if recipe.layer.comments.blank_before:
            lines.append(Line(""))
        lines += _commented([Line(" ".join(_layer(recipe.layer)))], recipe.layer.comments)
    lines += _statements(recipe.statements, "", top=True)
    lines += [Line(comment) for comment in recipe.closing_comments]
    return "\n".join(aligned(lines)) + "\n"


# ---- statements


def _statements(statements: Sequence[ast.Statement], indent: str, *, top: bool) -> Iterator[Line]:
    """The lines of consecutive statements. The first words of a run of alike statements take the same room."""
    widths = _head_widths(statements)
    for number, statement in enumerate(statements):
        if statement.comments.blank_before and (number or top):
            yield Line("")
        yield from _statement(statement, indent, widths[number])


def _head_widths(statements: Sequence[ast.Statement]) -> list[int]:
    widths: list[int] = []
    run: list[int] = []
    family = ""
    for statement in statements:
        head, kind = _head(statement)
        if kind != family or not kind or statement.comments.blank_before:
            widths += [max(run, default=0)] * len(run)
            run, family = [], kind
        run.append(len(head))
    return widths + [max(run, default=0)] * len(run)


def _head(statement: ast.Statement) -> tuple[str, str]:
    """The first word of a statement, and the kind of statements it lines up with."""
    match statement:
        case ast.Rule():
            return statement.code, "rule"
        case ast.Add():
            return "add", "rule"
        case ast.Param():
            return "param", "definition"
        case ast.SetDefinition():
            return "set", "definition"
        case ast.Verdict():
            return statement.kind, "verdict"
        case ast.Without():
            return "without", "verdict"
    return "", ""


def _statement(statement: ast.Statement, indent: str, width: int) -> Iterator[Line]:
    match statement:
        case ast.When():
            head = _judged("", statement.condition, indent, " {")
            yield from _block(head, statement, statement.body, indent)
        case ast.Pixels():
            head = _judged(f"pixels {quoted(statement.name)}", statement.condition, indent, " {")
            yield from _block(head, statement, statement.body, indent)
        case ast.Test():
            yield from _block([Line(f"{indent}test {quoted(statement.name)} {{")], statement, statement.body, indent)
        case ast.Verdict():
            word = f"{statement.kind:{width}} {quoted(statement.name)}"
            yield from _commented(_judged(word, statement.condition, indent, ""), statement.comments, len(indent) + 5)
        case _:
            word, groups = _plain(statement)
            start = f"{indent}{word:{width}} " if groups else f"{indent}{word}"
            if isinstance(statement, ast.SetDefinition):
                start += f"{statement.name} = "
            yield from _commented(fill(start, groups, len(start)), statement.comments, len(start))


def _plain(statement: ast.Statement) -> tuple[str, Groups]:
    """First word and the rest, in groups that are kept together on a line where they can be."""
    match statement:
        case ast.Param():
            default = expression(statement.default) if statement.default else []
            return "param", [[f"{statement.name}: {statement.type}{' =' if default else ''}"], default]
        case ast.SetDefinition():
            return "set", [*_each(selectors(statement.selectors)), _excluded(statement.excluded)]
        case ast.Rule():
            value = expression(statement.value) if statement.value else []
            chosen = selectors(statement.selectors)
            if statement.reading:
                chosen[-1] += f" as {statement.reading}"
            if value:
                chosen[-1] += " ="
            return statement.code, [*_each(chosen), value, _excluded(statement.excluded), stance(statement.stance)]
        case ast.Add():
            return "add", [[f"{path(statement.target)} ="], expression(statement.value), stance(statement.stance)]
        case ast.Without():
            return "without", [[quoted(statement.name)], [f"because {quoted(statement.because)}"]]
        case ast.Blank():
            words = ["outside"] if statement.outside else []
            rest = ["clipped"] if statement.clipped else []
            rest += [f"overlay {statement.overlay}"] if statement.overlay else []
            # bands may not leave the line but behind a comma, so the words after them stay with the last
            return "blank", _joined([*words, *area(statement.area), *rest, *frames(statement.frames)])
        case ast.Strip():
            return "strip", [[statement.what]]
        case ast.ReadText():
            return "read-text", _joined(["in", *area(statement.area)])
        case ast.Clean():
            return "clean", []
        case ast.Label():
            return "label", [[quoted(statement.text)]]
        case ast.Given():
            given = listed([[f"{path(each.target)} =", *expression(each.value)] for each in statement.assignments])
            return "given", _whole(given)
        case ast.ExpectOutcome():
            first, *others = _each(selectors(statement.selectors))
            return "expect", [[f"{statement.outcome} {first[0]}"], *others]
        case ast.ExpectValue():
            return "expect", [[f"{path(statement.target)} ="], expression(statement.value)]
        case ast.ExpectText():
            said = [f"{word} {quoted(text)}" for word, text in (("keeps", statement.keeps), ("loses", statement.loses)) if text]
            return "expect", [[" ".join([path(statement.target), *(said or ['keeps ""'])])]]
        case ast.ExpectArea():
            return "expect", _joined([statement.outcome, rectangle(statement.area), *frames(statement.frames)])
        case ast.ExpectVerdict():
            return "expect", [[f"{statement.kind} {quoted(statement.name)}"]]
    raise FormatFault(f"no layout for {type(statement).__name__}")


def _each(atoms: list[str]) -> Groups:
    return [[atom] for atom in atoms]


def _joined(atoms: list[str]) -> Groups:
    """Atoms between which only a comma lets the line break."""
    groups: Groups = []
    for atom in atoms:
        if groups and not groups[-1][0].endswith(","):
            groups[-1][0] += f" {atom}"
        else:
            groups.append([atom])
    return groups


def _whole(atoms: list[str]) -> Groups:
    """Atoms up to one that ends in a comma and closes its brackets belong together."""
    groups: Groups = [[]]
    for atom in atoms:
        groups[-1].append(atom)
        text = " ".join(groups[-1])
        if atom.endswith(",") and text.count("[") == text.count("]"):
            groups.append([])
    return [group for group in groups if group]


def _excluded(paths: tuple[ast.Path, ...]) -> list[str]:
    if not paths:
        return []
    atoms = selectors(paths)
    return [f"except {atoms[0]}", *atoms[1:]]


def _layer(layer: ast.LayerHeader) -> Iterator[str]:
    yield "layer"
    if layer.option:
        yield f"option {layer.option}"
    if layer.may_weaken:
        yield "may weaken " + ", ".join(quoted(name) for name in layer.may_weaken)


# ---- blocks


def _judged(word: str, asked: ast.Condition, indent: str, end: str) -> list[Line]:
    """`word when condition` on one line, or the condition below the word."""
    groups = condition(asked)
    head = f"{word} " if word else ""
    one = f"{indent}{head}when {' '.join(atom for group in groups for atom in group)}{end}"
    if len(one) <= WIDTH:
        return [Line(one)]
    inner = indent + "    " if word else indent
    lines = fill(f"{inner}when ", groups, len(inner) + 5)
    return [*([Line(indent + word)] if word else []), *lines, *([Line(indent + end.strip())] if end else [])]


def _block(head: list[Line], statement: ast.When | ast.Pixels | ast.Test, body: Sequence[ast.Statement], indent: str) -> Iterator[Line]:
    comments = statement.comments
    yield from _leading(comments, indent)
    yield from with_comments(head, comments, len(indent) + 4)
    yield from _statements(body, indent + "    ", top=False)
    yield from (Line(f"{indent}    {comment}" if comment else "") for comment in comments.closing)
    yield Line(f"{indent}}}", comments.after)


# ---- comments


def _commented(lines: list[Line], comments: ast.Comments, within: int = 4) -> list[Line]:
    """The lines with the comments before, within (at the column `within`) and behind them."""
    indent = lines[0].text[: len(lines[0].text) - len(lines[0].text.lstrip())]
    spelled = with_comments(lines, comments, within)
    spelled[-1] = Line(spelled[-1].text, comments.after)
    return [*_leading(comments, indent), *spelled]


def _leading(comments: ast.Comments, indent: str) -> list[Line]:
    stray = comments.within if len(comments.within_at) != len(comments.within) else ()
    return [Line(f"{indent}{comment}" if comment else "") for comment in (*comments.before, *stray)]


def _all_comments(recipe: ast.Recipe) -> list[list[str]]:
    """The comments of each statement in order, where in the statement they stand aside."""
    found = [_texts(recipe.header_comments), [comment for comment in recipe.closing_comments if comment]]
    statements: list[ast.Statement] = [*([recipe.layer] if recipe.layer else []), *recipe.statements]
    for statement in statements:
        found.append(_texts(statement.comments))
        if isinstance(statement, ast.When | ast.Pixels | ast.Test):
            found += [_texts(line.comments) for line in statement.body]
    return found


def _texts(comments: ast.Comments) -> list[str]:
    return [text for text in (*comments.before, *comments.within, comments.after, *comments.closing) if text]
