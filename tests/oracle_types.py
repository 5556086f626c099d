"""Types for the oracle: what PS3.3 says of an attribute at its path, looked up row by row in the tables of the highdicom wheel. Nothing of
the package is used here but its dictionary of 26 newer attributes and the dummies, which are vocabulary."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from pydicom.datadict import keyword_for_tag, tag_for_keyword

WHEEL = "0.28.2"
SPEC = importlib.util.find_spec("highdicom")
if SPEC is None or SPEC.origin is None or importlib.metadata.version("highdicom") != WHEEL:
    pytest.skip(f"needs highdicom {WHEEL}, whose wheel holds the tables of PS3.3 (extra `test`)", allow_module_level=True)
FOLDER = Path(SPEC.origin).parent / "_standard"

STORAGE = "1.2.840.10008.5.1.4.1.1."
SUCCESSOR = {
    "3": "3.1",
    "5": "20",
    "6": "6.1",
    "12.3": "12.1",
    "77.1": "77.1.4",
    "77.2": "77.1.4.1",
    "9.1": "9.1.2",
    "88.1": "88.11",
    "88.2": "88.33",
    "88.3": "88.33",
    "88.4": "88.33",
}
RETIRED = {f"{STORAGE}{old}": f"{STORAGE}{new}" for old, new in SUCCESSOR.items()} | {
    "1.2.840.10008.5.1.4.34.1": "1.2.840.10008.5.1.4.34.7"
}
ALWAYS = ("patient", "general-study", "general-series", "sop-common")
STRICTEST = ("1", "1C", "2", "2C", "3")

# Items of which the tables list all kinds at once, and what makes one of them whole: by the keyword of the sequence, or by keywords that
# an item may hold.
ITEM = ("ValueType", "ConceptNameCodeSequence", "TextValue")
WHOLE = {
    "ContentSequence": ("RelationshipType", *ITEM),
    "ProtocolContextSequence": ITEM,
    "ContentItemModifierSequence": ITEM,
    "AcquisitionContextSequence": ITEM,
    "SpecimenPreparationStepContentItemSequence": ITEM,
}
MORE = (
    (("CodeValue", "CodeMeaning"), ("CodeValue", "CodingSchemeDesignator", "CodeMeaning")),
    (("PersonIdentificationCodeSequence", "InstitutionName"), ("InstitutionName",)),
    (("LocalNamespaceEntityID", "UniversalEntityID"), ("LocalNamespaceEntityID",)),
    (("TextObjectSequence", "GraphicObjectSequence"), ("GraphicObjectSequence",)),
    (("PresentationPixelSpacing", "PresentationPixelAspectRatio"), ("PresentationPixelAspectRatio",)),
    (("ObserverType", "PersonName"), ("PersonName",)),
    (("UnformattedTextValue", "ReferencedWaveformChannels"), ("UnformattedTextValue",)),
)


@functools.cache
def table(name: str) -> Any:
    """One of the three tables."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@functools.cache
def rows(module: str) -> dict[tuple[str, ...], dict[str, str]]:
    """Types by keyword, by path, of a module; the module without rows is one the wheel does not have."""
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for row in table("module_attribute_map").get(module, []):
        found.setdefault(tuple(row["path"]), {})[row["keyword"]] = row["type"]
    return found


class Types:
    """The Types of the objects of a SOP class. `known`: the class has an IOD."""

    def __init__(self, sop_class: str) -> None:
        iod = table("sop_class_iod_map").get(RETIRED.get(sop_class, sop_class))
        self.known = iod is not None
        self.modules = [module["key"] for module in table("iod_module_map")[iod]] if self.known else list(ALWAYS)

    def written(self, path: tuple[str, ...], keyword: str) -> str | None:
        """The strictest Type that a module writes; None when none does."""
        found = {rows(module).get(path, {}).get(keyword) for module in self.modules}
        if path[-1:] == ("ContentSequence",) and self.known and keyword == "ContentSequence":
            found.add("1C")  # content items nest
        return next((type_ for type_ in STRICTEST if type_ in found), None)

    def type(self, chain: tuple[tuple[int, str | None], ...], tag: int) -> int:
        """1, 2 or 3, rule 12."""
        path = keywords(chain)
        keyword = keyword_for_tag(tag)
        written = self.written(path, keyword) if path is not None and keyword else None
        if written is None:
            return 3 if self.known else 1
        return int(written[0])

    def item(self, chain: tuple[tuple[int, str | None], ...]) -> dict[int, int]:
        """What the one item of a sequence under D holds: 1 or 2 by tag."""
        path = keywords(chain)
        if path is None:
            return {}
        names = {keyword for module in self.modules for keyword in rows(module).get(path, {})}
        types = {name: type_ for name in names if (type_ := self.written(path, name)) not in (None, "3")}
        if path[-1] in WHOLE:
            return {tag(name): 1 for name in WHOLE[path[-1]] if name in types}
        found = {tag(name): int(type_) for name, type_ in types.items() if type_ in ("1", "2")}
        for marks, more in MORE:
            if all(mark in types for mark in marks):
                found.update({tag(name): 1 for name in more if name in types})
        return dict(sorted(found.items()))


def keywords(chain: tuple[tuple[int, str | None], ...]) -> tuple[str, ...] | None:
    """The path as keywords, content items within content items as one; None below a private sequence."""
    found: list[str] = []
    for number, creator in chain:
        name = keyword_for_tag(number) if creator is None else ""
        if not name:
            return None
        if not (name == "ContentSequence" and found[-1:] == ["ContentSequence"]):
            found.append(name)
    return tuple(found)


def tag(keyword: str) -> int:
    """The tag of a keyword."""
    found = tag_for_keyword(keyword)
    assert found is not None, keyword
    return int(found)
