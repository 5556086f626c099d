"""Why a statement cannot be read, in words of the language: from where the grammar stopped to one diagnostic."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deidrules.language.characters import describe
from deidrules.language.words import CODES, HEADERS, PIXEL_STATEMENTS, STATEMENTS, TEST_STATEMENTS, VERBS, described, joined
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Source, Span
from deidrules.text.suggest import did_you_mean

_WORD = re.compile(
    r"(?P<string>\"(?:[^\"\\\n]|\\[^\n])*\"?)|(?P<word>[^\W\d][\w-]*)|(?P<number>[0-9][\w.]*)|(?P<other>!=|==|<=|>=|<>|&&|\|\||->|:=|//|\.\.|\S)"
)
_CODE = re.compile(r"[A-Z](?:/[A-Z])*(?![\w/-])")
_KEYWORD = re.compile(r"[A-Z][A-Za-z0-9]+")
# words a selector begins with, beside keywords and tags
_SELECTING = ("vr", "private", "unknown", "declared-safe", "content")
_TAG_LIKE = re.compile(r"\(\s*[\w?]{1,8}\s*,\s*(?:\"[^\n]*?\"\s*,\s*)?[\w?]{1,8}\s*\)?")
_TAG = re.compile(r"\([0-9A-Fa-fx]{4},[0-9A-Fa-fx]{4}\)|\([0-9A-Fa-f]{4},\"(?:[^\"\\\n]|\"\")+\",[0-9A-Fa-fx]{2}\)")
# strings, and what may hold a quote without being one
_QUOTED = re.compile(
    r"""\([0-9A-Fa-f]{4},"(?:[^"\\\n]|"")+",[0-9A-Fa-fx]{2}\)
      | (?<![\w-])matches[ \t]*/(?:[^/\\\n]|\\[^\n])+/
      | (?P<string>"(?:[^"\\\n]|\\[^\n])*")""",
    re.VERBOSE,
)
_BLANK = re.compile(r"\s*blank(?![\w-])")
_BLANK_PARTS = frozenset({"outside", "clipped", "overlay", "frames"})
_CONTENT = re.compile(r"(?<![\w-])content\s+([\w.-]+:[\w.-]+)")  # a concept without its quotes
_QUOTES = "texts stand in straight double quotes"
_INSTEAD = {
    ";": "a statement ends with its line; leave it out",
    "'": _QUOTES,
    "‘": _QUOTES,
    "’": _QUOTES,
    "“": _QUOTES,
    "”": _QUOTES,
    "„": _QUOTES,
    "`": _QUOTES,
    "==": "write `=`",
    ":=": "write `=`",
    "<>": "write `!=`",
    "≠": "write `!=`",
    "!": "write `not`",
    "&&": "write `and`",
    "&": "write `and`",
    "||": "write `or`",
    "|": "write `or`",
    "->": "a rule begins with its code: `X PatientName`",
    "//": "a comment begins with `#`",
    "–": "write `-`",
    "−": "write `-`",
    "\\": "a backslash stands in texts and expressions only",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A statement the grammar does not take. `start`, `end`: where it stands; `place`: where the grammar stopped; `expected`: terminals
    that could have stood there; `spelled`: the words of each word terminal; `inside`: the kind of block it stands in, or ""."""

    source: Source
    text: str
    start: int
    end: int
    place: int
    expected: frozenset[str]
    spelled: Mapping[str, tuple[str, ...]]
    inside: str
    unclosed: frozenset[int]

    @property
    def word(self) -> str:
        """The word at the place, "" at the end of the statement."""
        match = _WORD.match(self.text, self.place, self.end) if self.place < self.end else None
        return match[0] if match else ""

    @property
    def before(self) -> str:
        """The word before the place."""
        found = ""
        for match in _WORD.finditer(self.text, self.start, self.place):
            found = match[0]
        return found

    @property
    def words(self) -> list[str]:
        """The words of the language that could have stood there."""
        return [word for terminal in sorted(self.expected) for word in self.spelled.get(terminal, ())]

    def say(self, code: str, message: str, help_text: str = "", start: int = -1, length: int = -1) -> Diagnostic:
        """A diagnostic about `length` characters at `start`; left out, about the word at the place."""
        start = self.place if start < 0 else start
        length = max(len(self.word), 1) if length < 0 else length
        return Diagnostic(code, message, Span(self.source, start, start + length), help=help_text)


def explain(trouble: Trouble) -> Diagnostic:
    """The first of the situations that applies."""
    for situation in SITUATIONS:
        if diagnostic := situation(trouble):
            return diagnostic
    return _unexpected(trouble)


def _unknown_escape(trouble: Trouble) -> Diagnostic | None:
    for match in _QUOTED.finditer(trouble.text, trouble.start, trouble.end):
        if not match["string"]:
            continue
        for escape in re.finditer(r"\\(.)", match[0]):
            if escape[1] not in '"\\':
                help_text = 'write `\\\\` for a backslash and `\\"` for a quote'
                return trouble.say("DR008", f"unknown escape `{escape[0]}`", help_text, match.start() + escape.start(), 2)
    return None


def _broken_tag(trouble: Trouble) -> Diagnostic | None:
    at = trouble.text.rfind("(", trouble.start, trouble.place + 1)
    if at < 0 or (at > trouble.start and re.match(r"[a-z0-9_]", trouble.text[at - 1])):
        return None
    match = _TAG_LIKE.match(trouble.text, at, trouble.end)
    if not match or not (at <= trouble.place <= match.end()) or _TAG.match(trouble.text, at, trouble.end):
        return None
    found = match[0]
    if not re.match(r"\(\s*[0-9A-Fa-fxX?]+\s*,", found):
        return None
    if _BLANK.match(trouble.text, trouble.start):
        return trouble.say("DR001", "unexpected `(`", "a rectangle stands without brackets: `0,0,640,58`", at, 1)
    if not found.endswith(")"):
        help_text = "the closing bracket is missing"
    elif re.search(r"\s", re.sub(r'"[^"]*"', "", found)):
        help_text = "a tag has no blanks inside"
    elif re.search(r"[X?]", re.sub(r'"[^"]*"', "", found)):
        help_text = "a digit left open is a lower-case `x`"
    elif '"' in found:
        help_text = 'a private tag is written (gggg,"CREATOR",ee): group, creator, the last two digits of the element'
    else:
        help_text = "a tag is written (gggg,eeee), four hex digits each, any of them may be `x`"
    return trouble.say("DR013", f"`{found}` is not a tag", help_text, at, len(found))


def _not_closed(trouble: Trouble) -> Diagnostic | None:
    for place in sorted(trouble.unclosed):
        if trouble.start <= place < trouble.end and place <= trouble.place:
            bracket = trouble.text[place]
            if bracket in ")]}":
                return trouble.say("DR015", f"`{bracket}` closes nothing", "take it out, or open what it closes", place, 1)
            partner = {"(": ")", "[": "]", "{": "}"}[bracket]
            return trouble.say("DR014", f"`{bracket}` is not closed", f"write `{partner}` where it ends", place, 1)
    return None


def _no_condition(trouble: Trouble) -> Diagnostic | None:
    if trouble.before == "matches" and "REGEX" in trouble.expected:
        length = len(trouble.text[trouble.place : trouble.end].splitlines()[0].rstrip()) if trouble.word else 1
        return trouble.say(
            "DR031",
            "`matches` needs an expression between slashes",
            "for example `matches /FILM|PRINT/i`",
            length=length if trouble.word == "/" else -1,
        )
    return None


def _foreign_spelling(trouble: Trouble) -> Diagnostic | None:
    word = trouble.word
    if word == "=" and trouble.before == "=":
        return trouble.say("DR019", "`==` is not an operator here", "write `=`")
    if word in _INSTEAD:
        return trouble.say("DR019", f"`{word}` is not used in recipes", _INSTEAD[word])
    if len(word) == 1 and not word.isascii() and not word.isalnum():
        return trouble.say("DR019", f"the character {describe(word)} is not used in recipes", "use an ordinary blank, quote or hyphen")
    blank = trouble.text[trouble.place : trouble.place + 1]
    if not word and blank and trouble.place < trouble.end:
        return trouble.say("DR019", f"the character {describe(blank)} is not used in recipes", "use an ordinary blank", length=1)
    return None


def _first_word(trouble: Trouble) -> Diagnostic | None:
    if trouble.place != trouble.start:
        return None
    word, inside = trouble.word, trouble.inside
    allowed = {"when": ("add",), "pixels": PIXEL_STATEMENTS, "test": TEST_STATEMENTS}.get(inside, STATEMENTS)
    others = {"when": "a `when` block holds rules", "pixels": f"a `pixels` block holds {joined([f'`{w}`' for w in PIXEL_STATEMENTS])}",
              "test": "a `test` block holds `given` and `expect`"}.get(inside, "")  # fmt: skip
    if word in HEADERS:
        place = "first" if word == "deidrules" else "second"
        return trouble.say("DR012", f"`{word}` stands only in the {place} line of a recipe", "a recipe has one of it at most")
    if _CODE.match(word) and _CODE.match(trouble.text, trouble.place):
        return trouble.say("DR026", "a rule cannot stand here", others) if inside in ("pixels", "test") else None
    lower = word.lower()
    if word in STATEMENTS and word not in allowed:
        return trouble.say("DR026", f"`{word}` cannot stand here", f"{others}; blocks do not stand in blocks" if others else "")
    follower = _WORD.match(trouble.text, _end_of_blanks(trouble.text, trouble.place + len(word)), trouble.end)
    selects = bool(follower and (_KEYWORD.match(follower[0]) or follower[0] in ("(", *_SELECTING, "top")))
    if not inside and lower in VERBS and selects:
        return trouble.say("DR004", f"unknown statement `{word}`", f"did you mean `{VERBS[lower]}`? {CODES}")
    if word in PIXEL_STATEMENTS + TEST_STATEMENTS and word not in allowed:
        block = "pixels" if word in PIXEL_STATEMENTS else "test"
        opening = 'pixels "name" when … {' if block == "pixels" else 'test "name" {'
        return trouble.say("DR026", f"`{word}` stands only in a `{block}` block", others or f"a block is opened by `{opening}`")
    if lower in allowed and word != lower:
        return trouble.say("DR010", "words of the language are lower case", f"write `{lower}`")
    if _CODE.fullmatch(word.upper()) and len(word) == 1:
        code = re.match(r"\w(?:/\w)*", trouble.text[trouble.place : trouble.end])
        spelled = code[0] if code else word
        return trouble.say("DR010", "codes are capital letters", f"write `{spelled.upper()}`", length=len(spelled))
    if near := did_you_mean(word, allowed):
        return trouble.say("DR004", f"unknown statement `{word}`", near)
    if inside:
        return trouble.say("DR026", f"`{word}` cannot begin a statement here" if word else "a statement is missing here", others)
    if 1 < len(word) <= 3 and set(word.upper()) <= set("KXZDCU"):
        return trouble.say("DR004", f"unknown statement `{word}`", f"did you mean `{'/'.join(word.upper())}`? {CODES}")
    if verb := next((verb for verb in VERBS if len(lower) > 3 and (verb.startswith(lower) or did_you_mean(lower, [verb]))), ""):
        return trouble.say("DR004", f"unknown statement `{word}`", f"did you mean `{VERBS[verb]}`? {CODES}")
    if word == "(" or (_KEYWORD.fullmatch(word) and not selects):
        return trouble.say(
            "DR004", "a rule begins with its code", f"for example `X {trouble.text[trouble.start : trouble.end].split()[0]}`; {CODES}"
        )
    return trouble.say("DR004", f"unknown statement `{word}`", CODES)


def _reason(trouble: Trouble) -> Diagnostic | None:
    if trouble.before == "because" and "STRING" in trouble.expected:
        return trouble.say("DR011", "`because` needs a reason in double quotes", 'for example `because "IRB 2026-14: ages are needed"`')
    if trouble.expected == {"BECAUSE"}:
        return trouble.say("DR011", "the reason is missing", 'write `because "…"` at the end of the statement')
    return None


def _mixed(trouble: Trouble) -> Diagnostic | None:
    if trouble.word in ("and", "or") and ({"AND", "OR"} & trouble.expected):
        return trouble.say("DR006", "`and` and `or` are mixed without brackets", "put what belongs together in ( )")
    return None


def _unit(trouble: Trouble) -> Diagnostic | None:
    if trouble.expected >= {"UNIT"} and re.fullmatch(r"[A-Za-z]+", trouble.word) and trouble.word not in trouble.words:
        near = did_you_mean(trouble.word, ("days", "weeks", "years"))
        if near or trouble.word.lower().rstrip("s") in ("day", "d", "week", "w", "month", "year", "y", "hour", "h", "minute", "second"):
            return trouble.say("DR022", f"unknown unit `{trouble.word}`", near or "the units are `days`, `weeks` and `years`")
    return None


def _wrong_word(trouble: Trouble) -> Diagnostic | None:
    word = trouble.word
    if not re.fullmatch(r"[^\W\d][\w-]*", word):
        return None
    words = trouble.words
    if word.lower() in words:
        return trouble.say("DR010", "words of the language are lower case", f"write `{word.lower()}`") if word not in words else None
    for known in sorted(words, key=len, reverse=True):
        if word.startswith(known) and len(word) > len(known) and (word[len(known)].isupper() or word[len(known)].isdigit()):
            return trouble.say("DR009", f"`{word}` is two words run together", f"write `{known} {word[len(known) :]}`")
    if "VRNAME" in trouble.expected and trouble.before == "vr":
        return trouble.say(
            "DR010", f"`{word}` is not a VR", f"VRs are two capital letters{f': `vr {word.upper()}`' if len(word) == 2 else ''}"
        )
    if "KEYWORD" in trouble.expected and word[0].islower() and word not in _all_words(trouble):
        return trouble.say(
            "DR010",
            f"`{word}` is neither a DICOM keyword nor a name",
            f"keywords begin with a capital: `{word[0].upper()}{word[1:]}`; names are lower case",
        )
    near = did_you_mean(word, words)
    if near:
        return trouble.say("DR028", f"unknown word `{word}`", near)
    if "IDENT" in trouble.expected and "KEYWORD" not in trouble.expected and not word.islower():
        return trouble.say(
            "DR010", "names are lower case", f"write `{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', word).lower().replace('-', '_')}`"
        )
    return None


def _content(trouble: Trouble) -> Diagnostic | None:
    """What stands behind `content` and is neither a concept nor a value type."""
    for match in _CONTENT.finditer(trouble.text, trouble.start, trouble.end):
        if match.start() < trouble.place <= match.end():
            concept = match[1]
            return trouble.say("DR035", f"`{concept}` is not in quotes", f'write `content "{concept}"`', match.start(1), len(concept))
    word, before = trouble.word, re.search(r"(?<![\w-])content\s+([A-Z][A-Z0-9]+)\s+\Z", trouble.text[trouble.start : trouble.place])
    if before and word.startswith('"'):
        return trouble.say("DR001", f"unexpected `{word}`", f"the concept stands before the value type: `content {word} {before[1]}`")
    lower = "VALUETYPE" in trouble.expected and re.fullmatch(r"[a-z]+(?:3d)?", word) and word not in _all_words(trouble)
    if lower and not did_you_mean(word, trouble.words):
        return trouble.say("DR010", "value types are capital letters", f"write `{word.upper()}`")
    return None


def _wrong_outcome(trouble: Trouble) -> Diagnostic | None:
    """`expect remved A`: the mistyped word was taken for the name of an attribute."""
    second = re.compile(r"expect\s+([a-z]+)\s*").match(trouble.text, trouble.start, trouble.end)
    if second and second.end() == trouble.place:
        outcomes = [word for terminal in ("OUTCOME", "PIXELS_ARE", "VERDICT") for word in trouble.spelled[terminal]]
        if second[1] not in outcomes:
            near = did_you_mean(second[1], outcomes)
            help_text = near or f"the outcomes are {joined([f'`{word}`' for word in outcomes])}"
            return trouble.say("DR028", f"unknown outcome `{second[1]}`", help_text, second.start(1), len(second[1]))
    return None


def _comma(trouble: Trouble) -> Diagnostic | None:
    before, word = trouble.before, trouble.word
    if "COMMA" not in trouble.expected or not word or "EXISTS" in trouble.expected:
        return None
    if _CODE.match(trouble.text, trouble.place) and _CODE.fullmatch(word.split("/")[0]):
        return trouble.say("DR027", "a second statement begins on this line", "put it on a line of its own")
    if word in STATEMENTS:
        return trouble.say("DR027", "a second statement begins on this line", "put it on a line of its own")
    begins = (
        bool(_KEYWORD.fullmatch(word)) or (word == "(" and bool(_TAG.match(trouble.text, trouble.place))) or word in (*_SELECTING, "top")
    )
    if word.startswith('"') and before.startswith('"'):
        begins = True
    tag = _TAG.match(trouble.text, trouble.place) if word == "(" else None
    if begins or (re.fullmatch(r"[a-z][a-z0-9_]*", word) and word not in _all_words(trouble)):
        shown = tag[0] if tag else word
        help_text = "selectors, and the items of a list, are separated by commas"
        return trouble.say("DR005", f"`,` is missing before `{shown}`", help_text, length=len(shown))
    return None


def _ends_early(trouble: Trouble) -> Diagnostic | None:
    if trouble.place < trouble.end and trouble.word not in ("}",):
        return None
    expected = described(trouble.expected, dict(trouble.spelled))
    help_text = f"expected {joined(expected)}" if 0 < len(expected) <= 12 else ""
    last = len(trouble.text[trouble.start : trouble.place].rstrip())
    return trouble.say(
        "DR030", "the statement is not complete", help_text, trouble.start + max(last - len(trouble.before), 0), max(len(trouble.before), 1)
    )


def _unexpected(trouble: Trouble) -> Diagnostic:
    expected = described(trouble.expected, dict(trouble.spelled))
    help_text = f"expected {joined(expected)}" if 0 < len(expected) <= 12 else ""
    word = trouble.word
    shown = word if len(word) <= 40 else f"{word[:37]}…"
    if word == "-" and "RANGE" in trouble.expected:
        help_text = "a range of frames is written `1..3`"
    if word in _BLANK_PARTS and _BLANK.match(trouble.text, trouble.start):
        help_text = "the parts of a `blank` stand in this order, each once: `outside`, the area, `clipped`, `overlay`, `frames`"
    if word == "except" and trouble.before and "STRING" not in trouble.expected:
        help_text = help_text or "the parts of a rule stand in this order: code, selectors, `= value`, `except`, `otherwise` or `override`"
    return trouble.say("DR001", f"unexpected `{shown}`", help_text)


def _all_words(trouble: Trouble) -> set[str]:
    return {word for words in trouble.spelled.values() for word in words}


def _end_of_blanks(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


SITUATIONS: tuple[Callable[[Trouble], Diagnostic | None], ...] = (
    _unknown_escape,
    _broken_tag,
    _no_condition,
    _not_closed,
    _foreign_spelling,
    _first_word,
    _reason,
    _mixed,
    _unit,
    _content,
    _wrong_outcome,
    _wrong_word,
    _comma,
    _ends_early,
)
