"""A plan travels as JSON: the same plan comes back, and nothing else is taken for one."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from deidrules import resources
from deidrules.compile.compiler import compile_layers, compile_profile
from deidrules.compile.profile import shipped_profiles
from deidrules.plan.fingerprint import fingerprint
from deidrules.plan.json import from_json, to_data, to_json
from deidrules.plan.model import Plan, Policies

EVERYTHING = '''\
deidrules 1
param window: days = 365 days
K Modality
X private, unknown, (50xx,xxxx) except (5000,0010)
D PatientID = "A-" + pseudonym(PatientID, length: 8) override Z because "seen"
C (0019,"A / ""B""",0C) = lower() override X because "seen"
C StudyDate = shift(per: PatientID, within: window)
Z top / RequestAttributesSequence / * / vr LO otherwise
add PatientComments = "none"
when (Modality in ["CT", "MR"] or not exists ImageComments) and all ImageType != "SECONDARY" and empty StudyID {
    X ImageComments
}
reject "a" when Rows > 10 and StudyDate >= "2020" and (0019,"A",01) matches /x|y/i
pixels "b" when Manufacturer contains "GE" and Rows = 480 and Columns = 640 {
    blank 0,0,+640,+58 frames 1..3, 7
    blank outside ultrasound-regions
    blank top 58, right 10% overlay *
    strip overlays
    read-text in everything
    clean
    label "GONE"
}
'''


def plan() -> Plan:
    compilation = compile_layers([("all", EVERYTHING)], Policies("X"), whole_profile=False)
    assert compilation.plan is not None, [(d.code, d.message, d.span.line) for d in compilation.diagnostics]
    return compilation.plan


def plans() -> list[Plan]:
    shipped = [compile_profile(name).plan for name in shipped_profiles()]
    return [plan(), *(one for one in shipped if one is not None)]


@pytest.mark.parametrize("one", plans(), ids=lambda one: one.profile)
def test_the_same_plan_comes_back(one: Plan) -> None:
    again = from_json(to_json(one))
    assert again == one and hash(again) == hash(one) and fingerprint(again) == fingerprint(one)
    assert (again.title, again.layers, again.overrides) == (one.title, one.layers, one.overrides)
    assert [rule.origin for rule in again.rules] == [rule.origin for rule in one.rules]
    assert to_json(again) == to_json(one)


@pytest.mark.parametrize("one", plans(), ids=lambda one: one.profile)
def test_a_plan_has_the_shape_that_the_schema_says(one: Plan) -> None:
    schema = json.loads((resources.folder("grammar") / "plan.schema.json").read_text("utf-8"))
    assert not list(Draft202012Validator(schema).iter_errors(json.loads(to_json(one))))


def test_a_plan_with_another_content_than_its_fingerprint_is_refused() -> None:
    with pytest.raises(ValueError, match="fingerprint"):
        from_json(to_json(plan()).replace('"code":"Z"', '"code":"K"'))


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(data, dict):
        for key in data:
            found += places(data[key], (*path, key))
    elif isinstance(data, list):
        for index in range(len(data)):
            found += places(data[index], (*path, index))
    return found


@pytest.mark.parametrize("wrong", [None, [], {}, -1, 3.5, True, "x", [[]]], ids=repr)
def test_whatever_is_wrong_in_a_plan_is_one_kind_of_error(wrong: object) -> None:
    """Every field of a plan with everything in it, replaced by something else: refused or, where it means the same, a plan; never
    anything else. The fingerprint is left out, so that it is the shape that is judged."""
    from deidrules.plan import json as plan_json

    whole = to_data(plan())
    whole.pop("plan")
    for place in places(whole):
        data = copy.deepcopy(whole)
        target = data
        for step in place[:-1]:
            target = target[step]
        target[place[-1]] = wrong
        text = json.dumps({"plan": plan_json.FORMAT, **data, "fingerprint": ""})
        with pytest.raises(ValueError, match="plan"):
            from_json(text)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ValueError, match="plan"):
        from_json('{"plan":1,"conditions":' + '[{"is":"not","part":' * 5000 + "1" + "}]" * 5000 + "}")
