"""profile.yaml and the folder around it: what is found, what is refused, and where the complaint points."""

from __future__ import annotations

from pathlib import Path

import pytest

from deidrules.actions.base import Context, Level, function
from deidrules.compile.compiler import compile_profile, planned_profile
from deidrules.compile.model import Compilation
from deidrules.compile.profile import shipped_profiles
from deidrules.plan.fingerprint import fingerprint

GOOD = """\
profile: site
version: 1.0.0
language: 1
recipes:
  - site.recipe
policies:
  unlisted: X
"""


def write(folder: Path, profile: str = GOOD, **files: str) -> Path:
    (folder / "profile.yaml").write_text(profile, encoding="utf-8")
    for name, text in ({"site": "deidrules 1\nX PatientName\n"} | files).items():
        (folder / f"{name}.recipe").write_text(text, encoding="utf-8")
    return folder


def said(compilation: Compilation) -> list[tuple[str, int]]:
    return [(diagnostic.code, diagnostic.span.line) for diagnostic in compilation.diagnostics]


def test_a_profile_compiles_from_its_folder_and_from_its_file(tmp_path: Path) -> None:
    folder = write(tmp_path)
    one, other = compile_profile(folder), compile_profile(folder / "profile.yaml")
    assert one.plan is not None and one.plan == other.plan and (one.plan.profile, one.plan.version) == ("site", "1.0.0")


@pytest.mark.parametrize("name", shipped_profiles())
def test_a_shipped_profile_compiles_without_a_finding(name: str) -> None:
    compilation = compile_profile(name)
    assert compilation.plan is not None and not compilation.diagnostics


def test_a_misspelt_shipped_name_is_answered_with_the_right_one() -> None:
    (diagnostic,) = compile_profile("ps315-basik").diagnostics
    assert diagnostic.code == "DR501" and "ps315-basic" in diagnostic.help


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("  - site.recipe", "  - site.recipe\n  - other.recipe"), [("DR505", 6)]),
        (("  - site.recipe", "  - ps315/2026d/basik"), [("DR505", 5)]),
        (("  - site.recipe", "  - ../site.recipe"), [("DR506", 5)]),
        (("  - site.recipe", "  - /etc/hosts.recipe"), [("DR506", 5)]),
        (("  - site.recipe", "  - site.recipe\n  - site.recipe"), [("DR507", 5)]),
        (("policies:", "parameters:\n  studdy: T7\npolicies:"), [("DR508", 7)]),
        (("policies:", "tests:\n  - tests.recipe\npolicies:"), [("DR505", 7)]),
        (("policies:", "tables:\n  people: people.csv\npolicies:"), [("DR512", 7)]),
        (("policies:", "tables:\n  people: ../people.csv\npolicies:"), [("DR512", 7)]),
        (("unlisted: X", "unlisted: remove"), [("DR503", 7)]),
        (("unlisted: X", "malformed: repair"), [("DR504", 6)]),
        (("unlisted: X", "unlisted: X\n  unlistd: K"), [("DR503", 8)]),
        (("unlisted: X", "unlisted: X\n  verify: no"), [("DR503", 8)]),
        (("version: 1.0.0", "version: 1.10"), [("DR503", 2)]),
        (("language: 1", "language: 2"), [("DR503", 3)]),
        (("unlisted: X", "unlisted: K\n  keep-private: because it is needed"), [("DR510", 8)]),
    ],
)
def test_a_mistake_in_a_profile_is_said_with_its_line(tmp_path: Path, change: tuple[str, str], expected: list[tuple[str, int]]) -> None:
    compilation = compile_profile(write(tmp_path, GOOD.replace(*change)))
    assert compilation.plan is None and said(compilation) == expected


def test_outputs_are_proven_unless_the_profile_says_off(tmp_path: Path) -> None:
    said_of = {}
    for number, policies in enumerate(("unlisted: X", "unlisted: X\n  verify: on", "unlisted: X\n  verify: off")):
        (tmp_path / str(number)).mkdir()
        plan = compile_profile(write(tmp_path / str(number), GOOD.replace("unlisted: X", policies))).plan
        assert plan is not None
        said_of[number] = plan.policies.verify
    assert said_of == {0: "on", 1: "on", 2: "off"}


def test_a_link_out_of_the_folder_is_outside_of_it(tmp_path: Path) -> None:
    inside = tmp_path / "profile"
    inside.mkdir()
    (tmp_path / "elsewhere.recipe").write_text("deidrules 1\nK PatientName\n", encoding="utf-8")
    write(inside).joinpath("linked.recipe").symlink_to(tmp_path / "elsewhere.recipe")
    compilation = compile_profile(write(inside, GOOD.replace("- site.recipe", "- linked.recipe")))
    assert [code for code, _ in said(compilation)] == ["DR506"]


def test_a_recipe_that_is_no_text_is_said(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "site.recipe").write_bytes(b"deidrules 1\n\xff\xfe\n")
    assert [code for code, _ in said(compile_profile(folder))] == ["DR513"]


def test_a_test_recipe_holds_only_tests(tmp_path: Path) -> None:
    folder = write(tmp_path, GOOD.replace("policies:", "tests:\n  - checks.recipe\npolicies:"), checks="deidrules 1\nK PatientName\n")
    assert [code for code, _ in said(compile_profile(folder))] == ["DR514"]


def test_a_parameter_needs_a_value_and_the_command_line_wins(tmp_path: Path) -> None:
    folder = write(tmp_path, site="deidrules 1\nparam study: text\nD PatientName = study\n")
    assert [code for code, _ in said(compile_profile(folder))] == ["DR509"]
    one = compile_profile(folder, {"study": "A"}).plan
    (folder / "profile.yaml").write_text(GOOD.replace("policies:", "parameters:\n  study: A\npolicies:"), encoding="utf-8")
    other, third = compile_profile(folder).plan, compile_profile(folder, {"study": "B"}).plan
    assert one is not None and other is not None and third is not None
    assert fingerprint(one) == fingerprint(other) != fingerprint(third)


def test_a_released_meaning_cannot_change_unseen(tmp_path: Path) -> None:
    folder = write(tmp_path)
    plan = compile_profile(folder).plan
    assert plan is not None
    released = GOOD + f"released:\n  1.0.0: {fingerprint(plan)}\n"
    assert compile_profile(write(tmp_path, released, site="deidrules 1\n\n# the same\nX   PatientName\n")).plan is not None
    changed = compile_profile(write(tmp_path, released, site="deidrules 1\nZ PatientName\n"))
    assert changed.plan is None and said(changed) == [("DR511", 9)]
    assert compile_profile(write(tmp_path, released.replace("version: 1.0.0", "version: 1.1.0"), site="deidrules 1\nZ PatientName\n")).plan


def test_a_lookup_table_is_named_by_its_content(tmp_path: Path) -> None:
    recipe = 'deidrules 1\nD PatientID = lookup(PatientID, table: "people")\n'
    profile = GOOD.replace("policies:", "tables:\n  people: people.csv\npolicies:")
    (tmp_path / "people.csv").write_text("old,new\n1,A\n2,B\n", encoding="utf-8")
    one = compile_profile(write(tmp_path, profile, site=recipe))
    (tmp_path / "people.csv").write_text("2,B\n1,A\n", encoding="utf-8")
    other = compile_profile(tmp_path)
    (tmp_path / "people.csv").write_text("1,A\n2,C\n", encoding="utf-8")
    third = compile_profile(tmp_path)
    assert one.plan is not None and one.plan == other.plan != third.plan
    assert one.tables == {"people": {"1": "A", "2": "B"}}
    (tmp_path / "people.csv").write_text("1,A\n1,C\n", encoding="utf-8")
    assert "DR512" in [code for code, _ in said(compile_profile(tmp_path))]


def test_the_cache_gives_the_same_plan_and_sees_every_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("DEIDRULES_CACHE", str(cache))
    (tmp_path / "profile").mkdir()
    folder = write(tmp_path / "profile")
    first = planned_profile(folder)
    assert len(list(cache.glob("*.json"))) == 1
    second = planned_profile(folder)
    assert first.plan == second.plan and second.layers == ()
    write(folder, site="deidrules 1\nZ PatientName\n")
    third = planned_profile(folder)
    assert third.plan is not None and third.plan.rules[0].code == "Z"


def test_the_cache_sees_a_function_that_declares_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def initials(context: Context, subject: str) -> str:
        return subject[:1]

    monkeypatch.setenv("DEIDRULES_CACHE", str(tmp_path / "cache"))
    (tmp_path / "profile").mkdir()
    folder = write(tmp_path / "profile", site="deidrules 1\nD PatientName = initials()\n")
    honest, careless = function(leaves=Level.TOKEN)(initials), function(leaves=Level.ALL)(initials)
    assert planned_profile(folder, functions={"initials": honest}).plan is not None
    changed = planned_profile(folder, functions={"initials": careless})
    assert changed.plan is None and [code for code, _ in said(changed)] == ["DR205"]


def test_a_damaged_or_foreign_cache_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("DEIDRULES_CACHE", str(cache))
    (tmp_path / "profile").mkdir()
    folder = write(tmp_path / "profile")
    planned_profile(folder)
    (kept,) = cache.glob("*.json")
    kept.write_text(kept.read_text("ascii").replace('"code":"X"', '"code":"K"'), encoding="ascii")
    plan = planned_profile(folder).plan
    assert plan is not None and plan.rules[0].code == "X"
    cache.chmod(0o777)
    kept.unlink()
    planned_profile(folder)
    assert not list(cache.glob("*.json"))


def test_a_bomb_of_aliases_is_refused_before_it_grows(tmp_path: Path) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{b}: &{b} [*{a},*{a},*{a},*{a}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True))
    assert [code for code, _ in said(compile_profile(write(tmp_path, bomb)))] == ["DR502"]


def test_deep_yaml_is_refused(tmp_path: Path) -> None:
    assert [code for code, _ in said(compile_profile(write(tmp_path, "profile: " + "[" * 5000 + "]" * 5000)))] == ["DR502"]
