"""One restart interval of a scan: walked block by block, blanked where it has to be, everything else copied bit for bit."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from sys import byteorder

from deidrules.pixels.jpeg.huffman import BITS, END, EOB, INVALID, SHIFT, WIDE, ZRL, AcTable, DcTable
from deidrules.pixels.jpeg.stream import broken

Codes = dict[int, tuple[int, int]]

# Bytes at the end that are walked to find their last code; before more than these the bits are brought in step instead.
_SHORT = 2048
_MOST_RUNS = 3  # of sixteen zeros that fit in front of an end of block
_LONGEST_MAGNITUDE = 16


class MissingSymbol(Exception):
    """A code is needed that the table does not have: (component of the scan, True for DC, symbol)."""

    def __init__(self, slot: int, dc: bool, symbol: int) -> None:
        super().__init__(slot, dc, symbol)
        self.slot, self.dc, self.symbol = slot, dc, symbol


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A component of a scan: its tables, its codes for writing, the DC coefficient of a blanked block, and its blocks in an MCU."""

    dc: DcTable
    ac: AcTable
    dc_codes: Codes
    ac_codes: Codes
    blank: int
    blocks: int


Run = tuple[int, int]  # MCUs `first` .. `stop` - 1 of an interval
Bits = tuple[int, int]  # a value and its length in bits


class Interval:
    """The walk over one interval. `order` holds the slot of each block of an MCU."""

    def __init__(self, data: bytes, slots: tuple[Slot, ...]) -> None:
        self._data = data
        self._end = 8 * len(data)
        self._words = _words(data)
        self._slots = slots
        self._order = tuple(number for number, slot in enumerate(slots) for _ in range(slot.blocks))
        self._tables = tuple(
            (number, slots[number].dc.advance, slots[number].dc.difference, slots[number].ac.many, slots[number].ac.one)
            for number in self._order
        )
        self.position = 0
        self.predictions = [0] * len(slots)

    def skip(self, mcus: int) -> None:
        """Walk over so many MCUs."""
        words, position, end = self._words, self.position, self._end
        predictions, tables = self.predictions, self._tables
        for _ in range(mcus):
            for number, advance, difference, many, one in tables:
                peek = words[position >> 3] >> 16 - (position & 7) & 0xFFFF
                bits = advance[peek]
                if bits < WIDE:
                    if bits < 0:
                        raise broken()
                    position += bits
                    predictions[number] += difference[peek]
                else:
                    position += bits - WIDE
                    category = difference[peek]
                    predictions[number] += self._magnitude(position, category)
                    position += category
                start, k = position, 1
                while k < 64:
                    entry = many[words[position >> 3] >> 16 - (position & 7) & 0xFFFF]
                    position += entry & BITS
                    k += entry >> SHIFT
                if k != 64 and not END < k < END + 64:
                    position = self._one_by_one(one, start)
            if position > end:
                raise broken()
        self.position = position

    def difference(self, slot: int) -> int:
        """Walk over a DC difference; its value."""
        tables = self._slots[slot].dc
        peek = self._words[self.position >> 3] >> 16 - (self.position & 7) & 0xFFFF
        bits, value = tables.advance[peek], tables.difference[peek]
        if bits < 0:
            raise broken()
        if bits >= WIDE:
            self.position += bits - WIDE
            category = value
            value = self._magnitude(self.position, category)
            bits = category
        self.position += bits
        if self.position > self._end:
            raise broken()
        return value

    def coefficients(self, slot: int) -> None:
        """Walk over the AC coefficients of a block."""
        self.position = self._one_by_one(self._slots[slot].ac.one, self.position)
        if self.position > self._end:
            raise broken()

    def _one_by_one(self, one: list[int], position: int) -> int:
        words, k = self._words, 1
        while k < 64:
            entry = one[words[position >> 3] >> 16 - (position & 7) & 0xFFFF]
            position += entry & BITS
            k += entry >> SHIFT
        if k >= INVALID or 64 < k < END:
            raise broken()
        return position

    def _magnitude(self, position: int, category: int) -> int:
        if category > _LONGEST_MAGNITUDE:
            raise broken()
        value = self._words[position >> 3] >> 32 - category - (position & 7) & (1 << category) - 1
        return value if value >> category - 1 else value - (1 << category) + 1

    def blocks(self, mcus: int) -> Iterator[tuple[tuple[int, tuple[int, Bits]], ...]]:
        """MCU after MCU, of each block: (slot, (DC coefficient, its AC coefficients as coded)). Refusal `compressed-frame-broken`."""
        try:
            for _ in range(mcus):
                mcu = []
                for number in self._order:
                    self.predictions[number] += self.difference(number)
                    start = self.position
                    self.coefficients(number)
                    mcu.append((number, (self.predictions[number], self._copy(start, self.position))))
                yield tuple(mcu)
        except IndexError:
            raise broken() from None

    # ---- writing

    def blanked(self, runs: tuple[Run, ...], mcus: int) -> bytes:
        """The interval with these runs of its `mcus` blanked, ascending and apart, padded with ones; without stuffing.
        MissingSymbol when a table lacks a code; Refusal `compressed-frame-broken`."""
        try:
            return self._blanked(runs, mcus)
        except IndexError:
            raise broken() from None

    def _blanked(self, runs: tuple[Run, ...], mcus: int) -> bytes:
        pieces: list[Bits] = []
        copied = reached = 0
        written: tuple[int, ...] = ()
        last = 0
        for first, stop in runs:
            self.skip(first - reached)
            pieces.append(self._copy(copied, self.position))
            written, last = tuple(self.predictions), len(pieces)
            self.skip(stop - first)  # before anything as long as the header promises is written
            pieces.append(self._run(written, stop - first, 0, 0))
            copied, reached = self.position, stop
            if stop < mcus:
                copied = self._resume(pieces, copied)
                reached += 1
        first, stop = runs[-1]
        aside = sum(bits for _, bits in pieces) - copied & 7
        if reached < mcus and len(self._data) - (self.position >> 3) > _SHORT:
            # a multiple of eight bits aside, what follows can be copied without knowing where in the last byte it ends
            filled = self._filled(written, stop - first, -aside & 7)
            if filled is not None:
                pieces[last] = filled
                pieces.append(self._copy(copied, self._end))
                return _joined(pieces)
        self.skip(mcus - reached)
        if self._end - self.position >= 16:  # ones to the next byte (T.81 F.1.2.3), and a byte more from some encoders
            raise broken()
        pieces.append(self._copy(copied, self.position))
        return _joined(pieces)

    def _resume(self, pieces: list[Bits], copied: int) -> int:
        """The MCU behind a run: the first block of each component gets its difference to the blanked block that stands before it now.
        The position from which bits are still to be copied."""
        seen: set[int] = set()
        for number in self._order:
            before, predicted = self.position, self.predictions[number]
            value = self.predictions[number] = predicted + self.difference(number)
            blank = self._slots[number].blank
            if number not in seen and predicted != blank:
                pieces += (self._copy(copied, before), self._dc_bits(number, value - blank))
                copied = self.position
            seen.add(number)
            self.coefficients(number)
        return copied

    def _filled(self, written: tuple[int, ...], mcus: int, more: int) -> Bits | None:
        """A run with `more` bits (modulo 8) than it needs: runs of sixteen zeros before ends of blocks say nothing."""
        if not more:
            return self._run(written, mcus, 0, 0)
        for number, slot in enumerate(self._slots):
            length = slot.ac_codes.get(ZRL, (0, 0))[1]
            count = next((count for count in range(1, 8) if length * count & 7 == more), 0)
            if count and count <= _MOST_RUNS * slot.blocks * mcus:
                return self._run(written, mcus, number, count)
        return None

    def _run(self, written: tuple[int, ...], mcus: int, number: int, count: int) -> Bits:
        """`mcus` blanked MCUs behind blocks with these DC coefficients; the last ones hold `count` runs of sixteen zeros in the blocks of
        slot `number`."""
        blanks = tuple(slot.blank for slot in self._slots)
        most = _MOST_RUNS * self._slots[number].blocks
        long = -(-count // most)
        pieces = [self._mcu(written if not index else blanks, 0, 0) for index in range(min(mcus - long, 1))]
        if mcus - long > 1:
            pieces.append(_repeated(self._mcu(blanks, 0, 0), mcus - long - 1))
        for index in range(long):
            taken = min(count, most)
            count -= taken
            pieces.append(self._mcu(written if mcus == long and not index else blanks, number, taken))
        value = length = 0
        for more, bits in pieces:
            value, length = value << bits | more, length + bits
        return value, length

    def _mcu(self, written: tuple[int, ...], number: int, count: int) -> Bits:
        """A blanked MCU."""
        value = length = 0
        seen: set[int] = set()
        for slot_number in self._order:
            slot = self._slots[slot_number]
            pieces = [self._dc_bits(slot_number, 0 if slot_number in seen else slot.blank - written[slot_number])]
            seen.add(slot_number)
            if slot_number == number and count:
                taken = min(count, _MOST_RUNS)
                count -= taken
                pieces += [slot.ac_codes[ZRL]] * taken
            if EOB not in slot.ac_codes:
                raise MissingSymbol(slot_number, False, EOB)
            pieces.append(slot.ac_codes[EOB])
            for more, bits in pieces:
                value, length = value << bits | more, length + bits
        return value, length

    def _dc_bits(self, number: int, difference: int) -> Bits:
        category = abs(difference).bit_length()
        known = self._slots[number].dc_codes.get(category)
        if known is None:
            raise MissingSymbol(number, True, category)
        magnitude = difference if difference > 0 else difference + (1 << category) - 1
        return known[0] << category | magnitude, known[1] + category

    def _copy(self, start: int, stop: int) -> Bits:
        """Bits `start` .. `stop` as they stand."""
        whole = int.from_bytes(self._data[start >> 3 : stop + 7 >> 3])
        return (whole >> (-stop & 7)) & (1 << stop - start) - 1, stop - start


def _repeated(bits: Bits, times: int) -> Bits:
    """The same bits again and again, in linear time: eight of them are whole bytes."""
    value, length = bits
    if times < 8:
        whole = 0
        for _ in range(times):
            whole = whole << length | value
        return whole, length * times
    eight = _repeated(bits, 7)[0] << length | value
    many = int.from_bytes(eight.to_bytes(length) * (times // 8))
    rest, more = _repeated(bits, times % 8)
    return many << more | rest, length * times


def _joined(pieces: list[Bits]) -> bytes:
    """Bits as bytes, filled up with ones."""
    out = bytearray()
    value = length = 0
    for more, bits in pieces:
        value, length = value << bits | more, length + bits
        if length > 4096:
            left = length & 7
            out += (value >> left).to_bytes(length >> 3)
            value, length = value & (1 << left) - 1, left
    fill = -length & 7
    out += (value << fill | (1 << fill) - 1).to_bytes(length + fill >> 3)
    return bytes(out)


def _words(data: bytes) -> list[int]:
    """The 32 bits from each byte on, as numbers; zeros follow the end, more than a block can take before anybody looks."""
    padded = data + bytes(2052 + (-len(data) & 3))
    words = [0] * (len(padded) - 4)
    for offset in range(4):
        part = array("I", padded[offset : offset + len(words)])
        if byteorder == "little":
            part.byteswap()
        words[offset::4] = part.tolist()
    return words
