"""The reference of codes and functions, written from what they declare themselves: `grammar/functions.md`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from decimal import Decimal

from deidrules.actions.base import Action, Example, Function, Level, Parameter
from deidrules.actions.registry import ACTIONS, FUNCTIONS

ORDER = "KXZDUC"

_LEAVES = {Level.NOTHING: "nothing", Level.TOKEN: "a token", Level.PART: "a part", Level.ALL: "all"}
_TYPES = {"any": "any value", "list": "all values of the element"}

_HEAD = """# Codes and functions

Written by `deidrules.actions.reference` from the files in `deidrules/actions/`; a test holds the two equal. *Leaves* says what remains of
the original (rule 6): nothing, a token (linkable, not readable), a part, or all. What remains of an attribute that is read for an argument
stands with the argument."""


def reference(actions: Mapping[str, Action] = ACTIONS, functions: Mapping[str, Function] = FUNCTIONS) -> str:
    """The whole page, Markdown."""
    codes = sorted(actions.values(), key=lambda action: (ORDER.find(action.code), action.code))
    words = [functions[name] for name in sorted(functions)]
    parts = [_HEAD, "## Codes", _table(("code", "leaves", "`= expression`", ""), [_code_row(action) for action in codes])]
    parts += [_code(action) for action in codes]
    parts += ["## Functions", _table(("function", "works on", "gives", "leaves", ""), [_function_row(function) for function in words])]
    parts += [_function(function) for function in words]
    return "\n\n".join(parts) + "\n"


def _summary(doc: str) -> str:
    """The first sentence of a docstring."""
    return " ".join(doc.split()).partition(". ")[0].rstrip(".")


def _prose(doc: str) -> str:
    return inspect.cleandoc(doc)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _code_row(action: Action) -> tuple[str, ...]:
    return f"`{action.code}`", _LEAVES[action.leaves], "yes" if action.takes_value else "no", _summary(action.doc)


def _function_row(function: Function) -> tuple[str, ...]:
    return (
        f"`{function.name}`",
        _TYPES.get(function.subject_type, function.subject_type),
        _kind(function.result),
        _LEAVES[function.leaves],
        _summary(function.doc),
    )


def _kind(result: str) -> str:
    return "what it got" if result == "any" else result


def _code(action: Action) -> str:
    parts = [f"### {action.code}", _prose(action.doc)]
    if action.takes_value:
        parts.append(f"Leaves {_LEAVES[action.leaves]} without a value, else what its expression leaves.")
    else:
        parts.append(f"Leaves {_LEAVES[action.leaves]}.")
    return "\n\n".join(parts + _examples(action.examples))


def _function(function: Function) -> str:
    arguments = "".join(f", {parameter.name}: {_spelled_type(parameter)}" for parameter in function.parameters)
    parts = [f"### {function.name}", f"`{function.name}(value{arguments})`", _prose(function.doc)]
    parts.append(f"Works on {_TYPES.get(function.subject_type, function.subject_type)}, leaves {_LEAVES[function.leaves]} of it.")
    if function.parameters:
        rows = [(f"`{p.name}`", _spelled_type(p), _given(p, function), _LEAVES[p.leaves]) for p in function.parameters]
        parts.append(_table(("argument", "type", "when left out", "leaves of an attribute"), rows))
    return "\n\n".join(parts + _examples(function.examples))


def _spelled_type(parameter: Parameter) -> str:
    return "any" if parameter.type == "any" else parameter.type


def _given(parameter: Parameter, function: Function) -> str:
    if parameter.required:
        return "has to be given"
    match parameter.default:
        case None:
            return "quarantines the instance" if parameter.name == "missing" and function.keyed else "nothing"
        case str() as text:
            return f'`"{text}"`'
        case int() | float() | Decimal() as number:
            return f"`{number} days`" if parameter.type == "days" else f"`{number}`"
    return f"`{parameter.default}`"


def _examples(examples: tuple[Example, ...]) -> list[str]:
    if not examples:
        return []
    lines = ["```"]
    for example in examples:
        lines.append(example.recipe)
        lines += [f"    # {keyword}: {_shown(before)}" + _becomes(example, keyword) for keyword, before in example.before.items()]
        made = [keyword for keyword in (*example.after, *example.pattern) if keyword not in example.before]
        lines += [f"    # {keyword}: absent" + _becomes(example, keyword) for keyword in made]
    return ["\n".join([*lines, "```"])]


def _becomes(example: Example, keyword: str) -> str:
    if keyword in example.after:
        return f" -> {_shown(example.after[keyword])}"
    return f" -> matches {example.pattern[keyword]}" if keyword in example.pattern else ""


def _shown(value: str | None) -> str:
    return "removed" if value is None else f'"{value}"'
