"""DR0xx: the text cannot be read."""

from __future__ import annotations

from deidrules.text.codes.model import Code
from deidrules.text.diagnostic import Severity


def _error(code: str, name: str, why: str, bad: str = "", good: str = "") -> Code:
    return Code(code, name, Severity.ERROR, why, bad, good)


TABLE: tuple[Code, ...] = (
    _error(
        "DR001",
        "unexpected-text",
        "The statement cannot go on like this. A line that is not understood is never skipped: the rule in it would silently be "
        "lost, and with it the protection it stands for.",
        "deidrules 1\nX PatientName otherwise except Rows",
        "deidrules 1\nX PatientName except Rows otherwise",
    ),
    _error(
        "DR002",
        "version-missing",
        "The first line says in which version of the language the recipe is written, so that a later program can never give it "
        "another meaning.",
        "X PatientName",
        "deidrules 1\nX PatientName",
    ),
    _error(
        "DR003",
        "version-unknown",
        "This program knows version 1 of the language only; it does not guess what another version means.",
        "deidrules 2\nX PatientName",
        "deidrules 1\nX PatientName",
    ),
    _error(
        "DR004",
        "unknown-statement",
        "A statement begins with a code (K, X, Z, D, C, U or a compound such as X/Z/D) or with one of the words of the "
        "language. A mistyped verb is an error, because a rule that is dropped leaves the value in the output.",
        "deidrules 1\nREMOVE PatientName",
        "deidrules 1\nX PatientName",
    ),
    _error(
        "DR005",
        "comma-missing",
        "Selectors are separated by commas; without one it cannot be told whether the second word is another selector or a mistake.",
        "deidrules 1\nX PatientName PatientID",
        "deidrules 1\nX PatientName, PatientID",
    ),
    _error(
        "DR006",
        "and-or-mixed",
        "`and` and `or` mix only with brackets: readers disagree about which of the two binds first, and a condition that is "
        "read differently from what was meant decides about patients' data.",
        'deidrules 1\nwhen Modality = "CT" or Modality = "PT" and Rows = 512 {\n    X ImageComments\n}',
        'deidrules 1\nwhen (Modality = "CT" or Modality = "PT") and Rows = 512 {\n    X ImageComments\n}',
    ),
    _error(
        "DR007",
        "text-not-closed",
        "A text begins and ends with a double quote on one line.",
        'deidrules 1\nD PatientName = "ANONYMOUS',
        'deidrules 1\nD PatientName = "ANONYMOUS"',
    ),
    _error(
        "DR008",
        "unknown-escape",
        'A text knows two escapes, `\\"` for a quote and `\\\\` for a backslash. Others are refused, so that nobody has to know '
        "which of them would have meant something.",
        'deidrules 1\nD PatientName = "A\\tB"',
        'deidrules 1\nD PatientName = "A B"',
    ),
    _error(
        "DR009",
        "words-run-together",
        "A word of the language ends where a blank, a bracket or a quote follows.",
        "deidrules 1\nX (0010,21xx) exceptPregnancyStatus",
        "deidrules 1\nX (0010,21xx) except PregnancyStatus",
    ),
    _error(
        "DR010",
        "letter-case",
        "Words of the language, parameters, sets and functions are lower case; codes, VRs and DICOM keywords begin with a "
        "capital. So no new word of the language can ever take a DICOM keyword away.",
        "deidrules 1\nx PatientName",
        "deidrules 1\nX PatientName",
    ),
    _error(
        "DR011",
        "reason-missing",
        "`because` is followed by the reason in double quotes. Reasons are listed with every profile; an empty one cannot be reviewed.",
        "deidrules 1\nK PatientAge override X because",
        'deidrules 1\nK PatientAge override X because "IRB 2026-14: ages are needed"',
    ),
    _error(
        "DR012",
        "header-misplaced",
        "The version line comes first, the layer header second, each once: what they say holds for the whole recipe.",
        'deidrules 1\nX PatientName\nlayer option 113110 may weaken "ps315/2026d/basic"',
        'deidrules 1\nlayer option 113110 may weaken "ps315/2026d/basic"\nX PatientName',
    ),
    _error(
        "DR013",
        "malformed-tag",
        "A tag is one word without blanks: (gggg,eeee) with four hex digits each, any of which may be a lower-case x; a private "
        'one (gggg,"CREATOR",ee).',
        "deidrules 1\nX (0010, 0010)",
        "deidrules 1\nX (0010,0010)",
    ),
    _error(
        "DR014",
        "not-closed",
        "A bracket has no partner. The statement is taken to end with its line (a block: before the next statement that cannot "
        "stand in it), so that the statements after it are still read.",
        "deidrules 1\nD PatientID = pseudonym(PatientID, length: 8\nX PatientName",
        "deidrules 1\nD PatientID = pseudonym(PatientID, length: 8)\nX PatientName",
    ),
    _error(
        "DR015",
        "nothing-to-close",
        "A closing bracket or brace without an opening one.",
        "deidrules 1\nX PatientName\n}",
        "deidrules 1\nX PatientName",
    ),
    _error(
        "DR016",
        "recipe-too-large",
        "A recipe has at most 2,000,000 characters; all rows of PS3.15 E.1-1 take a sixtieth of that. A larger one is refused "
        "before it is read.",
    ),
    _error(
        "DR017",
        "nested-too-deep",
        "Brackets nest at most 32 deep, so that every later step has bounded work.",
    ),
    _error(
        "DR018",
        "unsafe-character",
        "Control characters, characters that change the direction of text and halves of surrogate pairs cannot stand in a "
        "recipe: what a reviewer sees would not be what is applied.",
    ),
    _error(
        "DR019",
        "foreign-spelling",
        "The character or operator belongs to another language: texts stand in straight double quotes, comments begin with #, a "
        "statement ends with its line, and conditions are written with =, !=, and, or, not.",
        "deidrules 1\nX PatientName;",
        "deidrules 1\nX PatientName",
    ),
    _error(
        "DR020",
        "selector-misplaced",
        "`*` stands for a sequence within a path, or for everything directly in one (`A / *`), never alone: what happens to all "
        "elements is the policy `unlisted`. `vr`, `private` and `unknown` stand for elements, so they are only the last step of "
        "a path.",
        "deidrules 1\nX *",
        "deidrules 1\nX RequestAttributesSequence / *",
    ),
    _error(
        "DR021",
        "here-outside-condition",
        "`here` means the item in which the element stands, which only a condition can ask about. A selector already reaches every depth.",
        "deidrules 1\nX here / PatientName",
        'deidrules 1\nwhen here / ValueType = "PNAME" {\n    X PersonName\n}',
    ),
    _error(
        "DR022",
        "unknown-unit",
        "A whole number may be followed by `days`, `weeks` or `years`.",
        "deidrules 1\nparam window: days = 12 months",
        "deidrules 1\nparam window: days = 52 weeks",
    ),
    _error(
        "DR023",
        "empty-block",
        "A block without statements does nothing; where a pixels block is meant to say that nothing has to be blanked, it says `clean`.",
        'deidrules 1\npixels "CT" when Modality = "CT" {\n}',
        'deidrules 1\npixels "CT" when Modality = "CT" {\n    clean\n}',
    ),
    _error(
        "DR024",
        "number-out-of-range",
        "Whole numbers go up to 2147483647, what DICOM's Integer String holds; other numbers have at most 32 characters; a "
        "width or height is never negative.",
        'deidrules 1\npixels "CT" when Rows = 512 {\n    blank 0,0,+640,-58\n}',
        'deidrules 1\npixels "CT" when Rows = 512 {\n    blank 0,0,+640,+58\n}',
    ),
    _error(
        "DR025",
        "reserved-word",
        "A parameter or set cannot have the name of a word of the language.",
        "deidrules 1\nset private = StudyDate\nX private",
        "deidrules 1\nset study_dates = StudyDate\nX study_dates",
    ),
    _error(
        "DR026",
        "statement-misplaced",
        "Each kind of block has its own statements: rules in `when`, `blank`, `strip`, `read-text`, `clean` and `label` in "
        "`pixels`, `given` and `expect` in `test`. Blocks do not stand in blocks.",
        "deidrules 1\nstrip overlays",
        'deidrules 1\npixels "CT" when Modality = "CT" {\n    strip overlays\n}',
    ),
    _error(
        "DR027",
        "two-statements-on-a-line",
        "A statement begins on a line of its own, the first one of a block aside.",
        "deidrules 1\nX PatientName Z PatientID",
        "deidrules 1\nX PatientName\nZ PatientID",
    ),
    _error(
        "DR028",
        "unknown-word",
        "At this place stands one of a few words of the language, and this is none of them.",
        "deidrules 1\nparam study: string",
        "deidrules 1\nparam study: text",
    ),
    _error(
        "DR029",
        "too-many-errors",
        "After fifty errors the rest of the recipe is not read; what is wrong is probably not a single statement.",
    ),
    _error(
        "DR030",
        "statement-incomplete",
        "The statement ends where something has to follow. A line break ends a statement, except inside ( ) or [ ], after `, = "
        "+ / : and or not {` and before a line that begins with `and or except otherwise override because {`.",
        "deidrules 1\nX PatientName,",
        "deidrules 1\nX PatientName,\n  PatientID",
    ),
    _error(
        "DR031",
        "expression-not-closed",
        "What follows `matches` is a regular expression between slashes on one line, with `i` behind it when case does not count.",
        'deidrules 1\nreject "film" when ImageType matches "FILM|PRINT"',
        'deidrules 1\nreject "film" when ImageType matches /FILM|PRINT/i',
    ),
    _error(
        "DR032",
        "mask-of-everything",
        "`(xxxx,xxxx)` would be a rule for everything. What happens to elements that no rule reaches is the policy `unlisted` "
        "of the profile.",
        "deidrules 1\nX (xxxx,xxxx)",
        "deidrules 1\nX (0010,xxxx)",
    ),
    _error(
        "DR033",
        "outside-of-what",
        "`blank outside` keeps one rectangle or the image's own ultrasound regions. Outside of bands or of everything has no "
        "single meaning.",
        'deidrules 1\npixels "US" when Modality = "US" {\n    blank outside top 58\n}',
        'deidrules 1\npixels "US" when Modality = "US" {\n    blank outside ultrasound-regions\n}',
    ),
    _error(
        "DR034",
        "name-missing",
        "Verdicts, pixel rules and tests have a name in double quotes: audit and reports speak of them by it.",
        'deidrules 1\nreject "" when Modality = "OT"',
        'deidrules 1\nreject "screen shot" when Modality = "OT"',
    ),
    _error(
        "DR035",
        "concept-not-quoted",
        "The concept of a content item is a text in double quotes, `SCHEME:CODE`: codes hold characters that words do not.",
        "deidrules 1\nX content DCM:121022 TEXT",
        'deidrules 1\nX content "DCM:121022" TEXT',
    ),
    _error(
        "DR036",
        "rectangle-of-two-notations",
        "A rectangle is two corners, `500,60,640,120`, or a corner and a size, `500,60,+140,+60`. One of each may be meant as either, and "
        "what is meant may be larger than what is said.",
        'deidrules 1\npixels "US" when Modality = "US" {\n    blank 500,60,+140,60 clipped\n}',
        'deidrules 1\npixels "US" when Modality = "US" {\n    blank 500,60,+140,+60 clipped\n}',
    ),
)
