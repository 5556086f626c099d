"""Documents that say nothing, one for each MIME type of an encapsulated document (PS3.3 C.24.2 and the encapsulated IODs): whoever opens
the output finds a document of the kind that was there."""

from __future__ import annotations

from functools import cache
from struct import pack

from deidrules.text.refusal import Refusal

DOCUMENT, MIME_TYPE, DOCUMENT_LENGTH = 0x00420011, 0x00420012, 0x00420015

_PAGE = b"BT /F1 12 Tf 72 770 Td (ANONYMIZED) Tj ET"
_PDF_OBJECTS = (
    b"<< /Type /Catalog /Pages 2 0 R >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>",
    b"<< /Length %d >>\nstream\n%s\nendstream" % (len(_PAGE), _PAGE),
    b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
)

# A triangle with three corners: viewers refuse models without any.
_STL_TRIANGLE = pack("<12fH", *(0.0, 0.0, 1.0), *(0.0, 0.0, 0.0), *(1.0, 0.0, 0.0), *(0.0, 1.0, 0.0), 0)

_DOCUMENTS: dict[str, bytes] = {
    # Encapsulated CDA: well-formed, without patient, author or content
    "text/xml": b'<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3"/>\n',
    # Encapsulated STL is binary: 80 bytes of header, the number of triangles, the triangles
    "model/stl": bytes(80) + pack("<I", 1) + _STL_TRIANGLE,
    "model/obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
    "model/mtl": b"newmtl anonymized\nKd 0.5 0.5 0.5\n",
    "application/dicom+json": b"[]",
    "application/dicom+xml": b'<?xml version="1.0" encoding="UTF-8"?>\n<NativeDicomModel xml:space="preserve"/>\n',
}

MIME_TYPES = frozenset({*_DOCUMENTS, "application/pdf"})


def minimal_document(mime_type: str) -> bytes:
    """The document for a value of MIME Type of Encapsulated Document, compared trimmed and without case; its length may be odd.
    Refusal `unknown-document-type` for any other, with parameters or absent too."""
    name = mime_type.strip(" \0").lower()
    if name not in MIME_TYPES:
        raise Refusal("unknown-document-type", tag=MIME_TYPE)
    return _pdf() if name == "application/pdf" else _DOCUMENTS[name]


@cache
def _pdf() -> bytes:
    """One page with one word, by ISO 32000-1 with a cross-reference table."""
    body = b"%PDF-1.4\n"
    places: list[int] = []
    for number, content in enumerate(_PDF_OBJECTS, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(places) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n" % size + table
    return body + table + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
