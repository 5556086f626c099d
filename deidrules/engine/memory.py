"""The engine for pydicom users: a data set in, a data set out, through bytes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deidrules.actions import registry
from deidrules.dicom.part import joined
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing, fresh
from deidrules.plan.model import Plan
from deidrules.text.refusal import Refusal

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_BY_CODING = {(False, True): _EXPLICIT_VR_LITTLE_ENDIAN, (True, True): "1.2.840.10008.1.2", (False, False): "1.2.840.10008.1.2.2"}
_UTF_8 = "ISO_IR 192"


def deidentify(
    dataset: Dataset,
    plan: Plan,
    key: bytes | KeyRing | None = None,
    *,
    functions: Mapping[str, object] | None = None,
    tables: Mapping[str, Mapping[str, str]] | None = None,
) -> Dataset:
    """De-identify a pydicom Dataset.

    `dataset` is never modified. It may be a whole object or any set of tags, without SOP class and without file meta information: an
    unknown or absent SOP class is judged by the strictest Type (rule 12 of the language), whatever the plan's policy. `key`: 32 secret
    bytes, a KeyRing, or None for a fresh one, with which nothing links to another call. `functions`: Python functions by name, those the
    plan was compiled with. `tables`: the content of the plan's lookup tables by name.

    Returns a new Dataset, with file meta information when the input had some. Raises deidrules.Refusal, which holds no value of the data
    set, when it cannot be de-identified as the plan says; ValueError when the key is not 32 bytes or the plan asks for a function that is
    not given. Sources: PS3.15 Annex E for what a plan can say, PS3.10 7.1 for the file meta information."""
    engine = _engine(plan, key, functions, tables)
    found = engine.apply(_bytes(dataset))
    written = joined(found.parts)
    if found.proof is not None:
        found.proof.check(written)
    return _dataset(written, with_meta=bool(getattr(dataset, "file_meta", None)))


@dataclass(frozen=True, slots=True)
class _Used:
    """An engine and what it was made from."""

    plan: Plan
    key: bytes | KeyRing
    functions: Mapping[str, object] | None
    tables: Mapping[str, Mapping[str, str]] | None
    engine: Engine


_last = threading.local()


def _engine(
    plan: Plan, key: bytes | KeyRing | None, functions: Mapping[str, object] | None, tables: Mapping[str, Mapping[str, str]] | None
) -> Engine:
    """The engine of the call before when it was made from the very same things: engines learn."""
    used: _Used | None = getattr(_last, "used", None)
    if used is not None and used.plan is plan and used.key is key and functions is used.functions is None and tables is used.tables is None:
        return used.engine
    ring = fresh() if key is None else key if isinstance(key, KeyRing) else KeyRing(key)
    engine = Engine(plan, ring, tables=tables, functions=registry.functions(functions or {}), strictest=True)
    if key is not None:
        _last.used = _Used(plan, key, functions, tables, engine)
    return engine


def _bytes(dataset: Dataset) -> bytes:
    """The data set as a file, in its own transfer syntax where it has one. Refusal `unwritable-dataset` when pydicom cannot write it."""
    import copy
    import io
    import warnings

    import pydicom
    from pydicom import config

    try:
        with warnings.catch_warnings(), config.disable_value_validation():
            warnings.simplefilter("ignore")
            # pydicom corrects VRs in place when it writes; bytes are shared, not copied
            own = copy.deepcopy(dataset)
            for tag in tuple(own.keys()):
                if tag.group in (0x0000, 0x0002):
                    del own[tag]  # never part of an output (rule 16), and pydicom refuses to write them
            meta = copy.deepcopy(getattr(dataset, "file_meta", None)) or pydicom.dataset.FileMetaDataset()
            if not meta.get("TransferSyntaxUID"):
                meta.TransferSyntaxUID = _transfer_syntax(own)
                _announce_utf_8(own)
            own.file_meta = meta
            own.preamble = bytes(128)
            out = io.BytesIO()
            pydicom.dcmwrite(out, own, enforce_file_format=False)
            return out.getvalue()
    except Refusal:
        raise
    except Exception:
        # pydicom's exceptions hold values
        raise Refusal("unwritable-dataset") from None


def _transfer_syntax(dataset: Dataset) -> str:
    """How a data set without file meta information is written: as it was read, else in explicit VR little endian."""
    pixels: Any = dataset.get_item("PixelData") if "PixelData" in dataset else None
    if pixels is not None and getattr(pixels, "is_undefined_length", False):
        raise Refusal("no-transfer-syntax")
    implicit, little = dataset.original_encoding
    return _BY_CODING.get((bool(implicit), little is not False), _EXPLICIT_VR_LITTLE_ENDIAN)


def _announce_utf_8(dataset: Dataset) -> None:
    """A set of tags with text beyond ASCII that names no character set is written as UTF-8, and says so."""
    if "SpecificCharacterSet" in dataset or dataset.original_encoding != (None, None):
        return
    if any(not str(element.value).isascii() for element in dataset.iterall() if element.VR in _TEXTS):
        dataset.SpecificCharacterSet = _UTF_8


_TEXTS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})


def _dataset(written: bytes, *, with_meta: bool) -> Dataset:
    import io
    import warnings

    import pydicom
    from pydicom.dataset import Dataset

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pydicom.dcmread(io.BytesIO(written))
        if with_meta:
            return found
        for _ in found.iterall():
            pass  # every element decoded with the character set of its own data set
        bare = Dataset(found)
        bare.set_original_encoding(*found.original_encoding)
        return bare
