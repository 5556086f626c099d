"""The `test` blocks that stand at the end of the generated layers: what their less obvious rules do, each run by `deidrules test`."""

TESTS = {
    "clean-descriptors": """\
test "clinical words stay" {
    given PatientName = "EXAMPLE^PATIENT", StudyDescription = "MRI KNEE LEFT for Patient Example 31.01.2024"
    expect StudyDescription keeps "MRI KNEE LEFT" loses "Example"
    expect StudyDescription loses "31.01.2024"
}

test "a reason is one of the defined terms" {
    given ReasonForTheAttributeModification = "COERCE"
    expect kept ReasonForTheAttributeModification
}

test "another reason goes" {
    given ReasonForTheAttributeModification = "WARD 7"
    expect ReasonForTheAttributeModification loses "WARD"
}

test "bytes go" {
    given MakerNote = "made by EXAMPLE"
    expect removed MakerNote
}
""",
    "clean-graphics": """\
test "bitmaps and curves go" {
    given (6002,3000) = "bits", (6002,4000) = "EXAMPLE", (5004,0022) = "EXAMPLE"
    expect removed (6002,3000), (6002,4000), (5004,0022)
}
""",
    "retain-device-identity": """\
test "an AE title becomes a pseudonym" {
    given StationAETitle = "CT_WARD3", StationName = "CT 3", DeviceSerialNumber = "4711"
    expect replaced StationAETitle
    expect kept StationName, DeviceSerialNumber
}
""",
    "retain-longitudinal-modified-dates": """\
test "dates move, times of day stay" {
    given PatientID = "4711", StudyDate = "20240310", StudyTime = "101530.25",
          AcquisitionDateTime = "20240310101530"
    expect shifted StudyDate, AcquisitionDateTime
    expect AcquisitionDateTime keeps "101530"
    expect kept StudyTime
}

test "no patient, no shift" {
    given StudyDate = "20240310"
    expect quarantine "missing-key"
}

test "a time is a time" {
    given PatientID = "4711", StudyTime = "999999"
    expect quarantine "unparsable-time"
}

test "an offset from UTC stays" {
    given TimezoneOffsetFromUTC = "+0100"
    expect kept TimezoneOffsetFromUTC
}

test "anything else in its place goes" {
    given TimezoneOffsetFromUTC = "EXAMPLE"
    expect TimezoneOffsetFromUTC loses "EXAMPLE"
}

test "the date of a vocabulary shows no shift" {
    given PatientID = "4711", ContextGroupVersion = "20020904000000"
    expect ContextGroupVersion = "19000101000000"
}
""",
}
