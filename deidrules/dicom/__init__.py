"""DICOM as bytes: tags, VRs, the dictionary, the strict reader, character sets, UIDs. Knows no plan."""
