"""A survey: headers counted by signature or by columns, and files drawn from every group."""

from __future__ import annotations

import hashlib
from bisect import insort
from collections import Counter
from dataclasses import dataclass, field

from deidrules.ocr.columns import NAMES, SIGNATURE, Cell
from deidrules.ocr.surveying import Seen, Surveyed
from deidrules.text.suggest import did_you_mean

# codes of what is no object at all, and so no fault of a survey
OTHER = frozenset({"not-dicom", "dicomdir"})


class ColumnError(ValueError):
    """A column that a survey does not have: the message is for whoever asked for it."""


@dataclass(slots=True)
class Group:
    """The headers that agree in the columns of the survey. `distinct` counts the values of every other column of the signature."""

    cells: tuple[Cell, ...]
    files: int = 0
    series: set[bytes] = field(default_factory=set)
    patients: set[bytes] = field(default_factory=set)
    fewest_frames: int | None = None
    most_frames: int | None = None
    distinct: dict[str, set[Cell]] = field(default_factory=dict)
    sample: Sample | None = None


class Survey:
    """Counts what workers saw, whatever the order in which it comes. `columns` are what headers are grouped by; `sample`: files to keep of
    each group, None for none and 0 for all; `seed` is what they are drawn with."""

    def __init__(self, columns: tuple[str, ...] = SIGNATURE, *, sample: int | None = None, seed: str = "") -> None:
        self.columns = columns
        self.others = tuple(column for column in SIGNATURE if column not in columns)
        self.seen = 0
        self.left_out = 0
        self.codes: Counter[str] = Counter()
        self.values: dict[str, Counter[Cell]] = {column: Counter() for column in (*columns, *self.others)}
        self._groups: dict[tuple[Cell, ...], Group] = {}
        self._sample = sample
        self._seed = seed

    @property
    def cells(self) -> tuple[str, ...]:
        """The columns that workers have to fill: those that group, then the rest of the signature."""
        return (*self.columns, *self.others)

    @property
    def found(self) -> int:
        """Headers and files that were looked at."""
        return self.seen + self.left_out + sum(self.codes.values())

    @property
    def failed(self) -> int:
        """Files and documents that could not be read, though they may be objects."""
        return sum(count for code, count in self.codes.items() if code not in OTHER)

    def add(self, surveyed: Surveyed) -> None:
        """What came of one job."""
        self.left_out += surveyed.left_out
        self.codes.update(dict(surveyed.codes))
        for seen in surveyed.seen:
            self._count(seen)

    def _count(self, seen: Seen) -> None:
        self.seen += 1
        key = seen.cells[: len(self.columns)]
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(key, distinct={column: set() for column in self.others})
            group.sample = None if self._sample is None else Sample(self._sample, self._seed)
        group.files += 1
        if seen.series:
            group.series.add(seen.series)
        if seen.patient:
            group.patients.add(seen.patient)
        if seen.frames is not None:
            group.fewest_frames = seen.frames if group.fewest_frames is None else min(group.fewest_frames, seen.frames)
            group.most_frames = seen.frames if group.most_frames is None else max(group.most_frames, seen.frames)
        for column, cell in zip(self.cells, seen.cells, strict=True):
            self.values[column][cell] += 1
            if column in group.distinct:
                group.distinct[column].add(cell)
        if group.sample is not None:
            group.sample.add(seen)

    def groups(self) -> list[Group]:
        """The groups, by their columns; what is absent comes before what is empty, and that before values."""
        return sorted(self._groups.values(), key=lambda group: [(cell is not None, cell or "") for cell in group.cells])

    def names(self) -> list[str]:
        """The files that were kept, group by group."""
        return [path for group in self.groups() if group.sample is not None for path in group.sample.paths()]


class Sample:
    """At most `most` files of a group (0: all of them), drawn by a digest of seed and name: the same files whatever the order in which
    they come, and whoever reads them. They are spread over patients as far as there are several: of five files of one patient all show
    the same name."""

    def __init__(self, most: int, seed: str) -> None:
        self._most = most
        self._seed = seed
        self._patients: dict[bytes, list[tuple[bytes, str]]] = {}

    def add(self, seen: Seen) -> None:
        """One more file to draw from."""
        patient = self._digest(seen.patient)
        mine = self._patients.get(patient)
        if mine is None:
            mine = self._patients[patient] = []
        insort(mine, (self._digest(seen.name.encode("utf-8", "surrogateescape")), seen.path))
        if self._most:
            del mine[self._most :]
            if len(self._patients) > self._most:
                del self._patients[max(self._patients)]  # never to come back: the others are below it

    def paths(self) -> list[str]:
        """The files drawn: the first of every patient, then the second of every patient, and so on; when all are kept by name."""
        if not self._most:
            return sorted(path for mine in self._patients.values() for _, path in mine)
        patients = [self._patients[patient] for patient in sorted(self._patients)]
        turns = [mine[turn][1] for turn in range(self._most) for mine in patients if turn < len(mine)]
        return turns[: self._most]

    def _digest(self, data: bytes) -> bytes:
        return hashlib.blake2b(data, digest_size=16, key=hashlib.blake2b(self._seed.encode()).digest()).digest()


def columns_of(text: str) -> tuple[str, ...]:
    """The columns of a list `Modality,Manufacturer`. ColumnError for one that is not there, or is there twice."""
    columns = tuple(part.strip() for part in text.split(","))
    for column in columns:
        if column not in NAMES:
            near = did_you_mean(column, NAMES)
            raise ColumnError(f"a survey has no column `{column}`" + (f": {near}" if near else f"; it has {', '.join(NAMES)}"))
    if len(set(columns)) < len(columns):
        raise ColumnError("a column is named twice")
    return columns


def unreadable(code: str, index: int) -> Surveyed:
    """What is counted of a file that was found and cannot be opened."""
    return Surveyed(index, codes=((code, 1),))
