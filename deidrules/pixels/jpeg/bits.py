"""The bits of one restart interval: stuffing taken out as far as somebody reads, and a window of 16 bits for each position."""

from __future__ import annotations

from array import array

from deidrules.pixels.jpeg.stream import broken

# A page of windows holds fewer bits than a `huffman` entry has room for, with the most that one entry may add to a position.
_LARGEST_PAGE = (1 << 15) - 128
_SMALLEST_PAGE = 1 << 12
_BEHIND = 16  # bytes of zeros behind the end


class CodedBits:
    """The bits of an interval as T.81 F.1.2.3 stuffs them: `coded` holds no FF but those that a 00 follows. Positions count bits of what
    is left without stuffing. Nothing is read before it is asked for, so that an edit at the top costs no walk through the rest."""

    def __init__(self, coded: bytes) -> None:
        self._coded = coded
        self._read = 0  # bytes of `coded` that are in `_plain`
        self._plain = bytearray()
        self._pieces: list[tuple[int, int]] = []  # where a piece begins in `_plain` and in `_coded`
        self._page = _SMALLEST_PAGE

    @property
    def end(self) -> int:
        """Where the interval ends; all of it is read."""
        self._fill(len(self._coded))
        return 8 * len(self._plain)

    @property
    def trailing(self) -> int:
        """How many bits at the end may be padding: those of the last byte that are equal. T.81 asks for ones."""
        last = self._coded[-1] if self._coded and not self._coded.endswith(b"\xff\0") else 0xFF
        text = f"{last:08b}"
        return 8 - len(text.rstrip(text[-1]))

    def left(self, position: int) -> int:
        """Bytes behind a position that was reached, stuffing counted where nobody has read yet."""
        return len(self._plain) - (position >> 3) + len(self._coded) - self._read

    def holds(self, position: int) -> bool:
        """True when so many bits are there; they are read."""
        self._fill(position + 7 >> 3)
        return position <= 8 * len(self._plain)

    def beyond(self, position: int) -> bool:
        """True when the interval ends before a position that was reached."""
        return position > 8 * len(self._plain) and self._read == len(self._coded)

    def windows(self, byte: int) -> array[int]:
        """A page of windows: of the bits from each position on, beginning with this byte, the next 16. Behind the end stand zeros.
        A page takes a whole MCU, which is ten blocks at most (T.81 B.2.3) of 64 codes and magnitudes, or all that there is; the next is
        larger. Refusal `compressed-frame-broken` when the interval ends before."""
        import numpy

        page = self._page
        self._page = min(2 * page, _LARGEST_PAGE)
        self._fill(byte + page + 3)
        plain = bytes(self._plain[byte : byte + page + 3])
        if len(plain) < page + 3:
            if byte > len(self._plain):
                raise broken()
            page = min(page, len(plain) + _BEHIND)
            plain += bytes(_BEHIND + 3)
        # every byte begins a number of 32 bits; shifted by 16 .. 9, their lower halves are the windows of its eight positions
        words = numpy.ndarray((page,), ">u4", plain + b"\0", strides=(1,)).astype(numpy.uint32)
        out = numpy.empty((page, 8), numpy.uint16)
        for phase in range(8):
            numpy.right_shift(words, 16 - phase, out=out[:, phase], casting="unsafe")
        return array("H", out.tobytes())

    def copy(self, start: int, stop: int) -> int:
        """Bits `start` .. `stop` as a number."""
        self._fill(stop + 7 >> 3)
        whole = int.from_bytes(self._plain[start >> 3 : stop + 7 >> 3])
        return whole >> (-stop & 7) & (1 << stop - start) - 1

    def repeated(self, byte: int, pattern: bytes) -> int:
        """How often the pattern stands here, in what is read."""
        at = byte
        while self._plain.startswith(pattern, at):
            at += len(pattern)
        return (at - byte) // len(pattern)

    def rest(self, byte: int) -> bytes:
        """All from a byte on, as coded."""
        self._fill(byte)
        for plain, coded in reversed(self._pieces):
            if plain <= byte:
                return self._coded[coded + byte - plain + self._plain.count(0xFF, plain, byte) :]
        return self._coded

    def _fill(self, stop: int) -> None:
        """Read until `stop` bytes are known, or all."""
        while len(self._plain) < stop and self._read < len(self._coded):
            to = self._read + max(stop - len(self._plain), _SMALLEST_PAGE)
            if self._coded[to - 1 : to] == b"\xff":
                to += 1
            self._pieces.append((len(self._plain), self._read))
            self._plain += self._coded[self._read : to].replace(b"\xff\0", b"\xff")
            self._read = min(to, len(self._coded))
