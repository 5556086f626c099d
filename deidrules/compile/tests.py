"""Checks the `test` blocks of a recipe: what they give and expect has to exist (rule 21)."""

from __future__ import annotations

from deidrules.compile.model import Layer
from deidrules.compile.selectors import Selectors
from deidrules.language import ast
from deidrules.text.diagnostic import Diagnostic


def check_tests(layer: Layer) -> tuple[Diagnostic, ...]:
    """Complaints about names, double assignments and empty areas in tests."""
    problems: list[Diagnostic] = []
    sets = {statement.name: statement for statement in layer.recipe.statements if isinstance(statement, ast.SetDefinition)}
    selectors = Selectors(sets, problems)
    names: set[str] = set()
    for statement in layer.recipe.statements:
        if not isinstance(statement, ast.Test):
            continue
        if statement.name in names:
            problems.append(Diagnostic("DR118", f"the test `{statement.name}` stands here twice", statement.span))
        names.add(statement.name)
        given: set[object] = set()
        for line in statement.body:
            match line:
                case ast.Given():
                    for assignment in line.assignments:
                        if isinstance(assignment.target.leaf, ast.ContentItem):
                            selectors.one(assignment.target)  # each makes an item of its own
                            continue
                        attribute = selectors.attribute(assignment.target)
                        if attribute is not None and attribute in given:
                            problems.append(Diagnostic("DR118", "this attribute is given twice", assignment.target.span))
                        given.add(attribute)
                case ast.ExpectOutcome():
                    selectors.all(line.selectors)
                case ast.ExpectValue() | ast.ExpectText():
                    if isinstance(line.target.leaf, ast.ContentItem):
                        selectors.one(line.target)
                    else:
                        selectors.attribute(line.target)
                case ast.ExpectArea():
                    area = line.area
                    right = area.left + area.horizontal if area.horizontal_is_width else area.horizontal
                    bottom = area.top + area.vertical if area.vertical_is_height else area.vertical
                    if right <= area.left or bottom <= area.top:
                        problems.append(Diagnostic("DR402", "this rectangle is empty", area.span))
    return tuple(problems)
