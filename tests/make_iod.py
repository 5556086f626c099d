"""Write deidrules/dicom/data/iod.txt from the tables of PS3.3 in the highdicom wheel. Run: python tests/make_iod.py

The file is committed; `deidrules.dicom.iod` describes and reads it, and a test compares the two byte by byte. Of highdicom nothing is
imported, its three JSON files are read."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.datadict import tag_for_keyword

VERSION = "0.28.2"
OUT = Path(__file__).resolve().parents[1] / "deidrules" / "dicom" / "data" / "iod.txt"
# Rule 12 of the language: of an unknown SOP class, these modules are taken for granted
MODULES = ("patient", "general-study", "general-series", "sop-common")
CONTENT = 0x0040A730
# Group 60xx stands as 6000: the repeating attributes of PS3.3 C.9.2, which no dictionary lists by a tag of their own
REPEATING = {
    "OverlayRows": 0x60000010,
    "OverlayColumns": 0x60000011,
    "NumberOfFramesInOverlay": 0x60000015,
    "OverlayDescription": 0x60000022,
    "OverlayType": 0x60000040,
    "OverlaySubtype": 0x60000045,
    "OverlayOrigin": 0x60000050,
    "ImageFrameOrigin": 0x60000051,
    "OverlayBitsAllocated": 0x60000100,
    "OverlayBitPosition": 0x60000102,
    "OverlayActivationLayer": 0x60001001,
    "ROIArea": 0x60001301,
    "ROIMean": 0x60001302,
    "ROIStandardDeviation": 0x60001303,
    "OverlayLabel": 0x60001500,
    "OverlayData": 0x60003000,
}
RANK = {"3": 0, "2C": 1, "2": 2, "1C": 3, "1": 4}

HEADER = """\
# Types of the attributes of the composite IODs, DICOM PS3.3 2026b, (c) NEMA, by way of highdicom 0.28.2.
#
# Written by tests/make_iod.py, read by deidrules/dicom/iod.py. What 2026c and 2026d added is not in it, nor what highdicom 0.28.2 leaves
# out: the attributes that pydicom 3.0.2 does not know, among them 26 of PS3.15 Table E.1-1, and these modules:
{missing}
# An attribute that is not in the list of an IOD counts as Type 3, but for the SOP classes that are in no list, see below.
#
# highdicom: Copyright 2020 MGH Computational Pathology. Permission is hereby granted, free of charge, to any person obtaining a copy of
# this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without
# limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
# persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright notice and this permission
# notice shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF
# ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
# NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN
# ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
# SOFTWARE.
#
# `iod NAME NODE`, `class UID NAME`, and one node a line, the first is 0: the attributes of a data set, each `tag:type` or, where it is
# a sequence whose items hold something, `tag:type:node`. Type 3 is left out where nothing of another Type is below. The IOD "" is what
# is taken for granted of an object of unknown SOP class: there Type 3 is written, and what is not in the list counts as Type 1."""


def standard() -> Path | None:
    """The folder of highdicom's tables; None when the wheel of that version is not installed."""
    spec = importlib.util.find_spec("highdicom")
    if spec is None or spec.origin is None or importlib.metadata.version("highdicom") != VERSION:
        return None
    return Path(spec.origin).parent / "_standard"


def tag_of(keyword: str) -> int:
    """The tag of a keyword."""
    tag = tag_for_keyword(keyword)
    return REPEATING[keyword] if tag is None else int(tag)


@dataclass
class Attribute:
    """An attribute of a data set: its strictest Type over the modules that have it, and what its items hold."""

    type: str
    items: dict[int, Attribute]


def merged(modules: list[list[dict[str, Any]]]) -> dict[int, Attribute]:
    """The attributes of all modules in one tree, the strictest Type of each. A row without Type (of a service's module, none of which a
    composite IOD has) counts as 3."""
    root: dict[int, Attribute] = {}
    for rows in modules:
        for row in rows:
            level = root
            for keyword in row["path"]:
                level = level.setdefault(tag_of(keyword), Attribute("3", {})).items
            found = level.setdefault(tag_of(row["keyword"]), Attribute("3", {}))
            found.type = max(found.type, "3" if row["type"] in (None, "None") else row["type"], key=RANK.__getitem__)
    return root


class Nodes:
    """Lists of attributes, equal ones once."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, attributes: dict[int, Attribute], *, inside: int = 0, optional: bool = False) -> int | None:
        """The number of a list; None when it is empty. `inside`: the sequence whose items these are. `optional`: Type 3 is written."""
        parts = []
        for tag in sorted(attributes):
            attribute = attributes[tag]
            if tag == CONTENT == inside:
                # content items nest without end (PS3.3 C.17.3); the source writes one or two levels
                parts.append(f"{tag:08X}:{attribute.type}:.")
                continue
            below = self.number(attribute.items, inside=tag, optional=optional)
            if attribute.type != "3" or below is not None or optional:
                parts.append(f"{tag:08X}:{attribute.type}" + ("" if below is None else f":{below}"))
        if inside == CONTENT and CONTENT not in attributes:
            parts = sorted([*parts, f"{CONTENT:08X}:1C:."])
        return self.numbers.setdefault(" ".join(parts), len(self.numbers)) if parts else None


def text(folder: Path) -> str:
    """The whole file."""
    sop_classes, iods, modules = (
        json.loads((folder / name).read_text("utf-8"))
        for name in ("sop_class_iod_map.json", "iod_module_map.json", "module_attribute_map.json")
    )
    nodes = Nodes()
    names = []
    missing: set[str] = set()
    for name in sorted(iods):
        keys = [module["key"] for module in iods[name]]
        missing.update(key for key in keys if key not in modules)
        names.append(f"iod {name} {nodes.number(merged([modules.get(key, []) for key in keys]))}")
    unknown = nodes.number(merged([modules[key] for key in MODULES]), optional=True)
    classes = [f"class {uid} {sop_classes[uid]}" for uid in sorted(sop_classes)]
    head = HEADER.format(missing="\n".join(f"#   {key}" for key in sorted(missing)))
    return "\n".join([head, *names, f"iod  {unknown}", *classes, *nodes.numbers]) + "\n"


def main() -> None:
    """Write the file."""
    folder = standard()
    if folder is None:
        raise SystemExit(f"highdicom {VERSION} is not installed")
    OUT.write_text(text(folder), encoding="utf-8")


if __name__ == "__main__":
    main()
