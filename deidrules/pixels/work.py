"""What is to be done with the pixels of one object: the matching rules of the plan put together and judged (rule 19 of the language)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from deidrules.pixels.area import area_of, bounding, intersection, moved, rectangles_of, union
from deidrules.pixels.burned_in import PixelHeader, may_carry_text
from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.planes import OverlayPlane
from deidrules.plan.model import PixelRule
from deidrules.plan.pixels import Blank, Clean, Label, ReadText, Rectangle, Strip
from deidrules.text.refusal import Refusal


@dataclass(frozen=True, slots=True)
class FrameBlanks:
    """Disjoint rectangles to blank in the frames `first` .. `stop` - 1, counted from 0."""

    first: int
    stop: int
    rectangles: tuple[Rectangle, ...]


@dataclass(frozen=True, slots=True)
class PlaneBlanks:
    """What to blank in one overlay plane, in the plane's own pixels and frames."""

    plane: OverlayPlane
    frames: tuple[FrameBlanks, ...]


@dataclass(frozen=True, slots=True)
class PixelWork:
    """`frames`: what to blank in the frames. `planes`: what to blank in overlay planes that stay. `cleared`: embedded planes whose bits
    are taken out of the samples. `removed_groups`: overlay groups of which no element may stay in the output. `strip_high_bits`: clear
    whatever of a sample is not the image. `label`: text to draw into blanked frame areas.

    `judged`: the object has pixel data that stays, every frame of it was judged by a matching rule, and so was every overlay plane that
    stays; no other output may claim clean pixels. `unjudged`: why the object had to be judged and was not, with the policy or a verdict
    accepting it: a word of `burned_in.reasons` ("" when all was judged or nothing had to be). `rules`: names of the rules that matched."""

    rules: tuple[str, ...] = ()
    frames: tuple[FrameBlanks, ...] = ()
    planes: tuple[PlaneBlanks, ...] = ()
    cleared: tuple[OverlayPlane, ...] = ()
    removed_groups: tuple[int, ...] = ()
    strip_high_bits: bool = False
    label: str = ""
    unjudged: str = ""
    judged: bool = False

    @property
    def changes_pixels(self) -> bool:
        """True when bytes of the pixel data change: copies of the image (`facts.ICON_TAGS`) may then not stay as they are."""
        return bool(self.frames or self.cleared or self.strip_high_bits or any(blanks.plane.embedded for blanks in self.planes))

    @property
    def changes_overlays(self) -> bool:
        """True when OverlayData of a plane that stays changes."""
        return any(not blanks.plane.embedded for blanks in self.planes)


def judge(
    rules: tuple[PixelRule, ...],
    facts: PixelFacts,
    header: PixelHeader,
    *,
    policy: str,
    accepted: bool = False,
    removed_overlays: frozenset[int] = frozenset(),
    keeps_pixels: bool = True,
) -> PixelWork:
    """The work the matching rules ask for.

    `policy` is the plan's `unmatched_pixels`, `accepted` whether an `accept` verdict held. `removed_overlays` are the groups whose plane
    the header rules remove (rule 16: X on (60xx,3000) takes the whole plane), `keeps_pixels` whether they leave the pixel data.
    Refusal `unmatched-pixels`, `read-text-unavailable`, `rectangle-outside-image`, `no-ultrasound-regions`, `overlay-attributes`."""
    stripped = frozenset(operation.what for rule in rules for operation in rule.operations if isinstance(operation, Strip))
    removed = _removed(facts, removed_overlays, stripped)
    staying = tuple(plane for plane in facts.planes if plane.group not in removed and (keeps_pixels or not plane.embedded))
    frames = facts.frames if keeps_pixels else 0

    frame_judged = _Paint()
    plane_judged = {plane.group: _Paint() for plane in staying}
    labels: dict[str, None] = {}
    for rule in rules:
        for operation in rule.operations:
            match operation:
                case Blank():
                    _blank(operation, rule.name, facts, frames, staying, frame_judged, plane_judged)
                case Clean():
                    frame_judged.add(0, frames, ())
                    for plane in staying:
                        plane_judged[plane.group].add(0, plane.frames, ())
                case ReadText():
                    raise Refusal("read-text-unavailable", rule=rule.name)
                case Label(text):
                    labels[text] = None
                case Strip():
                    pass  # judges nothing

    unjudged = ""
    if keeps_pixels and not frame_judged.covers(frames):
        unjudged = may_carry_text(header, facts)
    if not unjudged and not all(plane_judged[plane.group].covers(plane.frames) for plane in staying):
        unjudged = "overlay-plane"
    if unjudged and not accepted and policy != "accept":
        raise Refusal("read-text-unavailable" if policy == "read-text" else "unmatched-pixels", reason=unjudged)

    segments = frame_judged.segments()
    return PixelWork(
        rules=tuple(rule.name for rule in rules),
        frames=segments,
        planes=tuple(PlaneBlanks(_readable(plane), painted) for plane in staying if (painted := plane_judged[plane.group].segments())),
        cleared=tuple(plane for plane in facts.planes if plane.embedded and plane.group in removed) if keeps_pixels else (),
        removed_groups=tuple(sorted(removed)),
        strip_high_bits=keeps_pixels and "high-bit-overlays" in stripped and facts.bits_stored < facts.bits_allocated,
        label=" ".join(labels) if segments else "",
        unjudged=unjudged,
        judged=frames > 0 and frame_judged.covers(frames) and not unjudged,
    )


def _removed(facts: PixelFacts, removed_overlays: frozenset[int], stripped: frozenset[str]) -> frozenset[int]:
    removed = set(removed_overlays)
    if "overlays" in stripped:
        removed.update(facts.overlay_groups)
    if "high-bit-overlays" in stripped:
        # with the planes in the bits, and the groups without OverlayData whose bit position names none: they describe nothing
        removed.update(set(facts.overlay_groups) - {plane.group for plane in facts.planes if not plane.embedded})
    return frozenset(removed)


def _readable(plane: OverlayPlane) -> OverlayPlane:
    if not plane.readable:
        raise Refusal("overlay-attributes", tag=plane.tag, vr=plane.vr, length=plane.length)
    return plane


def _blank(
    blank: Blank,
    rule: str,
    facts: PixelFacts,
    frames: int,
    staying: tuple[OverlayPlane, ...],
    frame_paint: _Paint,
    plane_paint: dict[int, _Paint],
) -> None:
    if not blank.overlay:
        if not frames:
            return  # no frames, nothing to blank: the rule asks for nothing here
        held = rectangles_of(
            blank.area,
            outside=blank.outside,
            clipped=blank.clipped,
            image=facts.image,
            extent=facts.image,
            regions=facts.regions,
            rule=rule,
        )
        for first, stop in _spans(blank, frames, rule):
            frame_paint.add(first, stop, held)
        return
    for plane in staying:
        if blank.overlay not in ("*", f"{plane.group:04X}"):
            continue
        _readable(plane)
        image = facts.image if area_of(facts.image) else plane.extent
        held = rectangles_of(
            blank.area,
            outside=blank.outside,
            clipped=blank.clipped,
            image=image,
            extent=bounding(image, plane.extent),
            regions=facts.regions,
            rule=rule,
        )
        own = tuple(cut for rectangle in held if area_of(cut := moved(intersection(rectangle, plane.extent), -plane.left, -plane.top)))
        last_frame = max(facts.frames, 0 if plane.every_frame else plane.first_frame + plane.frames, 1)
        for first, stop in _spans(blank, last_frame, rule):
            if plane.every_frame:
                plane_paint[plane.group].add(0, plane.frames, own)
            else:
                plane_paint[plane.group].add(max(0, first - plane.first_frame), min(plane.frames, stop - plane.first_frame), own)


def _spans(blank: Blank, frames: int, rule: str) -> tuple[tuple[int, int], ...]:
    """The frames addressed as (first, stop), counted from 0. One beyond the last counts as outside the image."""
    if not blank.frames:
        return ((0, frames),)
    if not blank.clipped and any(not 1 <= first <= last <= frames for first, last in blank.frames):
        raise Refusal("rectangle-outside-image", rule=rule)
    return tuple((max(first, 1) - 1, min(last, frames)) for first, last in blank.frames)


class _Paint:
    """What is asked of the frames of one image or plane: spans of frames with rectangles; an empty one is judged and stays."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int, tuple[Rectangle, ...]]] = []

    def add(self, first: int, stop: int, rectangles: tuple[Rectangle, ...]) -> None:
        """Frames `first` .. `stop` - 1 are judged, and blanked where the rectangles are."""
        if first < stop:
            self._spans.append((first, stop, rectangles))

    def covers(self, frames: int) -> bool:
        """True when each of so many frames is judged."""
        reached = 0
        for first, stop, _ in sorted(self._spans, key=lambda span: span[:2]):
            if first > reached:
                return False
            reached = max(reached, stop)
        return reached >= frames

    def segments(self) -> tuple[FrameBlanks, ...]:
        """Neighbouring frames with the same rectangles stand together; the cost follows the number of spans, not of frames."""
        spans = [span for span in self._spans if span[2]]
        edges = sorted({edge for first, stop, _ in spans for edge in (first, stop)})
        segments: list[FrameBlanks] = []
        for first, stop in pairwise(edges):
            held = union(rectangle for begin, end, rectangles in spans if begin <= first and stop <= end for rectangle in rectangles)
            if segments and segments[-1].stop == first and segments[-1].rectangles == held:
                segments[-1] = FrameBlanks(segments[-1].first, stop, held)
            elif held:
                segments.append(FrameBlanks(first, stop, held))
        return tuple(segments)
