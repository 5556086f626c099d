"""Runs repeated, outputs put in again, references followed: over real files, looked at with pydicom and the table alone."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import corpus_run
import pytest
from corpus_run import Run
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset

pytestmark = [pytest.mark.long, pytest.mark.skipif(not corpus_run.CORPUS.is_dir(), reason=corpus_run.ABSENT)]

PROFILES = ("ps315-basic", *corpus_run.STACKS)
REPLACING = ("ps315-basic", "fullest with modified dates")  # those that do not keep UIDs
# A known key: what could go wrong by chance, such as the digits of a date in a UID, goes the same way every time.
SECRET = hashlib.sha256(b"the key of tests/test_second_pass.py").hexdigest()
# What an output says of itself: each pass adds its own (PS3.15 E.1.1: "added to").
MARKERS = {0x00120063, 0x00120064, 0x0018A001}
# What changes again: UIDs, dates, and what is a pseudonym after the first pass (AE titles, the patient's ID, codes of a local scheme)
CHANGING = {"UI", "DA", "DT", "TM", "AE"}
PSEUDONYMS = {0x00100020, 0x00080100, 0x00080119, 0x00080120}
INSTANCE, SERIES, STUDY, FRAME = 0x00080018, 0x0020000E, 0x0020000D, 0x00200052

Place = tuple[tuple[int, int], ...]  # (tag, number of the item) of each enclosing sequence, then (tag, 0)


def read(path: Path) -> FileDataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = dcmread(path, force=True)
        list(walk(dataset))  # decode what pydicom decodes late, with its warnings
    return dataset


def walk(dataset: Dataset, above: Place = ()) -> Iterator[tuple[Place, str, object]]:
    """Place, VR and value of every element at every depth; a sequence before what is in it, with the number of its items."""
    for tag in sorted(dataset.keys()):
        element = dataset.get_item(tag, keep_deferred=True)
        if isinstance(element, RawDataElement) and element.VR != "SQ":
            try:
                element = dataset[tag]
            except Exception:  # what pydicom cannot decode is compared as it stands
                yield (*above, (int(tag), 0)), str(element.VR), element.value
                continue
        element = dataset[tag]
        if element.VR == "SQ":
            items = list(element.value or ())
            yield (*above, (int(tag), 0)), "SQ", len(items)
            for number, item in enumerate(items):
                yield from walk(item, (*above, (int(tag), number)))
        else:
            yield (*above, (int(tag), 0)), str(element.VR), element.value


def uids(dataset: Dataset) -> Iterator[tuple[Place, str]]:
    """Every UID, each value of an element on its own: the number of the value stands in the place."""
    for place, vr, value in walk(dataset):
        if vr == "UI" and value:
            values = [str(value)] if isinstance(value, str) else [str(one) for one in value]  # type: ignore[attr-defined]
            for number, one in enumerate(values):
                if one:
                    yield (*place[:-1], (place[-1][0], number)), one


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("key") / "a.key"
    path.write_text(f"deidrules key 1\n{SECRET}\n", "ascii")
    path.chmod(0o600)
    return str(path)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, key: str) -> Mapping[str, Run]:
    """One run of each profile over the whole corpus, made when first asked for."""
    return _Runs(tmp_path_factory, key)  # type: ignore[return-value]


@dataclass
class _Runs:
    folders: pytest.TempPathFactory
    key: str
    done: dict[str, Run] = field(default_factory=dict)

    def __getitem__(self, profile: str) -> Run:
        if absent := corpus_run.missing(profile):
            pytest.skip(f"layers not shipped: {', '.join(absent)}")
        if profile not in self.done:
            folder = self.folders.mktemp("first")
            plan = corpus_run.profile(profile, folder)
            self.done[profile] = corpus_run.apply(plan, [corpus_run.FILES], folder, "--key-file", self.key, "--workers", "2")
            assert len(self.done[profile].written) >= corpus_run.least(profile)
        return self.done[profile]


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("profile", PROFILES)
def test_two_runs_with_one_key_write_the_same_bytes(profile: str, runs: Mapping[str, Run], key: str, tmp_path: Path) -> None:
    first = runs[profile]
    second = corpus_run.apply(corpus_run.profile(profile, tmp_path), [corpus_run.FILES], tmp_path, "--key-file", key, "--workers", "1")
    assert second.written.keys() == first.written.keys()
    one, other = tree(first.out), tree(second.out)
    assert one.keys() == other.keys()
    assert not [name for name in one if one[name] != other[name]]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_second_pass_removes_nothing_more(profile: str, runs: Mapping[str, Run], key: str, tmp_path: Path) -> None:
    """Elements and items are those of the first pass, what had a value has one, and only identifiers and dates have another."""
    first = runs[profile]
    second = corpus_run.apply(corpus_run.profile(profile, tmp_path), [first.out], tmp_path, "--key-file", key)
    assert second.written.keys() == set(first.written.values())
    problems = []
    for before, after in second.written.items():
        one = {place: (vr, value) for place, vr, value in walk(read(before))}
        other = {place: (vr, value) for place, vr, value in walk(read(after))}
        name = before.relative_to(first.out)
        problems += [f"{name} {spelled(place)} gone" for place in one.keys() - other.keys()]
        problems += [f"{name} {spelled(place)} new" for place in other.keys() - one.keys() if place[0][0] not in MARKERS]
        for place in one.keys() & other.keys():
            (vr, old), (_, new) = one[place], other[place]
            if place[0][0] in MARKERS or old == new:
                continue
            changing = vr in CHANGING or place[-1][0] in PSEUDONYMS
            if not changing or bool(old) != bool(new):
                problems.append(f"{name} {spelled(place)} {vr} changed")
    assert not problems, f"{len(problems)}\n" + "\n".join(problems[:20])


def spelled(place: Place) -> str:
    return " / ".join(f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag, _ in place)


@dataclass
class Identity:
    """The UIDs that the objects of a set go by, old to new; `clashes` are those that became two different ones."""

    new: dict[str, str] = field(default_factory=dict)
    clashes: list[str] = field(default_factory=list)

    def add(self, before: Dataset, after: Dataset) -> None:
        for tag in (INSTANCE, SERIES, STUDY, FRAME):
            old = str(before[tag].value or "") if tag in before else ""
            if old and tag in after:
                new = str(after[tag].value)
                if self.new.setdefault(old, new) != new:
                    self.clashes.append(f"{tag:08X}")


def replaced_sequences() -> frozenset[int]:
    """Sequences whose items Table E.1-1 lets be replaced by dummies: what stands in them afterwards points nowhere."""
    with (corpus_run.CORPUS.parent / "data" / "e1_1.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if "D" in row["basic"].split("/") and re.fullmatch(r"\([0-9A-F,]{9}\)", row["tag"])]
    return frozenset(int(row["tag"][1:5] + row["tag"][6:10], 16) for row in rows)


@pytest.mark.parametrize("profile", REPLACING)
def test_references_inside_the_set_point_to_what_became_of_their_targets(profile: str, runs: Mapping[str, Run]) -> None:
    """Across files, series and studies: a UID that pointed to an instance, a series, a study or a frame of reference of the set, at any
    depth, now is that object's new one."""
    run = runs[profile]
    pairs = [(source, read(source), read(output)) for source, output in run.written.items()]
    identity = Identity()
    for _, before, after in pairs:
        identity.add(before, after)
    assert not identity.clashes
    dummies = replaced_sequences()
    own, pointing, problems = 0, 0, []
    for source, before, after in pairs:
        old = dict(uids(before))
        for place, new in uids(after):
            if place[0][0] >> 16 == 2 or any(tag in dummies for tag, _ in place[:-1]):
                continue
            target = identity.new.get(old.get(place, ""))
            if target is not None:
                own += len(place) == 1 and place[0][0] in (INSTANCE, SERIES, STUDY, FRAME)
                pointing += len(place) > 1
                if new != target:
                    problems.append(f"{source.name} {spelled(place)}")
    assert not problems, problems[:20]
    assert own > 3 * corpus_run.least(profile)
    assert pointing > 25


@pytest.mark.parametrize("profile", REPLACING)
def test_runs_with_one_key_link(profile: str, runs: Mapping[str, Run], key: str, tmp_path: Path) -> None:
    """The corpus in two runs, cut so that references cross the cut: the same new UIDs as in one run, byte for byte the same objects."""
    whole = runs[profile]
    sources = sorted(whole.written)
    bytes_of = {source: output.read_bytes() for source, output in whole.written.items()}
    for number, part in enumerate((sources[::2], sources[1::2])):
        folder = tmp_path / str(number)
        given = {}
        for index, source in enumerate(part):
            place = folder / "in" / f"{index:04}.dcm"
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)
            given[place] = source
        run = corpus_run.apply(corpus_run.profile(profile, folder), [folder / "in"], folder, "--key-file", key)
        assert len(run.written) == len(part)
        assert not [given[place].name for place, output in run.written.items() if output.read_bytes() != bytes_of[given[place]]]


@pytest.mark.parametrize("profile", REPLACING)
def test_a_new_uid_holds_nothing_of_an_original_a_date_or_an_organisation(profile: str, runs: Mapping[str, Run]) -> None:
    """PS3.5 B.2: root 2.25 and a number, so that no organisation's root can stand in front; in the number no date of the file, no
    component and no run of digits of an original."""
    run = runs[profile]
    problems, made = [], 0
    for source, output in run.written.items():
        before, after = read(source), read(output)
        originals = {one for _, one in uids(before)}
        dates = {
            str(one)[:8]
            for _, vr, value in walk(before)
            if vr in {"DA", "DT"} and value
            for one in ([value] if isinstance(value, str) else value)  # type: ignore[attr-defined]
            if re.match(r"[0-9]{8}", str(one))
        }
        parts = {part for one in originals for part in one.split(".") if len(part) >= 7}
        parts |= {digits for one in originals if len(digits := one.replace(".", "")) >= 8}
        for place, one in uids(after):
            if one in originals or place[0][0] == 0x00020012 or not one.startswith("2."):
                continue  # kept (the standard's own), our implementation, or a constant of the table's dummies
            made += 1
            if not re.fullmatch(r"2\.25\.[0-9]{1,39}", one) or any(piece in one[5:] for piece in dates | parts):
                problems.append(f"{source.name} {spelled(place)}")
    assert not problems, problems[:20]
    assert made > 4 * corpus_run.least(profile)
