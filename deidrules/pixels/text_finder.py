"""What finds text in pictures, as everything that needs it sees it: `deidrules.ocr` and entry points of that name implement it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from deidrules.plan.pixels import Rectangle

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Picture = NDArray[numpy.uint8]
else:
    Picture = Any


@dataclass(frozen=True, slots=True)
class TextBox:
    """Text, or what looks like it. `rectangle` lies in the picture. `text` is what was read, "" where the finder only finds; it belongs to
    the file and is never stored. `confidence` is from 0 to 1, of the reading where there is one, else of the finding."""

    rectangle: Rectangle
    text: str = ""
    confidence: float = 1.0


class TextFinder(Protocol):
    """A text finder. It keeps nothing from one picture to the next, and gives the same boxes for the same picture."""

    @property
    def name(self) -> str:
        """The name it is chosen by."""

    @property
    def version(self) -> str:
        """What its findings depend on: versions of program and models, and settings that differ from the usual. Evidence names it."""

    def find(self, picture: Picture) -> tuple[TextBox, ...]:
        """The text in a picture: uint8, rows x columns or rows x columns x 3 (RGB), as a viewer shows it. Refusal `text-finder-failed` when
        the engine cannot do its work."""
