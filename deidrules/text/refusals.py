"""The table of refusals: why an instance was not written, code by code."""

from __future__ import annotations

REFUSALS: dict[str, str] = {
    "bad-argument": "an argument that a rule reads from the object is outside what its function takes",
    "date-out-of-range": "a date cannot be moved or aged: the result would lie outside the years 0001 to 9999 or before the birth",
    "encapsulated-pixels-unsupported": "pixels would have to change, and they are compressed in a form that this version does not change",
    "function-failed": "a function given by the caller failed, or did not return a text",
    "label-unavailable": "a label fits no blanked area, has a character that cannot be drawn, or the pixels have no known white",
    "lookup-miss": "a lookup table has no entry for the value, and the rule gives no `missing:`",
    "missing-pixel-attribute": "an attribute that describes the pixel data is absent or empty",
    "needs-value": "`C` without a value reached a date or a time, which it cannot clean",
    "no-ultrasound-regions": "a rule asks for the ultrasound regions, and the object has none that lie in its image",
    "not-a-number": "a value that a rule reckons with is no number",
    "number-out-of-range": "a number that a rule reckons with is too large, or its result does not fit",
    "overlay-attributes": "an overlay plane is to be blanked, and its attributes do not describe its bits",
    "pixel-attribute": "an attribute that describes the pixel data has a value that the standard or another attribute does not allow",
    "read-text-unavailable": "text is to be read in the pixels, and no reader is installed with this version",
    "rectangle-outside-image": "a rectangle or frame of a pixel rule lies outside the object's image, and the rule does not say `clipped`",
    "several-pixel-elements": "the object has more than one of Pixel Data, Float Pixel Data and Double Float Pixel Data",
    "short-pixel-data": "the pixel data is shorter than its rows, columns, frames and samples ask for",
    "text-too-long": "a text is too long for a regular expression to be applied to it",
    "unknown-table": "the plan names a lookup table that the run does not have",
    "unmatched-pixels": "the object may carry burned-in text and no pixel rule judges all of its frames and overlay planes",
    "unparsable-age": "an age is not written as PS3.5 writes it (three digits and D, W, M or Y)",
    "unparsable-date": "a date is not written as PS3.5 writes it, so it cannot be changed and must not stay",
    "unsupported-pixel-layout": "the samples of native pixel data lie in a way, or mean colours, that the standard does not have",
    "wrong-type": "a function met a value of a kind that it does not work on",
    "wrong-vr": "an element has a VR that its rule cannot act on",
}
