"""SOP classes: their names, and which of them are stored in files, PS3.4 B.5 and PS3.6 A."""

from __future__ import annotations

from functools import cache

from deidrules.dicom.element import DicomObject
from deidrules.dicom.uid import registry

SOP_CLASS_UID = 0x00080016
MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"

# "Storage" in their names, but nothing of them lies in a file as an instance
_SERVICES = ("Storage Commitment", "Storage Service", "Media Storage Directory")


@cache
def names() -> dict[str, str]:
    """SOP class UID to name, as PS3.6 has them."""
    return {uid: row.name for uid, row in registry().items() if row.kind in ("SOP Class", "Meta SOP Class")}


@cache
def storage() -> frozenset[str]:
    """UIDs of the known storage SOP classes, retired and trial ones included."""
    return frozenset(
        uid for uid, name in names().items() if "Storage" in name and not any(name.startswith(service) for service in _SERVICES)
    )


def name_of(uid: str) -> str:
    """The name of a SOP class; "" when it is private or unknown."""
    return names().get(uid, "")


def of_object(instance: DicomObject) -> str:
    """The SOP Class UID that stands in the data set, "" when absent. All objects of a layout have the same
    (`deidrules.dicom.layout.STEADY`)."""
    element = instance.index.get(SOP_CLASS_UID)
    return "" if element is None else instance.raw(element).decode("latin-1").strip(" \0")
