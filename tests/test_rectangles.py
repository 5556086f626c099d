"""Lists of rectangles: words of a command line, CSV, the database of dcmaudit, and which file a row means."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deidrules.plan.pixels import Rectangle
from deidrules.rectangles import conventions
from deidrules.rectangles.argument import parse_frames, parse_overlay, parse_rectangles, spelled
from deidrules.rectangles.csv_file import read_csv
from deidrules.rectangles.database import database_file, read_database
from deidrules.rectangles.matching import match
from deidrules.rectangles.model import ListedRectangle, RectangleList
from deidrules.text.excerpt import excerpt

# ---- words of a command line

corners = st.integers(0, 99_999)
rectangles = st.builds(
    lambda left, top, width, height: Rectangle(left, top, left + width, top + height),
    corners,
    corners,
    st.integers(1, 999),
    st.integers(1, 999),
)


def written(one: Rectangle, as_size: bool, brackets: str, space: str) -> str:
    numbers = [one.left, one.top]
    numbers += [one.right - one.left, one.bottom - one.top] if as_size else [one.right, one.bottom]
    signs = ["", "", "+", "+"] if as_size else [""] * 4
    text = f"{space},{space}".join(f"{sign}{number}" for sign, number in zip(signs, numbers, strict=True))
    return f"{brackets[:1]}{space}{text}{space}{brackets[1:]}"


@settings(max_examples=150)
@given(
    st.lists(st.tuples(rectangles, st.booleans(), st.sampled_from(["", "()", "[]"]), st.sampled_from(["", " "])), min_size=1, max_size=5),
    st.sampled_from(["", ";", " ; "]),
)
def test_every_way_to_write_rectangles_is_read_as_them(written_as: list[tuple[Rectangle, bool, str, str]], end: str) -> None:
    text = ";".join(written(*one) for one in written_as) + end
    wanted = tuple(one for one, *_ in written_as)
    assert parse_rectangles(text) == (wanted, ())
    assert parse_rectangles(spelled(wanted)) == (wanted, ())


def test_brackets_may_stand_around_several() -> None:
    wanted = (Rectangle(1, 2, 3, 4), Rectangle(5, 6, 12, 14))
    for text in ("(1,2,3,4;5,6,+7,+8)", "[1,2,3,4];(5,6,+7,+8)", " ( 1,2,3,4 ; 5,6,+7,+8 ; ) ; "):
        assert parse_rectangles(text) == (wanted, ())


@pytest.mark.parametrize(
    ("text", "code", "marked"),
    [
        ("", "DR601", ""),
        ("1,2,3", "DR601", "3"),
        ("1,2,3,", "DR601", ","),
        ("1,2,3,4,0,-1", "DR601", "-1"),  # dcmaudit's frame and overlay behind a rectangle
        ("1,2,3,4,0", "DR601", ","),
        ("-1,2,3,4", "DR601", "-1"),
        ("1,2,3.5,4", "DR601", "."),
        ("1,2,+3,4", "DR601", "1,2,+3,4"),
        ("+1,2,3,4", "DR601", "+1,2,3,4"),
        ("(1,2,3,4", "DR601", "("),
        ("(1,2,3,4]", "DR601", "]"),
        ("((1,2,3,4))", "DR601", "("),
        ("1,2,3,4)", "DR601", ")"),
        ("1,2,3,4 5,6,7,8", "DR601", "5"),
        ("1,2,3,4;;5,6,7,8", "DR601", ";"),
        ("1;2;3;4", "DR601", ";"),
        ("top 10", "DR601", "t"),
        ("1,2,1,4", "DR602", "1,2,1,4"),
        ("9,9,20,20;5,5,+0,+4", "DR602", "5,5,+0,+4"),
        ("1,2,3,99999999999", "DR601", "99999999999"),
        ("１,2,3,4", "DR601", "１"),
    ],
)
def test_what_is_no_rectangle_is_said_with_its_place(text: str, code: str, marked: str) -> None:
    found, (problem,) = parse_rectangles(text)
    assert not found
    assert problem.code == code
    assert problem.span.text == marked
    assert problem.help and excerpt(problem)


@given(st.text("0123456789,;+-()[] .", max_size=24))
@settings(max_examples=300)
def test_no_argument_crashes_the_parser_or_is_half_understood(text: str) -> None:
    found, problems = parse_rectangles(text)
    assert bool(found) != bool(problems)
    assert all(one.right > one.left and one.bottom > one.top for one in found)


def test_frames_count_from_one() -> None:
    assert parse_frames("1") == (((1, 1),), ())
    assert parse_frames(" 1, 3-5 ,7..9 ") == (((1, 1), (3, 5), (7, 9)), ())
    for text, marked in (("0", "0"), ("1,0-3", "0-3"), ("5-3", "5-3"), ("1,,2", ""), ("", ""), ("a", "a"), ("1-", "1-"), ("-1", "-1")):
        found, (problem,) = parse_frames(text)
        assert not found
        assert problem.code == "DR603"
        assert problem.span.text.strip(",") == marked


def test_an_overlay_is_its_group() -> None:
    assert [parse_overlay(text)[0] for text in ("6000", "601e", "*", "any", "ANY")] == ["6000", "601E", "*", "any", "any"]
    for wrong in ("0", "6001", "6020", "600", "all planes", ""):
        found, (problem,) = parse_overlay(wrong)
        assert not found
        assert problem.code == "DR604"
    assert "6002" in parse_overlay("1")[1][0].help


# ---- the conventions of dcmaudit


def test_rows_of_dcmaudit_become_half_open_rectangles_with_frames_from_one() -> None:
    one = conventions.listed("a.dcm", 10, 20, 19, 29, 0, 1, place="l.csv:2")
    assert one == ListedRectangle("a.dcm", Rectangle(10, 20, 20, 30), 1, 1, "l.csv:2")
    assert conventions.listed("a.dcm", 5, 5, 5, 5) == ListedRectangle("a.dcm", Rectangle(5, 5, 6, 6), None, None)
    assert [conventions.group_of(index) for index in (0, 1, 15)] == ["6000", "6002", "601E"]


@given(st.text(min_size=1), st.tuples(corners, corners, corners, corners), st.integers(-1, 500), st.integers(-1, 15))
@settings(max_examples=100)
def test_nothing_of_a_row_is_lost(file: str, box: tuple[int, int, int, int], frame: int, overlay: int) -> None:
    left, top, width, height = box
    row = (file, frame, overlay, left, top, left + width, top + height)
    numbers = dict(zip(conventions.COLUMNS[1:], row[1:], strict=True))
    assert conventions.wrong_of(**numbers) is None
    assert conventions.row_of(conventions.listed(file, **numbers)) == row


# ---- CSV

HEADER = "filename,frame,overlay,left,top,right,bottom\n"


def test_columns_may_stand_in_any_order_among_others() -> None:
    text = (
        'bottom,ocr_text,filename,left,overlay,right,Frame,top\r\n29,"DOE, ""J""\nx",a b.dcm,10,1,19,0,20\r\n\r\n9,,c.dcm,0,-1,9,-1,0\r\n'
    )
    found, problems = read_csv(text, "l.csv")
    assert not problems
    assert found.rectangles == (
        ListedRectangle("a b.dcm", Rectangle(10, 20, 20, 30), 1, 1, "l.csv:2"),
        ListedRectangle("c.dcm", Rectangle(0, 0, 10, 10), None, None, "l.csv:5"),
    )
    assert found.files == ("a b.dcm", "c.dcm")
    assert not found.undone


def test_frame_and_overlay_may_be_missing_and_mean_any() -> None:
    found, problems = read_csv("filename,left,top,right,bottom\na,1,2,3,4\n", "l")
    assert not problems
    assert found.rectangles == (ListedRectangle("a", Rectangle(1, 2, 4, 5), None, None, "l:2"),)


def test_a_summary_row_blanks_nothing_but_its_file_is_listed() -> None:
    found, problems = read_csv(HEADER + "a,-1,-1,-1,-1,-1,-1\nb,0,0,-1,5,5,5\n", "l")
    assert not problems
    assert (found.rectangles, found.files) == ((), ("a", "b"))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,0,-1,1,2,x,4", "`right` is no whole number"),
        ("a,0,-1,1,2,3.0,4", "`right` is no whole number"),
        ("a,,-1,1,2,3,4", "`frame` is no whole number"),
        ("a,0,-1,1,2,0,4", "`right` is less than `left`"),
        ("a,0,-1,1,2,3,1", "`bottom` is less than `top`"),
        ("a,0,-1,1,-2,3,1", "`top` is less than 0"),
        ("a,-2,-1,1,2,3,4", "`frame` counts from 0, and -1 is any"),
        ("a,0,16,1,2,3,4", "`overlay` is an index from 0 (group 6000) to 15 (group 601E), and -1 is any"),
        ("a,0,-2,1,2,3,4", "`overlay` is an index from 0 (group 6000) to 15 (group 601E), and -1 is any"),
        (" ,0,-1,1,2,3,4", "the file name is missing"),
        ("a,0,-1,1,2,3", "this row has 6 cells, the header 7"),
        ("a,0,-1,1,2,3,4,5", "this row has 8 cells, the header 7"),
        ('"a,0,-1,1,2,3,4', "the quotes of this row do not close, or it cannot be a row"),
    ],
)
def test_a_row_that_is_not_understood_is_said_with_its_line(row: str, said: str) -> None:
    _, (problem,) = read_csv(HEADER + "b,0,0,1,2,3,4\n" + row + "\n", "l.csv")
    assert problem.code == "DR606"
    assert problem.message == said
    assert "l.csv:3:1" in excerpt(problem)


def test_what_was_read_in_an_image_stands_in_no_message() -> None:
    text = "filename,left,top,right,bottom,ocr_text\nDOE_JANE.dcm,1,2,x,4,JANE DOE\n"
    _, (problem,) = read_csv(text, "l.csv")
    assert "DOE" not in excerpt(problem)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the list has no column `filename`"),
        ("filename,left,top,right\n", "the list has no column `bottom`"),
        ("filename,left,left,top,right,bottom\n", "the column `left` stands twice"),
        ('"filename', "the header of the list cannot be read"),
    ],
)
def test_a_list_without_its_header_is_not_used(text: str, said: str) -> None:
    found, (problem,) = read_csv(text, "l.csv")
    assert (problem.code, problem.message) == ("DR605", said)
    assert not found.rectangles


def test_a_list_of_another_form_is_not_said_row_by_row_without_end() -> None:
    _, problems = read_csv(HEADER + "a,b,c,d,e,f,g\n" * 1000, "l.csv")
    assert len(problems) == 21
    assert problems[-1].message == "980 more rows are not understood"


# ---- the database of dcmaudit

SCHEMA = """
CREATE TABLE "DicomRects"("id" INTEGER PRIMARY KEY AUTOINCREMENT, "filename" CHAR(512), "top" INTEGER, "bottom" INTEGER, "left" INTEGER,
    "right" INTEGER, "frame" INTEGER, "overlay" INTEGER, "ocrengine" INTEGER, "ocrtext" CHAR(512), "nerengine" INTEGER, "nerpii" INTEGER,
    "last_modified" TIMESTAMP, "last_modified_by" CHAR(512));
CREATE TABLE "DicomTags"("id" INTEGER PRIMARY KEY AUTOINCREMENT, "filename" CHAR(512) UNIQUE, "mark" CHAR(1), "comment" CHAR(512),
    "Modality" CHAR(512), "ImageType" CHAR(512), "ManufacturerModelName" CHAR(512), "BurnedInAnnotation" CHAR(512), "Rows" INTEGER,
    "Columns" INTEGER, "last_modified" TIMESTAMP, "last_modified_by" CHAR(512));
"""


def database(path: Path, rects: Sequence[tuple[Any, ...]], tags: Sequence[tuple[Any, ...]] = ()) -> Path:
    """A database as dcmaudit leaves it: `rects` are filename, frame, overlay, left, top, right, bottom; `tags` filename and mark."""
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    columns = 'filename, frame, overlay, "left", top, "right", bottom, ocrengine, ocrtext, nerengine, nerpii'
    for rect in rects:
        connection.execute(f"INSERT INTO DicomRects ({columns}) VALUES (?,?,?,?,?,?,?,1,'JANE DOE',-1,-1)", rect)
    connection.executemany("INSERT INTO DicomTags (filename, mark) VALUES (?,?)", tags)
    connection.commit()
    connection.close()
    return path


def test_a_database_gives_its_rows_and_who_is_done(tmp_path: Path) -> None:
    rects = [
        ("a", 0, 1, 10, 20, 19, 29),
        ("b", -1, -1, 0, 0, 0, 0),
        ("c", -1, -1, -1, -1, -1, -1),
        ("d", 2, 0, 1, 1, 2, 2),
        ("e", 0, -1, 0, 0, 1, 1),
    ]
    # mark T: tagged for another look; F: looked at; no row: rectangles were drawn and the file was not finished
    place = database(tmp_path / "dcmaudit.sqlite.db", rects, [("a", "F"), ("b", "T"), ("c", "F"), ("e", None)])
    found, problems = read_database(tmp_path, "folder")
    assert not problems
    assert found.rectangles == (
        ListedRectangle("a", Rectangle(10, 20, 20, 30), 1, 1, "folder, row 1 of DicomRects"),
        ListedRectangle("b", Rectangle(0, 0, 1, 1), None, None, "folder, row 2 of DicomRects"),
        ListedRectangle("d", Rectangle(1, 1, 3, 3), 3, 0, "folder, row 4 of DicomRects"),
        ListedRectangle("e", Rectangle(0, 0, 2, 2), 1, None, "folder, row 5 of DicomRects"),
    )
    assert found.files == ("a", "b", "c", "d", "e")
    assert found.undone == {"b", "d", "e"}
    assert database_file(tmp_path) == place
    assert read_database(place, "folder") == (found, ())


def test_a_database_is_only_read(tmp_path: Path) -> None:
    place = database(tmp_path / "rects 100%?.db", [("a", 0, 0, 1, 1, 2, 2)])
    before, stamp = place.read_bytes(), place.stat().st_mtime_ns
    place.chmod(0o400)
    assert len(read_database(place, "d")[0].rectangles) == 1
    assert (place.read_bytes(), place.stat().st_mtime_ns) == (before, stamp)
    assert list(tmp_path.iterdir()) == [place]


def test_a_database_of_an_old_dcmaudit_without_addresses_means_any(tmp_path: Path) -> None:
    place = tmp_path / "old.db"
    with sqlite3.connect(place) as connection:
        connection.execute("CREATE TABLE dicomrects (filename, top INTEGER, bottom INTEGER, left INTEGER, right INTEGER)")
        connection.execute("INSERT INTO dicomrects VALUES ('a', 1, 2, 3, 4)")
    connection.close()
    found, problems = read_database(place, "d")
    assert not problems
    assert found.rectangles == (ListedRectangle("a", Rectangle(3, 1, 5, 3), None, None, "d, row 1 of DicomRects"),)
    assert found.undone == {"a"}  # nobody says that it is done


@pytest.mark.parametrize(
    ("rect", "said"),
    [
        (("a", 0, 0, "x", 1, 2, 2), "`left` is no whole number"),
        (("a", 0, 0, None, 1, 2, 2), "`left` is no whole number"),
        (("a", 0, 0, 1.5, 1, 2, 2), "`left` is no whole number"),
        (("a", 0, 0, 1, 1, 0, 2), "`right` is less than `left`"),
        (("a", 0, 77, 1, 1, 2, 2), "`overlay` is an index from 0 (group 6000) to 15 (group 601E), and -1 is any"),
        ((None, 0, 0, 1, 1, 2, 2), "the file name is missing"),
    ],
)
def test_a_row_of_a_database_that_is_not_understood_is_said(tmp_path: Path, rect: tuple[Any, ...], said: str) -> None:
    place = database(tmp_path / "d.db", [("b", 0, 0, 1, 1, 2, 2), rect])
    _, (problem,) = read_database(place, "d.db")
    assert problem.code == "DR606"
    assert problem.message == f"d.db, row 2 of DicomRects: {said}"


def test_what_is_no_database_of_dcmaudit_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("nothing of a database" * 100)
    (tmp_path / "empty").mkdir()
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE other (a)")
    connection.close()
    with sqlite3.connect(tmp_path / "short.db") as connection:
        connection.execute("CREATE TABLE DicomRects (filename, top)")
    connection.close()
    for name, said in (
        ("text.db", "`x` cannot be read as an SQLite database"),
        ("empty", "there is no database `x`"),
        ("other.db", "the database `x` has no table `DicomRects`"),
        ("short.db", "`DicomRects` in `x` has no column `left`"),
    ):
        found, (problem,) = read_database(tmp_path / name, "x")
        assert (problem.code, problem.message) == ("DR605", said)
        assert not found.rectangles


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_a_database_with_changes_beside_it_is_not_half_read(tmp_path: Path, suffix: str) -> None:
    place = database(tmp_path / "d.db", [("a", 0, 0, 1, 1, 2, 2)])
    (tmp_path / f"d.db{suffix}").write_bytes(b"")
    assert not read_database(place, "d")[1]
    (tmp_path / f"d.db{suffix}").write_bytes(b"changes")
    found, (problem,) = read_database(place, "d")
    assert problem.code == "DR605"
    assert not found.rectangles


# ---- which file a row means


def listing(*files: str, undone: Sequence[str] = (), summaries: Sequence[str] = ()) -> RectangleList:
    rows = tuple(ListedRectangle(file, Rectangle(0, 0, number + 1, 1), place=f"l:{number}") for number, file in enumerate(files))
    return RectangleList("l", rows, (*dict.fromkeys(files), *summaries), frozenset(undone))


def places(rectangles: Sequence[ListedRectangle]) -> list[str]:
    return [one.place for one in rectangles]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_has_the_rows_of_its_own_place_however_it_is_written(here: Path) -> None:
    (here / "in").mkdir()
    (here / "in" / "a").touch()
    (here / "link").symlink_to(here / "in")
    one = listing("in/a", "./in/../in/a", str(here / "in" / "a"), "b", "link/a")
    for file in ("in/a", str(here / "in" / "a"), "./in/a", "link/a"):
        matched, problems = match([file], [one])
        assert not problems
        assert places(matched.targets[0].rectangles) == ["l:0", "l:1", "l:2", "l:4"]
        assert not matched.targets[0].by_name
    assert [target.file for target in match([], [one])[0].targets] == ["in/a", "b"]


def test_a_root_goes_before_relative_paths_of_a_list(here: Path) -> None:
    one = listing("in/a", str(here / "b"))
    matched, problems = match([], [one], root="far")
    assert not problems
    assert [target.file for target in matched.targets] == ["far/in/a", str(here / "b")]
    matched, problems = match(["far/in/a"], [one], root="far")
    assert not problems
    assert places(matched.targets[0].rectangles) == ["l:0"]


def test_a_name_alone_counts_where_it_cannot_be_mistaken(here: Path) -> None:
    matched, problems = match(["here/IM1"], [listing("/nowhere/there/IM1", "/nowhere/there/IM2")])
    assert not problems
    assert places(matched.targets[0].rectangles) == ["l:0"]
    assert matched.targets[0].by_name


@pytest.mark.parametrize(
    ("files", "listed", "said"),
    [
        (["x/IM1"], ["/nowhere/1/IM1", "/nowhere/2/IM1"], "the list has 2 files named `IM1`, none of them at this place"),
        (["x/IM1", "y/IM1"], ["/nowhere/1/IM1"], "`x/IM1` and `y/IM1` have one name, and the list has one file of it"),
        (["x/IM1", "in/IM1"], ["in/IM1"], "`x/IM1` and `in/IM1` have one name, and the list has one file of it"),
        (["x/IM1"], ["there/IM1"], "the list has another file named `IM1`, in another folder"),
        (["x/IM3"], ["there/IM1"], "no list has `x/IM3`"),
        (["sum"], ["there/IM1"], "the list has no rectangle for `sum`"),
    ],
)
def test_a_file_that_is_not_clearly_listed_is_an_error(here: Path, files: list[str], listed: list[str], said: str) -> None:
    (here / "there").mkdir()
    (here / "there" / "IM1").touch()
    matched, problems = match(files, [listing(*listed, summaries=["sum"])])
    assert not matched.targets
    assert [(problem.code, problem.message) for problem in problems] == [("DR607", said)]


def test_a_file_that_no_list_has_may_have_something_of_its_own_to_do(here: Path) -> None:
    matched, problems = match(["a", "sum", "b"], [listing("b", summaries=["sum"])], on_their_own=True)
    assert not problems
    assert [(target.file, len(target.rectangles)) for target in matched.targets] == [("a", 0), ("sum", 0), ("b", 1)]
    assert match(["a", "a"], [], on_their_own=True)[0].targets == match(["a"], [], on_their_own=True)[0].targets


def test_files_that_are_not_done_are_left_alone_and_counted_or_taken(here: Path) -> None:
    one = listing("a", "b", "c", undone=["b", "c", "sum"], summaries=["sum"])
    matched, problems = match([], [one])
    assert not problems
    assert ([target.file for target in matched.targets], matched.undone) == (["a"], 2)
    assert [target.file for target in match([], [one], take_undone=True)[0].targets] == ["a", "b", "c"]
    _, (problem,) = match(["b"], [one])
    assert problem.message == "`b` is not marked done in the database"
    _, (problem,) = match(["b"], [one, listing("b")], on_their_own=True)  # another list does not vouch for it
    assert problem.message == "`b` is not marked done in the database"
    assert match(["b"], [one], take_undone=True)[0].targets
    _, (problem,) = match([], [listing("b", undone=["b"])])
    assert problem.message == "no file of the database is marked done"
    _, (problem,) = match([], [listing(summaries=["sum"])])
    assert problem.message == "the list has no rectangle"


def test_rows_of_several_lists_come_together(here: Path) -> None:
    matched, problems = match(["a"], [listing("a", "b"), listing("c", "a")])
    assert not problems
    assert places(matched.targets[0].rectangles) == ["l:0", "l:1"]
