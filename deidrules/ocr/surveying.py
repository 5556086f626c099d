"""A survey's worker: files, or parts of a file of JSON documents, to what a survey counts of them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from deidrules.dicom.window import read_header
from deidrules.ocr.columns import Cell, cell, withheld_columns
from deidrules.ocr.headers import Header, header_of
from deidrules.ocr.json_headers import file_of_document, header_of_document
from deidrules.ocr.json_lines import Part, documents
from deidrules.ocr.signature import number_of_frames, signature_of
from deidrules.ocr.where import Filter, passes
from deidrules.text.refusal import Refusal

PATIENT_ID, SERIES_INSTANCE_UID = 0x00100020, 0x0020000E
# as in a run: a file is held in memory where its header cannot be told from its beginning
FILE_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class SurveyJob:
    """A file to look at, or with `part` the documents in a part of it. `name` is what a sample is drawn by: the place under the source."""

    index: int
    path: str
    name: str
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One header that passed the filters. `cells` are those of the survey's columns. `series` and `patient` are digests, to tell one from
    another while the survey runs; they are never written. `path` and `name` are empty where no names are asked for."""

    cells: tuple[Cell, ...]
    frames: int | None
    series: bytes
    patient: bytes
    path: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What came of a job: headers seen, headers that the filters left out, and codes of what could not be read."""

    index: int
    seen: tuple[Seen, ...] = ()
    left_out: int = 0
    codes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SurveySettings:
    """What a worker needs: the columns to fill, the filters, and whether names are asked for."""

    columns: tuple[str, ...]
    filters: tuple[Filter, ...] = ()
    names: bool = False

    def processor(self) -> Surveyor:
        """A new worker."""
        return Surveyor(self)


class Surveyor:
    """Turns jobs into what is counted of them; never raises for the sake of a file."""

    def __init__(self, settings: SurveySettings) -> None:
        self._settings = settings

    def __call__(self, job: SurveyJob) -> Surveyed:
        """Look at one file or part."""
        seen: list[Seen] = []
        codes: Counter[str] = Counter()
        left_out = 0
        try:
            for header, path, name in self._headers(job, codes):
                try:
                    found = self._seen(header, path, name)
                except Refusal as refusal:
                    codes[refusal.code] += 1
                    continue
                if found is None:
                    left_out += 1
                else:
                    seen.append(found)
        except Refusal as refusal:
            codes[refusal.code] += 1
        except MemoryError:
            codes["out-of-memory"] += 1
        except Exception:  # a defect of ours: its text may hold values
            codes["internal-error"] += 1
        return Surveyed(job.index, tuple(seen), left_out, tuple(sorted(codes.items())))

    def _headers(self, job: SurveyJob, codes: Counter[str]) -> Iterator[tuple[Header, str, str]]:
        if job.part is None:
            yield header_of_file(job.path), job.path, job.name
            return
        for number, document in documents(job.path, job.part):
            try:
                if isinstance(document, Refusal):
                    raise document
                header = header_of_document(document)
            except Refusal as refusal:
                codes[refusal.code] += 1
                continue
            told = file_of_document(document)
            yield header, told or f"{job.path}:{number}", told or f"{job.name}:{number}"

    def _seen(self, header: Header, path: str, name: str) -> Seen | None:
        signature = signature_of(header, withheld_columns(header))
        settings = self._settings
        if settings.filters and not passes(settings.filters, header, signature):
            return None
        return Seen(
            tuple([cell(column, header, signature) for column in settings.columns]),
            number_of_frames(header),
            _digest(header, SERIES_INSTANCE_UID),
            _digest(header, PATIENT_ID),
            path if settings.names else "",
            name if settings.names else "",
        )


def header_of_file(path: str) -> Header:
    """The header of a DICOM file, read no further than its pixels. Refusal as `dicom.window.read_header` raises it, and `unreadable`,
    `too-large`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Refusal("unreadable")

            def fetch(count: int) -> bytes:
                if count > FILE_BYTES:
                    raise Refusal("too-large", length=count, expected=FILE_BYTES)
                return _read(descriptor, count)

            return header_of(read_header(fetch, status.st_size))
        finally:
            os.close(descriptor)
    except OSError:
        raise Refusal("unreadable") from None


def _read(descriptor: int, count: int) -> bytes:
    """The first bytes of a file; beyond 2 GB they come in pieces."""
    data = os.pread(descriptor, count, 0)
    if len(data) == count:
        return data
    pieces = [data]
    done = len(data)
    while done < count and (more := os.pread(descriptor, count - done, done)):
        pieces.append(more)
        done += len(more)
    return b"".join(pieces)


def _digest(header: Header, tag: int) -> bytes:
    """What tells one value from another, b"" when there is none."""
    values = header.values(tag)
    return hashlib.blake2b("\\".join(values).encode("utf-8", "surrogatepass"), digest_size=12).digest() if values else b""
