"""One object redacted as a command line or a list asks, without a plan: pixels and planes change, every other byte stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from deidrules.dicom.buffer import Buffer, viewed
from deidrules.dicom.element import DicomObject, Element, Encoding
from deidrules.dicom.header import TRAILING_PADDING
from deidrules.dicom.limits import LIMITS, Limits
from deidrules.dicom.part import Part, in_memory
from deidrules.dicom.reader import read
from deidrules.engine import rewriting
from deidrules.engine.reading import is_sequence
from deidrules.engine.render import deflated, gathered
from deidrules.pixels import planes
from deidrules.pixels.apply import PixelResult, redact
from deidrules.pixels.area import area_of, intersection, moved
from deidrules.pixels.attributes import of_object
from deidrules.pixels.burned_in import read_header
from deidrules.pixels.codestream.strip import strip
from deidrules.pixels.encapsulated import LENGTHS, OFFSETS, TOTAL, Rebuilt
from deidrules.pixels.facts import ICON_TAGS, PixelFacts, read_facts
from deidrules.pixels.proof.proof import Proof
from deidrules.pixels.work import PixelWork, judge
from deidrules.plan.model import PixelRule
from deidrules.plan.pixels import Blank, Operation, Rectangle, Strip, UltrasoundRegions
from deidrules.text.refusal import Refusal

INSTANCE_UID = 0x00080018

_TABLES = (OFFSETS, LENGTHS, TOTAL)


@dataclass(frozen=True, slots=True)
class Ask:
    """One rectangle to blank. `name` is what it is called in a refusal. Of `blanks` at least one has to reach something. `own`: columns,
    rows and frames are the overlay plane's own, counted from its first pixel and frame, as a viewer shows the plane alone; else they are
    the image's."""

    name: str
    blanks: tuple[Blank, ...]
    own: bool = False


@dataclass(frozen=True, slots=True)
class Redaction:
    """What to do with an object. `outside_regions`: blank what lies outside its ultrasound regions, in every frame. `strips`: `overlays`,
    `high-bit-overlays`. `new_uid`: the result is an instance of its own."""

    asks: tuple[Ask, ...] = ()
    outside_regions: bool = False
    strips: tuple[str, ...] = ()
    new_uid: bool = False


@dataclass(frozen=True, slots=True)
class Redacted:
    """A redacted object. `parts` in order are the whole file; views keep the input alive. `changed` is False when what was to go was not
    there: then they are the input. `icons`: how many Icon Image Sequences were removed. `new_uid`: the new SOP Instance UID, "" when it is
    the old one. `dropped`: what was left behind beside pixels, with its number of bytes."""

    parts: tuple[Part, ...]
    instance: DicomObject
    facts: PixelFacts
    work: PixelWork
    changed: bool
    icons: int = 0
    new_uid: str = ""
    dropped: tuple[tuple[str, int], ...] = field(default=())

    def prove(self, written: Buffer) -> None:
        """Hold the written file against the object and what was asked. Refusal `verify-mismatch`."""
        if self.changed:
            Proof(self.instance, self.facts, self.work).check(written)
            return
        at = 0
        for piece in in_memory(self.parts):
            if written[at : at + len(piece)] != piece:
                raise Refusal("verify-mismatch")
            at += len(piece)


def redact_object(data: Buffer, redaction: Redaction, limits: Limits = LIMITS) -> Redacted:
    """Redact the content of one file. The input is never changed; of a large one, the parts need it open.

    Every element stays byte for byte, but for: pixel data and planes that change; overlay groups that go; Icon Image Sequences at every
    depth where the image changes, as they still show it; metadata inside the frames that change, a picture of them may be among it; bytes
    beyond their geometry, behind the data set and in its trailing padding, where another copy may lie; a preamble that is the beginning of
    a TIFF file, whose offsets hold no more; and group lengths, which follow. Nothing says that the object was de-identified.

    Refusal `nothing-to-blank` when a rectangle reaches nothing, those of the reader, and those of the pixels."""
    instance = read(data, limits)
    facts = read_facts(instance)
    work = _work(instance, facts, redaction)
    changed = work.changes_pixels or work.changes_overlays or bool(work.removed_groups)
    if not changed and not redaction.new_uid:
        return Redacted((viewed(data),), instance, facts, work, changed=False)
    return _Writing(instance, facts, work, redact(instance, facts, work), redaction).done()


def _work(instance: DicomObject, facts: PixelFacts, redaction: Redaction) -> PixelWork:
    """All that is asked, as the rules of a plan that accepts everything else."""
    header = read_header(instance)
    strips: tuple[Operation, ...] = tuple(Strip(what) for what in redaction.strips)
    going = judge((PixelRule("", 0, strips),), facts, header, policy="accept").removed_groups
    rules = []
    for ask in redaction.asks:
        blanks = tuple(_in_image(blank, facts, ask, going) for blank in ask.blanks) if ask.own else ask.blanks
        rule = PixelRule(ask.name, 0, tuple(blank for blank in blanks if _group(blank) not in going))
        alone = judge((rule, PixelRule("", 0, strips)), facts, header, policy="accept")
        gone = any(plane.group in going for plane in facts.planes if any(_meant(blank, plane.group) for blank in blanks))
        of_image = facts.frames > 0 and any(not blank.overlay for blank in blanks)
        if not (alone.frames if of_image else alone.planes or gone):
            raise Refusal("nothing-to-blank", rule=ask.name)
        rules.append(rule)
    if redaction.outside_regions:
        rules.append(PixelRule("outside ultrasound regions", 0, (Blank(UltrasoundRegions(), outside=True),)))
        if not facts.frames:
            raise Refusal("no-ultrasound-regions")
    if strips:
        rules.append(PixelRule("strip", 0, strips))
    return judge(tuple(rules), facts, header, policy="accept")


def _group(blank: Blank) -> int:
    """The overlay group it addresses, 0 where it is not one."""
    return int(blank.overlay, 16) if blank.overlay not in ("", "*") else 0


def _meant(blank: Blank, group: int) -> bool:
    return blank.overlay in ("*", f"{group:04X}")


def _in_image(blank: Blank, facts: PixelFacts, ask: Ask, going: tuple[int, ...]) -> Blank:
    """A blank in a plane's own columns, rows and frames, in those of the image. Refusal `nothing-to-blank` where there is no such plane,
    `rectangle-outside-image` where it has no such pixels or frames, `overlay-attributes` where nobody knows."""
    group = int(blank.overlay, 16)
    plane = facts.plane(group)
    if plane is None:
        raise Refusal("nothing-to-blank", tag=group << 16 | planes.DATA, rule=ask.name)
    if group in going:
        return blank
    if not plane.readable:
        raise Refusal("overlay-attributes", tag=plane.tag, vr=plane.vr, length=plane.length)
    assert isinstance(blank.area, Rectangle)
    cut = intersection(blank.area, Rectangle(0, 0, plane.columns, plane.rows))
    if not area_of(cut) or (cut != blank.area and not blank.clipped):
        raise Refusal("rectangle-outside-image", rule=ask.name)
    if any(last > plane.frames for _, last in blank.frames):
        raise Refusal("rectangle-outside-image", rule=ask.name)
    frames = () if plane.every_frame else tuple((first + plane.first_frame, last + plane.first_frame) for first, last in blank.frames)
    return replace(blank, area=moved(cut, plane.left, plane.top), frames=frames)


class _Writing:
    """The redacted object put together from parts of the old one."""

    def __init__(self, instance: DicomObject, facts: PixelFacts, work: PixelWork, result: PixelResult, redaction: Redaction) -> None:
        self._instance, self._facts, self._work, self._result = instance, facts, work, result
        self._view = viewed(instance.buffer)
        self._new_uid = _new_uid(instance, redaction) if redaction.new_uid else ""
        self._icons = 0
        self._dropped = list(instance.dropped)
        self._rebuilt = self._frames()

    def done(self) -> Redacted:
        instance = self._instance
        parts = rewriting.rewritten(instance.elements, instance.encoding, self._view, self._top)
        head = rewriting.head(instance, self._new_uid, self._dropped)
        whole = (head, deflated(parts)) if instance.deflated else gathered([head, *parts])
        return Redacted(
            tuple(part for part in whole if len(part)),
            instance,
            self._facts,
            self._work,
            changed=True,
            icons=self._icons,
            new_uid=self._new_uid,
            dropped=tuple(self._dropped),
        )

    def _frames(self) -> Rebuilt | None:
        """The encapsulated frames that changed, without what is not their image."""
        if not self._result.frames:
            return None
        assert self._facts.element is not None
        element, instance = self._instance.index[self._facts.element], self._instance
        stripped = strip(instance, instance.elements, instance.encoding, element, self._result.frames, only_painted=True)
        self._dropped += stripped.dropped
        return stripped.rebuilt

    def _top(self, element: Element, encoding: Encoding) -> list[Part] | None:
        """What becomes of an element of the object itself; None when it stays."""
        tag, view = element.tag, self._view
        if element.group in self._work.removed_groups:
            return []
        if tag == TRAILING_PADDING:
            self._dropped.append(("trailing-padding", element.length))
            return []
        if tag == self._facts.element and self._result.parts is not None:
            return self._native(element, self._result.parts)
        if tag == self._facts.element and self._rebuilt is not None:
            return [view[element.header : element.value], *self._rebuilt.parts, view[element.stop : element.end]]
        if tag in _TABLES and self._rebuilt is not None:
            return [view[element.header : element.value], self._rebuilt.table(tag)]
        if tag in self._result.overlays:
            return self._plane(element, self._result.overlays[tag])
        if tag == INSTANCE_UID and self._new_uid:
            return [rewriting.element(element, rewriting.padded_uid(self._new_uid), encoding)]
        return self._below(element, encoding)

    def _below(self, element: Element, encoding: Encoding) -> list[Part] | None:
        """The same at any depth: icons go where the image changes."""
        if not self._work.changes_pixels:
            return None
        if element.tag in ICON_TAGS:
            self._icons += 1
            return []
        if is_sequence(element) and _holds_icon(element):
            return rewriting.sequence(element, encoding, self._view, self._below)
        return None

    def _native(self, element: Element, parts: tuple[Part, ...]) -> list[Part]:
        length = sum(map(len, parts))
        if length < element.length:
            self._dropped.append(("excess-pixel-bytes", element.length - length))
        return [rewriting.header(element, length, self._instance.encoding, self._view), *parts]

    def _plane(self, element: Element, bits: bytes) -> list[Part]:
        keep = planes.stored_length(of_object(self._instance), element.group)
        if keep < element.length:
            self._dropped.append(("excess-overlay-bytes", element.length - keep))
        return [rewriting.header(element, keep, self._instance.encoding, self._view), memoryview(bits)[:keep]]


def _holds_icon(element: Element) -> bool:
    return any(tag in ICON_TAGS for tag in _tags_below(element))


def _tags_below(element: Element) -> Iterator[int]:
    for item in element.items or ():
        for inner in item.elements:
            yield inner.tag
            if is_sequence(inner):
                yield from _tags_below(inner)


def _new_uid(instance: DicomObject, redaction: Redaction) -> str:
    """A UID of its own for what this redaction makes of this instance, the same each time (PS3.5 B.2: 2.25 and 128 bits). Refusal
    `no-instance-uid`."""
    texts = of_object(instance).texts(INSTANCE_UID)
    if len(texts) != 1:
        raise Refusal("no-instance-uid", tag=INSTANCE_UID)
    asked = [(ask.blanks, ask.own) for ask in redaction.asks], redaction.outside_regions, redaction.strips
    digest = hashlib.sha256(f"deidrules redact\0{texts[0]}\0{asked!r}".encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"
