"""The file meta information of an output."""

from __future__ import annotations

import io

import pytest
from pydicom import dcmread

from deidrules.dicom.container import file_meta

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"


@pytest.mark.parametrize(("sop_class", "instance"), [(CT, "2.25.1"), ("", "2.25.1"), (CT, ""), ("", "")])
def test_it_names_what_the_object_has_and_nothing_empty(sop_class: str, instance: str) -> None:
    written = file_meta(sop_class, instance, EXPLICIT)
    meta = dcmread(io.BytesIO(written)).file_meta
    assert meta.get("MediaStorageSOPClassUID", "") == sop_class
    assert meta.get("MediaStorageSOPInstanceUID", "") == instance
    assert all(element.value for element in meta)
    assert meta.FileMetaInformationGroupLength == len(written) - 144
    assert meta.TransferSyntaxUID == EXPLICIT
