"""Pixel rules from text to plan: rectangles made half-open, and refused where they cannot be right (rule 19)."""

from __future__ import annotations

from deidrules.language import ast
from deidrules.plan import pixels
from deidrules.plan.expression import And, Compare, Condition
from deidrules.plan.selector import TagLeaf
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Span

ROWS, COLUMNS, NUMBER_OF_FRAMES = 0x00280010, 0x00280011, 0x00280008
LARGEST = 65535  # Rows and Columns are US


def operations(node: ast.Pixels, condition: Condition | None, problems: list[Diagnostic]) -> tuple[pixels.Operation, ...]:
    """The operations of a block."""
    rows, columns, count = (fixed(condition, tag) for tag in (ROWS, COLUMNS, NUMBER_OF_FRAMES))
    out = [operation for statement in node.body if (operation := _operation(statement, rows, columns, count, problems)) is not None]
    if any(isinstance(operation, pixels.Label) for operation in out) and not any(isinstance(operation, pixels.Blank) for operation in out):
        problems.append(Diagnostic("DR405", "`label` without `blank`: there is no blanked area to draw into", node.span))
    if any(isinstance(operation, pixels.Blank) and _has_rectangle(operation) for operation in out) and (rows is None or columns is None):
        missing = " and ".join(name for name, value in (("Rows", rows), ("Columns", columns)) if value is None)
        if not all(operation.clipped for operation in out if isinstance(operation, pixels.Blank)):
            help_ = "add `and Rows = … and Columns = …`, use bands, or write `clipped`"
            problems.append(Diagnostic("DR204", f"the rectangle of `{node.name}` stands under no fixed {missing}", node.span, help_))
    return tuple(out)


def fixed(condition: Condition | None, tag: int) -> int | None:
    """The number that a condition fixes an attribute of the top level to, when it does."""
    match condition:
        case Compare(attribute=attribute, operator="=", value=value, kind="number") if (
            attribute.leaf == TagLeaf(tag) and not attribute.steps
        ):
            return int(value) if value.isdigit() else None
        case And(parts=parts):
            return next((number for part in parts if (number := fixed(part, tag)) is not None), None)
    return None


def _has_rectangle(blank: pixels.Blank) -> bool:
    return isinstance(blank.area, pixels.Rectangle)


def _operation(
    node: ast.PixelStatement, rows: int | None, columns: int | None, count: int | None, problems: list[Diagnostic]
) -> pixels.Operation | None:
    match node:
        case ast.Strip():
            return pixels.Strip(node.what)
        case ast.Clean():
            return pixels.Clean()
        case ast.Label():
            return pixels.Label(node.text)
        case ast.ReadText():
            area = _area(node.area, False, None, None, problems)
            return pixels.ReadText(area) if isinstance(area, pixels.Bands | pixels.Everything) else None
        case ast.Blank():
            overlay_only = bool(node.overlay)
            size = (None, None) if overlay_only else (rows, columns)  # an overlay plane has a size of its own
            frames = _frames(node, None if overlay_only else count, problems)
            blanked = _area(node.area, node.clipped, *size, problems)
            if blanked is None:
                return None
            return pixels.Blank(blanked, node.outside, node.clipped, node.overlay.upper(), frames)


def _frames(node: ast.Blank, count: int | None, problems: list[Diagnostic]) -> tuple[tuple[int, int], ...]:
    for span in node.frames:
        if span.first < 1:
            problems.append(Diagnostic("DR403", "frames count from 1", span.span, "the first frame is 1"))
        elif span.last < span.first:
            problems.append(
                Diagnostic("DR403", f"`{span.first}..{span.last}` holds no frame", span.span, "the smaller number stands first")
            )
        elif count is not None and span.last > count and not node.clipped:
            help_ = "correct the numbers, or write `clipped`"
            problems.append(Diagnostic("DR403", f"an image of NumberOfFrames = {count} has no frame {span.last}", span.span, help_))
    return tuple((span.first, span.last) for span in node.frames)


def _area(node: ast.Area, clipped: bool, rows: int | None, columns: int | None, problems: list[Diagnostic]) -> pixels.Area | None:
    match node:
        case ast.Everything():
            return pixels.Everything()
        case ast.UltrasoundRegions():
            return pixels.UltrasoundRegions()
        case ast.Bands():
            bands = tuple(pixels.Band(band.side, band.extent, band.percent) for band in node.bands)
            for band in node.bands:
                if band.extent == 0 or (band.percent and band.extent > 100):
                    problems.append(
                        Diagnostic("DR402", f"the band `{band.span.text or band.side}` is empty or more than the image", band.span)
                    )
                    return None
                limit = None if clipped else rows if band.side in {"top", "bottom"} else columns
                if limit is not None and not band.percent and band.extent > limit:
                    problems.append(_outside(band.span, rows, columns))
                    return None
            return pixels.Bands(bands)
        case ast.Rectangle():
            right = node.left + node.horizontal if node.horizontal_is_width else node.horizontal
            bottom = node.top + node.vertical if node.vertical_is_height else node.vertical
            if right <= node.left or bottom <= node.top:
                help_ = "x1,y1 are the first column and row left alone; a size is written `+width,+height`"
                problems.append(Diagnostic("DR402", "this rectangle is empty", node.span, help_))
                return None
            if not clipped and ((columns is not None and right > columns) or (rows is not None and bottom > rows)):
                problems.append(_outside(node.span, rows, columns))
                return None
            if (columns is not None and node.left >= columns) or (rows is not None and node.top >= rows):
                help_ = "what is left of it by `clipped` is nothing: correct the numbers"
                problems.append(Diagnostic("DR402", f"nothing of this lies in the image of {_size(rows, columns)}", node.span, help_))
                return None
            if max(right, bottom) > LARGEST and not clipped:
                problems.append(_outside(node.span, LARGEST, LARGEST))
                return None
            return pixels.Rectangle(node.left, node.top, right, bottom)


def _outside(span: Span, rows: int | None, columns: int | None) -> Diagnostic:
    return Diagnostic("DR401", f"this reaches outside the image of {_size(rows, columns)}", span, "correct the numbers, or write `clipped`")


def _size(rows: int | None, columns: int | None) -> str:
    return " and ".join(f"{name} = {value}" for name, value in (("Rows", rows), ("Columns", columns)) if value is not None)
