"""Where functions come from: the folder, installed packages, the caller."""

from __future__ import annotations

import importlib.metadata
import sys
import types
from dataclasses import dataclass

import pytest
from action_context import FakeContext

from deidrules.actions import registry
from deidrules.actions.base import Context, Example, Function, Level, function
from deidrules.actions.registry import FUNCTIONS, RegistryError, functions
from deidrules.text.refusal import Refusal


@function(leaves=Level.TOKEN, examples=(Example("D PatientID = site()", {"PatientID": "1"}, {"PatientID": "S"}),))
def site(context: Context, subject: str) -> str:
    """A site."""
    return "S"


@dataclass
class Point:
    name: str
    loaded: object

    def load(self) -> object:
        if isinstance(self.loaded, Exception):
            raise self.loaded
        return self.loaded


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[Point]:
    points: list[Point] = []
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda *, group: points if group == "deidrules.functions" else [])
    registry._installed.cache_clear()
    yield points
    registry._installed.cache_clear()


def test_the_built_in_functions_are_those_of_the_folder() -> None:
    assert set(FUNCTIONS) == {
        *(
            "age",
            "cap",
            "first",
            "hash",
            "lookup",
            "lower",
            "pseudonym",
            "replace",
            "round",
            "shift",
            "time_of_day",
            "truncate",
            "upper",
            "year",
        )
    }


def test_an_installed_function_is_found(installed: list[Point]) -> None:
    installed.append(Point("site", site))
    assert functions()["site"] is site


def test_an_installed_module_gives_the_functions_it_defines(installed: list[Point]) -> None:
    installed.append(Point("module", sys.modules[__name__]))
    assert functions()["site"] is site
    assert len(functions()) == len(FUNCTIONS) + 1


def test_an_installed_tuple_gives_its_members(installed: list[Point]) -> None:
    installed.append(Point("many", (site,)))
    assert functions()["site"] is site


@pytest.mark.parametrize("loaded", [print, "site", 4, (), ("x",), types.ModuleType("empty"), ValueError("secret")])
def test_an_installed_thing_that_is_no_function_is_refused(installed: list[Point], loaded: object) -> None:
    installed.append(Point("odd", loaded))
    with pytest.raises(RegistryError, match="odd") as caught:
        functions()
    assert "secret" not in str(caught.value)


def test_a_name_that_is_taken_is_refused(installed: list[Point]) -> None:
    installed.append(Point("site", site))
    with pytest.raises(RegistryError, match="`site` is defined twice"):
        functions({"site": site})
    with pytest.raises(RegistryError, match="`shift` is defined twice"):
        functions({"shift": str.upper})


def test_a_plain_function_leaves_all_and_gets_text(installed: list[Point]) -> None:
    given = functions({"shout": lambda value: value.upper()})["shout"]
    assert isinstance(given, Function)
    assert (given.leaves, given.subject_type, given.parameters) == (Level.ALL, "text", ())
    assert given.call(FakeContext(), "knee ") == "KNEE"
    assert given.call(FakeContext(), 12) == "12"


@pytest.mark.parametrize("call", [lambda value: 1 / 0, lambda value: None, lambda value: 12, lambda: "x"])
def test_a_plain_function_that_fails_refuses_without_showing_a_value(call: object) -> None:
    given = functions({"broken": call})["broken"]
    with pytest.raises(Refusal) as caught:
        given.call(FakeContext(), "DOE^JANE")
    assert caught.value.code == "function-failed"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize("name", ["Shout", "two words", "", "größe", "a-b"])
def test_a_name_that_no_recipe_can_write_is_refused(name: str) -> None:
    with pytest.raises(RegistryError, match="no name of a function"):
        functions({name: str.upper})


def test_what_is_given_has_to_be_a_function_of_that_name() -> None:
    with pytest.raises(RegistryError, match="no function"):
        functions({"thing": 4})
    with pytest.raises(RegistryError, match="calls itself `site`"):
        functions({"place": site})
