"""CHECKS: one function each, from a layer to what is doubtful in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from deidrules.compile.kinds import vrs_of
from deidrules.compile.model import Layer
from deidrules.compile.selectors import Selectors
from deidrules.dicom import dictionary, iod
from deidrules.language import ast
from deidrules.lint.table import listed_tags
from deidrules.plan.own import engine_own
from deidrules.plan.selector import TagLeaf
from deidrules.text.diagnostic import Diagnostic

Check = Callable[[Layer], Iterator[Diagnostic]]

_PATIENT_ID = 0x00100020
_FEW_VALUES = frozenset({"AS", "CS", "DA", "TM"})


def kept_although_listed(layer: Layer) -> Iterator[Diagnostic]:
    """DR220: K on an attribute of Table E.1-1 without a reason."""
    if layer.recipe.layer is not None and layer.recipe.layer.option:
        return  # an option of the standard keeps what the standard says it keeps
    selectors = _selectors(layer)
    for rule in _rules(layer):
        if rule.code != "K" or (isinstance(rule.stance, ast.Override) and rule.stance.because):
            continue
        for reached in selectors.all(rule.selectors):
            leaf = reached.selector.leaf
            if isinstance(leaf, TagLeaf) and leaf.exact and leaf.value in listed_tags() and "SQ" not in vrs_of(leaf):
                entry = dictionary.entry(leaf.value)
                name = entry.keyword if entry is not None else str(leaf)
                help_ = 'if it is meant, say why: `override X because "…"`, or `# noqa: DR220 -- reason`'
                yield Diagnostic("DR220", f"`{name}` identifies by PS3.15 Table E.1-1 and is kept", reached.span, help_)


def shift_not_per_patient(layer: Layer) -> Iterator[Diagnostic]:
    """DR221: dates shifted per anything but the patient."""
    selectors = _selectors(layer)
    for call in _calls(layer):
        if call.function != "shift":
            continue
        for argument in call.arguments:
            if argument.name == "per" and isinstance(argument.value, ast.Reference) and not isinstance(argument.value.path.leaf, ast.Name):
                attribute = selectors.attribute(argument.value.path)
                if attribute is not None and attribute.leaf != TagLeaf(_PATIENT_ID):
                    yield Diagnostic(
                        "DR221", "the shift is not the same for all objects of a patient", argument.span, "write `per: PatientID`"
                    )


def pseudonym_of_few(layer: Layer) -> Iterator[Diagnostic]:
    """DR222: a pseudonym or hash of an attribute with few possible values."""
    selectors = _selectors(layer)
    for call in _calls(layer):
        if call.function not in {"pseudonym", "hash"} or not call.arguments or call.arguments[0].name:
            continue
        subject = call.arguments[0].value
        if isinstance(subject, ast.Reference) and not isinstance(subject.path.leaf, ast.Name):
            attribute = selectors.attribute(subject.path)
            if attribute is not None and _FEW_VALUES & set(vrs_of(attribute.leaf)):
                yield Diagnostic(
                    "DR222",
                    "an attribute with few possible values has few pseudonyms",
                    subject.span,
                    "take PatientID, or D with a constant",
                )


def negation_guards_weakening(layer: Layer) -> Iterator[Diagnostic]:
    """DR223: a weakening under a condition that also holds where the attribute is absent."""
    for statement in layer.recipe.statements:
        if not isinstance(statement, ast.When) or not _negates(statement.condition):
            continue
        for rule in statement.body:
            if isinstance(rule.stance, ast.Override) and rule.stance.code:
                help_ = "say what has to be there instead, or add `exists …`"
                yield Diagnostic("DR223", "this weakening holds for objects that say nothing, too", rule.span, help_)


def removed_although_required(layer: Layer) -> Iterator[Diagnostic]:
    """DR224: plain X on an attribute that an IOD cannot do without."""
    selectors = _selectors(layer)
    for rule in _rules(layer):
        if rule.code != "X":
            continue
        for reached in selectors.all(rule.selectors):
            leaf, steps = reached.selector.leaf, reached.selector.steps
            entry = dictionary.entry(leaf.value) if isinstance(leaf, TagLeaf) and leaf.exact else None
            if entry is None or engine_own(entry.tag):
                continue
            name = entry.keyword or f"({entry.tag >> 16:04X},{entry.tag & 0xFFFF:04X})"
            where = ""
            if not steps:
                iods = iod.requiring().get(entry.tag, ())
                where = f"{len(iods)} IODs, {iods[0]} for one" if len(iods) > 1 else "".join(iods)
            elif isinstance(steps[-1], TagLeaf) and (steps[-1].value, entry.tag) in iod.requiring_items():
                where = "the items of that sequence"
            if where:
                help_ = f"`X/Z/D {name}` removes it where the IOD lets it go and leaves a dummy where not"
                yield Diagnostic("DR224", f"`{name}` is Type 1 in {where}, and is removed", reached.span, help_)


def label_not_drawable(layer: Layer) -> Iterator[Diagnostic]:
    """DR406: a label of characters that the font does not have."""
    from deidrules.pixels.label import drawable

    for statement in layer.recipe.statements:
        for inner in statement.body if isinstance(statement, ast.Pixels) else ():
            if isinstance(inner, ast.Label) and not drawable(inner.text):
                missing = next(character for character in inner.text if not drawable(character))
                help_ = "letters without accents, digits and common signs can be drawn"
                yield Diagnostic("DR406", f"`{missing}` cannot be drawn into an image", inner.span, help_)


CHECKS: tuple[Check, ...] = (
    kept_although_listed,
    removed_although_required,
    shift_not_per_patient,
    pseudonym_of_few,
    negation_guards_weakening,
    label_not_drawable,
)


def _selectors(layer: Layer) -> Selectors:
    """A resolver whose complaints are dropped: the compiler has made them."""
    return Selectors({s.name: s for s in layer.recipe.statements if isinstance(s, ast.SetDefinition)}, [])


def _rules(layer: Layer) -> Iterator[ast.Rule]:
    for statement in layer.recipe.statements:
        if isinstance(statement, ast.Rule):
            yield statement
        elif isinstance(statement, ast.When):
            yield from (inner for inner in statement.body if isinstance(inner, ast.Rule))


def _calls(layer: Layer) -> Iterator[ast.Call]:
    for statement in layer.recipe.statements:
        body = statement.body if isinstance(statement, ast.When) else (statement,)
        for inner in body:
            if isinstance(inner, ast.Rule | ast.Add) and inner.value is not None:
                yield from _calls_in(inner.value)


def _calls_in(expression: ast.Expression) -> Iterator[ast.Call]:
    match expression:
        case ast.Call():
            yield expression
            for argument in expression.arguments:
                yield from _calls_in(argument.value)
        case ast.Concat():
            for part in expression.parts:
                yield from _calls_in(part)
        case ast.List():
            for item in expression.items:
                yield from _calls_in(item)


def _negates(condition: ast.Condition) -> bool:
    """True when the condition can hold because an attribute is absent."""
    match condition:
        case ast.Not():
            return True
        case ast.Compare():
            return condition.operator == "!=" and not condition.quantifier
        case ast.And():
            asked = {part.operand for part in condition.parts if isinstance(part, ast.Exists)}
            return any(_negates(part) and not _operands(part) <= asked for part in condition.parts)
        case ast.Or():
            return any(_negates(part) for part in condition.parts)
    return False


def _operands(condition: ast.Condition) -> set[ast.Path]:
    match condition:
        case ast.Not():
            return _operands(condition.part)
        case ast.And() | ast.Or():
            return {operand for part in condition.parts for operand in _operands(part)}
        case _:
            return {condition.operand}
