"""Text finders by name: those of this room, and those of the entry point group `deidrules.ocr`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points

from deidrules.pixels.text_finder import TextFinder
from deidrules.text.suggest import did_you_mean

GROUP = "deidrules.ocr"
# As in pyproject.toml: a checkout that is only on the path has no entry points.
BUILT_IN = {
    "ppocr": "deidrules.ocr.ppocr:make",
    "tesseract": "deidrules.ocr.tesseract:make",
    "top-hat": "deidrules.ocr.top_hat:make",
}
# the best that is there; top-hat finds without reading and is chosen by name only
_BY_DEFAULT = ("ppocr", "tesseract")

# name of an option -> its text; returns the finder or raises EngineError
Factory = Callable[[Mapping[str, str]], TextFinder]


class EngineError(ValueError):
    """An engine or an option that is not there. The message is for whoever chose it."""


class EngineMissing(EngineError):
    """The engine is known, and what it needs is not installed."""


def names() -> tuple[str, ...]:
    """The engines that can be asked for, whether or not they are installed."""
    return tuple(dict.fromkeys((*BUILT_IN, *(entry.name for entry in entry_points(group=GROUP)))))


def text_finder(wanted: str = "") -> TextFinder:
    """The finder of a text `name` or `name:option=value,…`; of "" the first of ppocr and tesseract that is installed. EngineError."""
    if not wanted:
        for name in _BY_DEFAULT:
            try:
                return _factory(name)({})
            except EngineMissing:
                continue
        raise EngineMissing("no text finder is installed: install the extra `ocr`, or the program tesseract")
    name, _, rest = wanted.partition(":")
    options: dict[str, str] = {}
    for part in rest.split(",") if rest else ():
        key, equals, value = part.partition("=")
        if not equals or key.strip() in options:
            raise EngineError(f"`{part}` is no option of the form name=value, or is given twice")
        options[key.strip()] = value.strip()
    return _factory(name.strip())(options)


def _factory(name: str) -> Factory:
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        made: Factory = getattr(import_module(module), attribute)
        return made
    for entry in entry_points(group=GROUP, name=name):
        try:
            found: Factory = entry.load()
        except Exception:
            raise EngineMissing(f"the text finder `{name}` cannot be loaded") from None
        return found
    near = did_you_mean(name, names())
    raise EngineError(f"there is no text finder `{name}`" + (f": {near}" if near else f"; there are {', '.join(names())}"))


class Options:
    """The options of one engine, read one by one. EngineError for a value that cannot be, and for what nobody read."""

    def __init__(self, engine: str, given: Mapping[str, str]) -> None:
        self._engine = engine
        self._given = dict(given)
        self.said: list[str] = []  # what differs from the usual, for the evidence

    def text(self, name: str, usual: str) -> str:
        """An option as it stands."""
        value = self._given.pop(name, usual)
        if value != usual:
            self.said.append(f"{name}={value}")
        return value

    def number(self, name: str, usual: float, least: float, most: float) -> float:
        """A number within bounds."""
        value = self.text(name, f"{usual:g}")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not least <= number <= most:
            raise EngineError(f"`{name}` of {self._engine} is a number from {least:g} to {most:g}")
        return number

    def choice(self, name: str, usual: str, *others: str) -> str:
        """One of a few words."""
        value = self.text(name, usual)
        if value not in (usual, *others):
            raise EngineError(f"`{name}` of {self._engine} is {' or '.join((usual, *others))}")
        return value

    def done(self) -> None:
        """Everything was read that may be given."""
        if self._given:
            raise EngineError(f"{self._engine} has no option `{next(iter(self._given))}`")
