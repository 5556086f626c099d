"""DR4xx: pixels."""

from __future__ import annotations

from deidrules.text.codes.model import Code
from deidrules.text.diagnostic import Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING

TABLE: tuple[Code, ...] = (
    Code(
        "DR401",
        "rectangle-outside-image",
        ERROR,
        "The rule fixes Rows and Columns, and the rectangle reaches beyond them: it was drawn for another image, or x and y are swapped.",
        bad='pixels "a" when Rows = 480 and Columns = 640 { blank 0,0,700,60 }',
        good='pixels "a" when Rows = 480 and Columns = 640 { blank 0,0,640,60 }',
    ),
    Code(
        "DR402",
        "empty-area",
        ERROR,
        "An area without pixels blanks nothing, and its author believes otherwise.",
        bad='pixels "a" when Rows = 480 and Columns = 640 { blank 10,10,10,20 }',
        good='pixels "a" when Rows = 480 and Columns = 640 { blank 10,10,20,20 }',
    ),
    Code(
        "DR403",
        "no-such-frame",
        ERROR,
        "Frames count from 1.",
        bad='pixels "a" when Modality = "US" { blank top 10 frames 0 }',
        good='pixels "a" when Modality = "US" { blank top 10 frames 1 }',
    ),
    Code("DR405", "label-without-blank", ERROR, "A label is drawn into blanked areas, and this block blanks none."),
    Code(
        "DR406",
        "label-not-drawable",
        ERROR,
        "A label is drawn with the program's own small font: letters without accents, digits and common signs. An object whose label "
        "cannot be drawn is quarantined.",
        bad='pixels "a" when Modality = "US" { blank top 20\nlabel "ANONYMISÉ" }',
        good='pixels "a" when Modality = "US" { blank top 20\nlabel "ANONYMISE" }',
    ),
    Code(
        "DR410",
        "clean-pixels-accepted",
        ERROR,
        "The Clean Pixel Data Option of PS3.15 says that text in images was removed; under `unmatched-pixels: accept` images leave that "
        "nobody looked at.",
    ),
)
