"""Options that clash, as the compiler found them, and the layer that settles a clash in favour of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deidrules.compile.model import Compilation, Layer
from deidrules.dicom import dictionary
from deidrules.language import ast
from deidrules.language.spell import quoted
from deidrules.text.source import Span


@dataclass(frozen=True, slots=True)
class Clash:
    """Two layers that ask for different things: for each attribute the rules of both, `one` being the lower layer."""

    one: str
    other: str
    rules: tuple[tuple[ast.Rule, ast.Rule], ...]
    whole: bool  # it is most of what one of the two is there for: they exclude each other

    @property
    def names(self) -> tuple[str, ...]:
        """How a message calls the attributes."""
        return tuple(_keyword(rule) for rule, _ in self.rules)


def clashes(compilation: Compilation) -> tuple[Clash, ...]:
    """The clashes of options (DR303) in a compilation."""
    found: dict[tuple[str, str], list[tuple[Span, Span]]] = {}
    for diagnostic in compilation.diagnostics:
        if diagnostic.code == "DR303":
            above, below = diagnostic.span, diagnostic.notes[0].span
            found.setdefault((below.source.name, above.source.name), []).append((below, above))
    layers = {layer.source.name: layer for layer in compilation.layers}
    out = []
    for (one, other), spans in found.items():
        pairs = tuple((_rule_at(layers[one], below), _rule_at(layers[other], above)) for below, above in spans)
        whole = 2 * len(pairs) > min(len(_rules(layers[one])), len(_rules(layers[other])))
        out.append(Clash(layers[one].name, layers[other].name, pairs, whole))
    return tuple(out)


def settling(clash: Clash, winner: str, overrides: frozenset[str], params: Sequence[ast.Param]) -> str:
    """Statements that say again what the winning layer says, for a layer above both. `overrides` are the attributes where that leaves more
    than the loser does; elsewhere lint is told why a K stands there. `params` are the parameters that the winner declares."""
    loser = clash.other if winner == clash.one else clash.one
    rules = [pair if winner == clash.one else pair[::-1] for pair in clash.rules]
    texts = [mine.span.text for mine, _ in rules]
    reason = f"{_short(winner)} decides"
    lines = [f"# {reason} where {_short(loser)}", "# asks for something else, and which is not claimed for that.", ""]
    lines += [f"{param.span.text}\n" for param in params if any(param.name in text for text in texts)]
    for (mine, its), text in zip(rules, texts, strict=True):
        name = _keyword(mine)
        line = text.replace(mine.selectors[0].span.text, name, 1)
        if name in overrides:
            line += f" override {its.code} because {quoted(reason)}"
        elif mine.code == "K":
            line += f"  # noqa: DR220 -- {reason}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def weakened(compilation: Compilation, source: str) -> frozenset[str]:
    """The attributes whose rule in this recipe needs an `override` (DR201)."""
    return frozenset(d.span.text for d in compilation.diagnostics if d.code == "DR201" and d.span.source.name == source)


def params_of(layer: Layer) -> tuple[ast.Param, ...]:
    """The parameters that a layer declares."""
    return tuple(statement for statement in layer.recipe.statements if isinstance(statement, ast.Param))


def _rules(layer: Layer) -> list[ast.Rule]:
    bodies = [statement.body if isinstance(statement, ast.When) else (statement,) for statement in layer.recipe.statements]
    return [statement for body in bodies for statement in body if isinstance(statement, ast.Rule)]


def _rule_at(layer: Layer, span: Span) -> ast.Rule:
    return next(rule for rule in _rules(layer) if any(selector.span == span for selector in rule.selectors))


def _keyword(rule: ast.Rule) -> str:
    """The keyword of the one tag that a rule of a shipped layer names."""
    text = rule.selectors[0].span.text
    entry = dictionary.entry(int(text[1:5] + text[6:10], 16)) if text.startswith("(") and "x" not in text else None
    return entry.keyword if entry is not None and entry.keyword else text


def _short(layer: str) -> str:
    return layer.rpartition("/")[2]
