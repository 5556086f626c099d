"""Every compressed file of the shared corpus: the image is the same behind the engine, and it is known what was taken out where."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest

from deidrules.compile.compiler import compile_profile
from deidrules.dicom.reader import read
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.pixels.codestream.strip import frames_of, strip
from deidrules.pixels.encapsulated import Encapsulated
from deidrules.text.refusal import Refusal

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus"
PIXEL_DATA = 0x7FE00010

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real files is not beside the repository (../shared/corpus)"),
]

# What real files hold beside their images; all others stay byte for byte.
TAKEN_OUT = {
    "GDCMJ2K_TextGBR.dcm": {"jpeg-2000-metadata": 1539},  # reader requirements, four GUIDs, an ICC profile
    "MAROTECH_CT_JP2Lossy.dcm": {"jpeg-2000-metadata": 56},  # a vendor's box
    "HasFragmentSequence.dcm": {"excess-frame-bytes": 526},  # what lay in the encoder's memory
}
# No frame of a codec under a transfer syntax that has one, and a frame in 63 fragments of which some are missing
REFUSED = {"genFile.dcm": "bad-codestream", "966.dcm": "bad-codestream"}


def compressed() -> list[tuple[Path, bytes]]:
    found = []
    for path in sorted(path for path in CORPUS.rglob("*") if path.is_file()):
        data = path.read_bytes()
        try:
            instance = read(data)
        except Refusal:
            continue
        if PIXEL_DATA in instance.index and instance.index[PIXEL_DATA].fragments:
            found.append((path, data))
    return found


def frames(data: bytes) -> Encapsulated:
    instance = read(data)
    return frames_of(instance, instance.elements, instance.encoding, instance.index[PIXEL_DATA])


def decoded(transfer_syntax: str, frame: memoryview) -> np.ndarray | None:
    """The image of a frame; None where this codec has no decoder here, or refuses it."""
    number = transfer_syntax.removeprefix("1.2.840.10008.1.2.")
    decode = {
        "4.8": imagecodecs.jpegls_decode, "4.9": imagecodecs.jpeg2k_decode, "4.2": imagecodecs.jpeg2k_decode,
        "4.11": imagecodecs.jpegxl_decode, "4.5": imagecodecs.jpeg8_decode, "4.7": imagecodecs.jpeg8_decode,
    }  # fmt: skip
    found = next((decode[start] for start in ("4.11", "4.8", "4.9", "4.2", "4.5", "4.7") if number.startswith(start)), None)
    try:
        return None if found is None else found(bytes(frame))
    except Exception:
        return None


def test_the_image_of_every_compressed_file_is_the_same_and_what_goes_is_known() -> None:
    compilation = compile_profile("ps315-basic")
    assert compilation.plan is not None
    engine = Engine(compilation.plan, KeyRing(bytes(range(32))))
    taken: dict[str, dict[str, int]] = {}
    refused: dict[str, str] = {}
    words: Counter[str] = Counter()
    for path, data in compressed():
        try:
            result = engine.apply(data)
        except Refusal as refusal:
            refused[path.name] = refusal.code
            continue
        new = b"".join(result.parts)
        dropped = {what: count for what, count in result.dropped if what.endswith("-metadata") or what == "excess-frame-bytes"}
        before, after = frames(data), frames(new)
        assert len(before) == len(after)
        if not dropped:
            stored = [pydicom.dcmread(io.BytesIO(one), force=True).PixelData for one in (data, new)]
            assert stored[0] == stored[1], path.name
            words["same bytes"] += 1
            continue
        taken[path.name] = dropped
        syntax = read(data).transfer_syntax
        for one, other in zip(before, after, strict=True):
            first, second = decoded(syntax, one), decoded(syntax, other)
            assert first is not None and second is not None and np.array_equal(first, second), path.name
            words["frames decoded"] += 1
    print(dict(words), taken, refused)
    assert taken == TAKEN_OUT
    assert {name: code for name, code in refused.items() if code in ("bad-codestream", "frames-unclear")} == REFUSED
    assert words["same bytes"] >= 155 and words["frames decoded"] >= 98


def test_frames_put_together_again_are_the_value_they_came_from() -> None:
    many = 0
    for path, data in compressed():
        instance = read(data)
        element = instance.index[PIXEL_DATA]
        found = frames(data)
        value = data if instance.buffer is data else instance.buffer
        assert b"".join(found.rebuilt({}).parts) == value[element.value : element.stop], path.name
        # a frame that changes leaves the others where pydicom finds them, and nothing is stripped of what was stripped
        whole = {number: (found.frame(number),) for number in range(0, len(found), 3)}
        rebuilt = found.rebuilt(whole)
        assert len(rebuilt.offsets) == len(found)
        many += len(found) > 1
        if path.name not in REFUSED:
            assert strip(instance, instance.elements, instance.encoding, element).dropped == tuple(TAKEN_OUT.get(path.name, {}).items())
    assert many >= 20
