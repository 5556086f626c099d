"""What was written: the frozen syntax tree of a recipe. Place and comments are left out of equality: layout is not meaning."""

from __future__ import annotations

from dataclasses import dataclass, field

from deidrules.text.source import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Node:
    """Anything that stands in a recipe, and where."""

    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Comments:
    """The comments of a statement, each with its `#`: on lines of their own before it, on lines within it, behind its end; for a block
    also those before its closing brace. `blank_before`: a blank line stands before the statement (and its leading comments). An empty
    text in `before` or `closing` is a blank line between comments. `within_at`, for each of `within`: how many atoms of the statement
    (see comments.py) stand before it, negative when it stands behind the last of them on the same line."""

    before: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    after: str = ""
    closing: tuple[str, ...] = ()
    blank_before: bool = False
    within_at: tuple[int, ...] = ()


NO_COMMENTS = Comments()


@dataclass(frozen=True, slots=True)
class Statement(Node):
    """A statement of a recipe or of a block."""

    comments: Comments = field(default=NO_COMMENTS, compare=False, repr=False, kw_only=True)


# ---- selectors


@dataclass(frozen=True, slots=True)
class Keyword(Node):
    """A DICOM keyword, such as `PatientName`."""

    name: str


@dataclass(frozen=True, slots=True)
class TagMask(Node):
    """`(gggg,eeee)`, upper-case hex digits or `x`: a tag, or a mask when it holds an `x`."""

    group: str
    element: str


@dataclass(frozen=True, slots=True)
class PrivateTag(Node):
    """`(gggg,"CREATOR",ee)`: an element of a private block, found by its creator (unescaped here)."""

    group: str
    creator: str
    element: str


@dataclass(frozen=True, slots=True)
class VrClass(Node):
    """`vr PN`."""

    vr: str


@dataclass(frozen=True, slots=True)
class PrivateClass(Node):
    """`private`: every odd group."""


@dataclass(frozen=True, slots=True)
class UnknownClass(Node):
    """`unknown`: even group, not in the dictionary."""


@dataclass(frozen=True, slots=True)
class DeclaredSafeClass(Node):
    """`declared-safe`: private elements that the object itself declares free of identifying information, in (0008,0300)."""


@dataclass(frozen=True, slots=True)
class ContentItem(Node):
    """`content "SCHEME:CODE" VALUETYPE`: the values of content items (unescaped here); "" for a part that is not written."""

    concept: str = ""
    value_type: str = ""


@dataclass(frozen=True, slots=True)
class Star(Node):
    """`*` as a step of a path."""


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A lower-case name: a set in a selector, a parameter in an expression."""

    name: str


Leaf = Keyword | TagMask | PrivateTag | VrClass | PrivateClass | UnknownClass | DeclaredSafeClass | ContentItem | Star | Name


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`A / B`: `steps` outermost first, `leaf` last. `anchor` is "" (any depth), "top" or, in conditions, "here"."""

    leaf: Leaf
    steps: tuple[Leaf, ...] = ()
    anchor: str = ""


# ---- expressions


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A quoted string, unescaped."""

    value: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number as written (`12`, `-3`, `+5`, `0.5`), with a unit `days`, `weeks`, `years` or ""."""

    digits: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class List(Node):
    """`[a, b]`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Reference(Node):
    """A path in an expression: an attribute, or (leaf `Name`, no steps) a parameter."""

    path: Path


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """`name: expression`, or an expression alone (name "")."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`function(argument, …)`."""

    function: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Concat(Node):
    """`a + b + c`."""

    parts: tuple[Expression, ...]


Expression = Text | Number | List | Reference | Call | Concat


# ---- conditions


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`[any|all] operand op value`; op is one of `= != < <= > >=`; quantifier "" means any."""

    operand: Path
    operator: str
    value: Expression
    quantifier: str = ""


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`operand in [a, b]`."""

    operand: Path
    value: Expression
    quantifier: str = ""


@dataclass(frozen=True, slots=True)
class Contains(Node):
    """`operand contains "text"`."""

    operand: Path
    value: Expression
    quantifier: str = ""


@dataclass(frozen=True, slots=True)
class Matches(Node):
    """`operand matches /re2/` or `/re2/i`; `pattern` without its slashes, `\\/` unescaped to `/`."""

    operand: Path
    pattern: str
    ignore_case: bool = False
    quantifier: str = ""


@dataclass(frozen=True, slots=True)
class Exists(Node):
    """`exists operand`."""

    operand: Path


@dataclass(frozen=True, slots=True)
class Empty(Node):
    """`empty operand`: present, without a value."""

    operand: Path


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`not condition`."""

    part: Condition


@dataclass(frozen=True, slots=True)
class And(Node):
    """`a and b and c`."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    """`a or b or c`."""

    parts: tuple[Condition, ...]


Condition = Compare | Member | Contains | Matches | Exists | Empty | Not | And | Or


# ---- statements


@dataclass(frozen=True, slots=True)
class Otherwise(Node):
    """`otherwise`."""


@dataclass(frozen=True, slots=True)
class Override(Node):
    """`override`, `override CODE`, `override CODE because "reason"`."""

    code: str = ""
    because: str = ""


Stance = Otherwise | Override | None


@dataclass(frozen=True, slots=True)
class LayerHeader(Statement):
    """`layer [option NUMBER] [may weaken "NAME", …]`, the second line of a recipe; option 0 means none."""

    option: int = 0
    may_weaken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Param(Statement):
    """`param name: type [= default]`; type is text, number, date, days, tag or list."""

    name: str
    type: str
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class SetDefinition(Statement):
    """`set name = selectors [except selectors]`."""

    name: str
    selectors: tuple[Path, ...]
    excluded: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule(Statement):
    """`CODE selectors [as VR] [= value] [except selectors] [stance]`. `reading` is the VR behind `as`, "" without."""

    code: str
    selectors: tuple[Path, ...]
    value: Expression | None = None
    excluded: tuple[Path, ...] = ()
    stance: Stance = None
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Add(Statement):
    """`add target = value [stance]`."""

    target: Path
    value: Expression
    stance: Stance = None


@dataclass(frozen=True, slots=True)
class When(Statement):
    """`when condition { rules }`."""

    condition: Condition
    body: tuple[Rule | Add, ...]


@dataclass(frozen=True, slots=True)
class Verdict(Statement):
    """`reject|quarantine|accept "name" when condition`."""

    kind: str
    name: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Without(Statement):
    """`without "name" because "reason"`."""

    name: str
    because: str


# ---- pixels


@dataclass(frozen=True, slots=True)
class Rectangle(Node):
    """`x0,y0,x1,y1` (half-open) or `x0,y0,+width,+height`. As written: `sized` says which; each pair may differ (`0,0,+640,58`)."""

    left: int
    top: int
    horizontal: int
    vertical: int
    horizontal_is_width: bool = False
    vertical_is_height: bool = False


@dataclass(frozen=True, slots=True)
class Band(Node):
    """`top 58`, `right 10%`: a strip along a side, in pixels or per cent."""

    side: str
    extent: int
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Bands(Node):
    """Several bands."""

    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class UltrasoundRegions(Node):
    """The instance's own ultrasound regions, PS3.3 C.8.5.5."""


@dataclass(frozen=True, slots=True)
class Everything(Node):
    """The whole frame."""


Area = Rectangle | Bands | UltrasoundRegions | Everything


@dataclass(frozen=True, slots=True)
class FrameSpan(Node):
    """`3` or `1..3`, counted from 1, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Blank(Statement):
    """`blank [outside] area [clipped] [overlay 60xx|*] [frames *|spans]`. `overlay` is "" (frames only), "*" or four hex digits;
    `frames` empty means all."""

    area: Area
    outside: bool = False
    clipped: bool = False
    overlay: str = ""
    frames: tuple[FrameSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Strip(Statement):
    """`strip overlays`, `strip high-bit-overlays`."""

    what: str


@dataclass(frozen=True, slots=True)
class ReadText(Statement):
    """`read-text in top 25%, bottom 10%`, or `read-text in everything`."""

    area: Bands | Everything


@dataclass(frozen=True, slots=True)
class Clean(Statement):
    """`clean`: looked at, nothing to blank."""


@dataclass(frozen=True, slots=True)
class Label(Statement):
    """`label "TEXT"`: a text drawn into the blanked areas."""

    text: str


PixelStatement = Blank | Strip | ReadText | Clean | Label


@dataclass(frozen=True, slots=True)
class Pixels(Statement):
    """`pixels "name" when condition { … }`."""

    name: str
    condition: Condition
    body: tuple[PixelStatement, ...]


# ---- tests


@dataclass(frozen=True, slots=True)
class Assignment(Node):
    """`PatientName = "DOE^JANE"` of a `given`; value is Text, Number or a List of them."""

    target: Path
    value: Expression


@dataclass(frozen=True, slots=True)
class Given(Statement):
    """`given A = …, B = …`."""

    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class ExpectOutcome(Statement):
    """`expect removed|emptied|replaced|kept|cleaned|shifted selectors`."""

    outcome: str
    selectors: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class ExpectValue(Statement):
    """`expect A = "value"`."""

    target: Path
    value: Expression


@dataclass(frozen=True, slots=True)
class ExpectText(Statement):
    """`expect A keeps "words" [loses "words"]`; either may be ""."""

    target: Path
    keeps: str = ""
    loses: str = ""


@dataclass(frozen=True, slots=True)
class ExpectArea(Statement):
    """`expect blanked|untouched rectangle [frames …]`."""

    outcome: str
    area: Rectangle
    frames: tuple[FrameSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectVerdict(Statement):
    """`expect reject|quarantine|accept "name"`."""

    kind: str
    name: str


TestStatement = Given | ExpectOutcome | ExpectValue | ExpectText | ExpectArea | ExpectVerdict


@dataclass(frozen=True, slots=True)
class Test(Statement):
    """`test "name" { given … expect … }`."""

    __test__ = False  # the name is the language's; pytest need not collect it

    name: str
    body: tuple[TestStatement, ...]


TopStatement = Param | SetDefinition | Rule | Add | When | Verdict | Without | Pixels | Test


@dataclass(frozen=True, slots=True)
class Recipe(Node):
    """A whole recipe: language version, optional layer header, statements in order. `header_comments` belong to line 1,
    `closing_comments` stand after the last statement."""

    language: int
    layer: LayerHeader | None
    statements: tuple[TopStatement, ...]
    header_comments: Comments = field(default=NO_COMMENTS, compare=False, repr=False)
    closing_comments: tuple[str, ...] = field(default=(), compare=False, repr=False)
