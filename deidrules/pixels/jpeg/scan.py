"""One restart interval of a scan: walked as far as it has to be, blanked where it has to be, everything else copied bit for bit."""

from __future__ import annotations

from deidrules.pixels.jpeg.huffman import EOB, ZRL
from deidrules.pixels.jpeg.stream import broken
from deidrules.pixels.jpeg.walk import Bits, Slot, Walk, repeated

# Bytes at the end that are walked to find their last code; before more than these the bits are brought in step instead.
_SHORT = 2048
_MOST_RUNS = 3  # of sixteen zeros that fit in front of an end of block


class MissingSymbol(Exception):
    """A code is needed that the table does not have: (component of the scan, True for DC, symbol)."""

    def __init__(self, slot: int, dc: bool, symbol: int) -> None:
        super().__init__(slot, dc, symbol)
        self.slot, self.dc, self.symbol = slot, dc, symbol


Run = tuple[int, int]  # MCUs `first` .. `stop` - 1 of an interval


def blanked(coded: bytes, slots: tuple[Slot, ...], runs: tuple[Run, ...], mcus: int) -> bytes:
    """The interval with these runs of its `mcus` blanked, ascending and apart, padded with ones (T.81 F.1.2.3).
    MissingSymbol when a table lacks a code; Refusal `compressed-frame-broken`."""
    walk = Walk(coded, slots)
    pieces: list[Bits] = []
    copied = reached = 0
    written: tuple[int, ...] = ()
    last = 0
    for first, stop in runs:
        walk.skip(first - reached)
        pieces.append(_copy(walk, copied, walk.position))
        written, last = tuple(walk.predictions), len(pieces)
        walk.skip(stop - first)  # before anything as long as the header promises is written
        pieces.append(_run(slots, walk.order, written, stop - first, 0, 0))
        copied, reached = walk.position, stop
        if stop < mcus:
            copied = _resume(walk, pieces, copied)
            reached += 1
    first, stop = runs[-1]
    aside = sum(bits for _, bits in pieces) - copied & 7
    if reached < mcus and walk.bits.left(walk.position) > _SHORT:
        # What follows is copied without knowing where in the last byte its last code ends. A multiple of eight bits aside, as bytes; else
        # as bits, with fewer than eight behind the last code even if all that look like padding are padding.
        for spare in range(max(1, 8 - walk.bits.trailing)):
            filled = _filled(slots, walk.order, written, stop - first, -aside - spare & 7)
            if filled is not None:
                pieces[last] = filled
                byte = walk.bits.end >> 3 if spare else copied + 7 >> 3
                pieces.append(_copy(walk, copied, 8 * byte))
                return _stuffed(pieces) + walk.bits.rest(byte)
    walk.skip(mcus - reached)
    if walk.bits.end - walk.position >= 16:  # ones to the next byte (T.81 F.1.2.3), and a byte more from some encoders
        raise broken()
    pieces.append(_copy(walk, copied, walk.position))
    return _stuffed(pieces)


def _resume(walk: Walk, pieces: list[Bits], copied: int) -> int:
    """The MCU behind a run: the first block of each component gets its difference to the blanked block that stands before it now.
    The position from which bits are still to be copied."""
    seen: set[int] = set()
    for number in walk.order:
        before, predicted = walk.position, walk.predictions[number]
        value = walk.predictions[number] = predicted + walk.difference(number)
        blank = walk.slots[number].blank
        if number not in seen and predicted != blank:
            pieces += (_copy(walk, copied, before), _dc_bits(walk.slots, number, value - blank))
            copied = walk.position
        seen.add(number)
        walk.block(number)
    return copied


def _filled(slots: tuple[Slot, ...], order: tuple[int, ...], written: tuple[int, ...], mcus: int, more: int) -> Bits | None:
    """A run with `more` bits (modulo 8) than it needs: runs of sixteen zeros before ends of blocks say nothing."""
    if not more:
        return _run(slots, order, written, mcus, 0, 0)
    for number, slot in enumerate(slots):
        length = slot.ac_codes.get(ZRL, (0, 0))[1]
        count = next((count for count in range(1, 8) if length * count & 7 == more), 0)
        if count and count <= _MOST_RUNS * slot.blocks * mcus:
            return _run(slots, order, written, mcus, number, count)
    return None


def _run(slots: tuple[Slot, ...], order: tuple[int, ...], written: tuple[int, ...], mcus: int, number: int, count: int) -> Bits:
    """`mcus` blanked MCUs behind blocks with these DC coefficients; the last ones hold `count` runs of sixteen zeros in the blocks of
    slot `number`."""
    blanks = tuple(slot.blank for slot in slots)
    most = _MOST_RUNS * slots[number].blocks
    long = -(-count // most)
    pieces = [_mcu(slots, order, written if not index else blanks, 0, 0) for index in range(min(mcus - long, 1))]
    if mcus - long > 1:
        pieces.append(repeated(_mcu(slots, order, blanks, 0, 0), mcus - long - 1))
    for index in range(long):
        taken = min(count, most)
        count -= taken
        pieces.append(_mcu(slots, order, written if mcus == long and not index else blanks, number, taken))
    return _joined(pieces)


def _mcu(slots: tuple[Slot, ...], order: tuple[int, ...], written: tuple[int, ...], number: int, count: int) -> Bits:
    """A blanked MCU."""
    pieces: list[Bits] = []
    seen: set[int] = set()
    for slot_number in order:
        slot = slots[slot_number]
        pieces.append(_dc_bits(slots, slot_number, 0 if slot_number in seen else slot.blank - written[slot_number]))
        seen.add(slot_number)
        if slot_number == number and count:
            taken = min(count, _MOST_RUNS)
            count -= taken
            pieces += [slot.ac_codes[ZRL]] * taken
        if EOB not in slot.ac_codes:
            raise MissingSymbol(slot_number, False, EOB)
        pieces.append(slot.ac_codes[EOB])
    return _joined(pieces)


def _dc_bits(slots: tuple[Slot, ...], number: int, difference: int) -> Bits:
    category = abs(difference).bit_length()
    known = slots[number].dc_codes.get(category)
    if known is None:
        raise MissingSymbol(number, True, category)
    magnitude = difference if difference > 0 else difference + (1 << category) - 1
    return known[0] << category | magnitude, known[1] + category


def _copy(walk: Walk, start: int, stop: int) -> Bits:
    return walk.bits.copy(start, stop), stop - start


def _joined(pieces: list[Bits]) -> Bits:
    value = length = 0
    for more, bits in pieces:
        value, length = value << bits | more, length + bits
    return value, length


def _stuffed(pieces: list[Bits]) -> bytes:
    """Bits as bytes, filled up with ones, a 00 behind each FF."""
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
    return bytes(out).replace(b"\xff", b"\xff\0")
