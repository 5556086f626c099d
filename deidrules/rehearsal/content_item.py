"""A content item that a test gives: `given content "DCM:121022" TEXT = "A4711"`."""

from __future__ import annotations

from collections.abc import Callable

from deidrules.dicom import content_item
from deidrules.plan.selector import ContentLeaf, Selector, Step, TagLeaf
from deidrules.rehearsal.writing import Node, Value

_VALUE, _DESIGNATOR, _MEANING, _URN = 0x00080100, 0x00080102, 0x00080104, 0x00080120
_NUMERIC_VALUE, _REFERENCED_INSTANCE = 0x0040A30A, 0x00081155

Coded = Callable[[str, tuple[str, ...]], Value]


class NoContentItem(Exception):
    """What is given makes no content item; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def steps_of(selector: Selector) -> tuple[Step, ...]:
    """The sequences that lead to the item: ContentSequence where no path says otherwise."""
    if not selector.steps:
        return (TagLeaf(content_item.CONTENT),)
    last = selector.steps[-1]
    if not isinstance(last, TagLeaf) or last.value not in content_item.SEQUENCES:
        raise NoContentItem("content items stand in ContentSequence, AcquisitionContextSequence and the like")
    return selector.steps


def item_of(leaf: ContentLeaf, texts: tuple[str, ...], value: Coded) -> Node:
    """The item: its value type, its concept, and the value as its type holds it (a code as `SCHEME:CODE`, a reference by the UID of what it
    refers to, a number). Raises NoContentItem, and Refusal as `value` does."""
    if not leaf.concept or not leaf.value_type:
        raise NoContentItem('a content item has a concept and a value type: `content "SCHEME:CODE" TEXT`')
    item = Node()
    item.values[content_item.VALUE_TYPE] = value("CS", (leaf.value_type,))
    item.sequences[content_item.CONCEPT_NAME] = [_code(leaf.concept, value)]
    tag = leaf.elements[0]
    match leaf.value_type:
        case "TEXT" | "PNAME" | "DATE" | "TIME" | "DATETIME" | "UIDREF":
            vr = {"TEXT": "UT", "PNAME": "PN", "DATE": "DA", "TIME": "TM", "DATETIME": "DT", "UIDREF": "UI"}[leaf.value_type]
            item.values[tag] = value(vr, texts)
        case "CODE":
            item.sequences[tag] = [_code("".join(texts), value)]
        case "NUM":
            item.sequences[tag] = [Node({_NUMERIC_VALUE: value("DS", texts)})]
        case "IMAGE" | "COMPOSITE" | "WAVEFORM":
            item.sequences[tag] = [Node({_REFERENCED_INSTANCE: value("UI", texts)})]
        case _:
            raise NoContentItem(f"a test gives no `{leaf.value_type}`")
    return item


def _code(concept: str, value: Coded) -> Node:
    scheme, colon, code = concept.partition(":")
    if not colon:
        raise NoContentItem("a code is written `SCHEME:CODE`")
    if scheme.upper() == "URN":
        return Node({_URN: value("UR", (concept,)), _MEANING: value("LO", ("given",))})
    return Node({_VALUE: value("SH", (code,)), _DESIGNATOR: value("SH", (scheme,)), _MEANING: value("LO", ("given",))})
