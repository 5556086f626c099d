"""DR60x: rectangles on a command line, and lists of them."""

from __future__ import annotations

from deidrules.text.codes.model import Code
from deidrules.text.diagnostic import Severity

ERROR = Severity.ERROR

TABLE: tuple[Code, ...] = (
    Code(
        "DR601",
        "no-rectangle",
        ERROR,
        "A rectangle that is read otherwise than it was meant leaves text where it is. Written is `x0,y0,x1,y1`, with x1 and y1 the first "
        "column and row left alone, or `x0,y0,+width,+height`.",
    ),
    Code("DR602", "rectangle-without-pixels", ERROR, "It blanks nothing, and whoever wrote it believes otherwise."),
    Code("DR603", "no-frames", ERROR, "On the command line frames count from 1, as everywhere but in CSV files and databases of dcmaudit."),
    Code(
        "DR604", "no-overlay", ERROR, "On the command line an overlay plane is its group; its index is what CSV files and databases have."
    ),
    Code(
        "DR605",
        "rectangle-list-unreadable",
        ERROR,
        "A list that cannot be read would blank nothing. A CSV needs its header; a database is the SQLite file of dcmaudit.",
    ),
    Code(
        "DR606",
        "rectangle-list-row",
        ERROR,
        "What a row of a list says is not understood. To pass it over would leave text in an image that somebody marked, so the whole list "
        "is not used.",
    ),
    Code(
        "DR607",
        "file-not-listed",
        ERROR,
        "A file that a list does not speak of, or not clearly, would be copied with its text. Nothing is written for such a file.",
    ),
    Code(
        "DR608",
        "outputs-of-one-name",
        ERROR,
        "The outputs of two files would have one name. Nothing is ever overwritten, so one of them would not be there.",
    ),
)
