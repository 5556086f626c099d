"""D without a value: every dummy is valid by pydicom, by our own encoder, and by the attribute's VM."""

from __future__ import annotations

import pydicom.config
import pytest
from action_context import FakeContext, FakeSubject
from pydicom.dataelem import DataElement
from pydicom.valuerep import validate_value

from deidrules.actions.base import Reduce, Set
from deidrules.actions.dummy import DUMMIES, dummy_values
from deidrules.actions.registry import ACTIONS
from deidrules.dicom import dictionary, values
from deidrules.dicom.element import Encoding
from deidrules.dicom.vr import VRS
from deidrules.engine.keys import KeyRing

KEYS = KeyRing(bytes(range(32)))
PRIVATE = 0x00191001


def test_every_vr_has_a_dummy() -> None:
    assert set(DUMMIES) | {"UI", "SQ"} == set(VRS)


@pytest.mark.parametrize("vr", sorted(set(VRS) - {"SQ"}))
def test_a_dummy_is_valid_for_pydicom(vr: str) -> None:
    (value,) = dummy_values(PRIVATE, vr, KEYS)
    validate_value(vr, value, pydicom.config.RAISE)
    if vr not in {"AT"}:
        DataElement(PRIVATE, vr, value, validation_mode=pydicom.config.RAISE)


@pytest.mark.parametrize("vr", sorted(set(VRS) - {"SQ"}))
@pytest.mark.parametrize("encoding", [Encoding(), Encoding(big_endian=True), Encoding(explicit=False)])
def test_a_dummy_can_be_written_and_read_again(vr: str, encoding: Encoding) -> None:
    dummies = dummy_values(PRIVATE, vr, KEYS)
    raw = values.encode(dummies, vr, encoding, ())
    assert raw
    assert len(raw) % 2 == 0
    assert values.decode(raw, vr, encoding, ()) == dummies


def test_a_dummy_has_as_many_values_as_its_attribute_needs() -> None:
    for keyword, count in {"PixelSpacing": 2, "ImageOrientationPatient": 6, "ImageType": 2, "PatientName": 1, "LUTData": 1}.items():
        tag = dictionary.tag_of(keyword)
        assert tag is not None
        entry = dictionary.entry(tag)
        assert entry is not None
        assert len(dummy_values(tag, entry.vrs[-1], KEYS)) == count


def test_every_attribute_of_the_dictionary_has_a_dummy_of_its_multiplicity() -> None:
    for entry in dictionary.entries():
        for vr in entry.vrs:
            if vr not in {"SQ", "NONE"}:
                least = entry.vm.split("-")[0]
                count = len(dummy_values(entry.tag, vr, KEYS))
                assert count == (int(least) if least.isdecimal() and VRS[vr].multiple else 1), entry.keyword


def test_a_dummy_uid_depends_on_key_and_tag_and_on_nothing_else() -> None:
    one = dummy_values(0x00080018, "UI", KEYS)
    assert one == dummy_values(0x00080018, "UI", KeyRing(bytes(range(32))))
    assert one != dummy_values(0x0020000D, "UI", KEYS)
    assert one != dummy_values(0x00080018, "UI", KeyRing(bytes(32)))


def test_a_dummy_leaves_nothing_of_the_value() -> None:
    for vr in set(VRS) - {"SQ"}:
        answers = {str(ACTIONS["D"].call(FakeSubject(vr, (value,)), FakeContext(vr))) for value in ("DOE^JANE", "20240131", "1.2.3")}
        assert len(answers) == 1


def test_a_sequence_is_reduced() -> None:
    assert ACTIONS["D"].call(FakeSubject("SQ"), FakeContext("SQ")) == Reduce()
    assert ACTIONS["D"].call(FakeSubject("LO"), FakeContext("LO")) == Set(("ANONYMIZED",))
