"""One object redacted as a command line or a list asks, without a plan: pixels and planes change, every other byte stays as it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from deidrules.dicom.buffer import Buffer, viewed
from deidrules.dicom.element import DicomObject, Element, Encoding
from deidrules.dicom.header import TRAILING_PADDING
from deidrules.dicom.limits import LIMITS, Limits
from deidrules.dicom.part import Part, in_memory
from deidrules.dicom.reader import read
from deidrules.engine import rewriting
from deidrules.engine.derived import BLANKED, DERIVATION_DESCRIPTION, Changed, description
from deidrules.engine.icons import shows_image
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
from deidrules.pixels.icon import ICON_IMAGE_SEQUENCE, rebuilt_icon
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
    there: then they are the input. `new_icon`: the icon was made anew. `removed`: elements that went with the change of the image, by tag:
    copies of the image, and what could be untrue of it now. `new_uid`: the new SOP Instance UID, "" when it is the old one. `dropped`: what
    was left behind beside pixels, with its number of bytes."""

    parts: tuple[Part, ...]
    instance: DicomObject
    facts: PixelFacts
    work: PixelWork
    changed: bool
    new_icon: bool = False
    removed: tuple[int, ...] = ()
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

    Every element stays byte for byte, but for: pixel data and planes that change; overlay groups that go; where the image changes, its
    icon, which is made anew, and other copies of it in sequences, which go; what could be untrue of the image then, and Derivation
    Description, as in an output of a plan (`engine.derived`); metadata inside the frames that change, a picture of them may be among it;
    bytes beyond their geometry, behind the data set and in its trailing padding, where another copy may lie; a preamble that is the
    beginning of a TIFF file, whose offsets hold no more; and group lengths, which follow. Nothing says that the object was de-identified.

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
        self._derived = Changed.of(work)
        self._icon = rebuilt_icon(instance, facts, result) if work.changes_pixels else b""
        self._removed: list[int] = []
        self._dropped = list(instance.dropped)
        self._rebuilt = self._frames()

    def done(self) -> Redacted:
        instance = self._instance
        added = {}
        if self._derived.areas and DERIVATION_DESCRIPTION not in instance.index:
            added[DERIVATION_DESCRIPTION] = description(b"", instance.encoding)
        parts = rewriting.rewritten(instance.elements, instance.encoding, self._view, self._top, added)
        head = rewriting.head(instance, self._new_uid, self._dropped)
        whole = (head, deflated(parts)) if instance.deflated else gathered([head, *parts])
        return Redacted(
            tuple(part for part in whole if len(part)),
            instance,
            self._facts,
            self._work,
            changed=True,
            new_icon=bool(self._icon),
            removed=tuple(sorted(set(self._removed))),
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
        if tag in self._derived.goes:
            self._removed.append(tag)
            return []
        if tag == DERIVATION_DESCRIPTION and self._derived.areas:
            return self._described(element, encoding)
        if tag == ICON_IMAGE_SEQUENCE and self._icon:
            return [self._icon]
        return self._below(element, encoding)

    def _below(self, element: Element, encoding: Encoding) -> list[Part] | None:
        """The same at any depth: copies of the image go where it changes."""
        if not self._work.changes_pixels or not is_sequence(element):
            return None
        if element.tag in ICON_TAGS or shows_image(element):
            self._removed.append(element.tag)
            return []
        if _holds_copy(element):
            return rewriting.sequence(element, encoding, self._view, self._below)
        return None

    def _described(self, element: Element, encoding: Encoding) -> list[Part] | None:
        """What became of the image, behind what was said of it before; an earlier pass said it already."""
        before = self._instance.raw(element).rstrip(b" \0")
        return None if before.endswith(BLANKED.encode("ascii")) else [description(before, encoding)]

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


def _holds_copy(element: Element) -> bool:
    """True for a sequence with a copy of the image somewhere below it."""
    below = (inner for item in element.items or () for inner in item.elements if is_sequence(inner))
    return any(inner.tag in ICON_TAGS or shows_image(inner) or _holds_copy(inner) for inner in below)


def _new_uid(instance: DicomObject, redaction: Redaction) -> str:
    """A UID of its own for what this redaction makes of this instance, the same each time (PS3.5 B.2: 2.25 and 128 bits). Refusal
    `no-instance-uid`."""
    texts = of_object(instance).texts(INSTANCE_UID)
    if len(texts) != 1:
        raise Refusal("no-instance-uid", tag=INSTANCE_UID)
    asked = [(ask.blanks, ask.own) for ask in redaction.asks], redaction.outside_regions, redaction.strips
    digest = hashlib.sha256(f"deidrules redact\0{texts[0]}\0{asked!r}".encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"
