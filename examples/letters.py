"""Draw readable capital letters into arrays: a 5 x 7 font, so that the examples depend on no font file and no drawing library."""

from __future__ import annotations

from typing import Any

import numpy

# one number per column, lowest bit on top
_COLUMNS = {
    "A": "7E1111117E", "B": "7F49494936", "C": "3E41414122", "D": "7F4141221C", "E": "7F49494941", "F": "7F09090901",
    "G": "3E4149497A", "H": "7F0808087F", "I": "00417F4100", "J": "2040413F01", "K": "7F08142241", "L": "7F40404040",
    "M": "7F020C027F", "N": "7F0408107F", "O": "3E4141413E", "P": "7F09090906", "Q": "3E4151215E", "R": "7F09192946",
    "S": "4649494931", "T": "01017F0101", "U": "3F4040403F", "V": "1F2040201F", "W": "3F4038403F", "X": "6314081463",
    "Y": "0708700807", "Z": "6151494543", "0": "3E5149453E", "1": "00427F4000", "2": "4261514946", "3": "2141454B31",
    "4": "1814127F10", "5": "2745454539", "6": "3C4A494930", "7": "0171090503", "8": "3649494936", "9": "064949291E",
    " ": "0000000000", "-": "0808080808", "^": "0402010204", ":": "0036360000", ".": "0060600000", "/": "2010080402",
}  # fmt: skip


def draw(frame: Any, text: str, *, left: int, top: int, value: int, scale: int = 1) -> None:
    """Draw `text` into a frame of shape (rows, columns) or (rows, columns, samples), in place; 6 x 7 pixels per letter times `scale`."""
    for number, letter in enumerate(text):
        columns = numpy.frombuffer(bytes.fromhex(_COLUMNS[letter]), dtype=numpy.uint8)
        bits = numpy.unpackbits(columns[:, None], axis=1, bitorder="little")[:, :7].T.astype(bool)
        glyph = bits.repeat(scale, axis=0).repeat(scale, axis=1)
        x = left + number * 6 * scale
        frame[top : top + glyph.shape[0], x : x + glyph.shape[1]][glyph] = value
