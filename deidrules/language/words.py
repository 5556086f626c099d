"""What the terminals of the grammar are called when a person is told what was expected."""

from __future__ import annotations

STATEMENTS = ("param", "set", "add", "when", "reject", "quarantine", "accept", "without", "pixels", "test")
HEADERS = ("deidrules", "layer")
PIXEL_STATEMENTS = ("blank", "strip", "read-text", "clean", "label")
TEST_STATEMENTS = ("given", "expect")

CODES = "the codes are K keep, X remove, Z empty, D dummy, C clean, U replace UIDs, and compounds such as X/Z/D"

# What people call it elsewhere -> the code for it
VERBS = {
    "remove": "X", "delete": "X", "del": "X", "drop": "X", "erase": "X", "rm": "X",
    "blank": "Z", "empty": "Z", "clear": "Z", "zero": "Z", "nullify": "Z",
    "replace": "D", "dummy": "D", "mask": "D", "pseudonymize": "D", "encrypt": "D",
    "keep": "K", "retain": "K", "preserve": "K", "allow": "K",
    "clean": "C", "scrub": "C", "redact": "C", "jitter": "C", "shift": "C",
    "hash": "U", "uid": "U", "remap": "U", "hashuid": "U",
    "recurse": "K",
}  # fmt: skip

_SELECTOR = {"KEYWORD", "TAG", "PRIVATE_TAG", "IDENT", "STAR", "VR", "PRIVATE", "UNKNOWN", "DECLARED_SAFE", "CONTENT", "TOP", "HERE"}
_VALUE = _SELECTOR | {"STRING", "INT", "SIGNED", "DECIMAL", "LSQB"}
_CONDITION = _SELECTOR | {"QUANTIFIER", "EXISTS", "EMPTY", "NOT", "LPAR"}
_SPELLED = {
    "$END": "the end of the line", "_NL": "the end of the line", "RBRACE": "`}`", "LBRACE": "`{`", "COMMA": "`,`", "EQUAL": "`=`",
    "SLASH": "`/`", "PLUS": "`+`", "COLON": "`:`", "LPAR": "`(`", "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`", "PERCENT": "`%`",
    "STAR": "`*`", "RANGE": "`..`", "STRING": "a text in double quotes", "INT": "a whole number", "SIGNED": "a size such as `+640`",
    "DECIMAL": "a number", "CODE": "a code such as `X`", "KEYWORD": "a DICOM keyword", "TAG": "a tag", "PRIVATE_TAG": "a private tag",
    "VALUETYPE": "a value type such as `TEXT`",
    "IDENT": "a lower-case name", "VRNAME": "a VR such as `PN`", "GROUP60": "an overlay group, one of `6000`, `6002` … `601E`,",
    "REGEX": "an expression between slashes such as `/FILM|PRINT/i`", "COMPARE": "`!=`, `<`, `<=`, `>` or `>=`",
}  # fmt: skip


def described(expected: frozenset[str], spelled: dict[str, tuple[str, ...]]) -> list[str]:
    """What was expected, in words of the language; `spelled`: the words of each word terminal of the grammar."""
    left = set(expected)
    said: list[str] = []
    if {"EXISTS", "KEYWORD"} <= left:
        said.append("a condition")
        left -= _CONDITION
    elif {"STRING", "KEYWORD"} <= left:
        said.append("a value")
        left -= _VALUE
    elif {"KEYWORD", "TAG"} <= left:
        said.append("a selector")
        left -= _SELECTOR
    elif {"STRING", "INT"} <= left:
        said.append("a text or a number")
        left -= _VALUE
    if {"EQUAL", "COMPARE"} <= left:
        said.append("a comparison such as `=`")
        left -= {"EQUAL", "COMPARE"}
    ends = [name for name in ("RBRACE", "_NL", "$END") if name in left]
    for name in sorted(left - set(ends)):
        said.extend(f"`{word}`" for word in spelled.get(name, ())) if name in spelled else said.append(_SPELLED.get(name, name.lower()))
    if ends:
        said.append(_SPELLED[ends[-1]])
    return said


def joined(choices: list[str]) -> str:
    """`a, b or c`."""
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
