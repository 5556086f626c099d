"""The walk over one restart interval: where each MCU begins and which DC coefficients stand before it, and nothing else decoded."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from deidrules.pixels.jpeg.bits import CodedBits
from deidrules.pixels.jpeg.huffman import BITS, END, ENDED, EOB, FULL, LONG, OVER, SHIFT, WalkTable
from deidrules.pixels.jpeg.stream import broken

Codes = dict[int, tuple[int, int]]  # symbol to (code, length in bits)
Bits = tuple[int, int]  # a value and its length in bits

_REPEATS = 8  # MCUs of m bits take m bytes: from there on their bytes repeat


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A component of a scan: its tables, its codes for writing, the DC coefficient of a blanked block, and its blocks in an MCU."""

    table: WalkTable
    dc_codes: Codes
    ac_codes: Codes
    blank: int
    blocks: int


class Walk:
    """`order` holds the slot of each block of an MCU; `position` is in bits, `predictions` are the DC coefficients of the last blocks
    (T.81 F.1.1.5.1)."""

    def __init__(self, coded: bytes, slots: tuple[Slot, ...]) -> None:
        self.bits = CodedBits(coded)
        self.slots = slots
        self.order = tuple(number for number, slot in enumerate(slots) for _ in range(slot.blocks))
        self.position = 0
        self.predictions = [0] * len(slots)
        self._windows: array[int] = array("H")
        self._base = 0  # the position of the first window
        self._quiet = _quiet(slots, self.order)
        self._patterns: dict[int, bytes] = {}

    @property
    def rest(self) -> tuple[int, int, bytes]:
        """All that follows: how many bits are left of this byte, they, and the bytes behind as coded."""
        byte = self.position + 7 >> 3
        return -self.position & 7, self.bits.copy(self.position, 8 * byte), self.bits.rest(byte)

    def skip(self, mcus: int) -> None:
        """Walk over so many MCUs. Two look-ups in tables per 16 bits are all that a block takes; MCUs that say nothing, one like the
        other, are compared as bytes. Refusal `compressed-frame-broken`."""
        tables = tuple(
            (number, table.first, table.difference, table.many, table.one) for number in self.order for table in (self.slots[number].table,)
        )
        quiet, predictions = self._quiet[1], self.predictions
        while mcus > 0:
            windows, base = self._page(self.position)
            at = start = self.position - base
            before = predictions[:]
            try:
                while mcus > 0:
                    start, before = at, predictions[:]
                    for number, first, difference, many, one in tables:
                        window = windows[at]
                        place = first[window]
                        if place == LONG:
                            place = self._difference(windows, at, number)
                        else:
                            predictions[number] += difference[window]
                            place += at
                        last = place
                        while place < FULL:
                            last = place
                            place += many[windows[place & BITS]]
                        if not ENDED < place < OVER and place >> SHIFT != 64:
                            place = _ended(windows, last, one)
                        at = place & BITS
                    mcus -= 1
                    if at - start == quiet:
                        skipped = min(self._quiet_from(base + at), mcus)
                        at += skipped * quiet
                        mcus -= skipped
                start = at
            except IndexError:  # the page ends within this MCU, which is walked again from the next
                if start < 8:  # it stands at the beginning of a page that takes an MCU, if there were one
                    raise broken() from None
                predictions[:] = before
            self.position = base + start
            self._windows = windows if mcus <= 0 else array("H")
        if self.bits.beyond(self.position):
            raise broken()

    def difference(self, slot: int) -> int:
        """Walk over a DC difference; its value."""
        windows, base = self._page(self.position)
        table = self.slots[slot].table
        code = _found(table.dc[windows[self.position - base]])
        value, self.position = self._magnitude(code & 255, self.position + (code >> 8))
        return value

    def block(self, slot: int) -> tuple[tuple[int, int], ...]:
        """Walk over the AC coefficients of a block; those that are not 0 as (number in zigzag order, value)."""
        table, k = self.slots[slot].table.ac, 0
        out: list[tuple[int, int]] = []
        while k < 63:
            windows, base = self._page(self.position)
            code = _found(table[windows[self.position - base]])
            self.position += code >> 8
            run, size = code >> 4 & 15, code & 15
            if size:
                k += run + 1
                value, self.position = self._magnitude(size, self.position)
                out.append((k, value))
            elif run == 15:
                k += 16
            elif run == 0:
                break
            else:
                raise broken()
        if k > 63 or self.bits.beyond(self.position):
            raise broken()
        return tuple(out)

    def quiet(self, most: int) -> int:
        """Walk over MCUs that consist of differences of 0 and ends of blocks alone, as many as stand here one after another, `most` at
        most; how many. Some may be left, the last ones always."""
        self._page(self.position)
        count = min(self._quiet_from(self.position), most)
        self.position += count * self._quiet[1]
        return count

    def _quiet_from(self, position: int) -> int:
        """How many MCUs that say nothing stand here. Eight of them are as many bytes as one has bits, so the bytes repeat."""
        length = self._quiet[1]
        if not length:
            return 0
        phase = position & 7
        pattern = self._patterns.get(phase)
        if pattern is None:
            eight = repeated(self._quiet, _REPEATS)[0]
            turned = eight >> phase | (eight & (1 << phase) - 1) << _REPEATS * length - phase
            pattern = self._patterns[phase] = turned.to_bytes(length)
        # the first byte may begin with bits of what stands before
        return max(0, (8 * length * self.bits.repeated(position >> 3, pattern) - phase) // length)

    def _page(self, position: int) -> tuple[array[int], int]:
        """Windows that hold a position with what one look-up may need, and the position of the first."""
        at = position - self._base
        if not 0 <= at < len(self._windows):
            self._base = position & ~7
            self._windows = self.bits.windows(position >> 3)
        return self._windows, self._base

    def _difference(self, windows: array[int], at: int, slot: int) -> int:
        """A DC difference that does not lie in one window: where its block goes on."""
        code = _found(self.slots[slot].table.dc[windows[at]])
        at += code >> 8
        size = code & 255
        self.predictions[slot] += _signed(windows[at] >> 16 - size, size)
        return at + size | 1 << SHIFT

    def _magnitude(self, size: int, position: int) -> tuple[int, int]:
        """A value of `size` bits (T.81 F.2.2.1), and where it ends."""
        windows, base = self._page(position)
        return _signed(windows[position - base] >> 16 - size, size), position + size


def repeated(bits: Bits, times: int) -> Bits:
    """The same bits again and again, in linear time: eight of them are whole bytes."""
    value, length = bits
    if times < 8:
        whole = 0
        for _ in range(times):
            whole = whole << length | value
        return whole, length * times
    eight = repeated(bits, 7)[0] << length | value
    many = int.from_bytes(eight.to_bytes(length) * (times // 8))
    rest, more = repeated(bits, times % 8)
    return many << more | rest, length * times


def _ended(windows: array[int], place: int, one: array[int]) -> int:
    """Where a block ends whose last symbols the table of many took together with symbols of the next block."""
    while place < FULL:
        place += one[windows[place & BITS]]
    count = place >> SHIFT
    if count != 64 and not END < count < END + 64:
        raise broken()
    return place


def _signed(raw: int, size: int) -> int:
    """The value that a magnitude stands for, T.81 F.2.2.1."""
    return raw if not size or raw >> size - 1 else raw - (1 << size) + 1


def _found(code: int) -> int:
    if not code:
        raise broken()
    return code


def _quiet(slots: tuple[Slot, ...], order: tuple[int, ...]) -> Bits:
    """An MCU of differences of 0 and ends of blocks; of no length where a table lacks one of the codes (those for writing may have it)."""
    value = length = 0
    for number in order:
        slot = slots[number]
        for known, codes, symbol in ((slot.table.dc, slot.dc_codes, 0), (slot.table.ac, slot.ac_codes, EOB)):
            code, bits = codes.get(symbol, (0, 0))
            if not bits or known[code << 16 - bits] != bits << 8 | symbol:
                return 0, 0
            value, length = value << bits | code, length + bits
    return value, length
