"""dciodvfy (Debian package dicom3tools) as a judge: which errors it sees in an output that it did not see in the input.

`dciodvfy -new FILE` names the place of each finding as a path, `</A(gggg,eeee)[1]/B(gggg,eeee)> - what`. Values and numbers are taken out
of the text and the numbers of items out of the path, so that what is compared is kinds of errors by attribute, and how many there are of
each. Files it could not read at all are handed to it as copies that say the same in a form it knows (`readable`), input and output alike.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

PROGRAM = "dciodvfy"
ABSENT = "needs dciodvfy (Debian package dicom3tools)"
COMMAND = (PROGRAM, "-new")

DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT = "1.2.840.10008.1.2.1"
# Syntaxes of encapsulated pixels younger than the program (JPEG XL, HTJ2K, deflated frames). It looks at no pixel, so another name will do.
YOUNGER = re.compile(r"1\.2\.840\.10008\.1\.2\.(4\.11[0-2]|4\.20[1-3]|8\.1)")
JPEG_2000 = "1.2.840.10008.1.2.4.90"
# Pixel Data, as tag in either byte order. Where the program dies in it (an assertion on 32 bits), both copies end before it.
PIXEL_DATA = (b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10")

_LINE = re.compile(r"(?:</(?P<path>.*?)>(?: - |$))?(?P<said>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A kind of error: `path` of the attribute without item numbers ("" for the whole file), what is `said` without values."""

    path: str
    said: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the program said of one file. `finished` is False when it died."""

    errors: Counter[Finding]
    finished: bool


def available() -> bool:
    """True where the program is installed."""
    return shutil.which(PROGRAM) is not None


def report(path: Path) -> Report:
    """Run the program."""
    run = subprocess.run([*COMMAND, str(path)], capture_output=True, timeout=300, check=False)
    # Each stream alone: together they may cut each other's lines.
    errors = findings(run.stdout.decode("latin-1")) + findings(run.stderr.decode("latin-1"))
    return Report(errors, run.returncode >= 0)


def findings(text: str) -> Counter[Finding]:
    """The errors in what the program printed, by kind. A value may hold line breaks, so a finding ends where the next line begins that
    can begin one; what remains of a value cut by a bracket of its own is no finding."""
    found: Counter[Finding] = Counter()
    for part in re.split(r"^(?=Error - |Warning - )", text, flags=re.MULTILINE):
        if not part.startswith("Error - "):
            continue
        match = _LINE.match(_first(part.removeprefix("Error - ")))
        assert match is not None
        place = re.sub(r"\[[0-9]+\]", "", match["path"] or "")
        found[Finding(place, _said(match["said"]))] += 1
    return found


def _first(part: str) -> str:
    """The finding without the lines behind it: the name of the IOD, a blank line."""
    lines = part.split("\n")
    end = 1
    while end < len(lines) and "\n".join(lines[:end]).count("<") > "\n".join(lines[:end]).count(">"):
        end += 1
    return "\n".join(lines[:end])


def _said(text: str) -> str:
    """Without values: what stands behind an equals sign in brackets, quoted characters, and numbers that are not part of a Type."""
    text = re.sub(r"Module=<(\w+)>", r"Module=\1", text)
    text = re.sub(r"(=|should be) *<.*>", r"\1", text, flags=re.DOTALL)
    text = re.sub(r"'.?'(?: \((?:0x)?[0-9a-f]+\))?", "", text, flags=re.DOTALL)
    text = re.sub(r"ReferencedSOPInstanceUID.*", "", text, flags=re.DOTALL)
    return re.sub(r"(?<!Type )\b[0-9][0-9.]*\b", "n", text).strip(" -\n")


def new_errors(before: Path, after: Path, scratch: Path) -> Counter[Finding]:
    """Kinds of errors of which `after` has more than `before`. AssertionError when the program dies whatever is done."""
    one, two = report(readable(before, scratch / "before")), report(readable(after, scratch / "after"))
    if not (one.finished and two.finished):
        one, two = report(headless(before, scratch / "before")), report(headless(after, scratch / "after"))
    assert one.finished and two.finished, "dciodvfy died"
    return two.errors - one.errors


def readable(path: Path, copy: Path) -> Path:
    """The file, or a copy: inflated where it is deflated, under another transfer syntax where the program is too old for its own."""
    data = path.read_bytes()
    syntax, start = transfer_syntax(data)
    if syntax == DEFLATED:
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        copy.write_bytes(renamed(data[:start], EXPLICIT) + engine.decompress(data[start:]) + engine.flush())
        return copy
    if YOUNGER.fullmatch(syntax):
        copy.write_bytes(renamed(data[:start], JPEG_2000) + data[start:])
        return copy
    return path


def headless(path: Path, copy: Path) -> Path:
    """A copy that ends before the pixels."""
    data = readable(path, copy).read_bytes()
    found = [data.find(tag) for tag in PIXEL_DATA if tag in data]
    copy.write_bytes(data[: min(found)] if found else data)
    return copy


def transfer_syntax(data: bytes) -> tuple[str, int]:
    """The transfer syntax and where the data set begins; ("", 0) without file meta information or without its length."""
    if data[128:138] != b"DICM\x02\x00\x00\x00UL":
        return "", 0
    start = 144 + int.from_bytes(data[140:144], "little")
    position = 144
    while position < start:
        tag, vr = data[position : position + 4], data[position + 4 : position + 6]
        long = vr in (b"OB", b"UN", b"UT", b"SQ", b"OW")
        length = int.from_bytes(data[position + 8 : position + 12] if long else data[position + 6 : position + 8], "little")
        position += 12 if long else 8
        if tag == b"\x02\x00\x10\x00":
            return data[position : position + length].decode("ascii").rstrip("\0 "), start
        position += length
    return "", start


def renamed(head: bytes, syntax: str) -> bytes:
    """Preamble and file meta information that name another transfer syntax."""
    value = syntax.encode("ascii") + b"\0" * (len(syntax) % 2)
    at = head.index(b"\x02\x00\x10\x00UI")
    old = int.from_bytes(head[at + 6 : at + 8], "little")
    head = head[: at + 6] + len(value).to_bytes(2, "little") + value + head[at + 8 + old :]
    return head[:140] + (len(head) - 144).to_bytes(4, "little") + head[144:]
