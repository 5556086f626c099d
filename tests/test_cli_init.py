"""`deidrules init`: a new profile folder, from its words to its first run."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from deidrules import resources
from deidrules.cli.main import main
from deidrules.compile.compiler import compile_profile
from deidrules.compile.layers import shipped_recipes
from deidrules.compile.options import FOLDER, OPTIONS, find_option

INCOMING = Path(__file__).resolve().parents[1] / "examples" / "incoming"
FULL, MODIFIED, DEVICE = "retain-longitudinal-full-dates", "retain-longitudinal-modified-dates", "retain-device-identity"


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def init(folder: Path, *options: str, **flags: str) -> Result:
    given = [word for option in options for word in ("--option", option)]
    return run("init", folder, *given, *(word for name, value in flags.items() for word in (f"--{name}", value)))


def sound(folder: Path) -> None:
    """It lints without a finding, its tests pass, its recipes are in the one layout."""
    linted = run("lint", "--output-format", "json", folder)
    assert linted.exit_code == 0, linted.output
    assert json.loads(linted.stdout) == []
    tested = run("test", folder)
    assert tested.exit_code == 0, tested.output
    assert not tested.stdout.startswith("0 passed")
    assert run("fmt", "--check", folder).exit_code == 0


def stack(folder: Path) -> list[str]:
    recipes: list[str] = yaml.safe_load((folder / "profile.yaml").read_text("utf-8"))["recipes"]
    return recipes


# ---- what is made


def test_a_profile_without_options_is_the_base_with_a_recipe_of_its_own(tmp_path: Path) -> None:
    place = tmp_path / "My Study"
    result = init(place)
    assert result.exit_code == 0, result.output
    sound(place)
    assert stack(place)[0] == f"{FOLDER}/basic" and stack(place)[-1] == "recipes/own.recipe"
    compilation = compile_profile(place)
    assert compilation.profile is not None and compilation.profile.name == "my-study"
    assert {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()} == {
        "profile.yaml",
        "README.md",
        "recipes/own.recipe",
        "tests/profile.recipe",
    }


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_a_profile_with_one_option_is_sound(option: object, tmp_path: Path) -> None:
    name = getattr(option, "name", "")
    place = tmp_path / "new"
    assert init(place, name).exit_code == 0
    sound(place)
    assert f"{FOLDER}/{name}" in stack(place)
    assert name in (place / "README.md").read_text("utf-8")


@pytest.mark.parametrize("left_out", [FULL, MODIFIED])
def test_a_profile_with_every_option_that_goes_with_the_others_is_sound(left_out: str, tmp_path: Path) -> None:
    place = tmp_path / "new"
    names = [option.name for option in OPTIONS if option.name != left_out]
    settled = {"settle": MODIFIED} if left_out == FULL else {}
    result = init(place, *reversed(names), **settled)  # in whatever order they are named
    assert result.exit_code == 0, result.output
    sound(place)
    assert [layer for layer in stack(place) if layer in {option.layer for option in OPTIONS}] == [
        option.layer for option in OPTIONS if option.name != left_out
    ]


@pytest.mark.parametrize("base", ["ps315-basic", "ps315-research", "keep-list", "us-example"])
def test_every_shipped_profile_can_be_the_base(base: str, tmp_path: Path) -> None:
    place = tmp_path / "new"
    assert init(place, base=base).exit_code == 0
    sound(place)
    shipped = compile_profile(base)
    made = compile_profile(place)
    assert shipped.plan is not None and made.plan is not None
    assert made.plan.rules == shipped.plan.rules
    assert made.plan.pixels == shipped.plan.pixels
    assert made.plan.policies.unmatched_pixels == "quarantine"


def test_options_are_added_to_those_of_the_base_below_its_own_recipes(tmp_path: Path) -> None:
    place = tmp_path / "new"
    assert init(place, "retain-uids", "clean-pixel-data", base="ps315-research").exit_code == 0
    sound(place)
    names = stack(place)
    assert names.index(f"{FOLDER}/clean-graphics") < names.index(f"{FOLDER}/clean-pixel-data") < names.index(f"{FOLDER}/retain-uids")
    assert names[-2:] == ["recipes/research.recipe", "recipes/own.recipe"]


def test_the_parameters_of_the_layers_are_written_out(tmp_path: Path) -> None:
    assert init(tmp_path / "new", "modified-dates").exit_code == 0
    text = (tmp_path / "new" / "profile.yaml").read_text("utf-8")
    assert "parameters:\n  window: 365 days\n" in text
    (tmp_path / "new" / "profile.yaml").write_text(text.replace("365 days", "30 days"), encoding="utf-8")
    compilation = compile_profile(tmp_path / "new")
    assert compilation.plan is not None and "'30'" in str(compilation.plan.rules)


def test_every_policy_of_a_profile_is_written_and_explained(tmp_path: Path) -> None:
    assert init(tmp_path / "new").exit_code == 0
    text = (tmp_path / "new" / "profile.yaml").read_text("utf-8")
    schema = json.loads((resources.folder("grammar") / "profile.schema.json").read_text("utf-8"))
    for policy, form in schema["properties"]["policies"]["properties"].items():
        if "enum" in form:
            assert re.search(rf"\n  # .+\n  {policy}: ({'|'.join(form['enum'])})\n", text), policy


def test_what_it_makes_is_applied_to_the_examples(tmp_path: Path) -> None:
    assert init(tmp_path / "new", "modified-dates", "descriptors", "patient").exit_code == 0
    result = run("apply-profile", tmp_path / "new", INCOMING, "--output", tmp_path / "out", "--json")
    assert result.exit_code == 1  # one of the examples is broken on purpose
    summary = json.loads(result.stdout)
    assert summary["found"] == 13 and summary["written"] >= 6
    assert not {"missing-key", "unparsable-date", "unparsable-time"} & set(summary["codes"])


def test_the_commands_it_names_next_are_commands(tmp_path: Path) -> None:
    result = init(tmp_path / "a new one", "uids")
    named = re.findall(r"^  deidrules ([a-z-]+) ", result.stdout, re.MULTILINE)
    assert named == ["lint", "test", "keygen", "apply-profile"]
    assert f"'{tmp_path / 'a new one'}'" in result.stdout
    for command in re.findall(r"deidrules ([a-z-]+)", (tmp_path / "a new one" / "README.md").read_text("utf-8")):
        assert run(command, "--help").exit_code == 0


# ---- words


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("retain-uids", "retain-uids"),
        (f"{FOLDER}/retain-uids", "retain-uids"),
        ("113110", "retain-uids"),
        ("UIDs", "retain-uids"),
        ("faces", "clean-recognizable-visual-features"),
        ("113107", MODIFIED),
        ("modified-dates", MODIFIED),
    ],
)
def test_an_option_has_its_layers_name_its_code_and_short_words(word: str, name: str) -> None:
    option = find_option(word)
    assert option is not None and option.name == name


def test_no_word_means_two_options() -> None:
    words = [word for option in OPTIONS for word in (option.name, str(option.code), *option.words)]
    assert len(set(words)) == len(words)


def test_the_options_are_the_shipped_layers_with_their_codes() -> None:
    layers = {name for name in shipped_recipes() if name.startswith(f"{FOLDER}/")} - {f"{FOLDER}/basic", f"{FOLDER}/supplement"}
    assert {option.layer for option in OPTIONS} == layers
    for option in OPTIONS:
        text = (resources.folder("profiles") / f"{option.layer}.recipe").read_text("utf-8")
        assert text.splitlines()[1].startswith(f"layer option {option.code} ")
        assert f"# {option.title}, PS3.15 E.3." in text
    order = {option.layer: number for number, option in enumerate(OPTIONS)}
    for option in OPTIONS:  # an option may weaken those below it only
        text = (resources.folder("profiles") / f"{option.layer}.recipe").read_text("utf-8")
        weakened = re.findall(r'"([^"]+)"', text.splitlines()[1])
        assert all(order.get(name, -1) < order[option.layer] for name in weakened)


def test_the_list_shows_every_option_with_code_and_meaning() -> None:
    lines = run("init", "--list").stdout.splitlines()
    for option in OPTIONS:
        assert any(line.startswith(f"{option.code}  {option.name} ") and option.says in line for line in lines)
    listed = json.loads(run("init", "--list", "--json").stdout)
    assert [(entry["code"], entry["name"]) for entry in listed] == [(option.code, option.name) for option in OPTIONS]


def test_json_says_what_was_made(tmp_path: Path) -> None:
    place = tmp_path / "new"
    result = run("init", place, "--option", "device", "--option", "modified-dates", "--settle", "device", "--json")
    said = json.loads(result.stdout)
    assert said["profile"] == "new" and said["layers"] == stack(place)
    assert said["options"] == [{"code": 113109, "name": DEVICE}, {"code": 113107, "name": MODIFIED}]
    assert said["settled"] == [{"decides": DEVICE, "not_claimed": MODIFIED}]
    assert said["files"] == sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())


# ---- clashes


def test_options_that_clash_are_refused_with_the_reason_and_the_way_out(tmp_path: Path) -> None:
    result = init(tmp_path / "new", "device", "modified-dates")
    assert result.exit_code == 2
    for word in (DEVICE, MODIFIED, "11 attributes", "CalibrationDate", f"--settle {DEVICE}", f"--settle {MODIFIED}"):
        assert word in result.output.replace("\n", " ")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("winner", "rule"), [(DEVICE, "K DateOfLastCalibration override C because"), (MODIFIED, "C DateOfLastCalibration = shift(")]
)
def test_a_clash_is_settled_by_a_recipe_that_can_be_read(winner: str, rule: str, tmp_path: Path) -> None:
    place = tmp_path / "new"
    assert init(place, "device", "modified-dates", settle=winner).exit_code == 0
    sound(place)
    text = (place / "recipes" / "settled.recipe").read_text("utf-8")
    assert rule in text
    assert len(re.findall(r"^[KC] ", text, re.MULTILINE)) == 11
    names = stack(place)
    assert names[-2:] == ["recipes/settled.recipe", "recipes/own.recipe"]


def test_options_that_exclude_each_other_cannot_be_settled(tmp_path: Path) -> None:
    for flags in ({}, {"settle": "full-dates"}):
        result = init(tmp_path / "new", "full-dates", "modified-dates", **flags)
        assert result.exit_code == 2
        assert "169 attributes" in result.output and "exclude each other" in result.output
        assert not (tmp_path / "new").exists()


def test_all_other_pairs_go_together(tmp_path: Path) -> None:
    from deidrules.compile.starting import CannotStart, make_profile

    refused = []
    for one, other in combinations(OPTIONS, 2):
        try:
            make_profile("x", "ps315-basic", [one.name, other.name])
        except CannotStart:
            refused.append((one.name, other.name))
    assert refused == [(DEVICE, MODIFIED), (FULL, MODIFIED)]


# ---- refusals


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--option", "retain-uid"], "did you mean `retain-uids`?"),
        (["--option", "nothing-like-it"], "init --list"),
        (["--base", "ps315-basik"], "did you mean `ps315-basic`?"),
        (["--base", "keep-list", "--option", "uids"], "take `ps315-basic`"),
        (["--option", "uids", "--settle", "uids"], "nothing to settle"),
        (["--option", "uids", "--settle", "device"], "not among those"),
    ],
)
def test_words_that_mean_nothing_are_answered(arguments: list[str], said: str, tmp_path: Path) -> None:
    result = run("init", tmp_path / "new", *arguments)
    assert result.exit_code == 2
    assert said in result.output.replace("\n", " ")
    assert not (tmp_path / "new").exists()


def test_a_folder_is_needed() -> None:
    assert run("init").exit_code == 2


def test_what_is_there_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert init(tmp_path / "file").exit_code == 2
    assert init(tmp_path).exit_code == 2
    assert (tmp_path / "file").read_text("utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_empty_folder_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert run("init", ".").exit_code == 0
    sound(Path())


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    result = init(tmp_path / "file" / "new")
    assert result.exit_code == 2 and "cannot be written" in result.output
