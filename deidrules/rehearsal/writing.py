"""The object of a test as bytes: a file that the strict reader takes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from struct import pack

from deidrules.dicom import dictionary
from deidrules.dicom.element import EXPLICIT_LITTLE, Encoding
from deidrules.dicom.meta import MAGIC, PREAMBLE, TRANSFER_SYNTAX
from deidrules.dicom.transfer_syntax import TransferSyntax
from deidrules.dicom.values import encode
from deidrules.dicom.vr import VRS, Kind
from deidrules.dicom.writer import element, element_header, item_header
from deidrules.text.refusal import Refusal

SOP_CLASS, SOP_INSTANCE = 0x00080016, 0x00080018
_META_VERSION, _MEDIA_SOP_CLASS, _MEDIA_SOP_INSTANCE = 0x00020001, 0x00020002, 0x00020003


@dataclass(frozen=True, slots=True)
class Value:
    """An element's value: as texts (numbers as written), and as bytes in the encoding of the object."""

    vr: str
    texts: tuple[str, ...]
    raw: bytes


@dataclass(slots=True)
class Node:
    """A data set while it is put together: values and sequences by tag, private blocks by group and creator."""

    values: dict[int, Value] = field(default_factory=dict)
    sequences: dict[int, list[Node]] = field(default_factory=dict)
    blocks: dict[tuple[int, str], int] = field(default_factory=dict)

    def block(self, group: int, creator: str) -> tuple[int, bool]:
        """(the tags of the creator's block without their low byte, whether it is new), PS3.5 7.8.1."""
        known = self.blocks.get((group, creator))
        if known is None:
            number = 0x10 + sum(1 for taken, _ in self.blocks if taken == group)
            known = self.blocks[group, creator] = group << 16 | number << 8
            return known, True
        return known, False


def encoded(texts: tuple[str, ...], vr: str, encoding: Encoding, charsets: tuple[str, ...]) -> bytes:
    """The value field of texts as they are written in a recipe. Binary values are the characters' bytes, tags a keyword or
    `(gggg,eeee)`. Raises Refusal as `values.encode` does."""
    match VRS[vr].kind:
        case Kind.BINARY:
            if any(not text.isascii() for text in texts):
                raise Refusal("value-not-encodable", vr=vr)
            return encode(tuple(text.encode("ascii") for text in texts), vr, encoding, charsets)
        case Kind.TAG:
            return encode(tuple(_tag(text) for text in texts), vr, encoding, charsets)
    return encode(texts, vr, encoding, charsets)


def _tag(text: str) -> int:
    known = dictionary.tag_of(text)
    if known is not None:
        return known
    digits = text.strip("()").replace(",", "")
    try:
        return int(digits, 16) if len(digits) == 8 else -1
    except ValueError:
        return -1


def data_set(node: Node, encoding: Encoding) -> bytes:
    """Its elements, in order of their tags; sequences and items of defined length."""
    coded = [(tag, element(tag, value.vr, value.raw, encoding)) for tag, value in node.values.items()]
    for tag, items in node.sequences.items():
        bodies = [data_set(item, encoding) for item in items]
        content = b"".join(item_header(len(body), encoding) + body for body in bodies)
        coded.append((tag, element_header(tag, "SQ", len(content), encoding) + content))
    return b"".join(part for _, part in sorted(coded, key=lambda pair: pair[0]))


def file(node: Node, meta: Mapping[int, Value], syntax: TransferSyntax) -> bytes:
    """The whole file: file meta information of what `meta` gives and what follows from the object, then the data set."""
    known = dict(meta)
    for tag, source in ((_MEDIA_SOP_CLASS, SOP_CLASS), (_MEDIA_SOP_INSTANCE, SOP_INSTANCE)):
        if tag not in known and source in node.values:
            known[tag] = node.values[source]
    known.setdefault(_META_VERSION, Value("OB", (), b"\0\1"))
    known[TRANSFER_SYNTAX] = Value("UI", (syntax.uid,), encoded((syntax.uid,), "UI", EXPLICIT_LITTLE, ()))
    group = b"".join(element(tag, value.vr, value.raw, EXPLICIT_LITTLE) for tag, value in sorted(known.items()))
    body = data_set(node, syntax.encoding)
    if syntax.deflated:
        machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        body = machine.compress(body) + machine.flush()
        body += b"\0" * (len(body) & 1)
    return bytes(PREAMBLE) + MAGIC + element(0x00020000, "UL", pack("<I", len(group)), EXPLICIT_LITTLE) + group + body
