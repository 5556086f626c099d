"""The attributes that PS3.15 Table E.1-1 lists, read from the shipped recipe that holds the table."""

from __future__ import annotations

import re
from functools import cache

from deidrules import resources

BASIC = "ps315/2026d/basic.recipe"


@cache
def listed_tags() -> frozenset[int]:
    """Tags with a rule of their own in the Basic Profile; masks and private elements left out. Read line by line: the recipe holds one
    rule a line, and lint has no time to parse 650."""
    text = (resources.folder("profiles") / BASIC).read_text("utf-8")
    found = re.findall(r"^[XZDU/]+ +\(([0-9A-F]{4}),([0-9A-F]{4})\)", text, re.MULTILINE)
    return frozenset(int(group + element, 16) for group, element in found)
