"""`deidrules survey`: what it counts, what it never says, and that headers say the same from files and from a database."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pixel_objects
import pydicom
import pytest
from click.testing import CliRunner, Result
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from deidrules.cli.main import main
from deidrules.ocr import json_lines
from deidrules.ocr.columns import NAMES, SIGNATURE, cell, withheld_columns
from deidrules.ocr.headers import header_of
from deidrules.ocr.json_headers import header_of_document
from deidrules.ocr.signature import OverlayLayout, Signature, UltrasoundRegion, signature_of
from deidrules.ocr.survey import ColumnError, Sample, Survey, columns_of
from deidrules.ocr.surveying import Seen
from deidrules.ocr.where import FilterError, read_filter
from deidrules.run.errors import Stopped
from deidrules.run.result import Refused
from deidrules.text.refusal import Refusal

SECRETS = ("NOBODY^KNOWS", "ID-4711", "STATION-9", "WESTGATE", "2.25.77")


def cart(number: int = 0, **attributes: Any) -> Dataset:
    """An ultrasound image of one made-up device."""
    region = Dataset()
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 1, 2
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 6, 5
    region.RegionSpatialFormat, region.RegionDataType = 1, 1
    told: dict[str, Any] = {
        "Modality": "US",
        "Manufacturer": "EXAMPLE",
        "ManufacturerModelName": "CART 1",
        "SoftwareVersions": ["2.1", "B"],
        "TransducerData": "C5-1",
        "TransducerType": "CURVED LINEAR",
        "BurnedInAnnotation": "YES",
        "SequenceOfUltrasoundRegions": Sequence([region]),
        "PatientName": f"NOBODY^KNOWS{number}",
        "PatientID": f"ID-4711-{number}",
        "StationName": "STATION-9",
        "InstitutionName": "WESTGATE",
        "SeriesInstanceUID": f"2.25.77{number}",
        "SOPInstanceUID": f"2.25.88{number}",
    }
    return pixel_objects.dataset(**{**told, **attributes})


def put(folder: Path, name: str, made: Dataset, syntax: str = pixel_objects.EXPLICIT) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pixel_objects.file(made, syntax))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six images of one cart, four of another, one without anything, one that is broken and one that is no DICOM."""
    source = tmp_path / "in"
    for number in range(6):
        put(source, f"a/{number}.dcm", cart(number))
    for number in range(4):
        put(source, f"b/{number}.dcm", cart(10 + number, ManufacturerModelName="CART 2", Rows=12, frames=2 + number))
    put(source, "c/bare.dcm", pixel_objects.dataset())
    (source / "c/broken.dcm").write_bytes(pixel_objects.file(cart())[:300])
    (source / "c/readme.txt").write_text("no image")
    return source


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, ["survey", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def signature(made: Dataset, syntax: str = pixel_objects.EXPLICIT) -> Signature:
    return signature_of(header_of(pixel_objects.instance(made, syntax)))


# ---- signatures


@pytest.mark.parametrize("syntax", [pixel_objects.EXPLICIT, pixel_objects.IMPLICIT, pixel_objects.BIG])
def test_a_signature_holds_the_exact_strings_of_the_file(syntax: str) -> None:
    made = cart(Manufacturer=" Ex. ample ", ManufacturerModelName="", SpecificCharacterSet="ISO_IR 100", TransducerData=["Ä", "x"])
    del made.TransducerType
    assert signature(made, syntax) == Signature(
        modality=("US",),
        manufacturer=("Ex. ample",),
        model=(),
        software_versions=("2.1", "B"),
        rows=("6",),
        columns=("8",),
        frames="one",
        photometric_interpretation=("MONOCHROME2",),
        transducer_data=("Ä", "x"),
        transducer_type=None,
        ultrasound_regions=(UltrasoundRegion(1, 2, 6, 5, 1, 1),),
        overlays=(),
        burned_in_annotation=("YES",),
    )


def test_what_is_absent_and_what_is_empty_are_told_apart() -> None:
    said = dict(signature(cart(BurnedInAnnotation="", SoftwareVersions="")).attributes())
    assert said["BurnedInAnnotation"] == ()
    assert said["SoftwareVersions"] == ()
    assert said["TransducerType"] == ("CURVED LINEAR",)
    bare = dict(signature(pixel_objects.dataset()).attributes())
    assert bare["BurnedInAnnotation"] is None
    assert set(bare) == {"Modality", "Rows", "Columns", *[c for c in SIGNATURE if c not in ("Frames", "Overlays", "UltrasoundRegions")]}


def test_clips_of_any_length_have_one_signature_and_single_images_another() -> None:
    assert signature(cart(frames=2)) == signature(cart(frames=90))
    assert signature(cart(frames=2)) != signature(cart())
    assert signature(cart(NumberOfFrames=1)) == signature(cart())
    assert signature(cart(NumberOfFrames="0")).frames == "unclear"


def test_overlays_are_told_as_their_attributes_describe_them() -> None:
    made = cart()
    for base, bit in ((0x60000000, 0), (0x60020000, 12)):
        made.add_new(base | 0x0010, "US", 6)
        made.add_new(base | 0x0011, "US", 8)
        made.add_new(base | 0x0050, "SS", [1, -2])
        made.add_new(base | 0x0100, "US", 16 if bit else 1)
        made.add_new(base | 0x0102, "US", bit)
    made.add_new(0x60000015, "IS", "3")
    made.add_new(0x60003000, "OW", b"\0" * 18)
    assert signature(made).overlays == (OverlayLayout(0x6000, 6, 8, 1, -2, True, 0), OverlayLayout(0x6002, 6, 8, 1, -2, False, 12))
    header = header_of(pixel_objects.instance(made))
    assert cell("Overlays", header, signature_of(header)) == "6000 8x6 at -2,1 several frames; 6002 8x6 at -2,1 bit 12"


def test_a_region_without_a_number_is_still_a_region() -> None:
    made = cart()
    del made.SequenceOfUltrasoundRegions[0].RegionLocationMaxX1
    assert signature(made).ultrasound_regions == (UltrasoundRegion(1, 2, -1, 5, 1, 1),)
    made.SequenceOfUltrasoundRegions = Sequence([])
    assert signature(made).ultrasound_regions == ()


def test_text_that_no_character_set_explains_is_refused() -> None:
    made = cart()
    made.add_new(0x00080070, "LO", b"\xe9\xe8")
    with pytest.raises(Refusal) as caught:
        signature(made)
    assert caught.value.code == "undecodable-text"


@pytest.mark.parametrize(
    ("attributes", "withheld"),
    [
        ({"SoftwareVersions": "2.1 station-9"}, ("SoftwareVersions",)),
        ({"SoftwareVersions": "2.1 STATION-99"}, ()),
        ({"TransducerData": ["x", "Westgate"]}, ("TransducerData",)),
        ({"Manufacturer": "WESTGATE"}, ()),
        ({"Manufacturer": "for ID-4711-0"}, ("Manufacturer",)),
        ({"ManufacturerModelName": "NOBODY^KNOWS0"}, ("ManufacturerModelName",)),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "KNOWS0"]}, ("ImageType",)),
        ({"SoftwareVersions": "B12", "StationName": "B12"}, ()),  # three characters identify nobody, and are in every text
        ({}, ()),
    ],
)
def test_a_text_that_holds_an_identifier_of_its_own_file_is_withheld(attributes: dict[str, Any], withheld: tuple[str, ...]) -> None:
    header = header_of(pixel_objects.instance(cart(**attributes)))
    assert withheld_columns(header) == withheld
    made = signature_of(header, withheld)
    assert not {keyword for keyword, _ in made.attributes()} & set(withheld)
    for column in NAMES:
        said = cell(column, header, made)
        assert (said == "(withheld)") == (column in withheld)
        assert not withheld or not any(secret in str(said).upper() for secret in SECRETS)


# ---- headers of a database


def keyword_document(made: Dataset) -> dict[str, Any]:
    """As a document database of keywords exports a header: texts with backslashes, lists of numbers, lists of objects, null."""

    def value(one: pydicom.DataElement) -> Any:
        if one.VR == "SQ":
            return [document(item) for item in one.value]
        if one.is_empty:
            return None
        if one.VR in ("US", "UL", "SS"):
            return list(one.value) if one.VM > 1 else one.value
        return "\\".join(map(str, one.value)) if one.VM > 1 else str(one.value)

    def document(dataset: Dataset) -> dict[str, Any]:
        return {one.keyword if one.tag.group < 0x6000 else f"({one.tag:08x})": value(one) for one in dataset if one.VR not in ("OW", "OB")}

    found = document(made)
    return {
        "_id": {"$oid": "1"},
        "header": {"DicomFilePath": "x\\y.dcm"},
        **{(k if k[0] != "(" else f"({k[1:5]},{k[5:9]})-Overlay"): v for k, v in found.items()},
    }


def model_document(made: Dataset) -> dict[str, Any]:
    copied = Dataset()
    copied.update({one.tag: one for one in made if one.VR not in ("OW", "OB")})
    return json.loads(copied.to_json())  # type: ignore[no-any-return]


def extended_document(made: Dataset) -> dict[str, Any]:
    """With MongoDB's wrapped numbers, tags for keys, and values beside their VR."""
    plain = keyword_document(made)
    plain["Rows"] = {"$numberInt": str(made.Rows)}
    plain["Columns"] = float(made.Columns)
    plain["(0008,0060)"] = {"vr": "CS", "val": plain.pop("Modality")}
    plain["0008,0070"] = {"Name": "Manufacturer", "Type": "String", "Value": plain.pop("Manufacturer")}
    return plain


def varied() -> list[Dataset]:
    several = cart(frames=7, BurnedInAnnotation="", SoftwareVersions="", ImageType=["ORIGINAL", "PRIMARY", "", "X"])
    overlay = cart()
    for element, value in ((0x0010, 6), (0x0011, 8), (0x0100, 1), (0x0102, 0)):
        overlay.add_new(0x60020000 | element, "US", value)
    overlay.add_new(0x60020050, "SS", [1, 1])
    return [cart(), several, overlay, pixel_objects.dataset()]


@pytest.mark.parametrize("form", [keyword_document, model_document, extended_document])
def test_a_header_out_of_a_database_says_what_the_file_says(form: Any) -> None:
    for made in varied():
        document = form(made) if "Manufacturer" in made or form is not extended_document else keyword_document(made)
        there, here = header_of_document(json.loads(json.dumps(document))), header_of(pixel_objects.instance(made))
        assert signature_of(there) == signature_of(here)
        for column in NAMES:
            if column != "TransferSyntaxUID":
                assert cell(column, there, signature_of(there)) == cell(column, here, signature_of(here)), column


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[1]", "bad-json-header"),
        ("7", "bad-json-header"),
        ("{", "bad-json-header"),
        ('{"Rows": true}', "bad-json-header"),
        ('{"Rows": {"$numberInt": "many"}}', "bad-json-header"),
        ('{"Manufacturer": {"a": 1}}', "bad-json-header"),
        ("[" * 100_000, "bad-json-header"),
        ('{"name": "x"}', "not-dicom"),
    ],
)
def test_a_line_that_is_no_header_is_counted_by_its_code(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text(f'{{"Modality": "CT"}}\n\n{text}\n', encoding="utf-8")
    done = run(path, "--json")
    assert json.loads(done.stdout)["codes"] == {code: 1}
    assert json.loads(done.stdout)["surveyed"] == 1
    assert done.exit_code == (code != "not-dicom")


@pytest.mark.parametrize("size", [1, 7, 40, 1000])
def test_parts_of_a_file_hold_every_line_once(size: int, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_bytes(
        b"\xef\xbb\xbf" + b"".join(b'{"n": %d, "w": "%s"}\n' % (number, b"x" * (number % 13)) for number in range(60)) + b'{"n": 60}'
    )
    found = [pair for part in json_lines.parts_of(str(path), size) for pair in json_lines.documents(str(path), part)]
    assert [(line, document["n"]) for line, document in found if isinstance(document, dict)] == [
        (number + 1, number) for number in range(61)
    ]


def test_a_list_of_documents_is_an_export_too(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps([keyword_document(cart(number)) for number in range(3)], indent=1), encoding="utf-8")
    assert json.loads(run(path, "--json").stdout)["surveyed"] == 3
    assert run(path, "--files-only").stdout == "x\\y.dcm\n" * 3


# ---- the command


def test_one_row_for_each_signature_with_its_counts(folder: Path, tmp_path: Path) -> None:
    done = run(folder, "-o", tmp_path / "survey.csv")
    assert done.exit_code == 1
    assert done.stdout.startswith("13 found: 11 in 3 rows, 1 other, 1 failed\n")
    found = rows((tmp_path / "survey.csv").read_text("utf-8"))
    assert [(row["ManufacturerModelName"], row["Files"], row["Series"], row["Patients"]) for row in found] == [
        ("(absent)", "1", "0", "0"),
        ("CART 1", "6", "6", "6"),
        ("CART 2", "4", "4", "4"),
    ]
    assert list(found[0]) == [*SIGNATURE, "Files", "Series", "Patients", "FewestFrames", "MostFrames"]
    assert found[1]["SoftwareVersions"] == "2.1\\B"
    assert found[1]["UltrasoundRegions"] == "1,2,6,5 format 1 type 1"
    assert (found[2]["Frames"], found[2]["FewestFrames"], found[2]["MostFrames"]) == ("several", "2", "5")


@pytest.mark.parametrize("extra", [[], ["--group-by", "Modality"], ["--json"], ["--group-by", ",".join(NAMES)]])
def test_no_table_names_a_file_or_a_person(folder: Path, tmp_path: Path, extra: list[str]) -> None:
    done = run(folder, "-o", tmp_path / "o.csv", "--values", tmp_path / "v.csv", *extra)
    assert "CART 1" in (tmp_path / "v.csv").read_text("utf-8")
    for text in (done.output, (tmp_path / "o.csv").read_text("utf-8"), (tmp_path / "v.csv").read_text("utf-8")):
        for secret in (*SECRETS, "bare", "0.dcm", str(folder)):
            assert secret not in text


def test_columns_that_could_name_somebody_are_not_there(folder: Path) -> None:
    for column in ("StationName", "InstitutionName", "PatientID", "DeviceSerialNumber", "StudyDescription", "SOPInstanceUID", "StudyDate"):
        assert column not in NAMES
        done = run(folder, "--group-by", f"Modality,{column}")
        assert done.exit_code == 2
        assert column in done.output
    with pytest.raises(ColumnError, match="did you mean `Manufacturer`"):
        columns_of("Manufacturr")
    with pytest.raises(ColumnError, match="twice"):
        columns_of("Rows,Rows")


def test_grouped_by_columns_the_others_are_counted_by_their_values(folder: Path) -> None:
    found = rows(run(folder, "--group-by", "Modality,SOPClassUID").stdout)
    assert [(row["Modality"], row["Files"], row["ManufacturerModelName values"], row["Rows values"]) for row in found] == [
        ("OT", "1", "1", "1"),
        ("US", "10", "2", "2"),
    ]
    assert found[0]["SOPClassUID"] == pixel_objects.SECONDARY_CAPTURE


def test_the_json_says_what_the_csv_says_and_null_for_what_is_absent(folder: Path, tmp_path: Path) -> None:
    run(folder, "-o", tmp_path / "o.csv")
    run(folder, "-o", tmp_path / "o.json")
    document = json.loads((tmp_path / "o.json").read_text("utf-8"))
    assert document == json.loads(run(folder, "--json").stdout)
    table = rows((tmp_path / "o.csv").read_text("utf-8"))
    for group, row in zip(document["groups"], table, strict=True):
        assert {column: "(absent)" if group[column] is None else group[column] for column in SIGNATURE} == {c: row[c] for c in SIGNATURE}
        assert str(group["files"]) == row["Files"]
    assert document["codes"] == {"not-dicom": 1, "truncated": 1}
    assert (document["surveyed"], document["other"], document["failed"], document["found"]) == (11, 1, 1, 13)
    assert document["values"]["ManufacturerModelName"][0] == {"value": "CART 1", "files": 6}


def test_the_values_of_every_column_are_counted(folder: Path, tmp_path: Path) -> None:
    run(folder, "--values", tmp_path / "v.csv")
    found = {(row["Column"], row["Value"]): row["Files"] for row in rows((tmp_path / "v.csv").read_text("utf-8"))}
    assert found["Modality", "US"] == "10"
    assert found["BurnedInAnnotation", "(absent)"] == "1"
    for column in SIGNATURE:
        assert sum(int(count) for (named, _), count in found.items() if named == column) == 11


@pytest.mark.parametrize(
    ("where", "files"),
    [
        (["Modality=US"], 10),
        (["Modality=us"], 10),
        (["ManufacturerModelName=cart ?"], 10),
        (["ManufacturerModelName=*2"], 4),
        (["Modality=US", "Rows=12"], 4),
        (["Modality=US", "Modality=OT"], 11),
        (["Modality!=US"], 1),
        (["Manufacturer="], 1),
        (["Manufacturer!="], 10),
        (["SoftwareVersions=B"], 10),
        (["Frames=several"], 4),
        (["PatientID=ID-4711-1[0-2]"], 3),
        (["UltrasoundRegions=*type 1"], 10),
    ],
)
def test_filters(folder: Path, where: list[str], files: int) -> None:
    done = json.loads(run(folder, "--json", *[word for one in where for word in ("--where", one)]).stdout)
    assert (done["surveyed"], done["left_out"]) == (files, 11 - files)


@pytest.mark.parametrize("text", ["Modality", "Modalty=US", "=US", "(0008,0060)=US"])
def test_a_filter_that_cannot_be_is_wrong_usage(folder: Path, text: str) -> None:
    assert run(folder, "--where", text).exit_code == 2
    with pytest.raises(FilterError):
        read_filter(text)


def test_files_only_prints_names_and_nothing_else(folder: Path) -> None:
    done = run(folder, "--files-only", "--where", "ManufacturerModelName=CART 2")
    assert done.stdout.splitlines() == [str(folder.resolve() / "b" / f"{number}.dcm") for number in range(4)]
    assert run(folder, "--files-only", "--null", "--where", "Rows=12").stdout.split("\0")[:-1] == done.stdout.splitlines()


def test_a_sample_has_the_same_files_whatever_the_order_and_the_number_of_workers(folder: Path, tmp_path: Path) -> None:
    words = ["--files-only", "--sample", "2", "--seed", "x"]
    first = run(folder, *words).stdout.splitlines()
    assert len(first) == 5
    assert run(folder, *words, "--workers", "2").stdout.splitlines() == first
    other = tmp_path / "moved"
    folder.rename(other)
    assert [Path(name).relative_to(other.resolve()) for name in run(other, *words).stdout.splitlines()] == [
        Path(name).relative_to(folder) for name in first
    ]
    assert any(run(other, *words[:-1], seed).stdout.splitlines() != run(other, *words).stdout.splitlines() for seed in "abcdef")


def seen(patient: int, name: int) -> Seen:
    return Seen((), 1, b"", str(patient).encode(), f"{patient}/{name}", f"{patient}/{name}")


def test_a_sample_is_spread_over_patients_and_does_not_depend_on_the_order() -> None:
    import random

    everything = [seen(patient, name) for patient in range(9) for name in range(7)]
    expected: list[str] = []
    for turn in range(20):
        random.Random(turn).shuffle(everything)
        sample = Sample(5, "seed")
        for one in everything:
            sample.add(one)
        drawn = sample.paths()
        assert len(drawn) == 5
        assert len({path.partition("/")[0] for path in drawn}) == 5
        expected = expected or drawn
        assert drawn == expected
    few = Sample(5, "seed")
    for one in everything:
        if one.path[0] in "34":
            few.add(one)
    assert sorted(path[0] for path in few.paths()) in (["3", "3", "3", "4", "4"], ["3", "3", "4", "4", "4"])


def test_any_number_of_workers_counts_the_same(folder: Path) -> None:
    (folder / "export.jsonl").write_text("\n".join(json.dumps(keyword_document(cart(number))) for number in range(5)), encoding="utf-8")
    alone = json.loads(run(folder, "--json").stdout)
    assert alone == json.loads(run(folder, "--json", "--workers", "3").stdout)
    assert alone["surveyed"] == 16


@pytest.mark.parametrize(
    "words",
    [["--sample", "3"], ["--null"], ["--files-only", "--json"], ["--group-by", ""], ["-o", "no/such/folder/x.csv"], ["--sample", "0"]],
)
def test_wrong_usage_touches_nothing(folder: Path, words: list[str]) -> None:
    before = sorted(folder.rglob("*"))
    assert run(folder, *words).exit_code == 2
    assert sorted(folder.rglob("*")) == before


def test_a_source_is_not_written_over(folder: Path, tmp_path: Path) -> None:
    path = folder / "a/0.dcm"
    before = path.read_bytes()
    assert run(path, "-o", path).exit_code == 2
    assert path.read_bytes() == before


def test_a_formula_in_a_text_does_not_reach_a_spreadsheet(tmp_path: Path) -> None:
    put(tmp_path, "x.dcm", cart(ManufacturerModelName="=HYPERLINK(1)"))
    assert rows(run(tmp_path).stdout)[0]["ManufacturerModelName"] == "'=HYPERLINK(1)"
    assert json.loads(run(tmp_path, "--json").stdout)["groups"][0]["ManufacturerModelName"] == "=HYPERLINK(1)"


def test_links_pipes_and_what_may_not_be_read_are_counted(folder: Path) -> None:
    (folder / "link.dcm").symlink_to(folder / "a/0.dcm")
    os.mkfifo(folder / "pipe")
    codes = json.loads(run(folder, "--json").stdout)["codes"]
    assert codes == {"not-dicom": 1, "truncated": 1, "symbolic-link": 1, "special-file": 1}


def test_an_interrupted_survey_writes_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("deidrules.run.interrupt.Interruption.check", check)
    done = run(folder, "-o", tmp_path / "o.csv")
    assert done.exit_code == 130
    assert not (tmp_path / "o.csv").exists()


def test_a_worker_that_dies_costs_the_file_it_had_in_hand(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(jobs: Any, settings: Any) -> Any:
        processor = settings.processor()
        for job, result in jobs:
            crashed = job.path.endswith("a/0.dcm")
            yield job, Refused(job.index, "failed", {"code": "crash"}) if crashed else result or processor(job)

    monkeypatch.setattr("deidrules.run.pool.in_process", dying)
    done = run(folder, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["codes"] == {"crash": 1, "not-dicom": 1, "truncated": 1}
    assert json.loads(done.stdout)["surveyed"] == 10


def test_workers_that_cannot_start_stop_the_survey(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(jobs: Any, settings: Any) -> Any:
        raise Stopped("worker-start")

    monkeypatch.setattr("deidrules.run.pool.in_process", stopped)
    done = run(folder, "-o", tmp_path / "o.csv")
    assert done.exit_code == 3
    assert "worker-start" in done.stderr
    assert not (tmp_path / "o.csv").exists()


def test_a_defect_costs_one_file_and_is_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(header: object, withheld: object) -> None:
        raise RuntimeError("NOBODY^KNOWS")

    monkeypatch.setattr("deidrules.ocr.surveying.signature_of", broken)
    done = run(folder, "--json")
    assert json.loads(done.stdout)["codes"] == {"internal-error": 11, "not-dicom": 1, "truncated": 1}
    assert "NOBODY" not in done.output


def test_names_that_are_no_utf8_come_out_as_they_are(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\xfe.dcm"
    with open(name, "wb") as file:  # noqa: PTH123
        file.write(pixel_objects.file(cart()))
    done = subprocess.run([sys.executable, "-m", "deidrules.cli.main", "survey", "--files-only", tmp_path], capture_output=True, check=True)
    assert done.stdout == name + b"\n"


def test_a_survey_counts_nothing_twice() -> None:
    survey = Survey()
    assert (survey.found, survey.seen, survey.failed, survey.groups()) == (0, 0, 0, [])
    assert survey.cells == SIGNATURE
    grouped = Survey(("Rows", "ImageType"))
    assert sorted(grouped.cells) == sorted({*SIGNATURE, "ImageType"})
