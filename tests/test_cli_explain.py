"""How `explain` shows a file to a reader: indented by sequence, aligned, within the width of a terminal."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from deidrules.cli.explaining import Explanation, Loser
from deidrules.cli.listing import flat, places, tree
from deidrules.cli.main import main

INCOMING = Path(__file__).resolve().parents[1] / "examples" / "incoming"
SEQUENCE, NAME, ID = 0x00081140, 0x00100010, 0x00100020


def one(tag: int, *path: tuple[int, int], change: str = "removed", rule: str = "X PatientName", **more: object) -> Explanation:
    return Explanation(path, tag, "PN", "", "X", rule, "main:3", change, **more)  # type: ignore[arg-type]


def same(origin: str) -> str:
    return origin


def test_elements_of_items_stand_below_their_sequence() -> None:
    found = [one(SEQUENCE), one(NAME, (SEQUENCE, 1)), one(ID, (SEQUENCE, 1)), one(NAME, (SEQUENCE, 2)), one(NAME)]
    lines = [line[:16].rstrip() for line in tree(found, same)]
    assert lines == [
        "(0008,1140) PN R",
        "  item 1",
        "    (0010,0010)",
        "    (0010,0020)",
        "  item 2",
        "    (0010,0010)",
        "(0010,0010) PN P",
    ]


def test_a_single_element_says_where_it_stands() -> None:
    lines = list(flat([one(NAME, (SEQUENCE, 2), (0x00091001, 1))], same))
    assert lines[0] == "in ReferencedImageSequence item 2 / (0009,1001) item 1"
    assert lines[1].split() == ["(0010,0010)", "PN", "PatientName", "removed", "X", "#", "main:3"]


def test_the_name_of_an_element_is_not_said_twice() -> None:
    expression = "X PatientName = first()"
    for rule, shown in (("X PatientName otherwise", "X otherwise"), (expression, "X = first()"), ("X vr PN", "X vr PN")):
        (line,) = flat([one(NAME, rule=rule)], same)
        assert line.endswith(f"removed    {shown}  # main:3")


def test_losers_stand_below_the_winner_with_the_reason() -> None:
    lines = list(flat([one(NAME, losers=(Loser("Z PatientName", "main:9", "of an earlier layer"),))], same))
    assert len(lines) == 2
    assert lines[0].index("removed") == lines[1].index("not")
    assert lines[1].strip().split(maxsplit=1)[1] == "Z PatientName  # main:9: of an earlier layer"


def test_an_origin_is_the_file_where_the_profile_has_one() -> None:
    place = places("folder", ("ps315/2026d/basic", "sub/my.recipe"))
    assert place("sub/my:3") == "folder/sub/my.recipe:3"
    assert place("ps315/2026d/basic:5") == "ps315/2026d/basic:5"
    assert place("unlisted") == "unlisted"
    assert place("engine") == "engine"


def test_what_went_with_a_sequence_says_so() -> None:
    (_, line) = flat([one(NAME, (SEQUENCE, 1), change="gone with ReferencedImageSequence", rule="X ReferencedImageSequence")], same)
    assert "gone" in line
    assert "with ReferencedImageSequence: X ReferencedImageSequence" in line


def test_the_lines_of_the_shipped_profile_fit_a_terminal_of_a_hundred() -> None:
    said = CliRunner().invoke(main, ["explain", "ps315-basic", str(INCOMING / "us" / "banner.dcm")]).stdout.splitlines()
    long = [line for line in said if len(line) > 100 and " not " not in line and " gone " not in line]
    assert said
    assert not long, long[:3]
