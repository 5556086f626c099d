"""Synthetic pictures with burned-in text, and the truth about it: where each string stands, what kind it is, whether it identifies.

`images(seed, count)` gives the pictures of a seed. Nothing but the seed, the versions of numpy, OpenCV and Pillow, and the font files
decide what is in them. A figure is shown with a seed that nobody chose: the first eight hexadecimal digits of the commit that added this
file. Run as a program it writes a contact sheet: `python tests/ocr_images.py SEED COUNT FILE.png`."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy
import numpy.typing as npt
from ocr_backgrounds import PHANTOMS, REAL, Picture, paint, real
from PIL import Image, ImageDraw, ImageFont

Mask = npt.NDArray[numpy.uint8]
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]

# The Debian packages that hold the fonts; all of them under licences that allow any use
PACKAGES = ("fonts-dejavu-core", "fonts-liberation")
_FOLDERS = (Path("/usr/share/fonts/truetype/dejavu"), Path("/usr/share/fonts/truetype/liberation"))
STROKES = "Hershey"  # drawn in strokes by OpenCV, as the character generators of old scanners do
FONTS = (
    "DejaVuSans.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSerif.ttf",
    "LiberationSans-Regular.ttf",
    "LiberationSerif-Bold.ttf",
    "LiberationMono-Bold.ttf",
    STROKES,
)
SMALLEST, LARGEST = 8, 48
DARK_ON_LIGHT = 0.2  # of all texts: on plates, and wherever the picture is light
_PLATES = 0.06
BITMAPPED = 0.3  # text without grey edges
IN_THE_MARGIN = 0.6
_BANDS = ((0.22, 8, 10), (0.40, 11, 16), (0.22, 17, 24), (0.16, 25, 48))
LIGHT: dict[str, Colour] = {"white": (255, 255, 255), "yellow": (255, 235, 60), "green": (70, 240, 90), "grey": (190, 190, 190)}
_INK: Colour = (15, 15, 20)
_FAINTEST = 40  # of 255: below, the edge of a glyph is not drawn
_CONTRAST, _INK_CONTRAST = 80, 140
_BRIGHTNESS = numpy.array((0.299, 0.587, 0.114), numpy.float32)
_GAP = 5


@dataclass(frozen=True, slots=True)
class Text:
    """A string that was drawn. `box` is (left, top, right, bottom) in pixels, half-open, and fits the drawn pixels exactly; `size` is the
    font's size in pixels (of the strokes, their height with ascenders and descenders)."""

    text: str
    kind: str
    box: Box
    font: str
    size: int
    colour: str

    @property
    def identifying(self) -> bool:
        """True when it has to be hidden."""
        return self.kind in IDENTIFYING


@dataclass(frozen=True, slots=True)
class Sample:
    """`picture` and, without the texts but with the plates they stand on, `background`: rows x columns x 3, RGB."""

    name: str
    picture: Picture
    background: Picture
    texts: tuple[Text, ...]


class FontsMissing(Exception):
    """The fonts are not installed: PACKAGES says which packages have them."""


# ---- what is written

_FAMILY = [
    "ADLER",
    "BRANDT",
    "CASTELLO",
    "DUVAL",
    "EKLUND",
    "FARROW",
    "GRUBER",
    "HOLLIS",
    "IVERSEN",
    "JANSSEN",
    "KOVACS",
    "LINDQVIST",
    "MORETTI",
    "NOWAK",
    "OAKES",
    "PETROV",
    "QUINN",
    "ROSSI",
    "SANTOS",
    "TILLMAN",
    "UEDA",
    "VARGA",
    "WHITLOCK",
    "YILMAZ",
    "ZELLER",
]
_GIVEN = [
    "ANNA",
    "BORIS",
    "CLARA",
    "DAVID",
    "ELENA",
    "FELIX",
    "GRETA",
    "HENRY",
    "IRENE",
    "JONAS",
    "KAREN",
    "LUCAS",
    "MARIA",
    "NILS",
    "OLGA",
    "PAUL",
    "ROSA",
    "SIMON",
    "TARA",
    "VICTOR",
    "WANDA",
]
_PLACES = [
    "NORTHFIELD",
    "WESTGATE",
    "RIVERTON",
    "OAKHILL",
    "LAKEVIEW",
    "STEINBACH",
    "HARTFORD",
    "ELMWOOD",
    "BELLEVUE",
    "SANKT",
    "ANNA",
    "KINGSBRIDGE",
]
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def _name(draw: random.Random) -> str:
    family, given = draw.choice(_FAMILY), draw.choice(_GIVEN)
    form = draw.choice(("{0}, {1}", "{0}^{1}", "{1} {0}", "{0} {1}", "Name: {0}, {1}", "Dr. {0}", "{0},{1} {2}", "PATIENT {0}"))
    said = form.format(family, given, draw.choice("ABEJKM"))
    return said.title() if draw.random() < 0.4 and "^" not in said else said


def _date(draw: random.Random) -> str:
    year, month, day = draw.randint(1931, 2026), draw.randint(1, 12), draw.randint(1, 28)
    forms = (
        f"{year}-{month:02}-{day:02}",
        f"{day:02}.{month:02}.{year}",
        f"{month:02}/{day:02}/{year}",
        f"{day:02}-{_MONTHS[month - 1]}-{year}",
        f"{_MONTHS[month - 1].title()} {day:02} {year}",
        f"{year}{month:02}{day:02}",
        f"{day:02}/{month:02}/{year % 100:02}",
        f"DOB: {day:02}.{month:02}.{year}",
        f"*{day:02}.{month:02}.{year}",
    )
    return draw.choice(forms)


def _time(draw: random.Random) -> str:
    hour, minute, second = draw.randint(0, 23), draw.randint(0, 59), draw.randint(0, 59)
    half = f"{(hour - 1) % 12 + 1}:{minute:02}:{second:02} {'AM' if hour < 12 else 'PM'}"
    return draw.choice((f"{hour:02}:{minute:02}:{second:02}", f"{hour:02}:{minute:02}", half, f"Time {hour:02}:{minute:02}"))


def _identifier(draw: random.Random) -> str:
    digits = "".join(draw.choice("0123456789") for _ in range(draw.randint(6, 10)))
    forms = ("{0}", "ID: {0}", "MRN {0}", "ACC {1}{0}", "Pat. ID {0}", "{1}{0}", "#{0}", "ID {2}-{3}")
    return draw.choice(forms).format(digits, draw.choice("ABCKX"), digits[:3], digits[3:])


def _institution(draw: random.Random) -> str:
    place = draw.choice(_PLACES)
    forms = (
        "{0} HOSPITAL",
        "{0} MEDICAL CENTER",
        "ST {0} CLINIC",
        "{0} UNIVERSITY HOSPITAL",
        "KLINIKUM {0}",
        "{0} RADIOLOGY",
        "{0} GENERAL",
    )
    said = draw.choice(forms).format(place)
    return said if draw.random() < 0.6 else said.title()


def _unit(draw: random.Random) -> str:
    number = draw.choice((f"{draw.uniform(0.1, 20):.1f}", f"{draw.uniform(0.1, 5):.2f}", str(draw.randint(1, 300))))
    return f"{number} {draw.choice(('cm', 'mm', 'dB', 'Hz', 'MHz', 'kV', 'mAs', 'ms', 'cm/s', 'ml', 'bpm', 'fps', '%'))}"


def _index(draw: random.Random) -> str:
    tis, mi = draw.uniform(0.1, 2), draw.uniform(0.2, 1.6)
    return draw.choice((f"TIS {tis:.1f}", f"MI {mi:.1f}", f"TIS {tis:.1f} MI {mi:.1f}", f"TIB: {tis:.1f}", f"MI: {mi:.2f}"))


def _setting(draw: random.Random) -> str:
    number = draw.randint(1, 99)
    words = ("Gain", "GN", "DR", "Zoom", "Persist", "FR", "PRF", "WF", "Pwr", "Map", "Frq", "Comp")
    return f"{draw.choice(words)}{draw.choice((' ', ': ', '='))}{number}"


def _side(draw: random.Random) -> str:
    return draw.choice(("L", "R", "H", "F", "A", "P", "LT", "RT", "AP", "PA", "LAT", "CC", "MLO"))


def _depth(draw: random.Random) -> str:
    return draw.choice(("0", "5", "10", "15", "20", f"D {draw.randint(3, 24)} cm", f"Depth {draw.randint(3, 24)}.0"))


KINDS: dict[str, Callable[[random.Random], str]] = {
    "name": _name,
    "date": _date,
    "time": _time,
    "identifier": _identifier,
    "institution": _institution,
    "unit": _unit,
    "index": _index,
    "setting": _setting,
    "side": _side,
    "depth": _depth,
}
IDENTIFYING = frozenset({"name", "date", "time", "identifier", "institution"})
_WEIGHTS = {"name": 6, "date": 5, "time": 4, "identifier": 5, "institution": 3, "unit": 2, "index": 2, "setting": 2, "side": 1, "depth": 1}


# ---- how it is drawn


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    for folder in _FOLDERS:
        if (folder / name).exists():
            return ImageFont.truetype(str(folder / name), size, layout_engine=ImageFont.Layout.BASIC)
    raise FontsMissing(f"needs the Debian packages {' and '.join(PACKAGES)}")


def glyphs(text: str, font: str, size: int, *, bitmapped: bool = False) -> Mask:
    """The coverage of a string, 0 or _FAINTEST..255, cut to what is drawn."""
    if font == STROKES:
        (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size / 33, 1)
        mask = numpy.zeros((height + base + 8, width + 8), numpy.uint8)
        line = cv2.LINE_8 if bitmapped else cv2.LINE_AA
        cv2.putText(mask, text, (4, height + 4), cv2.FONT_HERSHEY_SIMPLEX, size / 33, 255, max(1, round(size / 16)), line)
    else:
        face = _font(font, size)
        left, top, right, bottom = face.getbbox(text)
        canvas = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8))
        ImageDraw.Draw(canvas).text((4 - left, 4 - top), text, fill=255, font=face)
        mask = numpy.asarray(canvas)
        mask = numpy.where(mask >= 110, 255, 0).astype(numpy.uint8) if bitmapped else mask
    mask = numpy.where(mask >= _FAINTEST, mask, 0).astype(numpy.uint8)
    rows, columns = numpy.flatnonzero(mask.any(axis=1)), numpy.flatnonzero(mask.any(axis=0))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def draw_text(picture: Picture, mask: Mask, left: int, top: int, colour: Colour) -> None:
    """Lay a colour over a picture where a mask says how much, its corner at (left, top)."""
    place = picture[top : top + mask.shape[0], left : left + mask.shape[1]]
    share = mask[..., None].astype(numpy.float32) / 255
    place[...] = numpy.rint(place * (1 - share) + numpy.array(colour, numpy.float32) * share).astype(numpy.uint8)


# ---- pictures


def backgrounds() -> tuple[str, ...]:
    """The names of all backgrounds."""
    return (*PHANTOMS, *REAL)


def sample(seed: str, number: int) -> Sample:
    """The picture of this number. Backgrounds take turns in an order drawn from the seed; a real one that is not at hand is replaced by a
    phantom, which changes no other picture."""
    order = list(backgrounds())
    random.Random(f"{seed} order").shuffle(order)
    name = order[number % len(order)]
    draw = random.Random(f"{seed} {number}")
    source = numpy.random.Generator(numpy.random.PCG64(draw.getrandbits(64)))
    found = real(name) if name in REAL else None
    if found is None:
        name = name if name in PHANTOMS else draw.choice(tuple(PHANTOMS))
        background = paint(name, source)
    else:
        background = found.copy()
    picture = background.copy()
    texts: list[Text] = []
    taken: list[Box] = []
    wanted = draw.randint(2, 8)
    for _ in range(wanted * 12):
        if len(texts) == wanted:
            break
        written = _write(draw, background, picture, taken, texts[-1] if texts and draw.random() < 0.35 else None)
        if written is not None:
            texts.append(written)
    return Sample(name, picture, background, tuple(texts))


def images(seed: str, count: int) -> Iterator[Sample]:
    """The first `count` pictures of a seed, one after the other."""
    return (sample(seed, number) for number in range(count))


def _write(draw: random.Random, background: Picture, picture: Picture, taken: list[Box], above: Text | None) -> Text | None:
    """One string somewhere free, below another one (in its font) when that is given; None when it finds no place."""
    kind = draw.choices(tuple(_WEIGHTS), tuple(_WEIGHTS.values()))[0]
    font, size = (above.font, above.size) if above is not None else (draw.choice(FONTS), _size(draw))
    text = KINDS[kind](draw)
    mask = glyphs(text, font, size, bitmapped=draw.random() < BITMAPPED)
    rows, columns = picture.shape[:2]
    height, width = mask.shape
    plate = draw.random() < _PLATES
    edge = max(3, size // 3) if plate else 1
    if width + 2 * edge > columns or height + 2 * edge > rows:
        return None
    if above is not None:
        left, top = above.box[0], above.box[3] + max(_GAP, size // 3) + edge
    else:
        left, top = _place(draw, rows, columns, height, width, edge)
    box = (left, top, left + width, top + height)
    outer = (left - edge, top - edge, left + width + edge, top + height + edge)
    if outer[0] < 0 or outer[1] < 0 or outer[2] > columns or outer[3] > rows or any(_meet(outer, other) for other in taken):
        return None
    if plate:
        bright = background[outer[1] : outer[3], outer[0] : outer[2]]
        if bright.min() < 190:
            shade = draw.randint(200, 255)
            for canvas in (background, picture):
                canvas[outer[1] : outer[3], outer[0] : outer[2]] = shade
        name, colour = "dark", _INK
    else:
        found = _visible(draw, background[box[1] : box[3], box[0] : box[2]])
        if found is None:
            return None
        name, colour = found
    draw_text(picture, mask, left, top, colour)
    taken.append((outer[0] - _GAP, outer[1] - _GAP, outer[2] + _GAP, outer[3] + _GAP))
    return Text(text, kind, box, font, size, name)


def _size(draw: random.Random) -> int:
    _, least, most = draw.choices(_BANDS, [share for share, _, _ in _BANDS])[0]
    return draw.randint(least, most)


def _place(draw: random.Random, rows: int, columns: int, height: int, width: int, edge: int) -> tuple[int, int]:
    """A corner: in the margin, where machines write, or anywhere, anatomy included."""
    right, bottom = columns - width - edge, rows - height - edge
    if draw.random() >= IN_THE_MARGIN:
        return draw.randint(edge, right), draw.randint(edge, bottom)
    deep = max(1, rows // 6)
    top = draw.randint(edge, min(deep, bottom)) if draw.random() < 0.7 else draw.randint(max(edge, bottom - deep), bottom)
    aside = max(1, columns // 12)
    left = draw.choice((draw.randint(edge, min(aside, right)), draw.randint(max(edge, right - aside), right), draw.randint(edge, right)))
    return left, top


def _visible(draw: random.Random, place: Picture) -> tuple[str, Colour] | None:
    """A colour that can be read there by its brightness: a light one, or ink where the picture is light; None when none can."""
    names = list(LIGHT)
    draw.shuffle(names)
    shades = place.reshape(-1, 3).astype(numpy.float32) @ _BRIGHTNESS
    for name in names:
        if numpy.percentile(numpy.array(LIGHT[name], numpy.float32) @ _BRIGHTNESS - shades, 8) >= _CONTRAST:
            return name, LIGHT[name]
    if numpy.percentile(shades, 8) - max(_INK) >= _INK_CONTRAST:
        return "dark", _INK
    return None


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


# ---- to look at


def contact_sheet(samples: list[Sample], *, boxes: bool = True) -> Picture:
    """Pictures side by side, red boxes round what identifies, blue ones round the rest."""
    tiles = []
    for one in samples:
        tile = one.picture.copy()
        for text in one.texts if boxes else ():
            left, top, right, bottom = text.box
            cv2.rectangle(tile, (left - 2, top - 2), (right + 1, bottom + 1), (255, 40, 40) if text.identifying else (60, 120, 255), 1)
        scale = min(400 / tile.shape[1], 320 / tile.shape[0])
        tile = cv2.resize(tile, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        sheet = numpy.zeros((324, 404, 3), numpy.uint8)
        sheet[: tile.shape[0], : tile.shape[1]] = tile
        tiles.append(sheet)
    tiles += [numpy.zeros((324, 404, 3), numpy.uint8)] * (-len(tiles) % 4)
    return numpy.vstack([numpy.hstack(tiles[at : at + 4]) for at in range(0, len(tiles), 4)])


if __name__ == "__main__":
    Image.fromarray(contact_sheet(list(images(sys.argv[1], int(sys.argv[2]))))).save(sys.argv[3])
