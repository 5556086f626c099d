"""The codes by which an output names what was done to it: CID 7050 De-identification Method. DICOM PS3.16, PS3.15 2026d, (c) NEMA."""

from __future__ import annotations

SCHEME = "DCM"  # the coding scheme of all of them

BASIC = 113100
CLEAN_PIXEL_DATA = 113101
CLEAN_RECOGNIZABLE_VISUAL_FEATURES = 113102
FULL_DATES = 113106
MODIFIED_DATES = 113107
SAFE_PRIVATE = 113111

# PS3.16 CID 7050: code value and code meaning
METHOD_CODES: dict[int, str] = {
    BASIC: "Basic Application Confidentiality Profile",
    CLEAN_PIXEL_DATA: "Clean Pixel Data Option",
    CLEAN_RECOGNIZABLE_VISUAL_FEATURES: "Clean Recognizable Visual Features Option",
    113103: "Clean Graphics Option",
    113104: "Clean Structured Content Option",
    113105: "Clean Descriptors Option",
    FULL_DATES: "Retain Longitudinal Temporal Information Full Dates Option",
    MODIFIED_DATES: "Retain Longitudinal Temporal Information Modified Dates Option",
    113108: "Retain Patient Characteristics Option",
    113109: "Retain Device Identity Option",
    113110: "Retain UIDs Option",
    SAFE_PRIVATE: "Retain Safe Private Option",
    113112: "Retain Institution Identity Option",
}
