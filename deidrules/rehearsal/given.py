"""From what a test gives to an object: elements, items, private blocks, pixels."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.compile.kinds import spoken
from deidrules.compile.selectors import Selectors
from deidrules.dicom import dictionary
from deidrules.dicom.element import EXPLICIT_LITTLE, Encoding
from deidrules.dicom.meta import TRANSFER_SYNTAX
from deidrules.dicom.reader import read
from deidrules.dicom.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN, TransferSyntax, transfer_syntax
from deidrules.dicom.vr import effective
from deidrules.language import ast
from deidrules.plan.expression import Attribute
from deidrules.plan.selector import Anything, ContentLeaf, Selector, Step, TagLeaf
from deidrules.rehearsal.content_item import NoContentItem, item_of, steps_of
from deidrules.rehearsal.image import PIXEL_DATA, Image, NoImage, image_of
from deidrules.rehearsal.writing import SOP_CLASS, Node, Value, encoded, file
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.refusal import Refusal
from deidrules.text.refusals import REFUSALS
from deidrules.text.source import Span

CHARACTER_SET, PIXEL_REPRESENTATION = 0x00080005, 0x00280103
_PIXELS = frozenset({PIXEL_DATA, 0x7FE00008, 0x7FE00009})
_UTF_8 = ("ISO_IR 192",)
# group 0000 never lies in a file, FFFE are delimiters, an element 0000 is a length: nothing a person gives
_NOTHING = frozenset({0x0000, 0x0004, 0xFFFE})


@dataclass(frozen=True, slots=True)
class Instance:
    """The object of a test: the file, the image in it if there is one, and whether the test names a SOP class."""

    data: bytes
    image: Image | None
    has_sop_class: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """One `A = value`."""

    attribute: Attribute
    texts: tuple[str, ...]
    value: ast.Expression
    span: Span


@dataclass(frozen=True, slots=True)
class _Content:
    """One `content "SCHEME:CODE" TYPE = value`: an item of its own."""

    selector: Selector
    texts: tuple[str, ...]
    value: ast.Expression
    span: Span


def written(value: ast.Expression) -> tuple[str, ...] | None:
    """The values of a `given` or `expect` as texts, numbers as they are written; () for `""`. None for a number with a unit."""
    match value:
        case ast.Text():
            return (value.value,) if value.value else ()
        case ast.Number():
            return None if value.unit else (value.digits.removeprefix("+"),)
        case ast.List():
            items = [("",) if isinstance(item, ast.Text) and not item.value else written(item) for item in value.items]
            return None if None in items else tuple(text for item in items for text in item or ())
    return None


def make(test: ast.Test, selectors: Selectors) -> tuple[Instance | None, tuple[Diagnostic, ...]]:
    """The object that a test gives, or what of it cannot be in one. What is not given is absent, but for what an image needs (image.py)
    and a character set for text beyond ASCII. Each sequence has one item."""
    problems: list[Diagnostic] = []
    lines, items = _lines(test, selectors, problems)
    syntax = _syntax(lines, problems)
    if problems:
        return None, tuple(problems)
    maker = _Maker(syntax.encoding, lines, items, problems)
    for line in lines:
        maker.put(line)
    for item in items:
        maker.put_item(item)
    image = None if problems else _with_image(maker, lines, syntax)
    if problems:
        return None, tuple(problems)
    data = file(maker.top, maker.meta, syntax)
    try:
        read(data)
    except Refusal as refusal:
        return None, (Diagnostic("DR523", "what is given makes no object that can be read", test.span, REFUSALS[refusal.code]),)
    sop_class = maker.top.values.get(SOP_CLASS)
    return Instance(data, image, sop_class is not None and bool(sop_class.texts)), ()


def _lines(test: ast.Test, selectors: Selectors, problems: list[Diagnostic]) -> tuple[list[_Line], list[_Content]]:
    lines: list[_Line] = []
    items: list[_Content] = []
    for given in test.body:
        for assignment in given.assignments if isinstance(given, ast.Given) else ():
            content = isinstance(assignment.target.leaf, ast.ContentItem)
            attribute = None if content else selectors.attribute(assignment.target)
            texts = written(assignment.value)
            if content and texts is not None:
                items += [_Content(one.selector, texts, assignment.value, one.span) for one in selectors.one(assignment.target)]
            elif texts is None:
                problems.append(Diagnostic("DR523", "a value of an object has no unit", assignment.value.span))
            elif attribute is not None:
                lines.append(_Line(attribute, texts, assignment.value, assignment.target.span))
    return lines, items


def _of(lines: list[_Line], tag: int) -> _Line | None:
    """What is given for an attribute of the object itself."""
    return next((line for line in lines if not line.attribute.steps and line.attribute.leaf == TagLeaf(tag)), None)


def _value_span(lines: list[_Line], tag: int) -> Span:
    """Where the value of an attribute stands, or the first value where the attribute is left out."""
    return (_of(lines, tag) or lines[0]).value.span


def _syntax(lines: list[_Line], problems: list[Diagnostic]) -> TransferSyntax:
    line = _of(lines, TRANSFER_SYNTAX)
    uid = EXPLICIT_VR_LITTLE_ENDIAN if line is None else "".join(line.texts)
    try:
        return transfer_syntax(uid)
    except Refusal as refusal:
        problems.append(Diagnostic("DR523", "no object can be written so", _value_span(lines, TRANSFER_SYNTAX), REFUSALS[refusal.code]))
        return transfer_syntax(EXPLICIT_VR_LITTLE_ENDIAN)


def _charsets(lines: list[_Line], items: list[_Content]) -> tuple[str, ...]:
    line = _of(lines, CHARACTER_SET)
    if line is not None:
        return line.texts
    texts = [text for line in lines for text in line.texts] + [text for item in items for text in item.texts]
    return () if all(text.isascii() for text in texts) else _UTF_8


class _Maker:
    """Puts the lines in their places; complaints go to `problems`."""

    def __init__(self, encoding: Encoding, lines: list[_Line], items: list[_Content], problems: list[Diagnostic]) -> None:
        self.top = Node()
        self.meta: dict[int, Value] = {}
        self.charsets = _charsets(lines, items)
        self.encoding = encoding
        self.problems = problems
        if self.charsets == _UTF_8:
            self.top.values[CHARACTER_SET] = self.value("CS", _UTF_8)
        representation = _of(lines, PIXEL_REPRESENTATION)
        self._signed = representation is not None and representation.texts == ("1",)

    def value(self, vr: str, texts: tuple[str, ...], encoding: Encoding | None = None) -> Value:
        """Raises Refusal when they are no values of the VR."""
        return Value(vr, texts, encoded(texts, vr, encoding or self.encoding, self.charsets))

    def put(self, line: _Line) -> None:
        """The value of one line in its place."""
        try:
            self._put(line)
        except Refusal as refusal:
            help_ = REFUSALS[refusal.code]
            self._say(
                f"this is no value of `{spoken(line.attribute.leaf)}`{f' ({refusal.vr})' if refusal.vr else ''}", line.value.span, help_
            )

    def put_item(self, line: _Content) -> None:
        """A content item of its own."""
        leaf = line.selector.leaf
        assert isinstance(leaf, ContentLeaf)
        try:
            *around, last = steps_of(line.selector)
            node = self._node(tuple(around), line.span)
            if node is not None:
                node.sequences.setdefault(self._tag(last, node), []).append(item_of(leaf, line.texts, self.value))
        except NoContentItem as problem:
            self._say(problem.message, line.span)
        except Refusal as refusal:
            self._say(f"this is no value of `{leaf}`", line.value.span, REFUSALS[refusal.code])

    def _put(self, line: _Line) -> None:
        leaf, node = line.attribute.leaf, self._node(line.attribute.steps, line.span)
        if node is None:
            return
        tag = self._tag(leaf, node)
        vr = self._vr(tag, line.value)
        if tag >> 16 in _NOTHING or not tag & 0xFFFF:
            self._say("this is no element that an object is given", line.span)
        elif tag == CHARACTER_SET and line.attribute.steps:
            self._say("the character set of a test's object stands at its top level", line.span)
        elif vr == "SQ" and line.texts:
            self._say("a sequence has items, not a value", line.span, f"give what stands in it: `{spoken(leaf)} / … = …`")
        elif vr == "SQ":
            node.sequences.setdefault(tag, [])
        elif tag >> 16 == 2:
            self.meta[tag] = self.value(vr, line.texts, EXPLICIT_LITTLE)
        else:
            node.values[tag] = self.value(vr, line.texts)

    def _node(self, steps: tuple[Step, ...], span: Span) -> Node | None:
        """The data set that these sequences lead to, made where it is missing."""
        node = self.top
        for step in steps:
            if isinstance(step, Anything):
                self._say("`*` names no sequence to put it into", span, "name the sequence")
                return None
            tag = self._tag(step, node)
            if tag in node.values:
                self._say(f"`{spoken(step)}` was given a value, and here it is a sequence", span)
                return None
            items = node.sequences.setdefault(tag, [])
            if not items:
                items.append(Node())
            node = items[0]
        return node

    def _tag(self, leaf: Step, node: Node) -> int:
        assert not isinstance(leaf, Anything)
        if isinstance(leaf, TagLeaf):
            return leaf.value
        block, new = node.block(leaf.group, leaf.creator)
        if new:
            node.values[leaf.group << 16 | block >> 8 & 0xFF] = self.value("LO", (leaf.creator,))
        return block | leaf.element

    def _vr(self, tag: int, value: ast.Expression) -> str:
        entry = None if tag >> 16 & 1 else dictionary.entry(tag)
        if entry is not None:
            return effective(entry.vrs, signed=self._signed)
        # nobody says what a private element holds: numbers, or text
        first = value.items[0] if isinstance(value, ast.List) else value
        return "DS" if isinstance(first, ast.Number) else "LO"

    def _say(self, message: str, span: Span, help_: str = "") -> None:
        self.problems.append(Diagnostic("DR523", message, span, help_))


def _with_image(maker: _Maker, lines: list[_Line], syntax: TransferSyntax) -> Image | None:
    """The image that the lines describe, put into the object with everything that describes it."""
    top = maker.top.values
    if _PIXELS & top.keys():
        return None
    try:
        image = image_of({tag: "\\".join(value.texts) for tag, value in top.items()}, big_endian=syntax.encoding.big_endian)
    except NoImage as problem:
        maker.problems.append(Diagnostic("DR523", problem.message, _value_span(lines, problem.tag)))
        return None
    if image is None:
        return None
    if syntax.encapsulated:
        help_ = "leave the transfer syntax, or Rows and Columns, out"
        maker.problems.append(Diagnostic("DR523", "pixels are made uncompressed", _value_span(lines, TRANSFER_SYNTAX), help_))
        return None
    for tag, (vr, text) in image.description().items():
        top.setdefault(tag, maker.value(vr, (text,)))
    top[PIXEL_DATA] = Value(image.vr, (), image.pattern())
    return image
