"""Every image of the shared corpus that can be decoded, as samples and as a picture, against pydicom where it decodes."""

from __future__ import annotations

import csv
import io
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.pixels import pixel_array

from deidrules.dicom.reader import read
from deidrules.pixels.bit_planes import hidden_bits, overlay_bits
from deidrules.pixels.facts import read_facts
from deidrules.pixels.picture import Pictures
from deidrules.pixels.samples import FrameReader
from deidrules.text.refusal import Refusal

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (CORPUS / "index.csv").is_file(), reason="the shared corpus of real files is not beside this checkout"),
]

# of JPEG pydicom gives luma and chroma where the object says so, and of colours it trusts the object: they are compared by other tests
JPEG = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51))
# samples that the stream calls signed and the object unsigned: the stream is believed
SIGNED_STREAM = {"TOSHIBA_J2K_SIZ1_PixRep0.dcm"}
# bits above BitsStored of a JPEG 2000 stream are left out, as they are of native pixels
HIDDEN = {"jpeg2000-multiframe-multifragments.dcm"}


def test_every_decodable_image_is_shown_and_holds_what_pydicom_finds() -> None:
    with (CORPUS / "index.csv").open() as rows:
        files = [CORPUS / row["path"] for row in csv.DictReader(rows) if row["decodes"] == "yes" and row["path"].startswith("files/")]
    found: Counter[str] = Counter()
    for path in files:
        data = path.read_bytes()
        try:
            instance = read(data)
            facts = read_facts(instance)
            reader = FrameReader(instance, facts)
            pictures = Pictures(instance, facts, reader=reader)
            for frame in {0, facts.frames // 2, facts.frames - 1}:
                picture = pictures.picture(frame)
                assert picture.dtype == np.uint8 and picture.shape in ((facts.rows, facts.columns), (facts.rows, facts.columns, 3))
                for plane in hidden_bits(reader.words(frame), facts).values():
                    assert plane.shape == (facts.rows, facts.columns, facts.samples_per_pixel)
                found["equal"] += compared(data, path.name, frame, reader.samples(frame).values)
            for plane in facts.planes:
                for number in range(plane.frames):
                    assert overlay_bits(instance, facts, plane, number, reader).shape == (plane.rows, plane.columns)
        except Refusal as refusal:
            found[refusal.code] += 1
            continue
        found["shown"] += 1
    assert len(files) == 304
    assert found["shown"] == 303 and found["unknown-vr"] == 1  # SC_rgb_jpeg.dcm cannot be read
    assert found["equal"] > 250, found


def compared(data: bytes, name: str, frame: int, values: np.ndarray) -> bool:
    """True when pydicom decodes the frame too, to the same samples; AssertionError when to others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = pydicom.dcmread(io.BytesIO(data), force=True)
        if getattr(made.file_meta, "TransferSyntaxUID", "") in JPEG or name in SIGNED_STREAM | HIDDEN:
            return False
        try:
            array = pixel_array(made, index=frame, raw=True)
        except (RuntimeError, AttributeError, NotImplementedError, ValueError):
            return False
    assert np.array_equal(np.reshape(array, values.shape), values), (name, frame)
    return True
