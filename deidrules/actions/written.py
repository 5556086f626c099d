"""What people write that identifies by its form: dates, numbers, e-mail and web addresses. Defines no word of the language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from deidrules.actions.vocabulary import DOUBTFUL_MONTHS, MONTHS

# A span of characters, half-open
Span = tuple[int, int]

LONG = 6  # digits: a number of so many identifies

_WORD = re.compile("(?:[^\\W_]|[\u0300-\u036f])+")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


@dataclass(frozen=True, slots=True)
class Word:
    """Letters and digits in a row; `folded` is lower case without diacritics."""

    start: int
    end: int
    folded: str


def fold(text: str) -> str:
    """Lower case without diacritics, full-width forms as plain ones."""
    if text.isascii():
        return text.lower()
    # The marks of Latin, Greek and Cyrillic go; what other scripts are composed of (kana, Hangul) is put together again.
    parts = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in parts if not "\u0300" <= character <= "\u036f").translate(_LETTERS)
    return unicodedata.normalize("NFC", plain)


def words_of(text: str) -> list[Word]:
    """The words of a text in order."""
    return [Word(match.start(), match.end(), fold(match[0])) for match in _WORD.finditer(text)]


def spans(text: str, words: list[Word]) -> Iterator[Span]:
    """Everything in the text that identifies by its form. Linear in the text: every expression is bounded, or has nothing behind its
    repetition that could fail."""
    if "@" in text:
        yield from _mails(text)
    if "://" in text or "." in text:
        yield from ((match.start(), match.end()) for match in _URL.finditer(text))
    if any(character.isdigit() for character in text):
        yield from _numeric_dates(text)
        yield from _month_dates(text, words)
        yield from _separated_numbers(text)
        yield from ((match.start(), match.end()) for match in _UUID.finditer(text))
        yield from (_whole_decimal(text, word) for word in words if _long_number(word.folded) and not _is_measure(text, word))


# ---- addresses

_URL = re.compile(
    r"\b(?:[a-z][a-z0-9+-]{1,20}://|www\.)[^\s<>\"]+|\b(?:[a-z0-9-]{1,63}\.){1,8}(?:com|org|net|edu|gov|mil|info)\b(?:/[^\s<>\"]*)?",
    re.IGNORECASE,
)


def _mails(text: str) -> Iterator[Span]:
    place = text.find("@")
    while place >= 0:
        start, end = place, place + 1
        while start and (text[start - 1].isalnum() or text[start - 1] in "._%+-'"):
            start -= 1
        while end < len(text) and (text[end].isalnum() or text[end] in ".-"):
            end += 1
        while end > place + 1 and text[end - 1] in ".-":  # the full stop of the sentence
            end -= 1
        if start < place and end > place + 1:
            yield start, end
        place = text.find("@", max(end, place + 1))


# ---- dates in figures

_TIME = r"(?:(?:[ ,]{1,2}|T)[0-2]?\d:[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?: ?[AaPp][Mm]\b)?)?"
_YEAR_FIRST = re.compile(rf"(?<!\d)(?:1[89]|20)\d\d( ?[-/. ] ?)(\d\d?)\1(\d\d?)(?!\d){_TIME}", re.ASCII)
_YEAR_LAST = re.compile(rf"(?<![\w.])(\d\d?)( ?[-/.] ?| )(\d\d?)\2((?:1[89]|20)\d\d|['’]?\d\d)(?![\d:]){_TIME}", re.ASCII)
_MONTH_AND_YEAR = re.compile(
    r"(?<![\d/.-])(?:(?:0?[1-9]|1[0-2])[/-](?:19|20)\d\d|(?:19|20)\d\d[/.-](?:0[1-9]|1[0-2]))(?![\d/]|[.-]\d)", re.ASCII
)
_IDEOGRAPHIC = re.compile(r"\d{2,4} ?年 ?\d{1,2} ?月(?: ?\d{1,2} ?日)?")


def _numeric_dates(text: str) -> Iterator[Span]:
    for match in _YEAR_FIRST.finditer(text):
        if _day_and_month(int(match[2]), int(match[3])):
            yield match.span()
    for match in _YEAR_LAST.finditer(text):
        # blanks alone divide a date only when its year is whole: "1 2 24" is a list
        if _day_and_month(int(match[1]), int(match[3])) and (match[2] != " " or len(match[4]) == 4):
            yield match.span()
    for match in _MONTH_AND_YEAR.finditer(text):
        yield match.span()
    if "年" in text:
        for match in _IDEOGRAPHIC.finditer(text):
            yield match.span()


def _day_and_month(one: int, other: int) -> bool:
    return 1 <= min(one, other) <= 12 and 1 <= max(one, other) <= 31


# ---- dates with the month in letters

_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|º|ª)?", re.ASCII)
_TOGETHER = re.compile(r"(\d{1,2})?([a-z]{3,12})(\d{4}|\d{2})?", re.ASCII)
_TIME_BEHIND = re.compile(_TIME, re.ASCII)
_BETWEEN = frozenset(" .,/-_'’")
_SMALL_WORDS = frozenset({"of", "de", "the", "del"})


def _month_dates(text: str, words: list[Word]) -> Iterator[Span]:
    for place, word in enumerate(words):
        match = _TOGETHER.fullmatch(word.folded)
        if match is None or match[2] not in MONTHS:
            continue
        first = last = place
        day, year = _is_day(match[1] or ""), match[3] or ""
        behind = False
        if not day and (before := _beside(text, words, place, -1)) is not None and _is_day(words[before].folded):
            day, first = True, before
        if not year and (after := _beside(text, words, place, 1)) is not None:
            if _is_year(text, words[after]) and (day or len(words[after].folded) == 4):
                year, last = words[after].folded, after
            elif not day and _is_day(words[after].folded):
                day, behind, last = True, True, after
                if (later := _beside(text, words, after, 1)) is not None and _is_year(text, words[later]):
                    year, last = words[later].folded, later
        if first == place and not year and (before := _beside(text, words, place, -1)) is not None and _is_whole_year(words[before].folded):
            year, first = words[before].folded, before
        if not (day or len(year) == 4) or (behind and not year and match[2] in DOUBTFUL_MONTHS):
            continue
        end = words[last].end
        if time := _TIME_BEHIND.match(text, end):
            end = time.end()
        yield words[first].start, end


def _beside(text: str, words: list[Word], place: int, step: int) -> int | None:
    """The next word in a direction when only punctuation, and perhaps a small word, lies between."""
    for distance in (1, 2):
        other = place + step * distance
        if not 0 <= other < len(words):
            return None
        left, right = sorted((other, other - step))
        gap = text[words[left].end : words[right].start]
        if len(gap) > 3 or not _BETWEEN.issuperset(gap):
            return None
        if words[other].folded not in _SMALL_WORDS:
            return other
    return None


def _is_day(text: str) -> bool:
    match = _DAY.fullmatch(text)
    return match is not None and 1 <= int(match[1]) <= 31


def _is_whole_year(text: str) -> bool:
    return len(text) == 4 and text.isdecimal() and text.isascii() and 1800 <= int(text) <= 2099


def _is_year(text: str, word: Word) -> bool:
    # "Apr 19 11:14" goes on with a time, not with a year
    return _is_whole_year(word.folded) or (word.end - word.start == 2 and word.folded.isdecimal() and text[word.end : word.end + 1] != ":")


# ---- numbers

_MEASURES = re.compile(r"\d{1,5}(?:x\d{1,5})+[a-z]{0,2}", re.ASCII)  # 256x256, 512x512x120mm


_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{1,4}){1,3}(?:-[0-9a-f]{1,12})?\b", re.ASCII | re.IGNORECASE)


def _long_number(word: str) -> bool:
    return sum(map(str.isdigit, word)) >= LONG and _MEASURES.fullmatch(word) is None


def _digits_before(text: str, word: Word) -> int:
    """How many digits stand before the point of the decimal number whose fraction this word is, up to seven; 0 when it is none."""
    count = 0
    if word.start and text[word.start - 1] == "." and word.folded.isdecimal():
        while count < LONG + 1 and word.start - 2 - count >= 0 and text[word.start - 2 - count].isdecimal():
            count += 1
    return count


def _is_measure(text: str, word: Word) -> bool:
    """The fraction of 0.084906: nobody's number has one digit before a point."""
    start = word.start - 3
    return _digits_before(text, word) == 1 and (start < 0 or not (text[start].isalnum() or text[start] in ".-"))


def _whole_decimal(text: str, word: Word) -> Span:
    before = _digits_before(text, word)
    return (word.start - 1 - before if before else word.start), word.end


# Possessive, and never beginning within a number: a long run of digits is looked at once.
_GROUPS = re.compile(r"\+?\(?(?<!\d)\d++\)?(?: ?[-./] ?\(?\d++\)?| \(?\d++\)?)++", re.ASCII)
_GROUP = re.compile(r"\d+|[^\d]+", re.ASCII)
_WRITTEN_WITH_BLANKS = frozenset({(3, 3, 4), (3, 2, 4), (5, 6), (5, 5), (4, 3, 3)})  # telephone and insurance numbers


def _separated_numbers(text: str) -> Iterator[Span]:
    for match in _GROUPS.finditer(text):
        run = match[0]
        parts = _GROUP.findall(run)
        groups = [part for part in parts if part[0].isdigit()]
        between = [part for part in parts[parts.index(groups[0]) + 1 :] if not part[0].isdigit()]
        if match.start() and text[match.start() - 1].isalpha() and all("." in joint for joint in between):
            continue  # Ver02.00.00
        if _one_number(groups, between, marked="(" in run or run.startswith("+")):
            start = match.start()
            while start and text[start - 1].isalpha():  # MRN12-34-567
                start -= 1
            yield start, match.end()
            continue
        # not one number as a whole: what blanks divide may still hold some
        place = match.start()
        for piece in run.split(" "):
            own = _GROUP.findall(piece.strip("()+-./"))
            if len(own) > 1 and _one_number(own[::2], own[1::2], marked=False):
                yield place, place + len(piece)
            place += len(piece) + 1


def _one_number(groups: list[str], between: list[str], *, marked: bool) -> bool:
    """Whether groups of digits with these separators are one number of six digits and more, not measures side by side."""
    total = sum(map(len, groups))
    # " -5" is a negative number behind a blank, not a joint
    kinds = {"" if joint == " -" else joint.strip(" ()") for joint in between} - ({"", ")"} if marked else set())
    if total < LONG:
        return kinds == {"."} and len(groups) == 4 and all(int(group) < 256 for group in groups) and int(groups[0]) >= 10
    if marked and kinds <= {"-", ".", "/"}:
        return True
    match sorted(kinds):
        case [""]:
            lengths = tuple(map(len, groups))
            return lengths in _WRITTEN_WITH_BLANKS or (groups[0][0] == "0" and len(groups[0]) > 1 and total > LONG)
        case ["-"]:
            return True
        case ["."]:
            return len(groups) > 2
        case ["/"]:
            return total > LONG
        case ["", "-"]:
            return tuple(map(len, groups)) in _WRITTEN_WITH_BLANKS
        case ["-", "."]:
            return total > LONG + 1
        case ["-", "/"] | ["-", ".", "/"]:
            return True
    return False
