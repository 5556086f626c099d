"""De-identify DICOM by rules."""
