"""The one place where the rectangles, frames and overlays of dcmaudit's CSV and database become ours, and ours theirs."""

from __future__ import annotations

from deidrules.plan.pixels import Rectangle
from deidrules.rectangles.model import ListedRectangle

LAST_INDEX = 15  # sixteen repeating groups, 6000 to 601E (PS3.5 7.6)

# file name, then the numbers, by the names of columns
COLUMNS = ("filename", "frame", "overlay", "left", "top", "right", "bottom")
WITHOUT_DEFAULT = ("filename", "left", "top", "right", "bottom")
ADDRESS = ("frame", "overlay")


def group_of(index: int) -> str:
    """The group of an overlay plane by its index, as four hex digits."""
    return f"{0x6000 + 2 * index:04X}"


def is_summary(left: int) -> bool:
    """A row about the whole picture, with -1 for all corners: OCR leaves one for a picture in which it found nothing."""
    return left < 0


def wrong_of(left: int, top: int, right: int, bottom: int, frame: int, overlay: int) -> tuple[str, str] | None:
    """What is wrong with the numbers of a row that is no summary: the column, and why. None when nothing is."""
    if top < 0:
        return "top", "`top` is less than 0"
    if right < left:
        return "right", "`right` is less than `left`"
    if bottom < top:
        return "bottom", "`bottom` is less than `top`"
    if frame < -1:
        return "frame", "`frame` counts from 0, and -1 is any"
    if not -1 <= overlay <= LAST_INDEX:
        return "overlay", f"`overlay` is an index from 0 (group 6000) to {LAST_INDEX} (group {group_of(LAST_INDEX)}), and -1 is any"
    return None


def listed(
    file: str, left: int, top: int, right: int, bottom: int, frame: int = -1, overlay: int = -1, *, place: str = ""
) -> ListedRectangle:
    """A row of theirs, in which `wrong_of` finds nothing: corners that both belong to the rectangle, frames from 0, -1 for any."""
    return ListedRectangle(
        file,
        Rectangle(left, top, right + 1, bottom + 1),
        None if frame == -1 else frame + 1,
        None if overlay == -1 else overlay,
        place,
    )


def row_of(one: ListedRectangle) -> tuple[str, int, int, int, int, int, int]:
    """The row of theirs, in the order of `COLUMNS`."""
    held = one.rectangle
    frame = -1 if one.frame is None else one.frame - 1
    return one.file, frame, -1 if one.overlay is None else one.overlay, held.left, held.top, held.right - 1, held.bottom - 1
