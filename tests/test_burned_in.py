"""Which objects may carry burned-in text: the data files, and how they are applied (rule 19)."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pixel_objects import dataset, instance

from deidrules.dicom import dictionary, sop_class
from deidrules.dicom.reader import read
from deidrules.pixels.burned_in import (
    UNKNOWN,
    PixelHeader,
    class_names,
    free_classes,
    marks,
    may_carry_text,
    read_header,
    reasons,
    risky_classes,
    risky_modalities,
)
from deidrules.pixels.facts import PIXEL_DATA, PixelFacts, read_facts
from deidrules.text.refusal import Refusal

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
S = "1.2.840.10008.5.1.4.1.1."
FACTS = PixelFacts(
    "1.2.840.10008.1.2.1", element=PIXEL_DATA, rows=512, columns=512, frames=1, bits_allocated=16, bits_stored=12, high_bit=11
)
CT = PixelHeader(f"{S}2", "CT", ("ORIGINAL", "PRIMARY", "AXIAL"))


@pytest.mark.parametrize(
    ("why", "change", "facts"),
    [
        ("", {}, {}),
        ("", {"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")}, {}),
        ("conversion-type", {"mark": "conversion-type"}, {}),
        ("secondary-capture", {"sop_class": f"{S}7"}, {}),
        ("secondary-capture", {"sop_class": f"{S}7.3"}, {}),
        ("converted", {"sop_class": f"{S}2.2"}, {}),
        ("ultrasound", {"sop_class": f"{S}6"}, {}),  # retired
        ("no-frames", {"sop_class": f"{S}4.2", "modality": "MR"}, {}),
        ("no-frames", {"sop_class": f"{S}11.1", "modality": "PR"}, {}),
        ("no-frames", {"sop_class": f"{S}131"}, {}),
        (UNKNOWN, {"sop_class": ""}, {}),
        (UNKNOWN, {"sop_class": "1.2.3"}, {}),
        ("secondary-capture", {"modality": "OT"}, {}),
        ("secondary-capture", {"modality": "DOC"}, {}),
        ("modality", {"modality": ""}, {}),
        ("modality", {"modality": "MR"}, {}),
        ("image-type", {"image_type": ()}, {}),
        ("image-type", {"image_type": ("ORIGINAL", "PRIMARY")}, {}),
        ("image-type", {"image_type": ("ORIGINAL", "PRIMARY", "OTHER")}, {}),
        ("image-type", {"image_type": ("DERIVED", "PRIMARY", "AXIAL")}, {}),
        ("image-type", {"image_type": ("ORIGINAL", "SECONDARY", "AXIAL")}, {}),
        ("sample-format", {}, {"bits_allocated": 8, "bits_stored": 8}),
        ("sample-format", {}, {"bits_stored": 8}),  # a screen in words of 16 bits
        ("sample-format", {}, {"samples_per_pixel": 3}),
        ("number-of-frames", {}, {"frames": 2}),
        ("", {"sop_class": f"{S}2.1"}, {"frames": 2}),
        ("positron-emission", {"sop_class": f"{S}128", "modality": "PT"}, {}),
    ],
)
def test_a_class_is_free_of_text_only_when_every_mark_agrees(why: str, change: dict[str, Any], facts: dict[str, Any]) -> None:
    assert may_carry_text(replace(CT, **change), replace(FACTS, **facts)) == why


def test_an_object_without_frames_carries_none() -> None:
    assert may_carry_text(PixelHeader(f"{S}7", "OT"), PixelFacts("1.2.840.10008.1.2.1")) == ""


@pytest.mark.parametrize(
    ("reason", "attributes"),
    [
        ("", {}),
        ("", {"BurnedInAnnotation": "NO"}),
        ("", {"SeriesDescription": "LOW DOSE CHEST, TRAUMA PROTOCOL"}),
        ("", {"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "PROTON_DENSITY"]}),
        ("burned-in-annotation", {"BurnedInAnnotation": "YES"}),
        ("burned-in-annotation", {"BurnedInAnnotation": "UNKNOWN"}),
        ("burned-in-annotation", {"BurnedInAnnotation": ["NO", "YES"]}),
        ("conversion-type", {"ConversionType": "WSD"}),
        ("captured", {"DateOfSecondaryCapture": "20200101"}),
        ("captured", {"SecondaryCaptureDeviceManufacturer": "ACME"}),
        ("captured", {"HardcopyDeviceSoftwareVersion": "1"}),
        ("screen-or-report", {"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "SCREEN SAVE"]}),
        ("screen-or-report", {"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 PROT"]}),
        ("screen-or-report", {"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "DOSE_INFO"]}),
        ("screen-or-report", {"SeriesDescription": "Dose Report"}),
        ("secondary-image", {"ImageType": ["ORIGINAL", "SECONDARY", "AXIAL"]}),
    ],
)
def test_an_object_of_a_free_class_carries_text_by_a_single_mark(reason: str, attributes: dict[str, Any]) -> None:
    standard = {"SOPClassUID": f"{S}2", "Modality": "CT", "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}
    made = instance(dataset(allocated=16, stored=12, **{**standard, **attributes}))
    assert may_carry_text(read_header(made), read_facts(made)) == reason


def test_the_header_is_read_from_the_object() -> None:
    made = dataset(allocated=16, ImageType=["ORIGINAL", "PRIMARY", "AXIAL"], BurnedInAnnotation="NO")
    assert read_header(instance(made)) == PixelHeader(made.SOPClassUID, "OT", ("ORIGINAL", "PRIMARY", "AXIAL"), "")
    made.Modality = ["CT", "OT"]
    assert read_header(instance(made)).modality == "CT\\OT"


# ---- the data


def test_every_storage_class_of_the_registry_is_judged() -> None:
    known = {uid: sop_class.name_of(uid) for uid in sop_class.storage()}
    assert class_names() == known
    assert risky_classes().keys() | free_classes().keys() == known.keys()
    assert not risky_classes().keys() & free_classes().keys()


def test_no_class_of_a_screen_a_camera_a_film_or_a_plate_is_free() -> None:
    words = (
        "Capture",
        "Ultrasound",
        "X-Ray",
        "Radiograph",
        "Photograph",
        "Microscop",
        "Endoscop",
        "Ophthalmic",
        "Nuclear",
        "RT Image",
        "Color",
    )
    assert not [free.name for free in free_classes().values() if any(word in free.name for word in words)]


def test_every_reason_is_one_that_is_told_and_every_one_told_has_a_use() -> None:
    used = {*risky_classes().values(), *risky_modalities().values(), *(mark.reason for mark in marks())}
    said = used | {"modality", "image-type", "sample-format", "number-of-frames", "overlay-plane", UNKNOWN}
    assert said == reasons().keys()
    for reason in reasons().values():
        assert reason.because and reason.because[-1] != "." and "\n" not in reason.because
        assert reason.source.startswith("PS3.") or reason.word in ("not-medicine", "no-frames", UNKNOWN)


def test_the_free_classes_have_a_source_and_narrow_marks() -> None:
    for free in free_classes().values():
        assert free.source.startswith("PS3.3 C.8.") and free.because
        assert free.modalities and free.image_types and free.bits
        assert not free.modalities & risky_modalities().keys()
        assert 0 < free.least_stored <= max(free.bits)


def test_the_marks_are_attributes_of_the_dictionary() -> None:
    for mark in marks():
        entry = dictionary.entry(mark.tag)
        assert entry is not None and entry.keyword == mark.keyword
        assert all(value == value.upper() for value in mark.values)
        assert bool(mark.values) == (mark.how != "present")


# One row of the corpus' table stands at the wrong file: in each of its boxes this one has either air or body, and no stroke.
NO_TEXT = "files/fo-dicom+fo-dicom/Tests/FO-DICOM.Benchmark/Data/ct.dcm"


@pytest.mark.long
def test_no_file_of_the_corpus_with_burned_in_text_passes_as_free() -> None:
    corpus = SHARED / "corpus"
    if not corpus.is_dir():
        pytest.skip("the reference material lies beside the project only where it is developed")
    with (corpus / "burned_in.csv").open(encoding="utf-8") as file:
        burned = {row["path"] for row in csv.DictReader(file)}
    free, judged = [], 0
    for path in sorted(burned):
        try:
            found = read((corpus / path).read_bytes())
            why = may_carry_text(read_header(found), read_facts(found))
        except Refusal:
            continue
        judged += 1
        if not why:
            free.append(path)
    assert judged > 20
    assert free == [NO_TEXT]
    bottom_left = read_facts(read((corpus / NO_TEXT).read_bytes()))
    data = (corpus / NO_TEXT).read_bytes()[-2 * 512 * 512 :]
    box = {data[2 * (row * 512 + column) : 2 * (row * 512 + column) + 2] for row in range(488, 505) for column in range(9, 60)}
    assert (bottom_left.rows, len(box)) == (512, 1)  # said to hold "W = 1492 L = 906", and is all one value
