"""What a conformance statement says of objects that may carry burned-in text, of icons, and of attributes that follow changed pixels."""

from __future__ import annotations

from collections.abc import Iterator

from deidrules.cli.markdown import code, plain, table
from deidrules.engine.derived import BLANKED
from deidrules.pixels import burned_in
from deidrules.plan.model import Plan
from deidrules.plan.pixels import Blank


def blanks(plan: Plan) -> bool:
    """True when a pixel rule can blank an area."""
    return any(isinstance(operation, Blank) for rule in plan.pixels for operation in rule.operations)


def following(plan: Plan) -> Iterator[str]:
    """What else changes with the pixels."""
    if plan.pixels:
        yield ""
        yield (
            "Where areas of frames are blanked, smallest and largest pixel values (0028,0106) to (0028,0111) and the Histogram Sequence "
            "(0060,3000) go; where any bit of the pixel data changes, digital signatures and MAC parameters go. Image Type and the history "
            "of lossy compression stay: frames are coded again without loss."
        )
    yield ""
    if plan.policies.unmatched_pixels == "accept":
        yield (
            "An Icon Image Sequence that rules leave stays as it came where the pixel data does; where that changes, it is made anew from "
            "the first or the representative frame of the output, or goes."
        )
    else:
        yield (
            "An Icon Image Sequence that rules leave is made anew from the first or the representative frame of the output, or goes; it "
            "stays as it came only where a verdict accepts the pixels and they do not change."
        )


def inserted(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """(tag, attribute, value) of what is added beside changed pixels."""
    if blanks(plan):
        said = f"where areas were blanked and the rules leave the attribute, appended: {code(BLANKED)}"
        yield "(0008,2111)", "Derivation Description", said


def text_carriers() -> Iterator[str]:
    """Which objects may carry text, and why."""
    yield "An image is taken to be free of burned-in text only when its SOP class is one of these and nothing else speaks against it:"
    yield ""
    yield from table(
        ("SOP class", "modality", "Image Type", "bits allocated", "because", "source"),
        (
            (
                plain(free.name) + (", one frame" if free.single_frame else ""),
                ", ".join(sorted(free.modalities)),
                _image_types(free),
                ", ".join(map(str, sorted(free.bits))) + (f", {free.least_stored} or more stored" if free.least_stored > 1 else ""),
                plain(free.because),
                free.source,
            )
            for free in burned_in.free_classes().values()
        ),
    )
    yield ""
    yield "Every other image may carry text, for the first of these reasons that holds; the word stands in the audit:"
    yield ""
    yield from table(
        ("word", "because", "source", "where"),
        ((code(reason.word), plain(reason.because), reason.source, _where(reason.word)) for reason in burned_in.reasons().values()),
    )


def _image_types(free: burned_in.FreeClass) -> str:
    thirds = "\\" + " or ".join(sorted(free.third_values)) if free.third_values else ""
    return "; ".join(code("\\".join(values) + thirds) if values else "absent" for values in sorted(free.image_types))


def _where(word: str) -> str:
    """The attributes, modalities and SOP classes that give a reason."""
    found = list(dict.fromkeys(code(mark.keyword) for mark in burned_in.marks() if mark.reason == word))
    found += [modality for modality, reason in burned_in.risky_modalities().items() if reason == word]
    classes = [plain(burned_in.class_names()[uid]) for uid, reason in burned_in.risky_classes().items() if reason == word]
    if word == "no-frames":
        classes = [f"{len(classes)} SOP classes"]
    return ", ".join((*found, *dict.fromkeys(classes)))
