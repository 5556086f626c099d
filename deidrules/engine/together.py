"""Elements of one data set whose fates hang together: an encapsulated document and its length, frames and the tables that find them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import pack
from typing import Protocol

from deidrules.dicom import writer
from deidrules.dicom.element import Element
from deidrules.dicom.header import PIXEL_DATA
from deidrules.engine.decide import Candidate
from deidrules.engine.documents import DOCUMENT, DOCUMENT_LENGTH, MIME_TYPE, minimal_document
from deidrules.engine.reading import DataSet, Reading
from deidrules.engine.touch import Done
from deidrules.pixels.encapsulated import LENGTHS, OFFSETS, TOTAL

TABLES = frozenset({OFFSETS, LENGTHS, TOTAL})
_CONCERNED = TABLES | {PIXEL_DATA, DOCUMENT, DOCUMENT_LENGTH, MIME_TYPE}

_REMOVED = Candidate("X", origin="engine", written="X")
_FOLLOWS = Candidate("D", origin="engine", written="D")


class Fate(Protocol):
    """What becomes of one element, as `header` has it. `fixed`: the same for every file of the layout for which the program holds."""

    element: Element
    candidate: Candidate
    done: Done
    fixed: bool


Fates = dict[int, Fate]


def settle(fates: Sequence[Fate], place: DataSet, reading: Reading, witness: Callable[[Element, DataSet], None]) -> None:
    """Change the fates that follow from another's. `witness` is told of an element whose value decided.

    Refusal `unknown-document-type`."""
    concerned = {fate.element.tag: fate for fate in fates if fate.element.tag in _CONCERNED}
    if concerned:
        _tables(concerned)
        if DOCUMENT in concerned:
            _document(concerned, place, reading, witness)


def _tables(fates: Fates) -> None:
    """What finds frames stays only beside the frames, whole, and the two extended tables only with each other (PS3.3 C.7.6.3.1.8)."""
    pixels = fates.get(PIXEL_DATA)
    stays: set[int] = set()
    if pixels is not None and pixels.element.fragments and pixels.done.change == "kept":
        stays = {tag for tag in TABLES if tag in fates and fates[tag].done.change == "kept"}
    if not {OFFSETS, LENGTHS} <= stays:
        stays -= {OFFSETS, LENGTHS}
    for tag in (TABLES & fates.keys()) - stays:
        if fates[tag].done.change != "removed":
            _become(fates[tag], _REMOVED, Done("removed"))


def _document(fates: Fates, place: DataSet, reading: Reading, witness: Callable[[Element, DataSet], None]) -> None:
    """A dummy of a document is a document of its MIME type (PS3.15 Table E.1-1, note 15), and the length beside it is its length."""
    fate = fates[DOCUMENT]
    if fate.done.change == "kept":
        return
    if fate.done.change == "replaced" and fate.candidate.value is None:
        mime = fates[MIME_TYPE].element if MIME_TYPE in fates else None
        new = minimal_document("" if mime is None else reading.raw(mime, place).decode("latin-1"))
        if mime is not None:
            witness(mime, place)
        body = new + b"\0" * (len(new) & 1)
        coded = writer.element(DOCUMENT, fate.element.coded_vr or "OB", body, place.encoding)
        fate.done, fate.fixed = Done("replaced", coded, "OB", (new,)), True
    length = fates.get(DOCUMENT_LENGTH)
    if length is None or length.done.change == "removed":
        return
    if not fate.fixed or fate.done.change != "replaced" or not isinstance(fate.done.values[0], bytes):
        _become(length, _REMOVED, Done("removed"))
        return
    size = len(fate.done.values[0])
    body = pack(place.value_encoding(length.element).order + "I", size)
    coded = writer.element(DOCUMENT_LENGTH, length.element.coded_vr or "UL", body, place.encoding)
    _become(length, _FOLLOWS, Done("replaced", coded, "UL", (size,)))


def _become(fate: Fate, candidate: Candidate, done: Done) -> None:
    fate.candidate, fate.done, fate.fixed = candidate, done, True
