"""Text to AST and back. Knows no DICOM."""
