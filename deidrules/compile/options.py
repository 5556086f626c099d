"""The options of PS3.15 Annex E by name, code and meaning, in the order in which a profile stacks them."""

from __future__ import annotations

from dataclasses import dataclass

FOLDER = "ps315/2026d"  # of the shipped layers
BASIC = f"{FOLDER}/basic"


@dataclass(frozen=True, slots=True)
class Option:
    """`code`: of CID 7050 (PS3.16), `name`: of the shipped layer, `words`: what people call it for short, `title`: the standard's,
    `says`: what it does in one line."""

    code: int
    name: str
    words: tuple[str, ...]
    title: str
    says: str

    @property
    def layer(self) -> str:
        """The layer as a profile names it."""
        return f"{FOLDER}/{self.name}"


# Cleaning stands below retaining: an option that keeps one thing of what another cleans is the more specific wish.
OPTIONS: tuple[Option, ...] = (
    Option(
        113104,
        "clean-structured-content",
        ("structured-content", "reports", "sr"),
        "Clean Structured Content Option",
        "reports and other content items are cleaned item by item, in place of a dummy",
    ),
    Option(
        113105,
        "clean-descriptors",
        ("descriptors", "descriptions"),
        "Clean Descriptors Option",
        "descriptions and comments keep their clinical words",
    ),
    Option(113103, "clean-graphics", ("graphics",), "Clean Graphics Option", "graphic annotations stay, their texts are judged"),
    Option(
        113101,
        "clean-pixel-data",
        ("pixel-data", "pixels"),
        "Clean Pixel Data Option",
        "text burned into images goes, by pixel rules of the profile",
    ),
    Option(
        113102,
        "clean-recognizable-visual-features",
        ("recognizable-visual-features", "visual-features", "faces"),
        "Clean Recognizable Visual Features Option",
        "what may show a face is quarantined; never claimed",
    ),
    Option(
        113111,
        "retain-safe-private",
        ("safe-private", "private"),
        "Retain Safe Private Option",
        "private elements that are known to be safe stay, cleaned",
    ),
    Option(113110, "retain-uids", ("uids",), "Retain UIDs Option", "UIDs stay"),
    Option(
        113109,
        "retain-device-identity",
        ("device-identity", "device"),
        "Retain Device Identity Option",
        "serial number, station, calibration of the device stay",
    ),
    Option(
        113112,
        "retain-institution-identity",
        ("institution-identity", "institution"),
        "Retain Institution Identity Option",
        "name and address of the institution stay",
    ),
    Option(
        113108,
        "retain-patient-characteristics",
        ("patient-characteristics", "patient"),
        "Retain Patient Characteristics Option",
        "age, sex, size, weight, ethnic group stay",
    ),
    Option(
        113106,
        "retain-longitudinal-full-dates",
        ("longitudinal-full-dates", "full-dates"),
        "Retain Longitudinal Temporal Information With Full Dates Option",
        "dates and times stay",
    ),
    Option(
        113107,
        "retain-longitudinal-modified-dates",
        ("longitudinal-modified-dates", "modified-dates"),
        "Retain Longitudinal Temporal Information With Modified Dates Option",
        "dates move by days that belong to the patient, times of day stay",
    ),
)


def find_option(word: str) -> Option | None:
    """The option that a layer's name (with its folder or without), a code or a short word means."""
    wanted = word.strip().lower().removeprefix(f"{FOLDER}/")
    return next((option for option in OPTIONS if wanted in (option.name, str(option.code), *option.words)), None)


def option_words() -> tuple[str, ...]:
    """Everything that `find_option` understands."""
    return tuple(word for option in OPTIONS for word in (option.name, str(option.code), *option.words))
