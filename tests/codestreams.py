"""Compressed frames made by encoders, and text planted into them wherever a codec has room for it; independent of the package."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import pack

import build
import cv2
import imagecodecs
import numpy as np

SECRET = b"VANDERPLUME^IGNATIUS 91253981"
UIDS = "1.2.840.10008.1.2."

Decode = Callable[[bytes], np.ndarray]


@dataclass(frozen=True)
class Sample:
    """One frame as an encoder wrote it, and how it is decoded."""

    name: str
    transfer_syntax: str
    data: bytes
    decode: Decode

    def shows(self, data: bytes) -> bool:
        """True when these bytes decode to the same image."""
        return np.array_equal(self.decode(data), self.decode(self.data))


def grey(bits: int = 8, rows: int = 48, columns: int = 64) -> np.ndarray:
    rng = np.random.default_rng(5)
    smooth = np.add.outer(np.arange(rows) * 2, np.arange(columns)) + rng.integers(0, 9, (rows, columns))
    return (smooth % (1 << bits)).astype("u1" if bits == 8 else "u2")


def colour() -> np.ndarray:
    return np.stack([grey(), grey()[::-1], grey()[:, ::-1]], axis=-1).copy()


def _progressive(image: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 3])[1].tobytes())


def rgb_jpeg() -> bytes:
    """A JPEG whose samples are RGB: an Adobe segment says so."""
    return bytes(imagecodecs.jpeg8_encode(colour(), level=90, colorspace="rgb", outcolorspace="rgb"))


JPEGS: tuple[Sample, ...] = (
    Sample("baseline", f"{UIDS}4.50", bytes(imagecodecs.jpeg8_encode(grey(), level=90)), imagecodecs.jpeg8_decode),
    Sample("baseline, colour", f"{UIDS}4.50", bytes(imagecodecs.jpeg8_encode(colour(), level=90)), imagecodecs.jpeg8_decode),
    Sample("baseline, Adobe", f"{UIDS}4.50", rgb_jpeg(), imagecodecs.jpeg8_decode),
    Sample("extended", f"{UIDS}4.51", bytes(imagecodecs.jpeg8_encode(grey(12), level=90, bitspersample=12)), imagecodecs.jpeg8_decode),
    Sample("progressive", f"{UIDS}4.55", _progressive(colour()), imagecodecs.jpeg8_decode),
    Sample("lossless", f"{UIDS}4.57", bytes(imagecodecs.jpeg8_encode(grey(16), lossless=True, predictor=4)), imagecodecs.jpeg8_decode),
    Sample("lossless SV1", f"{UIDS}4.70", bytes(imagecodecs.jpeg8_encode(colour(), lossless=True, predictor=1)), imagecodecs.jpeg8_decode),
    Sample("JPEG-LS", f"{UIDS}4.80", bytes(imagecodecs.jpegls_encode(grey(16))), imagecodecs.jpegls_decode),
    Sample("JPEG-LS, near", f"{UIDS}4.81", bytes(imagecodecs.jpegls_encode(colour(), level=3)), imagecodecs.jpegls_decode),
)
TILED = bytes(imagecodecs.htj2k_encode(grey(rows=96, columns=128), reversible=True, tlm=True, tile=(48, 64)))
JPEG_2000S: tuple[Sample, ...] = (
    Sample(
        "J2K",
        f"{UIDS}4.90",
        bytes(imagecodecs.jpeg2k_encode(grey(16), level=0, reversible=True, codecformat="J2K")),
        imagecodecs.jpeg2k_decode,
    ),
    Sample("J2K, lossy", f"{UIDS}4.91", bytes(imagecodecs.jpeg2k_encode(colour(), level=35, codecformat="J2K")), imagecodecs.jpeg2k_decode),
    Sample("HTJ2K", f"{UIDS}4.201", bytes(imagecodecs.htj2k_encode(grey(16), reversible=True)), imagecodecs.jpeg2k_decode),
    Sample("HTJ2K, tiles", f"{UIDS}4.202", TILED, imagecodecs.jpeg2k_decode),
)
JP2 = Sample(
    "JP2",
    f"{UIDS}4.90",
    bytes(imagecodecs.jpeg2k_encode(colour(), level=0, reversible=True, codecformat="JP2")),
    imagecodecs.jpeg2k_decode,
)
JXL = Sample("JPEG XL", f"{UIDS}4.110", bytes(imagecodecs.jpegxl_encode(grey(), lossless=True)), imagecodecs.jpegxl_decode)
JXL_BOXES = Sample(
    "JPEG XL in boxes",
    f"{UIDS}4.112",
    bytes(imagecodecs.jpegxl_encode(grey(), lossless=True, usecontainer=True)),
    imagecodecs.jpegxl_decode,
)


def segment(marker: int, body: bytes) -> bytes:
    return pack(">BBH", 0xFF, marker, len(body) + 2) + body


def spread(data: bytes, planted: bytes) -> Iterator[bytes]:
    """The segments behind SOI and before every other marker segment of a JPEG, scans passed over."""
    for at in marker_places(data):
        yield data[:at] + planted + data[at:]


def marker_places(data: bytes) -> list[int]:
    """Where the markers of a JPEG or JPEG-LS frame stand, SOI left out, EOI among them."""
    after_scan = re.compile(rb"\xff[\x80-\xcf\xd8-\xff]" if b"\xff\xf7" in data[:200] else rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)
    places, at = [], 2
    while data[at + 1] != 0xD9:
        places.append(at)
        scan = data[at + 1] == 0xDA
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if scan:
            found = after_scan.search(data, at)
            assert found is not None
            at = found.start()
    return [*places, at]


def comment(text: bytes, kind: int = 1) -> bytes:
    """A COM segment of JPEG 2000."""
    return pack(">HHH", 0xFF64, len(text) + 4, kind) + text


def before_tiles(data: bytes, planted: bytes) -> bytes:
    """A segment at the end of the main header."""
    at = data.index(b"\xff\x90\x00\x0a")
    return data[:at] + planted + data[at:]


def in_tile_parts(data: bytes, planted: bytes) -> bytes:
    """A segment in the header of each tile-part, with the lengths in SOT and TLM made right."""
    out, at = bytearray(), data.index(b"\xff\x90\x00\x0a")
    out += data[:at]
    tlm = data.find(b"\xff\x55", 0, at)
    entry = tlm + 6
    while data[at : at + 2] == b"\xff\x90":
        length = int.from_bytes(data[at + 6 : at + 10], "big")
        head = bytearray(data[at : at + 12])
        head[6:10] = (length + len(planted)).to_bytes(4, "big")
        out += head + planted + data[at + 12 : at + length]
        if tlm >= 0:
            style = data[tlm + 5]
            entry += style >> 4 & 3
            assert style & 0x40 and int.from_bytes(data[entry : entry + 4], "big") == length
            out[entry : entry + 4] = (length + len(planted)).to_bytes(4, "big")
            entry += 4
        at += length
    assert data[at : at + 2] == b"\xff\xd9"
    return bytes(out + data[at:])


def box(kind: bytes, content: bytes) -> bytes:
    return pack(">I", len(content) + 8) + kind + content


def file(
    transfer_syntax: str, *fragments: bytes, offsets: bytes = b"", frames: int = 1, before: bytes = b"", extra: bytes = b"", **image: int
) -> bytes:
    """A secondary capture with these fragments behind a Basic Offset Table. `before`: elements between the image description and the pixel
    data, `extra`: elements between identity and image description."""
    content = b"".join(build.item(one) for one in (offsets, *(one + b"\0" * (len(one) & 1) for one in fragments)))
    pixels = build.element(0x7FE00010, "OB", content + build.tag_bytes(0xFFFEE0DD) + bytes(4), length=build.NO_END)
    return build.file(build.identity() + extra + description(frames, **image) + before + pixels, transfer_syntax)


def description(frames: int = 1, rows: int = 48, columns: int = 64, bits: int = 8, samples: int = 1) -> bytes:
    """The image description, group 0028."""
    return (
        build.number(0x00280002, samples)
        + build.element(0x00280004, "CS", "MONOCHROME2" if samples == 1 else "RGB")
        + (build.element(0x00280008, "IS", str(frames)) if frames else b"")
        + build.number(0x00280010, rows)
        + build.number(0x00280011, columns)
        + build.number(0x00280100, bits)
        + build.number(0x00280101, bits)
        + build.number(0x00280102, bits - 1)
        + build.number(0x00280103, 0)
    )
