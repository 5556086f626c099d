"""How each node of the tree is written: as atoms that stay whole, with breaks of a line allowed between them."""

from __future__ import annotations

import re

from deidrules.language import ast

Atoms = list[str]


def quoted(text: str) -> str:
    """A text in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def path(node: ast.Path) -> str:
    """`top / A / B`."""
    return " / ".join(([node.anchor] if node.anchor else []) + [leaf(step) for step in (*node.steps, node.leaf)])


def leaf(node: ast.Leaf) -> str:
    """One step of a path."""
    match node:
        case ast.Keyword() | ast.Name():
            return node.name
        case ast.TagMask():
            return f"({node.group},{node.element})"
        case ast.PrivateTag():
            creator = node.creator.replace('"', '""')
            return f'({node.group},"{creator}",{node.element})'
        case ast.VrClass():
            return f"vr {node.vr}"
        case ast.PrivateClass():
            return "private"
        case ast.UnknownClass():
            return "unknown"
        case ast.DeclaredSafeClass():
            return "declared-safe"
        case ast.ContentItem():
            return " ".join(["content", *([quoted(node.concept)] if node.concept else []), *([node.value_type] if node.value_type else [])])
        case ast.Star():
            return "*"


def listed(parts: list[Atoms]) -> Atoms:
    """Parts with commas between them."""
    atoms: Atoms = []
    for number, part in enumerate(parts, 1):
        atoms += part if number == len(parts) else [*part[:-1], part[-1] + ","]
    return atoms


def selectors(paths: tuple[ast.Path, ...]) -> Atoms:
    """`A, B, C`."""
    return listed([[path(node)] for node in paths])


def _around(opening: str, atoms: Atoms, closing: str) -> Atoms:
    if not atoms:
        return [opening + closing]
    atoms = [opening + atoms[0], *atoms[1:]]
    return [*atoms[:-1], atoms[-1] + closing]


def expression(node: ast.Expression) -> Atoms:
    """A value."""
    match node:
        case ast.Text():
            return [quoted(node.value)]
        case ast.Number():
            return [f"{node.digits} {node.unit}".rstrip()]
        case ast.Reference():
            return [path(node.path)]
        case ast.List():
            return _around("[", listed([expression(item) for item in node.items]), "]")
        case ast.Call():
            return _around(f"{node.function}(", listed([_argument(argument) for argument in node.arguments]), ")")
        case ast.Concat():
            atoms: Atoms = []
            for part in node.parts[:-1]:
                spelled = expression(part)
                atoms += [*spelled[:-1], spelled[-1] + " +"]
            return atoms + expression(node.parts[-1])


def _argument(node: ast.Argument) -> Atoms:
    atoms = expression(node.value)
    return [f"{node.name}: {atoms[0]}", *atoms[1:]] if node.name else atoms


def condition(node: ast.Condition) -> list[Atoms]:
    """One group of atoms for each part of a condition, those after the first with `and` or `or` before them."""
    match node:
        case ast.And() | ast.Or():
            word = "and" if isinstance(node, ast.And) else "or"
            first, *others = [_unit(part) for part in node.parts]
            return [first, *([f"{word} {part[0]}", *part[1:]] for part in others)]
        case _:
            return [_unit(node)]


def _unit(node: ast.Condition) -> Atoms:
    match node:
        case ast.And() | ast.Or():
            return _around("(", [atom for group in condition(node) for atom in group], ")")
        case ast.Not(part=ast.Not() as inner):
            return _around("not (", _unit(inner), ")")
        case ast.Not():
            atoms = _unit(node.part)
            return [f"not {atoms[0]}", *atoms[1:]]
        case ast.Exists():
            return [f"exists {path(node.operand)}"]
        case ast.Empty():
            return [f"empty {path(node.operand)}"]
        case ast.Compare():
            return _compared(node.quantifier, node.operand, node.operator, expression(node.value))
        case ast.Member():
            return _compared(node.quantifier, node.operand, "in", expression(node.value))
        case ast.Contains():
            return _compared(node.quantifier, node.operand, "contains", expression(node.value))
        case ast.Matches():
            pattern = re.sub(r"\\.|/", lambda match: "\\/" if match[0] == "/" else match[0], node.pattern)
            return _compared(node.quantifier, node.operand, "matches", [f"/{pattern}/{'i' if node.ignore_case else ''}"])


def _compared(quantifier: str, operand: ast.Path, word: str, value: Atoms) -> Atoms:
    start = f"{quantifier} {path(operand)} {word} {value[0]}".lstrip()
    return [start, *value[1:]]


def stance(node: ast.Stance) -> Atoms:
    """`otherwise`, `override X because "…"`."""
    match node:
        case None:
            return []
        case ast.Otherwise():
            return ["otherwise"]
        case ast.Override():
            atoms = [f"override {node.code}".rstrip()]
            return [*atoms, f"because {quoted(node.because)}"] if node.because else atoms


def rectangle(node: ast.Rectangle) -> str:
    """`0,0,+640,58`."""
    horizontal = f"{'+' if node.horizontal_is_width else ''}{node.horizontal}"
    vertical = f"{'+' if node.vertical_is_height else ''}{node.vertical}"
    return f"{node.left},{node.top},{horizontal},{vertical}"


def area(node: ast.Area) -> Atoms:
    """What a `blank` or `read-text` is about."""
    match node:
        case ast.Rectangle():
            return [rectangle(node)]
        case ast.Bands():
            return listed([[f"{band.side} {band.extent}{'%' if band.percent else ''}"] for band in node.bands])
        case ast.UltrasoundRegions():
            return ["ultrasound-regions"]
        case ast.Everything():
            return ["everything"]


def frames(spans: tuple[ast.FrameSpan, ...]) -> Atoms:
    """`frames 1..3, 7`; nothing for all frames."""
    if not spans:
        return []
    atoms = listed([[f"{span.first}..{span.last}" if span.first != span.last else str(span.first)] for span in spans])
    return [f"frames {atoms[0]}", *atoms[1:]]
