"""The test of a new profile folder: what the chosen options promise, as `expect` lines that hold from the first day."""

from __future__ import annotations

from collections.abc import Set

FACES = "clean-recognizable-visual-features"

_ALWAYS = ('PatientName loses "EXAMPLE"', 'PatientID loses "4711"', 'OperatorsName loses "EXAMPLE"')
# option -> (what holds with it, what holds without it)
_EXPECTED = {
    "clean-descriptors": ('StudyDescription keeps "CT ABDOMEN" loses "Patient"', 'StudyDescription loses "Patient"'),
    "retain-uids": ("kept StudyInstanceUID", "replaced StudyInstanceUID"),
    "retain-device-identity": ("kept DeviceSerialNumber", 'DeviceSerialNumber loses "EX-1"'),
    "retain-institution-identity": ("kept InstitutionName", 'InstitutionName loses "HOSPITAL"'),
}
_KEPT_PATIENT = ("retain-patient-characteristics", "kept PatientSex, PatientSize")
_DATES = {
    "retain-longitudinal-full-dates": ("kept StudyDate, StudyTime",),
    "retain-longitudinal-modified-dates": ("shifted StudyDate", "kept StudyTime"),
}
_NO_DATES = ('StudyDate loses "20240310"', 'StudyTime loses "101530"')

_IMAGE = """\
test "an image that nobody looked at stays out" {
    given SOPClassUID = "1.2.840.10008.5.1.4.1.1.6.1", Modality = "US", PatientID = "4711", Rows = 8, Columns = 8
    expect quarantine "unmatched-pixels"
}
"""
_HEAD = """\
test "a head stays out" {
    given SOPClassUID = "1.2.840.10008.5.1.4.1.1.4", Modality = "MR", PatientID = "4711", BodyPartExamined = "HEAD"
    expect quarantine "volume that may show a face"
}
"""


def tests_for(options: Set[str], basic: bool) -> str:
    """A recipe of tests for a profile with these options; `basic`: it stands on the Basic Profile."""
    expected = list(_ALWAYS)
    if basic:
        expected += [with_it if name in options else without for name, (with_it, without) in _EXPECTED.items()]
        if _KEPT_PATIENT[0] in options:
            expected.append(_KEPT_PATIENT[1])
        expected += next((lines for name, lines in _DATES.items() if name in options), _NO_DATES)
    lines = "".join(f"    expect {line}\n" for line in expected)
    main = f"""\
test "what leaves and what stays" {{
    given SOPClassUID = "1.2.840.10008.5.1.4.1.1.2", Modality = "CT", BodyPartExamined = "ABDOMEN",
          StudyInstanceUID = "2.25.11", SOPInstanceUID = "2.25.31", PatientName = "EXAMPLE^PATIENT", PatientID = "4711",
          PatientSex = "F", PatientSize = "1.68", OperatorsName = "EXAMPLE^OPERATOR", InstitutionName = "EXAMPLE HOSPITAL",
          DeviceSerialNumber = "EX-1", StudyDate = "20240310", StudyTime = "101530",
          StudyDescription = "CT ABDOMEN for Patient Example"
{lines}}}
"""
    return "\n".join(["deidrules 1\n", main, _IMAGE, *([_HEAD] if FACES in options else [])])
