"""Write data/dictionary.txt and data/uids.txt from pydicom's tables and our supplement: `python -m deidrules.dicom.tools.generate`.

One line per attribute: tag or mask, VRs, VM, keyword, R when retired, name; one line per UID: UID, type, R, keyword, name. Tabs between."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"

# PS3.6 2026d attributes of Table E.1-1 that pydicom 3.0.2 does not know. VRs of (0040,B03B) and (0040,B03F) as for other channel names
# and labels.
SUPPLEMENT: tuple[tuple[int, str, str, str, str], ...] = (
    (0x00081301, "SQ", "1", "PrincipalDiagnosisCodeSequence", "Principal Diagnosis Code Sequence"),
    (0x00081302, "SQ", "1", "PrimaryDiagnosisCodeSequence", "Primary Diagnosis Code Sequence"),
    (0x00081303, "SQ", "1", "SecondaryDiagnosesCodeSequence", "Secondary Diagnoses Code Sequence"),
    (0x00081304, "SQ", "1", "HistologicalDiagnosesCodeSequence", "Histological Diagnoses Code Sequence"),
    (0x00100011, "SQ", "1", "PersonNamesToUseSequence", "Person Names to Use Sequence"),
    (0x00100012, "LT", "1", "NameToUse", "Name to Use"),
    (0x00100013, "UT", "1", "NameToUseComment", "Name to Use Comment"),
    (0x00100014, "SQ", "1", "ThirdPersonPronounsSequence", "Third Person Pronouns Sequence"),
    (0x00100015, "SQ", "1", "PronounCodeSequence", "Pronoun Code Sequence"),
    (0x00100016, "UT", "1", "PronounComment", "Pronoun Comment"),
    (0x00100041, "SQ", "1", "GenderIdentitySequence", "Gender Identity Sequence"),
    (0x00100042, "UT", "1", "SexParametersForClinicalUseCategoryComment", "Sex Parameters for Clinical Use Category Comment"),
    (0x00100043, "SQ", "1", "SexParametersForClinicalUseCategorySequence", "Sex Parameters for Clinical Use Category Sequence"),
    (0x00100044, "SQ", "1", "GenderIdentityCodeSequence", "Gender Identity Code Sequence"),
    (0x00100045, "UT", "1", "GenderIdentityComment", "Gender Identity Comment"),
    (0x00100046, "SQ", "1", "SexParametersForClinicalUseCategoryCodeSequence", "Sex Parameters for Clinical Use Category Code Sequence"),
    (0x00100047, "UR", "1-n", "SexParametersForClinicalUseCategoryReference", "Sex Parameters for Clinical Use Category Reference"),
    (0x00102162, "UC", "1-n", "EthnicGroups", "Ethnic Groups"),
    (0x0040A034, "DT", "1", "EffectiveStartDateTime", "Effective Start DateTime"),
    (0x0040A035, "DT", "1", "EffectiveStopDateTime", "Effective Stop DateTime"),
    (0x0040B034, "DT", "1", "AnnotationDateTime", "Annotation DateTime"),
    (0x0040B036, "DT", "1", "SegmentDefinitionDateTime", "Segment Definition DateTime"),
    (0x0040B03B, "LO", "1", "MontageName", "Montage Name"),
    (0x0040B03F, "SH", "1", "MontageChannelLabel", "Montage Channel Label"),
    (0x0040E012, "UR", "1", "DisplayURI", "Display URI"),
    (0x3004007F, "LO", "1", "DoseCalculationModelName", "Dose Calculation Model Name"),
)

# PS3.6 Annex A entries that pydicom 3.0.2 does not know.
UID_SUPPLEMENT: tuple[tuple[str, str, str, str], ...] = (
    ("1.2.840.10008.1.2.4.110", "Transfer Syntax", "JPEGXLLossless", "JPEG XL Lossless"),
    ("1.2.840.10008.1.2.4.111", "Transfer Syntax", "JPEGXLJPEGRecompression", "JPEG XL JPEG Recompression"),
    ("1.2.840.10008.1.2.4.112", "Transfer Syntax", "JPEGXL", "JPEG XL"),
    ("1.2.840.10008.1.2.8.1", "Transfer Syntax", "DeflatedImageFrameCompression", "Deflated Image Frame Compression"),
    ("1.2.840.10008.5.1.4.1.1.9.100.1", "SOP Class", "WaveformPresentationStateStorage", "Waveform Presentation State Storage"),
    (
        "1.2.840.10008.5.1.4.1.1.9.100.2",
        "SOP Class",
        "WaveformAcquisitionPresentationStateStorage",
        "Waveform Acquisition Presentation State Storage",
    ),
    ("1.2.840.10008.5.1.4.1.1.66.7", "SOP Class", "LabelMapSegmentationStorage", "Label Map Segmentation Storage"),
    ("1.2.840.10008.5.1.4.1.1.66.8", "SOP Class", "HeightMapSegmentationStorage", "Height Map Segmentation Storage"),
)


def dictionary_lines() -> list[str]:
    """All attributes, tags before masks, each in ascending order."""
    from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary

    def line(place: str, vr: str, vm: str, name: str, retired: str, keyword: str) -> str:
        return "\t".join((place, vr.replace(" or ", "/"), vm, keyword, "R" if retired else "", name))

    lines = {f"{tag:08X}": line(f"{tag:08X}", *entry) for tag, entry in DicomDictionary.items()}
    for tag, vr, vm, keyword, name in SUPPLEMENT:
        lines.setdefault(f"{tag:08X}", line(f"{tag:08X}", vr, vm, name, "", keyword))
    masks = [line(mask, *entry) for mask, entry in RepeatersDictionary.items()]
    return [lines[place] for place in sorted(lines)] + sorted(masks)


def uid_lines() -> list[str]:
    """All registered UIDs, ordered by their components."""
    from pydicom._uid_dict import UID_dictionary

    lines: dict[str, str] = {}
    for uid, (name, kind, _, retired, keyword) in UID_dictionary.items():
        lines[uid] = "\t".join((uid, kind, "R" if retired else "", keyword, name))
    for uid, kind, keyword, name in UID_SUPPLEMENT:
        lines.setdefault(uid, "\t".join((uid, kind, "", keyword, name)))
    return [lines[uid] for uid in sorted(lines, key=lambda uid: [int(part) for part in uid.split(".")])]


def main() -> None:
    """Write both files."""
    (DATA / "dictionary.txt").write_text("\n".join(dictionary_lines()) + "\n", encoding="utf-8")
    (DATA / "uids.txt").write_text("\n".join(uid_lines()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
