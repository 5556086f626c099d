"""Files broken at random: each is written, readable and with the pixels it had, or refused with a code; nothing else happens."""

from __future__ import annotations

import functools
import io
import logging
import random
import time
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from deidrules.compile.compiler import compile_profile, compile_text
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.plan.model import Plan, Policies
from deidrules.text.refusal import Refusal
from deidrules.text.refusals import REFUSALS

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus" / "files"
SECONDS = 5.0
KEEP_LIST = """\
deidrules 1
K PixelData, FloatPixelData, DoubleFloatPixelData, Modality, ImageType, (0028,xxxx)
U StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, ReferencedSOPInstanceUID
K ReferencedImageSequence, SharedFunctionalGroupsSequence, PerFrameFunctionalGroupsSequence
D PatientName = "A"
C StudyDescription, SeriesDescription
Z StudyDate
"""
# Codes of defects, not of files
DEFECTS = frozenset({"function-failed", "wrong-change", "internal-error"})
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


@functools.cache
def plans(malformed: str) -> tuple[Plan, Plan]:
    policies = Policies("X", unmatched_pixels="accept", unknown_sop_class="strictest", malformed=malformed)
    keep = compile_text(KEEP_LIST, policies=policies).plan
    basic = compile_profile("ps315-basic").plan
    assert keep is not None and basic is not None
    return keep, replace(basic, policies=replace(basic.policies, malformed=malformed))


@functools.cache
def originals() -> dict[str, bytes]:
    """The small files of the examples and, where it is there, some forty of the corpus."""
    paths = sorted(path for path in (ROOT / "examples" / "incoming").rglob("*") if path.is_file())
    small = sorted(path for path in CORPUS.rglob("*") if path.is_file() and path.stat().st_size < 60_000) if CORPUS.is_dir() else []
    return {str(path.relative_to(ROOT.parent)): path.read_bytes() for path in [*paths, *small[:: max(1, len(small) // 42)]]}


def mutant(random_: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """One to four changes, most of them in the header."""
    changed = bytearray(data)
    for _ in range(random_.choice((1, 1, 1, 2, 4))):
        if not changed:
            break
        reach = len(changed) if random_.random() < 0.3 else min(len(changed), 3000)
        at = random_.randrange(reach)
        match random_.randrange(9):
            case 0:
                changed[at] ^= 1 << random_.randrange(8)
            case 1:
                del changed[random_.randrange(len(changed)) :]
            case 2:
                other = random_.choice(others)
                start = random_.randrange(len(other))
                changed[at:at] = other[start : start + random_.randrange(1, 200)]
            case 3:
                del changed[at : at + random_.randrange(1, 64)]
            case 4:
                words = (b"\xff\xff\xff\xff", bytes(4), b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0", b"\xff\xff\xff\x7f")
                changed[at : at + 4] = random_.choice(words)
            case 5:
                start, length = random_.randrange(reach), random_.randrange(1, 100)
                changed[at : at + length] = changed[start : start + length]
            case 6:
                told = int.from_bytes(changed[at : at + 2], "little") + random_.choice((-8, -2, -1, 1, 2, 8, 256))
                changed[at : at + 2] = (told & 0xFFFF).to_bytes(2, "little")
            case 7:
                changed[at:at] = bytes(random_.randrange(1, 16))
            case _:
                vrs = (b"OB", b"OW", b"SQ", b"UN", b"UI", b"LO", b"CS", b"US", b"AT", b"UT")
                place = changed.find(random_.choice(vrs), at)
                if place >= 0:
                    changed[place : place + 2] = random_.choice(vrs)
    return bytes(changed)


def stored_pixels(data: bytes) -> bytes | None:
    """The pixel element as pydicom reads it: b"" where there is none, None where pydicom fails."""
    try:
        dataset = pydicom.dcmread(io.BytesIO(data), force=True)
        return next((bytes(dataset[word].value) for word in PIXELS if word in dataset), b"")
    except Exception:
        return None


def decoded_pixels(data: bytes) -> bytes | None:
    try:
        return bytes(pydicom.dcmread(io.BytesIO(data), force=True).pixel_array.tobytes())
    except Exception:
        return None


def complaint(written: bytes, mutated: bytes, original: bytes) -> str:
    """What is wrong with an output, "" when nothing is."""
    try:
        for _ in pydicom.dcmread(io.BytesIO(written)).iterall():
            pass
    except Exception as error:
        return f"cannot be read: {type(error).__name__}"
    after, now, before = stored_pixels(written), stored_pixels(mutated), stored_pixels(original)
    if after in (now, before):
        return ""
    if after and now and now.startswith(after):  # bytes beyond the geometry were dropped
        return ""
    if after and before and len(after) == len(before) and after in mutated:  # changed within, and pydicom stumbles over what follows
        return ""
    shown = decoded_pixels(written)
    return "" if shown is not None and shown in (decoded_pixels(mutated), decoded_pixels(original)) else "other pixels"


def attack(seed: int, count: int, malformed: str) -> tuple[Counter[str], list[str]]:
    """(how many were written and refused, what went wrong)."""
    random_ = random.Random(seed)
    files = originals()
    names, others = list(files), list(files.values())
    engines = [Engine(plan, KeyRing(bytes(range(32)))) for plan in plans(malformed)]
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for number in range(count):
        name = random_.choice(names)
        data = mutant(random_, files[name], others)
        for engine in engines:
            place = f"{name}, seed {seed}, number {number}, {engine.plan.profile}"
            begun = time.perf_counter()
            try:
                written = b"".join(engine.apply(data).parts)
            except Refusal as refusal:
                counts["refused"] += 1
                if refusal.code not in REFUSALS or refusal.code in DEFECTS:
                    wrong.append(f"{place}: {refusal.code}")
                continue
            except Exception as error:
                wrong.append(f"{place}: {type(error).__name__}")
                continue
            finally:
                if time.perf_counter() - begun > SECONDS:
                    wrong.append(f"{place}: too slow")
            counts["written"] += 1
            if said := complaint(written, data, files[name]):
                wrong.append(f"{place}: {said}")
    return counts, wrong


@pytest.fixture(autouse=True)
def _quiet() -> object:
    logger = logging.getLogger("pydicom")
    before, logger.disabled = logger.disabled, True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logger.disabled = before


def test_a_mutant_is_written_whole_or_refused() -> None:
    counts, wrong = attack(20261120, 200, "quarantine")
    assert wrong == []
    assert counts["written"] > 20 and counts["refused"] > 100


def test_a_repaired_mutant_has_its_pixels_or_is_refused() -> None:
    counts, wrong = attack(20261121, 100, "repair")
    assert wrong == []
    assert counts["written"] > 10 and counts["refused"] > 20


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_thousands_of_mutants_are_written_whole_or_refused(seed: int) -> None:
    _, wrong = attack(seed, 500, "quarantine")
    assert wrong == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_hundreds_of_repaired_mutants_have_their_pixels_or_are_refused(seed: int) -> None:
    _, wrong = attack(seed + 100, 300, "repair")
    assert wrong == []
