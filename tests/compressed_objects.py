"""Objects with compressed frames for tests: codecs of libraries, two written here, every kind of offset table; apart from the package."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from struct import pack, unpack
from typing import Any

import imagecodecs
import numpy as np
from pixel_objects import dataset
from pydicom._uid_dict import UID_dictionary
from pydicom.dataset import Dataset

from deidrules.dicom.tools.generate import UID_SUPPLEMENT

UIDS = "1.2.840.10008.1.2."

# of later editions than pydicom's; without them it writes no file. Named as the package's own supplement names them.
for _uid, _kind, _keyword, _name in UID_SUPPLEMENT:
    if _uid.startswith(UIDS):
        UID_dictionary.setdefault(_uid, (_name, _kind, "", "", _keyword))

Encode = Callable[[np.ndarray], bytes]
Decode = Callable[[bytes], np.ndarray]


# ---- RLE, PS3.5 Annex G, in literal runs


def rle_encode(image: np.ndarray) -> bytes:
    """Rows x columns [x samples] of whole bytes, or of bool: one bit a pixel."""
    if image.dtype == bool:
        planes = [np.packbits(image, bitorder="little").tobytes()]
        row = len(planes[0])
    else:
        row = image.shape[1]
        samples = image.reshape(*image.shape[:2], -1)
        size = image.itemsize
        planes = [
            samples[..., sample].astype(f">u{size}").view("u1").reshape(-1, size)[:, byte].tobytes()
            for sample in range(samples.shape[2])
            for byte in range(size)
        ]
    segments = [_packed(plane, row) for plane in planes]
    offsets = [64 + sum(map(len, segments[:number])) for number in range(len(segments))]
    return pack("<16I", len(segments), *offsets, *[0] * (15 - len(segments))) + b"".join(segments)


def _packed(plane: bytes, row: int) -> bytes:
    out = bytearray()
    for start in range(0, len(plane), row):
        line = plane[start : start + row]
        for at in range(0, len(line), 128):
            run = line[at : at + 128]
            out += bytes([len(run) - 1]) + run
    return bytes(out) + b"\x80" * (len(out) % 2)


def rle_decode(shape: tuple[int, ...], kind: str) -> Decode:
    """A decoder of frames of this shape; `kind` is a type of numpy, `?` for one bit a pixel."""
    dtype = np.dtype(kind)

    def decode(frame: bytes) -> np.ndarray:
        count, *offsets = unpack("<16I", frame[:64])
        edges = [*offsets[:count], len(frame)]
        planes = [_unpacked(frame[start:stop]) for start, stop in pairwise(edges)]
        pixels = shape[0] * shape[1]
        if kind == "?":
            return np.unpackbits(np.frombuffer(planes[0], "u1"), bitorder="little")[:pixels].reshape(shape).astype(bool)
        samples = int(np.prod(shape)) // pixels
        assert count == samples * dtype.itemsize
        out = np.zeros((pixels, samples, dtype.itemsize), "u1")
        for number, plane in enumerate(planes):
            out[:, number // dtype.itemsize, number % dtype.itemsize] = np.frombuffer(plane[:pixels], "u1")
        return out.view(f">u{dtype.itemsize}").astype(dtype).reshape(shape)

    return decode


def _unpacked(data: bytes) -> bytes:
    out, at = bytearray(), 0
    while at < len(data):
        head = data[at]
        at += 1
        if head < 128:
            out += data[at : at + head + 1]
            at += head + 1
        elif head > 128:
            out += data[at : at + 1] * (257 - head)
            at += 1
    return bytes(out)


def deflate(image: np.ndarray) -> bytes:
    plain = np.packbits(image, bitorder="little").tobytes() if image.dtype == bool else image.tobytes()
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeezer.compress(plain) + squeezer.flush()


def inflate(shape: tuple[int, ...], kind: str) -> Decode:
    def decode(frame: bytes) -> np.ndarray:
        plain = zlib.decompressobj(-15).decompress(frame)
        if kind == "?":
            return np.unpackbits(np.frombuffer(plain, "u1"), bitorder="little")[: int(np.prod(shape))].reshape(shape).astype(bool)
        return np.frombuffer(plain, kind)[: int(np.prod(shape))].reshape(shape)

    return decode


# ---- objects


def image(rows: int, columns: int, samples: int = 1, bits: int = 8, seed: int = 0) -> np.ndarray:
    """Something smooth with noise, over most of the range of these bits."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns]
    top = (1 << bits) - 1
    one = top * (0.5 + 0.2 * np.sin(x / 7 + seed) + 0.2 * np.cos(y / 5)) + chance.integers(0, max(2, top >> 5), (rows, columns))
    made = one if samples == 1 else np.dstack([np.roll(one, 3 * number, 1) for number in range(samples)])
    return made.clip(1, top).astype("u1" if bits <= 8 else "u2")


@dataclass(frozen=True)
class Coded:
    """One way to code frames: `layout` is the image description, `fill` the blank as decoded, or `smallest` or `largest` of the frame
    outside. `make`: a frame of samples by number."""

    transfer_syntax: str
    encode: Encode
    decode: Decode
    make: Callable[[int], np.ndarray]
    fill: Any = 0
    layout: dict[str, Any] = field(default_factory=dict)

    @property
    def uid(self) -> str:
        return f"{UIDS}{self.transfer_syntax}"

    def frames(self, count: int) -> list[bytes]:
        return [self.encode(self.make(number)) for number in range(count)]

    def object(self, frames: Sequence[bytes], *, table: str = "basic", pieces: int = 1, **attributes: Any) -> Dataset:
        """The object with these frames, each in so many fragments; `table`: `basic`, `extended` or none."""
        shape = self.make(0).shape
        layout = {"rows": shape[0], "columns": shape[1], "frames": len(frames), "allocated": 8 * self.make(0).itemsize, **self.layout}
        made = dataset(**layout, value=b"", **attributes)
        return encapsulated(made, frames, table=table, pieces=pieces)


def encapsulated(made: Dataset, frames: Sequence[bytes], *, table: str = "basic", pieces: int = 1) -> Dataset:
    """The Dataset with these frames for pixel data."""
    fragments, offsets, lengths, at = [], [], [], 0
    for frame in frames:
        offsets.append(at)
        lengths.append(len(frame))
        size = -(-len(frame) // pieces)
        size += size % 2
        for start in range(0, len(frame), size):
            part = frame[start : start + size]
            fragments.append(part + b"\0" * (len(part) % 2))
            at += 8 + len(fragments[-1])
    basic = pack(f"<{len(offsets)}I", *offsets) if table == "basic" else b""
    made.PixelData = b"".join(b"\xfe\xff\x00\xe0" + pack("<I", len(part)) + part for part in (basic, *fragments))
    made["PixelData"].VR, made["PixelData"].is_undefined_length = "OB", True
    if table == "extended":
        made.ExtendedOffsetTable = pack(f"<{len(offsets)}Q", *offsets)
        made.ExtendedOffsetTableLengths = pack(f"<{len(lengths)}Q", *lengths)
    return made


def fragments_of(made: Dataset) -> tuple[bytes, list[tuple[int, bytes]]]:
    """The Basic Offset Table, and each fragment with its offset behind it."""
    value, at = made.PixelData, 0
    items = []
    while at < len(value) and value[at : at + 4] == b"\xfe\xff\x00\xe0":
        (length,) = unpack("<I", value[at + 4 : at + 8])
        items.append((at, value[at + 8 : at + 8 + length]))
        at += 8 + length
    base = items[1][0]
    return items[0][1], [(at - base, data) for at, data in items[1:]]


# ---- ways to code


def _grey(bits: int = 8) -> Callable[[int], np.ndarray]:
    return lambda number: image(24, 40, bits=bits, seed=number)


def _colour(number: int) -> np.ndarray:
    return image(24, 40, 3, seed=number)


def _negative(bits: int, wide: bool = True) -> Callable[[int], np.ndarray]:
    """Samples of either sign as unsigned words: of all their bits where `wide`, else of those stored."""

    def make(number: int) -> np.ndarray:
        values = image(24, 40, bits=bits, seed=number).astype("i4") - (1 << bits - 1)
        words = values.astype("i2").view("u2")
        return words if wide else words & np.uint16((1 << bits) - 1)

    return make


def _signed(number: int) -> np.ndarray:
    return (image(24, 40, bits=12, seed=number).astype("i4") - 2048).astype("i2")


def _ones(number: int) -> np.ndarray:
    return np.random.default_rng(number).random((23, 41)) < 0.5


def _jpeg_lossless(predictor: int, bits: int | None = None) -> Encode:
    def encode(frame: np.ndarray) -> bytes:
        space = "rgb" if frame.ndim == 3 else None
        return bytes(
            imagecodecs.jpeg8_encode(frame, lossless=True, predictor=predictor, bitspersample=bits, colorspace=space, outcolorspace=space)
        )

    return encode


def _jpeg_lossless_decode(frame: bytes) -> np.ndarray:
    space = "rgb" if frame[frame.index(b"\xff\xc3") + 9] == 3 else None
    return np.asarray(imagecodecs.jpeg8_decode(frame, colorspace=space, outcolorspace=space))


def _jpeg_2000(**options: Any) -> Encode:
    return lambda frame: bytes(imagecodecs.jpeg2k_encode(frame, codecformat="j2k", **{"level": 0, "reversible": True, **options}))


def _high_throughput(**options: Any) -> Encode:
    return lambda frame: bytes(imagecodecs.htj2k_encode(frame, **{"reversible": True, **options}))


def _jpeg(**options: Any) -> Encode:
    return lambda frame: bytes(imagecodecs.jpeg8_encode(frame, **{"level": 90, **options}))


def _near(frame: np.ndarray) -> bytes:
    return bytes(imagecodecs.jpegls_encode(frame, level=2))


RGB: dict[str, Any] = {"samples": 3, "photometric": "RGB"}
STORED_12: dict[str, Any] = {"stored": 12}
SIGNED: dict[str, Any] = {"signed": True}
PALETTE: dict[str, Any] = {
    "photometric": "PALETTE COLOR",
    **{f"{colour}PaletteColorLookupTableDescriptor": [256, 0, 8] for colour in ("Red", "Green", "Blue")},
    **{
        f"{colour}PaletteColorLookupTableData": bytes((abs(entry - 77) + 5) % 256 for entry in range(256))
        for colour in ("Red", "Green", "Blue")
    },
}
J2K, JLS, JXL = imagecodecs.jpeg2k_decode, imagecodecs.jpegls_decode, imagecodecs.jpegxl_decode

# Coded without loss, or coded again without loss: decoded samples are compared.
CODED: dict[str, Coded] = {
    "RLE": Coded("5", rle_encode, rle_decode((24, 40), "u1"), _grey()),
    "RLE, MONOCHROME1": Coded("5", rle_encode, rle_decode((24, 40), "u1"), _grey(), "largest", {"photometric": "MONOCHROME1"}),
    "RLE, 12 bits": Coded("5", rle_encode, rle_decode((24, 40), "u2"), _grey(12), 0, STORED_12),
    "RLE, signed": Coded("5", rle_encode, rle_decode((24, 40), "u2"), _negative(16), "smallest", SIGNED),
    "RLE, signed, 12 bits": Coded("5", rle_encode, rle_decode((24, 40), "u2"), _negative(12), "smallest", {**SIGNED, **STORED_12}),
    "RLE, RGB": Coded("5", rle_encode, rle_decode((24, 40, 3), "u1"), _colour, 0, {**RGB, "planar": 1}),
    "RLE, YBR_FULL": Coded(
        "5", rle_encode, rle_decode((24, 40, 3), "u1"), _colour, [0, 128, 128], {"samples": 3, "photometric": "YBR_FULL", "planar": 1}
    ),
    "RLE, palette": Coded("5", rle_encode, rle_decode((24, 40), "u1"), _grey(), 77, PALETTE),
    "RLE, one bit": Coded("5", rle_encode, rle_decode((23, 41), "?"), _ones, False, {"allocated": 1}),
    "JPEG lossless": Coded("4.57", _jpeg_lossless(6), _jpeg_lossless_decode, _grey()),
    "JPEG lossless SV1, 12 bits": Coded("4.70", _jpeg_lossless(1, 12), _jpeg_lossless_decode, _grey(12), 0, STORED_12),
    "JPEG lossless SV1, 16 bits": Coded("4.70", _jpeg_lossless(1, 16), _jpeg_lossless_decode, _grey(16)),
    "JPEG lossless SV1, signed": Coded("4.70", _jpeg_lossless(1, 16), _jpeg_lossless_decode, _negative(16), "smallest", SIGNED),
    "JPEG lossless SV1, RGB": Coded("4.70", _jpeg_lossless(1), _jpeg_lossless_decode, _colour, 0, RGB),
    "JPEG-LS": Coded("4.80", lambda frame: bytes(imagecodecs.jpegls_encode(frame)), JLS, _grey()),
    "JPEG-LS, 16 bits": Coded("4.80", lambda frame: bytes(imagecodecs.jpegls_encode(frame)), JLS, _grey(16)),
    "JPEG-LS, signed": Coded("4.80", lambda frame: bytes(imagecodecs.jpegls_encode(frame)), JLS, _negative(16), "smallest", SIGNED),
    "JPEG-LS, near, RGB": Coded("4.81", _near, JLS, _colour, 0, RGB),
    "JPEG 2000": Coded("4.90", _jpeg_2000(), J2K, _grey()),
    "JPEG 2000, 12 bits": Coded("4.90", _jpeg_2000(bitspersample=12), J2K, _grey(12), 0, STORED_12),
    "JPEG 2000, signed": Coded("4.90", _jpeg_2000(), J2K, _signed, "smallest", SIGNED),
    "JPEG 2000, signed pixels in an unsigned stream": Coded(
        "4.90", _jpeg_2000(bitspersample=12), J2K, _negative(12, wide=False), "smallest", {**SIGNED, **STORED_12}
    ),
    "JPEG 2000, YBR_RCT": Coded("4.90", _jpeg_2000(mct=True), J2K, _colour, 0, {"samples": 3, "photometric": "YBR_RCT"}),
    "JPEG 2000, RGB": Coded("4.90", _jpeg_2000(mct=False), J2K, _colour, 0, RGB),
    "JPEG 2000, lossy": Coded("4.91", _jpeg_2000(level=40, reversible=False), J2K, _grey()),
    "JPEG 2000, lossy, YBR_ICT": Coded(
        "4.91", _jpeg_2000(level=40, reversible=False, mct=True), J2K, _colour, 0, {"samples": 3, "photometric": "YBR_ICT"}
    ),
    "HTJ2K": Coded("4.201", _high_throughput(), J2K, _grey(16)),
    "HTJ2K, RPCL": Coded("4.202", _high_throughput(tlm=True), J2K, _grey()),
    "HTJ2K, RGB": Coded("4.201", _high_throughput(rgb=True), J2K, _colour, 0, {"samples": 3, "photometric": "YBR_RCT"}),
    "HTJ2K, lossy": Coded("4.203", _high_throughput(reversible=False), J2K, _grey()),
    "JPEG XL, lossless": Coded("4.110", lambda frame: bytes(imagecodecs.jpegxl_encode(frame, lossless=True)), JXL, _grey(16)),
    "JPEG XL, RGB": Coded("4.112", lambda frame: bytes(imagecodecs.jpegxl_encode(frame, lossless=True)), JXL, _colour, 0, RGB),
    "deflated": Coded("8.1", deflate, inflate((24, 40), "u2"), _grey(12), 0, STORED_12),
    "deflated, RGB": Coded("8.1", deflate, inflate((24, 40, 3), "u1"), _colour, 0, RGB),
    "deflated, one bit": Coded("8.1", deflate, inflate((23, 41), "?"), _ones, False, {"allocated": 1}),
}

# Changed in their blocks: coefficients are compared.
BLOCKS: dict[str, Coded] = {
    "JPEG": Coded("4.50", _jpeg(), imagecodecs.jpeg8_decode, _grey()),
    "JPEG, colour": Coded(
        "4.50", _jpeg(subsampling="422"), imagecodecs.jpeg8_decode, _colour, 0, {"samples": 3, "photometric": "YBR_FULL_422"}
    ),
    "JPEG, MONOCHROME1": Coded("4.50", _jpeg(), imagecodecs.jpeg8_decode, _grey(), 255, {"photometric": "MONOCHROME1"}),
    "JPEG, 12 bits": Coded("4.51", _jpeg(bitspersample=12), imagecodecs.jpeg8_decode, _grey(12), 0, STORED_12),
    "JPEG XL from JPEG": Coded(
        "4.111", lambda frame: bytes(imagecodecs.jpegxl_encode_jpeg(_jpeg()(frame))), imagecodecs.jpegxl_decode, _grey()
    ),
}
