"""The text finders: real engines on real pixels, behind one interface."""

from __future__ import annotations

import importlib.util
import stat
import tempfile
import tomllib
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path

import cv2
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ocr_images import PACKAGES, FontsMissing, glyphs, images

from deidrules.ocr import engine, ppocr
from deidrules.ocr.engine import BUILT_IN, EngineError, EngineMissing, names, text_finder
from deidrules.ocr.lines import around, lines
from deidrules.ocr.network import Network
from deidrules.pixels.text_finder import Picture, TextBox, TextFinder
from deidrules.plan.pixels import Rectangle
from deidrules.text.refusal import Refusal

ENGINES = ("ppocr", "tesseract", "top-hat")
NEEDS = {"ppocr": "the extra `ocr` (rapidocr, onnxruntime)", "tesseract": "the Debian package tesseract-ocr", "top-hat": "nothing"}


def made(name: str) -> TextFinder:
    try:
        return text_finder(name)
    except EngineMissing:
        pytest.skip(f"needs {NEEDS[name.partition(':')[0]]}")


def page(*texts: tuple[str, int, int], size: int = 24, shade: int = 0, ink: int = 255, rows: int = 300, columns: int = 640) -> Picture:
    """Strings on one shade, each with its left and top."""
    picture = numpy.full((rows, columns, 3), shade, numpy.uint8)
    for text, left, top in texts:
        try:
            mask = glyphs(text, "DejaVuSans.ttf", size)
        except FontsMissing:
            pytest.skip(f"needs the Debian packages {' and '.join(PACKAGES)}")
        picture[top : top + mask.shape[0], left : left + mask.shape[1]][mask > 100] = ink
    return picture


def covered(boxes: tuple[TextBox, ...], picture: Picture) -> float:
    """How much of the ink is covered: pixels that differ from the corner's."""
    ink = (picture != picture[-1, -1]).any(axis=2) if picture.ndim == 3 else picture != picture[-1, -1]
    inked = ink.sum()
    for box in boxes:
        ink[box.rectangle.top : box.rectangle.bottom, box.rectangle.left : box.rectangle.right] = False
    return 1 - float(ink.sum() / inked)


PAGE = (("DOE, JOHN 1970", 40, 30), ("ST ELSEWHERE HOSPITAL", 200, 240))


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(("shade", "ink"), [(0, 255), (240, 20), (60, 190)])
def test_text_is_found_light_on_dark_and_dark_on_light(name: str, shade: int, ink: int) -> None:
    picture = page(*PAGE, shade=shade, ink=ink)
    boxes = made(name).find(picture)
    assert covered(boxes, picture) > 0.97
    area = sum((box.rectangle.right - box.rectangle.left) * (box.rectangle.bottom - box.rectangle.top) for box in boxes)
    assert area < 0.2 * picture.shape[0] * picture.shape[1]


@pytest.mark.parametrize("name", ENGINES)
def test_a_finder_keeps_to_the_picture_leaves_it_alone_and_says_the_same_again(name: str) -> None:
    finder = made(name)
    picture = page(("JOHN", -0, 0), ("EDGE OF IT", 500, 282), size=22)
    before = picture.copy()
    boxes = finder.find(picture)
    assert numpy.array_equal(picture, before)
    assert boxes
    assert finder.find(picture) == boxes == made(name).find(picture)
    for box in boxes:
        assert 0 <= box.rectangle.left < box.rectangle.right <= 640
        assert 0 <= box.rectangle.top < box.rectangle.bottom <= 300
        assert 0 <= box.confidence <= 1


@pytest.mark.parametrize("name", ENGINES)
def test_a_grey_picture_is_read_as_its_colours_are(name: str) -> None:
    picture = page(*PAGE)
    assert made(name).find(numpy.ascontiguousarray(picture[..., 0])) == made(name).find(picture)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("shape", [(200, 300), (3, 3), (1, 500), (700, 5, 3)])
def test_nothing_is_found_where_nothing_is(name: str, shape: tuple[int, ...]) -> None:
    for shade in (0, 128, 255):
        assert made(name).find(numpy.full(shape, shade, numpy.uint8)) == ()


@pytest.mark.parametrize("name", ["ppocr", "tesseract"])
def test_what_is_read_is_what_is_written(name: str) -> None:
    said = {box.text.replace(" ", "") for box in made(name).find(page(*PAGE, size=30))}
    assert said == {"DOE,JOHN1970", "STELSEWHEREHOSPITAL"}


@pytest.mark.parametrize("name", ENGINES)
def test_the_version_names_what_differs_from_the_usual(name: str) -> None:
    assert made(name).name == name
    usual = made(name).version
    assert any(digit.isdigit() for digit in usual)
    option = {"ppocr": "threshold=0.25", "tesseract": "psm=6", "top-hat": "contrast=44"}[name]
    assert made(f"{name}:{option}").version == f"{usual} {option}"


def test_upright_text_is_found_and_read() -> None:
    picture = numpy.ascontiguousarray(numpy.rot90(page(("WESTGATE 4711", 60, 100), rows=260, columns=480, size=30)))
    boxes = made("ppocr").find(picture)
    assert covered(boxes, picture) > 0.97
    assert "WESTGATE4711" in {box.text.replace(" ", "") for box in boxes}


def test_without_onnxruntime_opencv_finds_the_same_boxes() -> None:
    one, other = made("ppocr:read=no"), made("ppocr:read=no,runtime=opencv")
    assert "OpenCV" in other.version
    picture = page(*PAGE)
    assert [box.rectangle for box in one.find(picture)] == [box.rectangle for box in other.find(picture)]


def test_the_letters_of_a_model_are_read_out_of_its_file() -> None:
    finder = made("ppocr")
    onnxruntime = pytest.importorskip("onnxruntime", reason=f"needs {NEEDS['ppocr']}")
    assert isinstance(finder, ppocr.PPOCR)
    folder, _ = ppocr._models()
    path = folder / ppocr._RECOGNITION
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert Network(path).metadata() == session.get_modelmeta().custom_metadata_map


def test_a_large_picture_goes_through_in_tiles_and_no_line_is_lost_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    finder = made("ppocr:read=no")
    places = [(f"NAME {number} DOE", 30 + 120 * (number % 4), 20 + 47 * number) for number in range(11)]
    picture = page(*places, rows=600, columns=700)
    whole = finder.find(picture)
    monkeypatch.setattr(ppocr, "_TILE", 512)
    tiled = finder.find(picture)
    assert covered(whole, picture) > 0.97
    assert covered(tiled, picture) > 0.97
    assert len(tiled) == len(whole) == len(places)


def test_lines_that_touch_are_told_apart_and_not_dropped() -> None:
    finder = made("ppocr:read=no")
    picture = page(*((f"PATIENT NUMBER {number} OF MANY", 20, 12 + 30 * number) for number in range(9)), size=26)
    assert covered(finder.find(picture), picture) > 0.95


@pytest.mark.parametrize("option", ["", ":read=no"])
def test_letters_too_large_for_a_line_are_found_where_they_can_be_read(option: str) -> None:
    picture = page(("RED", 20, 20), ("GREEN", 20, 220), size=140, shade=128, rows=400, columns=560)
    boxes = made(f"ppocr{option}").find(picture)
    assert covered(boxes, picture) > 0.9


@pytest.mark.parametrize("name", ["ppocr", "tesseract"])
def test_what_the_engine_cannot_do_is_a_refusal_without_a_word_of_the_library(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    finder = made(name)

    def fail(*arguments: object, **options: object) -> object:
        raise RuntimeError("NOBODY^KNOWS")

    if name == "ppocr":
        monkeypatch.setattr(finder, "_detection", fail)
    else:
        import pytesseract

        monkeypatch.setattr(pytesseract, "image_to_data", fail)
    with pytest.raises(Refusal) as caught:
        finder.find(page(*PAGE))
    assert caught.value.code == "text-finder-failed"
    assert "NOBODY" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_tesseract_leaves_nothing_behind_and_shows_nothing_while_it_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    finder = made("tesseract")
    import pytesseract

    places = []
    ours = pytesseract.image_to_data

    def watched(*arguments: object, **options: object) -> object:
        folder = Path(tempfile.gettempdir())
        places.append((folder, stat.S_IMODE(folder.stat().st_mode)))
        return ours(*arguments, **options)

    monkeypatch.setattr(pytesseract, "image_to_data", watched)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    finder.find(page(*PAGE))
    assert [mode for _, mode in places] == [0o700]
    assert not places[0][0].exists()
    assert tempfile.tempdir == str(tmp_path)
    assert not any(tmp_path.iterdir())


def test_tesseract_takes_a_page_mode_a_whitelist_and_a_confidence() -> None:
    picture = page(("4711 8302", 40, 30), size=32)
    assert {box.text.replace(" ", "") for box in made("tesseract:psm=6,whitelist=0123456789").find(picture)} == {"47118302"}
    assert made("tesseract:confidence=100").find(picture) == ()
    assert covered(made("tesseract:invert=both,scale=3").find(picture), picture) > 0.97


# ---- choosing


@pytest.mark.parametrize(
    "wanted",
    [
        "tesseract:psm=99",
        "tesseract:psm=x",
        "tesseract:colour=red",
        "tesseract:psm",
        "tesseract:psm=6,psm=7",
        "tesseract:lang=eng -c x=1",
        "tesseract:whitelist=a b",
        "ppocr:threshold=2",
        "top-hat:contrast=0",
        "nobody",
    ],
)
def test_an_engine_or_option_that_is_not_there_is_an_error(wanted: str) -> None:
    with pytest.raises(EngineError) as caught:
        text_finder(wanted)
    assert "`" in str(caught.value) or isinstance(caught.value, EngineMissing)


def test_a_near_miss_is_answered() -> None:
    with pytest.raises(EngineError, match="did you mean `tesseract`"):
        text_finder("teseract")


def test_the_entry_points_are_those_that_a_checkout_knows() -> None:
    declared = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text("utf-8"))
    assert declared["project"]["entry-points"][engine.GROUP] == BUILT_IN
    assert set(ENGINES) == set(BUILT_IN) <= set(names())


def test_the_best_that_is_installed_is_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made("ppocr")
    assert text_finder().name == "ppocr"
    monkeypatch.setattr(ppocr, "_models", lambda: (_ for _ in ()).throw(EngineMissing("none")))
    made("tesseract")
    assert text_finder().name == "tesseract"
    import pytesseract

    monkeypatch.setattr(pytesseract, "get_tesseract_version", lambda: (_ for _ in ()).throw(pytesseract.TesseractNotFoundError()))
    with pytest.raises(EngineMissing, match="extra `ocr`"):
        text_finder()


def test_without_the_wheel_ppocr_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineMissing, match="extra `ocr`"):
        text_finder("ppocr")


class Stranger:
    """A finder of somebody else's."""

    name, version = "stranger", "1"

    def find(self, picture: Picture) -> tuple[TextBox, ...]:
        return (TextBox(Rectangle(0, 0, 1, 1)),)


def stranger(options: Mapping[str, str]) -> Stranger:
    return Stranger()


def test_a_finder_of_another_package_comes_in_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [EntryPoint("stranger", f"{__name__}:stranger", engine.GROUP), EntryPoint("broken", "no.such.module:x", engine.GROUP)]
    monkeypatch.setattr(engine, "entry_points", lambda group, name=None: [e for e in entries if name in (None, e.name)])
    assert text_finder("stranger").find(page()) == (TextBox(Rectangle(0, 0, 1, 1)),)
    assert names() == (*BUILT_IN, "stranger", "broken")
    with pytest.raises(EngineMissing, match="broken"):
        text_finder("broken")


# ---- lines

word = st.builds(
    lambda left, top, width, height: TextBox(Rectangle(left, top, left + width, top + height), "x", 0.5),
    st.integers(0, 300),
    st.integers(0, 200),
    st.integers(1, 60),
    st.integers(4, 30),
)


@given(st.lists(word, max_size=12))
@settings(max_examples=100, deadline=None)
def test_lines_cover_every_word_and_hold_all_of_the_text(words: list[TextBox]) -> None:
    found = lines(words)
    assert len(found) <= len(words)
    assert sum(len(line.text.split()) for line in found) == len(words)
    for one in words:
        assert any(around(line.rectangle, one.rectangle) == line.rectangle for line in found)
    assert lines(found[:1]) == found[:1]


def test_words_side_by_side_are_a_line_and_words_below_each_other_are_not() -> None:
    def at(left: int, top: int, text: str, height: int = 10) -> TextBox:
        return TextBox(Rectangle(left, top, left + 40, top + height), text, 0.9)

    found = lines([at(50, 1, "JOHN"), at(0, 0, "DOE,"), at(0, 14, "1970"), at(120, 0, "FAR"), at(52, 15, "LARGE", 40)])
    assert [line.text for line in found] == ["DOE, JOHN", "FAR", "1970", "LARGE"]
    assert found[0].rectangle == Rectangle(0, 0, 90, 11)


# ---- on the generator's pictures


@pytest.mark.long
@pytest.mark.parametrize(("name", "recall", "false"), [("ppocr:read=no", 0.95, 0.03), ("top-hat", 0.75, 0.05), ("tesseract", 0.4, 0.08)])
def test_most_strings_of_the_generator_are_found(name: str, recall: float, false: float) -> None:
    """Figures are shown on other seeds (tests/benchmarks/text_finders.py); this holds the engines to what they are worth at least."""
    finder = made(name)
    cv2.setNumThreads(1)
    hits = there = 0
    area = 0.0
    try:
        samples = list(images("the seed of the engines' tests", 16))
    except FontsMissing:
        pytest.skip(f"needs the Debian packages {' and '.join(PACKAGES)}")
    for sample in samples:
        shown = numpy.zeros(sample.picture.shape[:2], bool)
        for box in finder.find(sample.picture):
            shown[box.rectangle.top : box.rectangle.bottom, box.rectangle.left : box.rectangle.right] = True
        near = numpy.zeros_like(shown)
        for text in sample.texts:
            left, top, right, bottom = text.box
            near[max(0, top - text.size) : bottom + text.size, max(0, left - text.size) : right + text.size] = True
            hits += bool(shown[top:bottom, left:right].mean() >= 0.9)
            there += 1
        area += float((shown & ~near).sum() / (~near).sum()) / len(samples)
    assert hits / there >= recall
    assert area <= false
