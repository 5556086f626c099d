"""Files of JSON documents, one in a line or all in one list, in parts that several workers can read at the same time."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deidrules.ocr.json_headers import read_document
from deidrules.text.refusal import Refusal

SUFFIXES = (".json", ".jsonl", ".ndjson")

_PART = 4 << 20
# a list is one JSON value and is read in one piece; a line may be as long
_MOST = 1 << 30


@dataclass(frozen=True, slots=True)
class Part:
    """Whole lines of a file: `begin` .. `begin + length` in bytes, `line` the number of the first one, from 1. A list is one part."""

    begin: int
    length: int
    line: int


def holds_documents(path: str) -> bool:
    """True for a file of JSON by its suffix and its first character."""
    if not path.lower().endswith(SUFFIXES):
        return False
    try:
        with Path(path).open("rb") as file:
            return file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    except OSError:
        return False


def parts_of(path: str, size: int = _PART) -> Iterator[Part]:
    """The parts of a file, each of about `size` bytes. Refusal `unreadable`, or `too-large` for a list or a line beyond a gigabyte."""
    try:
        with Path(path).open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Refusal("unreadable")
            end = os.fstat(file.fileno()).st_size
            if file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[":
                if end > _MOST:
                    raise Refusal("too-large", length=end, expected=_MOST)
                yield Part(0, end, 1)
                return
            begin, line = 0, 1
            while begin < end:
                file.seek(begin)
                block = file.read(size)
                lines = block.count(b"\n")
                length = len(block)
                if begin + length < end:
                    length = block.rfind(b"\n") + 1
                    if not length:  # one line, longer than a part
                        file.seek(begin)
                        length = len(file.readline(_MOST + 1))
                        lines = 1
                        if length > _MOST:
                            raise Refusal("too-large", length=length, expected=_MOST)
                yield Part(begin, length, line)
                begin, line = begin + length, line + lines
    except OSError:
        raise Refusal("unreadable") from None


def documents(path: str, part: Part) -> Iterator[tuple[int, object]]:
    """The documents of a part, each with the number of its line, or, in a list, of its place in it from 1. A line that is no JSON is given
    as the Refusal `bad-json-header`. Refusal `unreadable`, and `bad-json-header` for a list that is none."""
    try:
        with Path(path).open("rb") as file:
            file.seek(part.begin)
            text = file.read(part.length)
    except OSError:
        raise Refusal("unreadable") from None
    if part.begin == 0:
        text = text.removeprefix(b"\xef\xbb\xbf")
        if text.lstrip()[:1] == b"[":
            found = read_document(text)
            yield from enumerate(found if isinstance(found, list) else (), 1)
            return
    for number, line in enumerate(text.split(b"\n"), part.line):
        if line.strip():
            try:
                yield number, read_document(line)
            except Refusal as refusal:
                yield number, refusal
