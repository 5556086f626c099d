"""Random content items, and selectors that may mean them."""

from __future__ import annotations

from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from deidrules.language import ast

CONCEPTS = ("DCM:121022", "dcm: 121022", "SCT:A", "LN:1-1")
SEQUENCES = ("ContentSequence", "ContentSequence", "AcquisitionContextSequence", "SpecimenPreparationStepContentItemSequence")
TYPES = ("TEXT", "PNAME", "DATE", "UIDREF", "CODE", "NUM", "IMAGE", "CONTAINER")

concepts = st.sampled_from(("", "", *CONCEPTS))


def leaves(*types: str) -> st.SearchStrategy[ast.ContentItem]:
    """Selectors of content items of these types."""
    return st.builds(ast.ContentItem, concepts, st.sampled_from(types))


anything = leaves("", *TYPES, "NUMERIC")
dummied = leaves("TEXT", "PNAME", "DATE", "UIDREF", "CODE", "NUM")
cleaned = leaves("TEXT", "UIDREF", "CODE")
referring = leaves("UIDREF", "IMAGE")
steps = st.sampled_from(SEQUENCES).map(ast.Keyword)


def code(draw: st.DrawFn, content: str) -> Dataset:
    """A code, at times without its scheme or as a long one."""
    scheme, _, value = content.partition(":")
    item = Dataset()
    setattr(item, draw(st.sampled_from(("CodeValue", "CodeValue", "CodeValue", "LongCodeValue"))), value.strip())
    if draw(st.integers(0, 5)):
        item.CodingSchemeDesignator = scheme
    item.CodeMeaning = draw(st.sampled_from(("HEAD", "x")))
    if draw(st.integers(0, 30)) == 0:
        item.URNCodeValue = "urn:x:1"
    return item


@st.composite
def items(draw: st.DrawFn, depth: int) -> Dataset:
    """A content item with at most `depth` levels of them below it."""
    item = Dataset()
    item.RelationshipType = "CONTAINS"
    if draw(st.integers(0, 6)) == 0:
        item.ReferencedContentItemIdentifier = [1, *draw(st.lists(st.integers(1, 3), max_size=3))]
        return item
    kind = draw(st.sampled_from((*TYPES, "TEXT", "SCOORD", "SOMETHING")))
    item.ValueType = [kind, kind] if draw(st.integers(0, 40)) == 0 else "NUMERIC" if kind == "NUM" and draw(st.booleans()) else kind
    if draw(st.integers(0, 5)):
        names = [code(draw, draw(st.sampled_from(CONCEPTS)))] * (2 if draw(st.integers(0, 40)) == 0 else 1)
        item.ConceptNameCodeSequence = Sequence(names if len(names) == 1 else [names[0], Dataset()])
    if draw(st.integers(0, 9)):
        _value(draw, item, kind)
    if draw(st.integers(0, 5)) == 0:
        item.PersonName = "DOE^JANE"
    if depth and draw(st.integers(0, 2)) == 0:
        item.ContentSequence = Sequence(draw(st.lists(items(depth - 1), max_size=3)))
    return item


def _value(draw: st.DrawFn, item: Dataset, kind: str) -> None:
    match kind:
        case "TEXT" | "SOMETHING":
            item.TextValue = draw(st.sampled_from(("HEAD CT", "seen by Dr. Miller", "4711", "")))
        case "PNAME":
            item.PersonName = "DOE^JANE"
        case "DATE":
            item.Date = draw(st.sampled_from(("20200131", "")))
        case "UIDREF":
            item.UID = draw(st.sampled_from(("1.2.3.4.5", "1.2.840.10008.1.2")))
        case "CODE":
            item.ConceptCodeSequence = Sequence([code(draw, "SCT:B")] if draw(st.integers(0, 5)) else [])
        case "NUM":
            measured = Dataset()
            measured.NumericValue = "12"
            item.MeasuredValueSequence = Sequence([measured])
        case "IMAGE":
            reference = Dataset()
            reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4.6"
            item.ReferencedSOPSequence = Sequence([reference])
        case "CONTAINER":
            item.ContinuityOfContent = "SEPARATE"
        case "SCOORD":
            item.GraphicType, item.GraphicData = "POINT", [1.0, 2.0]
