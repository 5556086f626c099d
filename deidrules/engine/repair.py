"""The second chance for malformed files: pydicom reads and writes them cleanly, and the same engine takes the clean bytes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from deidrules.dicom.buffer import Buffer
from deidrules.text.refusal import Refusal

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

# Never worth a second reader: what is no DICOM or made to exhaust a machine.
NOT_REPAIRABLE = frozenset(
    {
        "not-dicom",
        "dicomdir",
        "deflate-bomb",
        "too-deep",
        "too-many-elements",
        "unknown-transfer-syntax",
        "no-data-set",
        "no-transfer-syntax",
    }
)

# Bytes of a file that is repaired in memory.
LARGEST = 1 << 29


def repaired(given: Buffer, refusal: Refusal) -> bytes:
    """The file as pydicom writes it after having read it. Raises the strict reader's refusal again when pydicom cannot, or when it did not
    get all of it: values that end before their lengths, and pixel data that stands in the file and not in what was read. Nothing that
    pydicom says, warnings included, gets out, for it may hold values. Nor when it is larger than `LARGEST`: pydicom holds it several times
    over."""
    import io
    import logging

    import pydicom

    if len(given) > LARGEST:
        raise refusal
    data = given if isinstance(given, bytes) else given[: len(given)]
    logger = logging.getLogger("pydicom")
    disabled, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # bytes cut off are pixels lost: pydicom would read what is left without a word
            if refusal.code == "truncated":
                raise ValueError
            dataset = pydicom.dcmread(io.BytesIO(data), force=True)
            _prove_whole(dataset)
            if any(mark in data for mark in _PIXEL_MARKS) and not any(word in dataset for word in _PIXEL_WORDS):
                raise ValueError
            out = io.BytesIO()
            dataset.save_as(out, enforce_file_format=True)
            return out.getvalue()
    except Exception:
        # RecursionError and MemoryError included: whatever it is, the file stays refused
        raise refusal from None
    finally:
        logger.disabled = disabled


# (7FE0,0010) in either byte order: where these bytes stand, there was pixel data, or the file is not worth the doubt
_PIXEL_MARKS = (b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10")
_PIXEL_WORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_UNDEFINED = 0xFFFFFFFF


def _prove_whole(dataset: Dataset) -> None:
    """Every value as long as its header says, at every depth; ValueError where one is not. pydicom takes what is left without a word."""
    from pydicom.dataelem import RawDataElement

    for tag in tuple(dataset.keys()):
        raw = dataset.get_item(tag)
        if isinstance(raw, RawDataElement) and raw.length != _UNDEFINED and len(raw.value or b"") != raw.length:
            raise ValueError
        element = dataset[tag]
        if element.VR == "SQ":
            for item in element.value:
                _prove_whole(item)
