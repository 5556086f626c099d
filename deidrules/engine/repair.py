"""The second chance for malformed files: pydicom reads and writes them cleanly, and the same engine takes the clean bytes."""

from __future__ import annotations

import warnings

from deidrules.text.refusal import Refusal

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


def repaired(data: bytes, refusal: Refusal) -> bytes:
    """The file as pydicom writes it after having read it. Raises the strict reader's refusal again when pydicom cannot: nothing that
    pydicom says, warnings included, gets out, for it may hold values."""
    import io
    import logging

    import pydicom
    from pydicom.dataelem import RawDataElement

    logger = logging.getLogger("pydicom")
    disabled, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # bytes cut off are pixels lost: pydicom would read what is left without a word
            if refusal.code == "truncated":
                raise ValueError
            dataset = pydicom.dcmread(io.BytesIO(data), force=True)
            for element in dataset.iterall():
                if isinstance(element, RawDataElement):
                    raise ValueError
            out = io.BytesIO()
            dataset.save_as(out, enforce_file_format=True)
            return out.getvalue()
    except Exception:
        # RecursionError and MemoryError included: whatever it is, the file stays refused
        raise refusal from None
    finally:
        logger.disabled = disabled
