"""`# noqa: DR220 -- reason`: a warning looked at and accepted; errors cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from deidrules.compile.model import Layer
from deidrules.language import ast
from deidrules.text.diagnostic import Diagnostic, Severity
from deidrules.text.source import Span

_NOQA = re.compile(r"#\s*noqa\s*:?\s*(?P<codes>(?:DR[0-9]{3}[\s,]*)*)(?:--\s*(?P<reason>.*))?$", re.IGNORECASE)


@dataclass(slots=True)
class _Suppression:
    codes: tuple[str, ...]
    reason: str
    span: Span
    used: set[str]


def suppress(diagnostics: Iterable[Diagnostic], layers: Iterable[Layer]) -> list[Diagnostic]:
    """The diagnostics that nobody has accepted, and complaints about suppressions: of nothing, or of DR2xx without a reason."""
    suppressions = [found for layer in layers for found in _find(layer)]
    kept = []
    for diagnostic in diagnostics:
        accepted = [s for s in suppressions if diagnostic.code in s.codes and _within(diagnostic.span, s.span)]
        for suppression in accepted:
            suppression.used.add(diagnostic.code)
        reasoned = [s for s in accepted if s.reason or not diagnostic.code.startswith("DR2")]
        if not reasoned or diagnostic.severity is Severity.ERROR:
            kept.append(diagnostic)
    for suppression in suppressions:
        if not suppression.codes:
            kept.append(Diagnostic("DR901", "`noqa` names no code", suppression.span, "write `# noqa: DR220 -- reason`"))
        for code in suppression.codes:
            if code not in suppression.used:
                kept.append(Diagnostic("DR901", f"`noqa: {code}` suppresses nothing", suppression.span, "take it away"))
            elif code.startswith("DR2") and not suppression.reason:
                kept.append(Diagnostic("DR902", f"`noqa: {code}` needs its reason", suppression.span, f"write `# noqa: {code} -- reason`"))
    return kept


def _find(layer: Layer) -> Iterator[_Suppression]:
    for statement in _statements(layer.recipe):
        comments = statement.comments
        for comment in (*comments.before, *comments.within, comments.after, *comments.closing):
            if match := _NOQA.search(comment):
                codes = tuple(code.upper() for code in re.findall(r"DR[0-9]{3}", match["codes"], re.IGNORECASE))
                yield _Suppression(codes, (match["reason"] or "").strip(), statement.span, set())


def _statements(node: object) -> Iterator[ast.Statement]:
    """Every statement of a recipe, blocks and what is in them."""
    if isinstance(node, ast.Statement):
        yield node
    if isinstance(node, ast.Recipe | ast.When | ast.Pixels | ast.Test):
        for field in fields(node):
            content = getattr(node, field.name)
            for child in content if isinstance(content, tuple) else (content,):
                if isinstance(child, ast.Statement):
                    yield from _statements(child)


def _within(inner: Span, outer: Span) -> bool:
    return inner.source == outer.source and outer.start <= inner.start <= outer.end
