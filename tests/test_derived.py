"""What an output says of its image after pixels were changed, and what it does not touch."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import plans
import pydicom
import pytest
from compressed_objects import BLOCKS, CODED, fragments_of
from pixel_objects import BIG, EXPLICIT, IMPLICIT, dataset, file
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from deidrules.dicom import dictionary, iod, sop_class
from deidrules.engine.derived import BLANKED, SIGNATURES, VALUES
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.engine.outcome import Deidentified
from deidrules.plan.expression import Compare
from deidrules.plan.model import PixelRule, Policies
from deidrules.plan.pixels import Blank, Clean, Operation, Rectangle, Strip

LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")
STRICT = Policies("X", unmatched_pixels="accept", unknown_sop_class="strictest")
ALWAYS = (Compare(plans.attribute(0x00080060), "=", "OT", "text"),)
BOX = Blank(Rectangle(0, 0, 3, 2))
DERIVATION = 0x00082111
FOLLOWING = {
    "SmallestImagePixelValue": 1,
    "LargestImagePixelValue": 250,
    "SmallestPixelValueInSeries": 0,
    "LargestPixelValueInSeries": 255,
}


def item(**attributes: Any) -> Dataset:
    made = Dataset()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def through(
    made: Dataset, *operations: Operation, rules: tuple[Any, ...] = (), policies: Policies = LOOSE, transfer_syntax: str = EXPLICIT
) -> tuple[Dataset, Deidentified]:
    pixels = (PixelRule("r", 0, operations),) if operations else ()
    engine = Engine(plans.plan(*rules, policies=policies, conditions=ALWAYS, pixels=pixels), KeyRing(bytes(range(32))))
    data = file(made, transfer_syntax)
    found = [engine.apply(data) for _ in range(3)]
    written = {b"".join(one.parts) for one in found}
    assert len(written) == 1
    return pydicom.dcmread(io.BytesIO(written.pop())), found[-1]


def said(found: Deidentified, tag: int) -> tuple[str, str, str]:
    (outcome,) = (one for one in found.outcomes if one.tag == tag and not one.path)
    return outcome.change, outcome.code, outcome.origin


def signed(**attributes: Any) -> Dataset:
    made = dataset(rows=4, columns=6, **attributes)
    made.MACParametersSequence = [item(MACIDNumber=1)]
    made.DigitalSignaturesSequence = [item(MACIDNumber=1)]
    made.HistogramSequence = [item(HistogramNumberOfBins=1)]
    return made


def test_statements_that_a_blank_may_make_untrue_go_whatever_the_rules_say() -> None:
    made = signed(**FOLLOWING)
    kept = tuple(plans.rule("K", f"({tag >> 16:04X},{tag & 0xFFFF:04X})") for tag in VALUES if tag != 0x00603000)
    after, found = through(made, BOX, rules=kept)
    for tag in (0x00280106, 0x00280107, 0x00280108, 0x00280109, 0x00603000, *SIGNATURES):
        assert Tag(tag) not in after
        assert said(found, tag) == ("removed", "X", "engine")


def test_they_stay_where_no_pixel_changes() -> None:
    made = signed(**FOLLOWING)
    after, _ = through(made, Clean())
    assert all(after[name].value == value for name, value in FOLLOWING.items())
    assert "HistogramSequence" in after and "DigitalSignaturesSequence" in after and "DerivationDescription" not in after


def test_bits_beside_the_image_leave_what_is_said_of_its_values() -> None:
    made = signed(allocated=16, stored=12, **FOLLOWING)
    after, _ = through(made, Strip("high-bit-overlays"))
    assert after.SmallestImagePixelValue == 1 and "HistogramSequence" in after and "DerivationDescription" not in after
    assert "DigitalSignaturesSequence" not in after  # they were made over all bits


def test_no_iod_requires_what_goes() -> None:
    """The Histogram Sequence is all of its module, of usage U (PS3.3 A.26.3)."""
    for uid in sop_class.storage():
        node = iod.iod_of(uid)
        assert not [tag for tag in (VALUES | SIGNATURES) - {0x00603000} if node.has(tag)], uid


# ---- the description


@pytest.mark.parametrize("transfer_syntax", [IMPLICIT, EXPLICIT, BIG])
def test_the_derivation_is_described_where_there_was_no_description(transfer_syntax: str) -> None:
    after, found = through(dataset(vr="OB"), BOX, transfer_syntax=transfer_syntax)
    assert after.DerivationDescription == BLANKED
    assert said(found, DERIVATION) == ("claimed", "add", "engine")


def test_a_description_that_stays_stays_in_front_and_a_second_pass_adds_nothing() -> None:
    after, found = through(dataset(DerivationDescription="Averaged"), BOX)
    assert after.DerivationDescription == f"Averaged\r\n{BLANKED}"
    assert said(found, DERIVATION) == ("claimed", "D", "engine")
    again, found = through(after, BOX)
    assert again.DerivationDescription == f"Averaged\r\n{BLANKED}"
    assert said(found, DERIVATION)[0] == "kept"


@pytest.mark.parametrize("rules", [(), (plans.rule("C", "(0008,2111)"),)], ids=["kept", "cleaned"])
def test_files_of_one_layout_keep_each_its_own_description(rules: tuple[Any, ...]) -> None:
    pixels = (PixelRule("r", 0, (BOX,)),)
    engine = Engine(plans.plan(*rules, policies=LOOSE, conditions=ALWAYS, pixels=pixels), KeyRing(bytes(range(32))))
    for text in ("Averaged", "Smoothed", "Averaged", "Smoothed"):
        data = file(dataset(DerivationDescription=text))
        after = pydicom.dcmread(io.BytesIO(b"".join(engine.apply(data).parts)))
        assert after.DerivationDescription == f"{text}\r\n{BLANKED}"


def test_a_description_that_leaves_no_room_goes() -> None:
    assert through(dataset(DerivationDescription="x" * 1000), BOX)[0].DerivationDescription == BLANKED


def test_a_cleaned_description_is_what_stands_in_front() -> None:
    made = dataset(DerivationDescription="Averaged for EXAMPLE", PatientName="EXAMPLE^ANNA")
    after, found = through(made, BOX, rules=(plans.rule("C", "(0008,2111)"),))
    before, _, ours = after.DerivationDescription.partition("\r\n")
    assert "EXAMPLE" not in before and before.startswith("Averaged") and ours == BLANKED
    assert said(found, DERIVATION) == ("claimed", "D", "engine")


@pytest.mark.parametrize(("code", "left"), [("X", None), ("Z", "")])
def test_a_rule_against_the_description_stands(code: str, left: str | None) -> None:
    rules = (plans.rule(code, "(0008,2111)"),)
    assert through(dataset(DerivationDescription="Averaged"), BOX, rules=rules)[0].get("DerivationDescription") == left
    assert "DerivationDescription" not in through(dataset(), BOX, rules=rules)[0]


def test_a_keep_list_has_to_name_the_description() -> None:
    pixels = tuple(plans.rule("K", f"({tag})") for tag in ("7FE0,0010", "0008,0060", "0008,0018"))
    assert "DerivationDescription" not in through(dataset(), BOX, rules=pixels, policies=STRICT)[0]
    named = (*pixels, plans.rule("K", "(0008,2111)"))
    assert through(dataset(), BOX, rules=named, policies=STRICT)[0].DerivationDescription == BLANKED


def test_descriptions_in_items_are_of_other_images() -> None:
    made = dataset(SourceImageSequence=[item(DerivationDescription="Averaged")])
    assert through(made, BOX)[0].SourceImageSequence[0].DerivationDescription == "Averaged"


def test_the_sentence_is_one_that_the_vr_can_hold_in_every_character_set() -> None:
    assert BLANKED.isascii() and BLANKED.isprintable() and "\\" not in BLANKED and len(BLANKED) < 200
    entry = dictionary.entry(DERIVATION)
    assert entry is not None and entry.vrs == ("ST",)


# ---- what stays

LOSSY = {
    "LossyImageCompression": "01",
    "LossyImageCompressionRatio": "12.5",
    "LossyImageCompressionMethod": "ISO_10918_1",
    "ImageType": ["ORIGINAL", "PRIMARY"],
    "PixelPaddingValue": 0,
}
LAYOUT = ("PhotometricInterpretation", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation")


@pytest.mark.parametrize("name", {**CODED, **BLOCKS})
def test_the_lossy_history_and_the_image_description_stay_in_every_coding(name: str) -> None:
    coded = {**CODED, **BLOCKS}[name]
    made = coded.object(coded.frames(2), **LOSSY)
    after, _ = through(made, Blank(Rectangle(2, 2, 9, 9)), transfer_syntax=coded.uid)
    for word in (*LOSSY, *LAYOUT):
        assert after[word].value == made[word].value
    assert after.get("PlanarConfiguration") == made.get("PlanarConfiguration")
    assert after.file_meta.TransferSyntaxUID == coded.uid


@pytest.mark.parametrize("name", ["JPEG 2000, YBR_RCT", "JPEG 2000, RGB", "JPEG 2000, lossy, YBR_ICT", "HTJ2K, RGB"])
def test_colours_are_transformed_in_the_stream_as_before_so_that_the_interpretation_stays_true(name: str) -> None:
    coded = CODED[name]
    made = coded.object(coded.frames(1))
    after, _ = through(made, Blank(Rectangle(2, 2, 9, 9)), transfer_syntax=coded.uid)
    before, now = (fragments_of(one)[1][0][1] for one in (made, after))
    assert transform(before) == transform(now) == int("RGB" not in made.PhotometricInterpretation)


def transform(stream: bytes) -> int:
    """The multiple component transformation of a JPEG 2000 codestream's COD marker."""
    at = stream.index(b"\xff\x52")
    return stream[at + 8]


def test_the_padding_value_stays_and_is_still_what_it_was() -> None:
    made = dataset(rows=4, columns=6, PixelPaddingValue=7)
    after, _ = through(made, BOX)
    assert after.PixelPaddingValue == 7
    assert set(np.frombuffer(after.PixelData, "u1")[:3]) == {7}
