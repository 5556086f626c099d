"""What `ps315-basic` must have done to a file, computed with pydicom, the table, the lines of the supplement and the Types: nothing of the
package is used here."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from oracle_types import Types
from pydicom import config, dcmread
from pydicom.datadict import dictionary_has_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import generate_frames
from pydicom.uid import JPEG2000TransferSyntaxes, UID_dictionary

Chain = tuple[tuple[int, str | None], ...]
TYPE_1_ROWS = {0x00080201, 0x00700082, 0x00700083}  # X in the table, X/D in the shipped recipe
EQUIPMENT = 0x0018A001
MARKERS = {0x00120062, 0x00120063, 0x00120064, 0x00280301, 0x00280302, 0x00280303}
PIXEL_DATA = 0x7FE00010
PIXEL_REPRESENTATION = 0x00280103
IMAGE_DESCRIPTION = {*range(0x00280002, 0x00280012), *range(0x00280100, 0x00280104)}
ICC_PROFILE = 0x00282000
# code sequences that hold a site's own catalogue: (0008,1032), (0032,1064), (0040,0008), (0040,0260)
CATALOGUES = {"00081032", "00321064", "00400008", "00400260"}
ITEM = b"\xfe\xff\x00\xe0"
META = {0x00020000, 0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00020013}


def table(path: Path) -> dict[int, str]:
    """Codes of E.1-1 by tag; the masks are `code_of`'s own."""
    codes = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = row["tag"]
            if "x" in text or "gggg" in text:
                continue
            tag = int(text[1:5] + text[6:10], 16)
            codes[tag] = "X/D" if tag in TYPE_1_ROWS else row["basic"].rstrip("*")
    return codes


def supplement(path: Path) -> dict[int, str]:
    """Codes of the supplement by tag, from its lines `CODE (gggg,eeee)  # Name`."""
    lines = re.findall(r"^([A-Z/]+) \(([0-9A-F]{4}),([0-9A-F]{4})\)", path.read_text("utf-8"), re.MULTILINE)
    return {int(group + element, 16): code for code, group, element in lines}


def published(path: Path) -> frozenset[str]:
    """The coding schemes that the supplement takes for published dictionaries."""
    found = re.search(r"^when not here / CodingSchemeDesignator in \[([^]]+)\]", path.read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return frozenset(re.findall(r'"([^"]+)"', found[1]))


def local_code(tag: int, dataset: Dataset, path: str, schemes: frozenset[str]) -> str:
    """What becomes of the code of a site's catalogue: D, or P for a pseudonym; "" everywhere else."""
    if path.rpartition("/")[2].partition("[")[0] not in CATALOGUES or str(dataset.get("CodingSchemeDesignator") or "").strip() in schemes:
        return ""
    return {0x00080100: "P", 0x00080119: "P", 0x00080120: "D", 0x00080104: "D", 0x00080102: "D"}.get(tag, "")


def code_of(tag: int, codes: dict[int, str], *, plane: bool) -> str:
    """A code of the table, K, or "" where nothing is said: elements the engine owns, and planes in unused bits. `plane`: (60xx,3000) of
    this group stands in the same data set."""
    group, element = tag >> 16, tag & 0xFFFF
    if tag in MARKERS or tag == 0x00080005 or group == 0xFFFE:  # a delimiter that belongs to nothing is no element
        return ""
    if group in (0x0000, 0x0002, 0x0004) or element == 0 or tag == 0xFFFCFFFC or group & 1:
        return "X"
    if 0x5000 <= group <= 0x501E:
        return "X"
    if 0x6000 <= group <= 0x601E:
        return "X" if plane or element in (0x3000, 0x4000) else ""
    if tag in codes:
        return codes[tag]
    return "K" if dictionary_has_tag(tag) else "X"


def words(value: bytes) -> set[bytes]:
    """Runs of letters and digits, whatever their character set."""
    return set(re.findall(rb"[0-9A-Za-z\x80-\xff]+", value))


def raw(dataset: Dataset, tag: int) -> bytes | None:
    """The value's bytes as they stand in the file; None for a sequence and for what pydicom decoded at once."""
    element = dataset.get_item(tag, keep_deferred=True)
    if isinstance(element, RawDataElement):
        return bytes(element.value or b"")
    if isinstance(element, DataElement) and isinstance(element.value, bytes):
        return element.value
    return None


def items(dataset: Dataset, tag: int) -> list[Dataset] | None:
    """The items of a sequence, whatever its coded VR; None for everything else."""
    element = dataset[tag]
    return list(element.value or []) if element.VR == "SQ" else None


def same_images(dataset: Dataset, *values: bytes) -> bool:
    """True when two values of compressed pixel data hold the same images, frame by frame; False when one cannot be decoded."""
    import imagecodecs
    import numpy as np

    decode = imagecodecs.jpeg2k_decode if dataset.file_meta.TransferSyntaxUID in JPEG2000TransferSyntaxes else imagecodecs.jpeg8_decode
    first, second = (list(generate_frames(value, number_of_frames=int(dataset.get("NumberOfFrames") or 1))) for value in values)
    try:
        return len(first) == len(second) and all(
            len(other) <= len(one) and np.array_equal(decode(one), decode(other)) for one, other in zip(first, second, strict=True)
        )
    except (imagecodecs.Jpeg2kError, imagecodecs.Jpeg8Error):
        return False


class Comparison:
    """One file before and after. `problems` holds "path: what", never a value; `dummies` is what D wrote, by tag and VR."""

    def __init__(self, codes: dict[int, str], schemes: frozenset[str]) -> None:
        self.codes = codes
        self.schemes = schemes
        self.problems: list[str] = []
        self.dummies: dict[tuple[int, str], set[bytes]] = defaultdict(set)
        self.types = Types("")

    def file(self, before: FileDataset, after: FileDataset) -> None:
        """Container and data set."""
        if after.preamble != b"\x00" * 128:
            self.problems.append("preamble is not empty")
        # raw: looking at an element makes pydicom decode it, see below
        self.types = Types((raw(before, 0x00080016) or b"").decode("latin-1").strip(" \0") if 0x00080016 in before else "")
        self.dataset(before, after, (), "", uids=False)
        extra = {int(element.tag) for element in after.file_meta} - META
        if extra:
            self.problems.append(f"file meta holds {sorted(map(hex, extra))}")
        if after.file_meta.get("MediaStorageSOPInstanceUID", "") != after.get("SOPInstanceUID", ""):
            self.problems.append("file meta names another instance")
        if after.get("PatientIdentityRemoved") != "YES" or after.get("LongitudinalTemporalInformationModified") != "REMOVED":
            self.problems.append("markers are missing")

    def dataset(self, before: Dataset, after: Dataset, chain: Chain, path: str, *, uids: bool) -> None:
        """Every element of a data set, at any depth. `uids`: inside X/Z/U, where all UIDs change."""
        old, new = set(map(int, before.keys())), set(map(int, after.keys()))
        planes = {tag >> 16 for tag in old if tag & 0xFFFF == 0x3000}
        # All raw values first: looking at one element makes pydicom decode others.
        raws = {tag: (raw(before, tag), raw(after, tag) if tag in new else None) for tag in old}
        if not path and EQUIPMENT not in new:
            self.say(path, EQUIPMENT, "the program does not name itself")
        for tag in sorted(new - old - MARKERS - (set() if path else {EQUIPMENT})):
            self.say(path, tag, "was not there before")
        for tag in sorted(old):
            code = local_code(tag, before, path, self.schemes) or code_of(tag, self.codes, plane=tag >> 16 in planes)
            if code == "":
                continue
            type_ = self.types.type(chain, tag)
            if "/" in code:
                # the letter of the Type, else what keeps more, else what keeps less
                code = next(letter for letter in {1: "DUZX", 2: "ZDUX", 3: "XZDU"}[type_] if letter in code.split("/"))
            if code == "Z" and type_ == 1:
                code = "D"
            if code == "X":
                if tag in new:
                    self.say(path, tag, "should be gone")
                continue
            if tag not in new:
                self.say(path, tag, f"{code}: is gone")
                continue
            self.element(before, after, tag, code, chain, path, *raws[tag], uids=uids)

    def element(
        self,
        before: Dataset,
        after: Dataset,
        tag: int,
        code: str,
        chain: Chain,
        path: str,
        was: bytes | None,
        now: bytes | None,
        *,
        uids: bool,
    ) -> None:
        """One element that stays; `was` and `now` are its raw values."""
        old_items, new_items = items(before, tag), items(after, tag)
        if code == "Z":
            if now or new_items:
                self.say(path, tag, "Z: is not empty")
        elif code == "D":
            if new_items is not None:
                wanted = self.types.item((*chain, (tag, None)))
                if len(new_items) != 1 or set(map(int, new_items[0].keys())) != set(wanted):
                    self.say(path, tag, "D: is not one item of what the IOD asks for")
            elif not now:
                self.say(path, tag, "D: is empty")
            else:
                self.dummies[tag, after[tag].VR].add(now)
        elif old_items is not None:
            if new_items and tag == EQUIPMENT and not path:
                new_items = new_items[:-1]  # behind what stays stands the program
            if new_items is None or len(old_items) != len(new_items):
                self.say(path, tag, "items are not the same")
                return
            for number, (one, other) in enumerate(zip(old_items, new_items, strict=True)):
                self.dataset(one, other, (*chain, (tag, None)), f"{path}/{tag:08X}[{number}]", uids=uids or code == "U")
        elif code == "P":
            if not now or words(now) & words(was or b""):
                self.say(path, tag, "P: something of it is left")
        elif code == "C":
            self.cleaned(was or b"", now or b"", tag, path)
        elif tag == PIXEL_DATA:
            self.pixels(before, was, now, path)
        elif code == "U" or (uids and before[tag].VR == "UI"):
            self.uid(was or b"", now or b"", tag, path)
        elif was != now:
            self.say(path, tag, "K: bytes changed")

    def cleaned(self, was: bytes, now: bytes, tag: int, path: str) -> None:
        """Words may go, none may come; of a colour profile its texts and its date are gone."""
        if tag == ICC_PROFILE:
            if now[36:40] != b"acsp" or len(now) > len(was) or now[24:36] != b"\x07\xd0\0\1\0\1" + bytes(6):
                self.say(path, tag, "C: is no profile without texts")
        elif words(now) - words(was):
            self.say(path, tag, "C: words came in")

    def uid(self, was: bytes, now: bytes, tag: int, path: str) -> None:
        """Each value another one, unless it is registered."""
        old, new = ([part.strip(b"\x00 ") for part in value.split(b"\\")] for value in (was, now))
        if len(old) != len(new):
            self.say(path, tag, "U: another number of values")
            return
        for one, other in zip(old, new, strict=True):
            if one and one.decode("ascii", "replace") not in UID_dictionary and (one == other or not other.startswith(b"2.25.")):
                self.say(path, tag, "U: not replaced")

    def pixels(self, before: Dataset, was: bytes | None, now: bytes | None, path: str) -> None:
        """The same bytes; only what lies beyond the image, bits above BitsStored, and what a compressed frame holds beside its image may
        be gone."""
        if was is None or now is None or was == now:
            return
        if was.startswith(ITEM) and len(now) < len(was) and same_images(before, was, now):
            return
        if len(now) < len(was) and was[: len(now)] == now:
            return
        stored, allocated = before.get("BitsStored", 0), before.get("BitsAllocated", 0)
        if allocated == 16 and stored < 16:
            order = "little" if before.original_encoding[1] else "big"
            mask = (1 << stored) - 1
            pairs = zip(range(0, len(now), 2), range(0, len(was), 2), strict=False)
            if all((int.from_bytes(was[i : i + 2], order) ^ int.from_bytes(now[j : j + 2], order)) & mask == 0 for j, i in pairs):
                return
        self.say(path, PIXEL_DATA, "pixels changed")

    def say(self, path: str, tag: int, what: str) -> None:
        """Note a problem."""
        self.problems.append(f"{path}/{tag:08X}: {what}")


def marked_x(dataset: Dataset, codes: dict[int, str]) -> Iterator[int]:
    """Tags that E.1-1 marks X and that are still there, at any depth."""
    for tag in list(map(int, dataset.keys())):
        if codes.get(tag) == "X" or code_of(tag, codes, plane=False) == "X":
            yield tag
        for item in items(dataset, tag) or []:
            yield from marked_x(item, codes)


def read(path: Path) -> FileDataset:
    """pydicom's reading, values as they stand."""
    config.settings.reading_validation_mode = config.IGNORE
    return dcmread(path, force=True)
