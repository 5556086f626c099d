"""Lines of a formatted recipe: filled up to a width, with the comments that stand within a statement, trailing comments lined up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deidrules.language.ast import Comments
from deidrules.language.comments import ATOM

WIDTH = 110
_COMMENT_COLUMN = 72  # trailing comments line up no further to the right than this

_GOES_ON_AFTER = frozenset((",", "=", "+", "/", ":", "and", "or", "not", "{"))
_GOES_ON_BEFORE = frozenset(("and", "or", "except", "otherwise", "override", "because", "{"))
_NAMED = frozenset(("pixels", "reject", "quarantine", "accept"))


@dataclass(frozen=True, slots=True)
class Line:
    """A line and the comment behind it."""

    text: str
    comment: str = ""


def fill(start: str, groups: Iterable[list[str]], indent: int) -> list[Line]:
    """Words behind `start` (which ends in a blank when any follow), further lines indented. A line breaks before a group that does not
    fit on it, and within a group only when the group fits on no line. A further line that begins with `and` or `or` is set so that the
    word ends one column before the indent."""
    lines = [start]
    for group in groups:
        whole = " ".join(group)
        for first, piece in [(True, whole)] if indent + len(whole) <= WIDTH else [(not i, atom) for i, atom in enumerate(group)]:
            if not piece:
                continue
            if lines[-1].endswith(" "):  # nothing but the start stands there
                lines[-1] += piece
            elif len(lines[-1]) + 1 + len(piece) <= WIDTH:
                lines[-1] += " " + piece
            else:
                word = piece.partition(" ")[0]
                hang = len(word) + 1 if first and word in ("and", "or") else 0
                lines.append(" " * (indent - hang) + piece)
    return [Line(line) for line in lines]


def aligned(lines: Iterable[Line]) -> list[str]:
    """The texts of the lines. Comments behind consecutive lines begin in one column, two blanks behind the longest of them; lines that are
    too long stay out of it."""
    texts: list[str] = []
    run: list[Line] = []
    for line in (*lines, None):
        if line is not None and line.text.strip() and line.text.lstrip()[0] not in "#}" and not line.text.endswith("{"):
            run.append(line)
            continue
        column = max((len(each.text) for each in run if each.comment and len(each.text) <= _COMMENT_COLUMN), default=0)
        texts += [f"{each.text:{column}}  {each.comment}" if each.comment else each.text for each in run]
        run = []
        if line is not None:
            texts.append(f"{line.text}  {line.comment}" if line.comment else line.text)
    return texts


def with_comments(lines: list[Line], comments: Comments, indent: int) -> list[Line]:
    """The lines of a statement (or of the head of a block) with the comments that stand within it: each as near to its old place as a
    line may break."""
    if not comments.within or len(comments.within) != len(comments.within_at):
        return lines
    text = "\n".join(line.text for line in lines)
    breaks = _breaks(text)
    ends = [match.end() for match in ATOM.finditer(text)]
    inserted: dict[int, list[tuple[bool, str]]] = {}
    reached = 0
    for comment, at in zip(comments.within, comments.within_at, strict=True):
        wanted = max(abs(at), reached)
        legal = [place for place in breaks if place >= wanted] or breaks[-1:]
        if not legal:
            inserted.setdefault(0, []).append((False, comment))
            continue
        reached = legal[0]
        inserted.setdefault(reached, []).append((at < 0, comment))
    indent = _second_indent(text, indent)
    result: list[Line] = [Line(text[: len(text) - len(text.lstrip())] + comment) for _, comment in inserted.pop(0, [])]
    place = 0
    for atom in sorted(inserted):
        piece = text[place : ends[atom - 1]]
        found = inserted[atom]
        result += [Line(line) for line in piece.split("\n")]
        if found[0][0]:
            result[-1] = Line(result[-1].text, found.pop(0)[1])
        result += [Line(" " * indent + comment) for _, comment in found]
        rest = text[ends[atom - 1] :].lstrip(" ")
        place = len(text) - len(rest)
        if rest.startswith("\n"):
            place += 1
        elif rest:
            text = text[:place] + " " * indent + rest
            ends = ends[:atom] + [end + indent for end in ends[atom:]]
    if place < len(text):
        result += [Line(line) for line in text[place:].split("\n")]
    return result


def _second_indent(text: str, indent: int) -> int:
    lines = text.split("\n")
    return next((len(line) - len(line.lstrip()) for line in lines[1:] if line.strip() != "{"), indent)


def _breaks(text: str) -> list[int]:
    """After how many atoms a line of the statement may break (lines.py has the rule)."""
    atoms = list(ATOM.finditer(text))
    legal = []
    depth = 0
    for number, (atom, following) in enumerate(zip(atoms, [*atoms[1:], None], strict=False), 1):
        word = atom[0]
        depth += word in ("(", "[")
        depth -= word in (")", "]")
        if following is None:
            if word == "{":
                legal.append(number)
            continue
        apart = text[atom.end() : following.start()] != ""
        bracketed = depth and (apart or word in ("(", "[", ","))
        after = word in _GOES_ON_AFTER and apart and text[atom.start() - 1 : atom.start()] not in ("!", "<", ">")
        before = following[0] in _GOES_ON_BEFORE or (number == 2 and following[0] == "when" and atoms[0][0] in _NAMED)
        if bracketed or after or before:
            legal.append(number)
    return legal
