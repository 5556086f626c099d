"""The lines `expect …` of a test, each judged by what went in and what came out."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from deidrules.compile.kinds import spoken
from deidrules.compile.selectors import Selectors
from deidrules.dicom import dictionary
from deidrules.dicom.vr import VRS, Kind
from deidrules.language import ast
from deidrules.plan.model import Plan
from deidrules.plan.pixels import Rectangle
from deidrules.plan.selector import Selector, TagLeaf
from deidrules.rehearsal.changes import OUTCOMES, shown
from deidrules.rehearsal.contents import Contents, Spot
from deidrules.rehearsal.given import written
from deidrules.rehearsal.image import PIXEL_DATA, Image
from deidrules.rehearsal.performance import Performance, why
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.refusals import REFUSALS
from deidrules.text.suggest import did_you_mean

_RESULT = {"reject": "rejected", "quarantine": "quarantined"}


def judge(test: ast.Test, performance: Performance, plan: Plan, selectors: Selectors) -> tuple[Diagnostic, ...]:
    """What did not come out as the test says. A refusal that no line expects is said once, at the first line that needs an output."""
    expected = tuple(line for line in test.body if not isinstance(line, ast.Given))
    if not expected:
        return (Diagnostic("DR524", "this test expects nothing", test.span, "write what has to come out: `expect removed PatientName`"),)
    found: list[Diagnostic] = []
    for line in expected:
        if isinstance(line, ast.ExpectVerdict):
            found.extend(_verdict(line, performance, plan))
        elif performance.after is not None:
            found.extend(_of_output(line, performance, performance.before, performance.after, selectors))
        elif performance.refusal is not None and not any(finding.code == "DR521" for finding in found):
            found.append(Diagnostic("DR521", f"nothing comes out, the object is refused: {why(performance.refusal)}", line.span))
    return tuple(found)


def _of_output(
    line: ast.TestStatement, performance: Performance, before: Contents, after: Contents, selectors: Selectors
) -> Iterator[Diagnostic]:
    match line:
        case ast.ExpectOutcome():
            yield from _outcome(line, before, after, selectors)
        case ast.ExpectValue():
            yield from _value(line, after, selectors)
        case ast.ExpectText():
            yield from _text(line, before, after, selectors)
        case ast.ExpectArea():
            yield from _area(line, performance.instance.image, before, after)


# ---- removed, emptied, replaced, kept, cleaned, shifted


def _outcome(line: ast.ExpectOutcome, before: Contents, after: Contents, selectors: Selectors) -> Iterator[Diagnostic]:
    check = OUTCOMES[line.outcome]
    for path in line.selectors:
        spots = {(spot.where, spot.tag): spot for reached in selectors.one(path) for spot in before.reached(reached)}
        if not spots:
            yield _not_given(path)
        for spot in spots.values():
            complaint = check(spot, after.at(spot), before, after)
            if complaint:
                yield Diagnostic("DR520", f"expected to be {line.outcome}, `{_name(spot)}` {complaint}", path.span)


def _not_given(path: ast.Path) -> Diagnostic:
    help_ = "an expectation about something that is not there would always hold, or never"
    return Diagnostic("DR522", f"nothing that `{path.span.text}` means is given", path.span, help_)


def _name(spot: Spot) -> str:
    steps = [spoken(TagLeaf(tag)) for tag, _ in spot.where]
    return " / ".join([*steps, spoken(TagLeaf(spot.tag))])


# ---- A = value, A keeps … loses …


def _selector(path: ast.Path, selectors: Selectors) -> Selector | None:
    if isinstance(path.leaf, ast.ContentItem):
        return next((one.selector for one in selectors.one(path)), None)
    attribute = selectors.attribute(path)
    return None if attribute is None else Selector(attribute.leaf, attribute.steps, attribute.anchor != "any")


def _value(line: ast.ExpectValue, after: Contents, selectors: Selectors) -> Iterator[Diagnostic]:
    selector = _selector(line.target, selectors)
    texts = written(line.value)
    if selector is None or texts is None:
        yield Diagnostic("DR523", "a value of an object has no unit", line.value.span)
        return
    spots = after.selected(selector)
    if not spots:
        yield Diagnostic("DR520", f"`{line.target.span.text}` is not in the output", line.target.span)
    for spot in spots:
        if spot.items is not None:
            yield Diagnostic("DR520", f"`{_name(spot)}` is a sequence, which has no value", line.target.span)
        elif len(spot.values) != len(texts) or not all(map(_equal, spot.values, texts, [spot.vr] * len(texts))):
            is_ = f"is `{shown(spot)}`" if spot.values else "is empty"
            yield Diagnostic("DR520", f"`{_name(spot)}` {is_}", line.target.span)


def _equal(value: object, text: str, vr: str) -> bool:
    match VRS[vr].kind:
        case Kind.NUMBER | Kind.DECIMAL:
            try:
                return Decimal(str(value)) == Decimal(text)
            except InvalidOperation:
                return str(value) == text
        case Kind.TAG:
            return value == dictionary.tag_of(text) or f"({value:08X})" == text.upper().replace(",", "")
        case Kind.BINARY:
            return isinstance(value, bytes) and value.rstrip(b" \0") == text.encode("utf-8")
    return str(value) == text


def _text(line: ast.ExpectText, before: Contents, after: Contents, selectors: Selectors) -> Iterator[Diagnostic]:
    selector = _selector(line.target, selectors)
    spots = before.selected(selector) if selector is not None else ()
    if not spots:
        yield _not_given(line.target)
    for spot in spots:
        old, now = shown_whole(spot), after.at(spot)
        new = "" if now is None else shown_whole(now)
        for wanted, word in ((line.keeps, "keeps"), (line.loses, "loses")):
            if wanted and wanted.casefold() not in old.casefold():
                yield Diagnostic("DR522", f"`{_name(spot)}` is given without `{wanted}`, so nothing shows that it {word} it", line.span)
        if line.keeps and line.keeps.casefold() not in new.casefold():
            yield Diagnostic("DR520", f"`{_name(spot)}` {_became(now)}, without `{line.keeps}`", line.span)
        if line.loses and line.loses.casefold() in new.casefold():
            yield Diagnostic("DR520", f"`{_name(spot)}` {_became(now)}, with `{line.loses}` still in it", line.span)


def shown_whole(spot: Spot) -> str:
    """All values as one text."""
    return "\\".join("" if isinstance(value, bytes) else str(value) for value in spot.values)


def _became(spot: Spot | None) -> str:
    if spot is None:
        return "was removed"
    return f"is `{shown(spot)}`" if spot.values else "is empty"


# ---- blanked, untouched


def _area(line: ast.ExpectArea, image: Image | None, before: Contents, after: Contents) -> Iterator[Diagnostic]:
    was, now = before.pixels(PIXEL_DATA), after.pixels(PIXEL_DATA)
    area = _rectangle(line.area)
    if image is None or was is None:
        help_ = "give Rows and Columns, and no Pixel Data of your own"
        yield Diagnostic("DR522", "no pixels are given that could be looked at", line.area.span, help_)
        return
    extent = image.extent
    if area.left < 0 or area.top < 0 or area.right > extent.right or area.bottom > extent.bottom:
        yield Diagnostic(
            "DR522", f"this rectangle reaches beyond the image of {image.columns} columns and {image.rows} rows", line.area.span
        )
    elif any(not 1 <= span.first <= span.last <= image.frames for span in line.frames):
        yield Diagnostic("DR522", f"the image has {image.frames} frame{'s' * (image.frames != 1)}", line.frames[0].span)
    elif now is None:
        yield Diagnostic("DR520", "the pixel data was removed as a whole", line.area.span, "`expect removed PixelData`")
    elif len(now) != len(was):
        yield Diagnostic("DR520", "the pixel data has another length than before", line.area.span)
    else:
        frames = [frame for span in line.frames for frame in range(span.first - 1, span.last)] or list(range(image.frames))
        looks = zip(frames, image.looks(was, now, area, frames), strict=True)
        wrong = [(frame + 1, look) for frame, look in looks if not (look.blanked if line.outcome == "blanked" else look.untouched)]
        if wrong:
            number, look = wrong[0]
            state = "untouched" if look.untouched else "blanked" if look.blanked else "blanked in part"
            where = f" in frame {number}" if image.frames > 1 else ""
            more = f" (and in {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            yield Diagnostic("DR520", f"expected to be {line.outcome}, this rectangle is {state}{where}{more}", line.area.span)


def _rectangle(area: ast.Rectangle) -> Rectangle:
    right = area.left + area.horizontal if area.horizontal_is_width else area.horizontal
    bottom = area.top + area.vertical if area.vertical_is_height else area.vertical
    return Rectangle(area.left, area.top, right, bottom)


# ---- reject, quarantine, accept


def _verdict(line: ast.ExpectVerdict, performance: Performance, plan: Plan) -> Iterator[Diagnostic]:
    refusal = performance.refusal
    names = [verdict.name for verdict in plan.verdicts if verdict.kind == line.kind]
    if line.name not in names and line.kind == "quarantine" and line.name in REFUSALS:
        # no rule's own name: the code of a refusal
        if refusal is None:
            yield Diagnostic("DR520", f"the object is not refused as `{line.name}`", line.span)
        elif refusal.code != line.name:
            yield Diagnostic("DR521", f"the object is refused for another reason, {why(refusal)}", line.span)
    elif line.name not in names:
        other = next((verdict.kind for verdict in plan.verdicts if verdict.name == line.name), "")
        help_ = f"there is a `{other}` of that name" if other else did_you_mean(line.name, names)
        yield Diagnostic("DR525", f"no `{line.kind}` that this test runs against is called `{line.name}`", line.span, help_)
    elif refusal is not None and refusal.code != _RESULT.get(line.kind):
        yield Diagnostic("DR521", f"the object is refused for another reason, {why(refusal)}", line.span)
    elif (line.kind, line.name) not in performance.held:
        yield Diagnostic("DR520", f"the condition of the `{line.kind}` `{line.name}` does not hold", line.span)
