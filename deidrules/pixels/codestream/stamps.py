"""Comments that encoders leave in every frame and that say nothing of a patient: they stay, so that frames without anything else stay as
they are, byte for byte. Each pattern stands for the whole comment; what varies in it is a version number, or a table of numbers that the
encoder works out from the image."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stamp:
    """`pattern` matches the whole comment, `why` says what writes it."""

    pattern: bytes
    why: str


# Digits of a version, at most four numbers: 2.5.2, v7.3.3, 1.701.0
_VERSION = rb"v?[0-9]{1,2}(?:\.[0-9]{1,3}){0,3}"

# JPEG: COM segments
JPEG_COMMENTS: tuple[Stamp, ...] = (
    Stamp(rb"LEAD Technologies Inc\. V1\.0[0-9]\0?", "LEADTOOLS, lossless and lossy encoders"),
    Stamp(rb"MITRA_DICOM_STANDARD", "Mitra and Agfa archives, lossless encoder"),
    Stamp(rb"Intel\(R\) JPEG Library, version \[[0-9]{1,2}(?:\.[0-9]{1,3}){3}\]\0?", "Intel's library of that name"),
    Stamp(rb"Lavc" + _VERSION, "FFmpeg's encoders"),
)

# JPEG: APP0 segments other than JFIF
JPEG_APPLICATIONS: tuple[Stamp, ...] = (
    Stamp(rb"LJIF\0\x01\0{7}", "Mitra and Agfa archives: the lossless encoder's own header, always these 13 bytes"),
)

# JPEG-LS: APP8 segments other than a colour transform. Sizes and resolutions below 65536 leave no two bytes for anything else.
JPEG_LS_APPLICATIONS: tuple[Stamp, ...] = (
    Stamp(
        rb"SPIFF\0[\x01\x02][\x00-\x02][\x00-\x04][\x01-\x04]\0\0..\0\0..[\x00-\x0f][\x01-\x10][\x00-\x06][\x00-\x02]\0\0..\0\0..",
        "SPIFF header (ISO 10918-3 F.2): sizes, colour space and resolution as numbers",
    ),
    Stamp(rb"\0\0\0\x01\xff\xd8", "the end of a SPIFF directory"),
)

# JPEG 2000: COM segments of Latin text (Rcom 1)
JPEG_2000_COMMENTS: tuple[Stamp, ...] = (
    Stamp(rb"Kakadu-" + _VERSION, "Kakadu"),
    Stamp(
        rb"Kdu-Layer-Info: log_2\{Delta-D\((?:MSE|squared-error)\)/\[2\^16\*Delta-L\(bytes\)\]\}, L\(bytes\)\n"
        rb"(?: {0,4}-?[0-9]{1,4}\.[0-9], {1,4}[0-9]\.[0-9]e[+-][0-9]{2,3}\n){1,64}\0?",
        "Kakadu: slope and size of each quality layer",
    ),
    Stamp(rb"Created by OpenJPEG version " + _VERSION, "OpenJPEG"),
    Stamp(rb"Created by GDCM/OpenJPEG version " + _VERSION, "GDCM"),
    Stamp(rb"OpenJPH Ver " + _VERSION + rb"\.?", "OpenJPH"),
    Stamp(rb"AVLT_[0-9]{3}", "LuraWave of Algo Vision LuraTech"),
    Stamp(rb"Pegasus Imaging Corp", "Pegasus PICTools"),
    Stamp(rb"Creator: JasPer Version " + _VERSION, "JasPer"),
    Stamp(rb"Created by: JJ2000 version " + _VERSION, "JJ2000"),
)


def matching(stamps: tuple[Stamp, ...]) -> re.Pattern[bytes]:
    """One expression for all; to be used with `fullmatch`."""
    return re.compile(b"|".join(b"(?:" + stamp.pattern + b")" for stamp in stamps), re.DOTALL)
