"""Content items: the sequences they stand in, what their values are, how their concepts compare (PS3.3 C.17.3, C.18 and 10.2)."""

from __future__ import annotations

from collections.abc import Mapping

VALUE_TYPE, CONCEPT_NAME = 0x0040A040, 0x0040A043
RELATIONSHIP, REFERENCED_ITEM = 0x0040A010, 0x0040DB73
CONTENT, ACQUISITION_CONTEXT, PREPARATION_STEP = 0x0040A730, 0x00400555, 0x00400612
PROTOCOL_CONTEXT, CONTENT_MODIFIER = 0x00400440, 0x00400441
SEQUENCES = frozenset({CONTENT, ACQUISITION_CONTEXT, PREPARATION_STEP, PROTOCOL_CONTEXT, CONTENT_MODIFIER})

CONCEPT_CODE, MEASURED_VALUE, REFERENCED_SOP = 0x0040A168, 0x0040A300, 0x00081199

# Value Type -> the elements that hold the value; the first stands for an item that has none of them. NUM stands for NUMERIC of the Content
# Item Macro (PS3.3 10.2) too. What only points elsewhere is no value: UIDs of SCOORD and SCOORD3D and the dates of TCOORD are judged by
# their own rules. A CONTAINER has no value; Continuity of Content, which each has to have, stands for it.
VALUES: Mapping[str, tuple[int, ...]] = {
    "TEXT": (0x0040A160,),
    "PNAME": (0x0040A123,),
    "DATE": (0x0040A121,),
    "TIME": (0x0040A122,),
    "DATETIME": (0x0040A120,),
    "UIDREF": (0x0040A124,),
    "NUM": (MEASURED_VALUE, 0x0040A30A, 0x0040A161, 0x0040A162, 0x0040A163, 0x004008EA),
    "CODE": (CONCEPT_CODE,),
    "COMPOSITE": (REFERENCED_SOP,),
    "IMAGE": (REFERENCED_SOP,),
    "WAVEFORM": (REFERENCED_SOP,),
    "SCOORD": (0x00700022, 0x00700023, 0x00480301),
    "SCOORD3D": (0x00700022, 0x00700023),
    "TCOORD": (0x0040A130, 0x0040A132, 0x0040A138),
    "TABLE": (0x0040A801,),
    "CONTAINER": (0x0040A050,),
}
REFERENCES = frozenset({"COMPOSITE", "IMAGE", "WAVEFORM"})
# Each element that is the value of items of some Value Type
VALUE_ELEMENTS = frozenset(tag for tags in VALUES.values() for tag in tags)
# What becomes of a sequence that lost all its items: one that has to have items and may be absent goes; Acquisition Context Sequence is
# Type 2 and stays empty; a preparation step has to have one item (PS3.3 C.7.6.22.1.2), which says nothing then.
WITHOUT_ITEMS: Mapping[int, str] = {
    CONTENT: "X",
    PROTOCOL_CONTEXT: "X",
    CONTENT_MODIFIER: "X",
    ACQUISITION_CONTEXT: "Z",
    PREPARATION_STEP: "D",
}


def value_elements(value_type: str) -> tuple[int, ...]:
    """The elements that hold the value of an item: those of its Value Type, any of them where that is unknown."""
    return VALUES.get(value_type) or tuple(sorted(VALUE_ELEMENTS))


def normal_value_type(text: str) -> str:
    """A Value Type as it is compared: NUM for NUMERIC; "" when there is no such type."""
    known = text.strip(" \0").upper()
    return "NUM" if known == "NUMERIC" else known if known in VALUES else ""


def normal_concept(text: str) -> str:
    """A concept `SCHEME:CODE`, or a URN, as it is compared: without blanks around its parts and without case."""
    scheme, colon, code = text.partition(":")
    return f"{scheme.strip()}{colon}{code.strip()}".upper()
