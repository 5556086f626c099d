"""Which options a profile may claim, decided before a file is read: each kind of undoing, and what undoes nothing."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from deidrules.compile.compiler import compile_layers
from deidrules.dicom.method_codes import METHOD_CODES, SCHEME
from deidrules.plan.expression import Compare
from deidrules.plan.fingerprint import fingerprint
from deidrules.plan.json import from_json, to_json
from deidrules.plan.model import Claim, Plan, Policies

BASIC = "layer option 113100\n"
FULL = 'layer option 113106 may weaken "l0"\n'
MODIFIED = 'layer option 113107 may weaken "l0"\n'
DEVICE = 'layer option 113109 may weaken "l0"\n'
UIDS = 'layer option 113110 may weaken "l0"\n'
WORDS = 'layer option 113105 may weaken "l0"\n'
PIXELS = 'layer option 113101 may weaken "l0"\n'
SHIFT = "= shift(per: PatientID, within: 30 days)"
BLOCK = 'pixels "p" when Modality = "US" { clean }\n'
REASON = 'because "r"'


def planned(*layers: str, policies: Policies | None = None) -> Plan:
    """The plan of layers called l0, l1, …, each without its first line; it has to compile."""
    stack = [(f"l{index}", f"deidrules 1\n{text}\n") for index, text in enumerate(layers)]
    compilation = compile_layers(stack, policies or Policies("X"))
    assert compilation.plan is not None, compilation.diagnostics
    return compilation.plan


def claimed(plan: Plan) -> dict[int, list[str]]:
    """Each claim with the values its conditions ask for."""
    out: dict[int, list[str]] = {}
    for claim in plan.claims:
        conditions = [plan.conditions[number] for number in claim.unless]
        assert all(isinstance(condition, Compare) for condition in conditions)
        out[claim.code] = sorted(getattr(condition, "value", "") for condition in conditions)
    return out


X, K = "X PatientAge, PatientSize, StudyDate, DeviceUID", "K PatientAge"
CASES: dict[str, tuple[tuple[str, ...], dict[int, list[str]]]] = {
    "no option, no claim": (("X PatientAge",), {}),
    "an option on its own": ((BASIC + X,), {113100: []}),
    "what an option may weaken stays claimed": ((BASIC + X, FULL + "K StudyDate"), {113100: [], 113106: []}),
    # ---- a rule that leaves more
    "a marked weakening": ((BASIC + X, f"K PatientAge override X {REASON}"), {}),
    "a weakening that leaves a token": ((BASIC + X, f"D DeviceUID = pseudonym(DeviceUID) override X {REASON}"), {}),
    "a weakening of one option alone": (
        (BASIC + X, WORDS + "C StudyDescription", f"K StudyDescription override C {REASON}"),
        {113100: []},
    ),
    "a weakening by mask": ((BASIC + X, f"K (0010,101x) override X {REASON}"), {}),
    "a weakening by VR": ((BASIC + X, f"K vr AS override X {REASON}"), {}),
    "a weakening below a path": ((BASIC + X, f"K RequestAttributesSequence / PatientAge override X {REASON}"), {}),
    "a weakening where no path of the option leads": (
        (BASIC + "X top / PatientAge", "K RequestAttributesSequence / PatientAge"),
        {113100: []},
    ),
    "a weakening that another rule decides before": (
        (BASIC + X, f"K PatientAge override X {REASON}", "X PatientAge"),
        {113100: []},
    ),
    "the same, but only under a condition": (
        (BASIC + X, f"K PatientAge override X {REASON}", 'when Modality = "CT" { X PatientAge }'),
        {},
    ),
    "the same, but only below a path": (
        (BASIC + X, f"K PatientAge override X {REASON}", "X RequestAttributesSequence / PatientAge"),
        {},
    ),
    "a weakening that takes away nothing": (
        (BASIC + "X PatientAge", "K (0010,101x) except PatientAge"),
        {113100: []},
    ),
    "an element added where the option keeps one": ((BASIC + X, FULL + "K StudyDate", 'add StudyDate = "20000101"'), {113100: []}),
    "a spelled private element": ((BASIC + "X private", f'K (0019,"A",10) override X {REASON}'), {}),
    "a broad rule leaves nothing of private elements": ((BASIC + "X private", "K vr SQ"), {113100: []}),
    # ---- a rule that leaves less
    "a stronger rule over X, Z, D, U and C": (
        (
            BASIC + "Z PatientAge\nU DeviceUID\nD AccessionNumber",
            WORDS + "C StudyDescription, SeriesDescription",
            "X PatientAge, DeviceUID, StudyDescription",
        ),
        {113100: [], 113105: []},
    ),
    "the same thing again": ((BASIC + X, FULL + "K StudyDate", "X PatientAge\nK StudyDate"), {113100: [], 113106: []}),
    "a change among X, Z and D": ((BASIC + X, 'D PatientAge = "040Y"'), {113100: []}),
    "a stronger rule over K": (
        (BASIC + X + ", SeriesDate", FULL + "K StudyDate, SeriesDate", "X StudyDate"),
        {113100: []},
    ),
    "a rule between K and what it may weaken leaves more than Basic, and not what the option keeps": (
        (BASIC + X, FULL + "K StudyDate", "C StudyDate = year()"),
        {},
    ),
    "a stronger rule below every sequence leaves nothing of content items, which stand nowhere else": (
        (BASIC + f"C content DATE {SHIFT}", "X * / * override"),
        {},
    ),
    "the same below one sequence leaves others": ((BASIC + f"C content DATE {SHIFT}", "X RequestAttributesSequence / *"), {113100: []}),
    "not kept, where Basic asks for nothing": (
        (BASIC + X, FULL + "K StudyDate, SeriesDate", "X StudyDate"),
        {113100: []},
    ),
    "another rule over K": ((BASIC + X, UIDS + "K DeviceUID", "U DeviceUID"), {}),
    "a cleaning over a cleaning": (
        (BASIC + X, WORDS + "C StudyDescription", "C StudyDescription = lower() override C " + REASON),
        {113100: []},
    ),
    "a declared weakening that leaves as much": (
        (BASIC + X, WORDS + "C StudyDescription", f"C StudyDescription, PatientAge = truncate(length: 2) override X {REASON}"),
        {},
    ),
    "an undeclared one that leaves as much": (
        (BASIC + X, WORDS + "C StudyDescription", "C StudyDescription = truncate(length: 2)"),
        {113100: [], 113105: []},
    ),
    # ---- conditions
    "a condition over the object": (
        (BASIC + X, f'when Modality = "CT" {{ K PatientAge override X {REASON} }}'),
        {113100: ["CT"]},
    ),
    "two conditions": (
        (
            BASIC + X,
            f'when Modality = "CT" {{ K PatientAge override X {REASON} }}\nwhen Modality = "MR" {{ K PatientSize override X {REASON} }}',
        ),
        {113100: ["CT", "MR"]},
    ),
    "a condition over the item": ((BASIC + X, f'when here / Modality = "CT" {{ K PatientAge override X {REASON} }}'), {}),
    "a condition beside a rule without": (
        (BASIC + X, f'when Modality = "CT" {{ K PatientAge override X {REASON} }}\nK PatientSize override X {REASON}'),
        {},
    ),
    "a condition that excludes that of the option": (
        (BASIC + 'when Modality = "MR" { X PatientAge }', f'when Modality = "CT" {{ K PatientAge override X {REASON} }}'),
        {113100: []},
    ),
    "what an option keeps goes under a condition": (
        (BASIC + X, FULL + "K StudyDate", 'when Modality = "CT" { X StudyDate }'),
        {113100: [], 113106: ["CT"]},
    ),
    "what an option keeps is cleaned under a condition, and Basic would not have left that much": (
        (BASIC + X, FULL + "K StudyDate", 'when Modality = "CT" { C StudyDate = year() }'),
        {113100: ["CT"], 113106: ["CT"]},
    ),
    # ---- two options
    "a settled clash: the loser is not claimed": (
        (BASIC + "X StudyDate", FULL + "K StudyDate", MODIFIED + f"C StudyDate {SHIFT}", f"C StudyDate {SHIFT}"),
        {113100: [], 113107: []},
    ),
    "settled the other way": (
        (BASIC + "X StudyDate", FULL + "K StudyDate", MODIFIED + f"C StudyDate {SHIFT}", f"K StudyDate override X {REASON}"),
        {113100: [], 113106: []},
    ),
    "settled against both": (
        (BASIC + "X StudyDate", FULL + "K StudyDate", MODIFIED + f"C StudyDate {SHIFT}", "X StudyDate"),
        {113100: []},
    ),
    "the loser keeps something else": (
        (BASIC + X, DEVICE + "K StudyDate, DeviceUID", MODIFIED + f"C StudyDate {SHIFT}", f"C StudyDate {SHIFT}"),
        {113100: [], 113107: []},
    ),
    "an option that names another may change what that one asks for": (
        (BASIC + X, FULL + "K StudyDate, SeriesDate", 'layer option 113107 may weaken "l0", "l1"\n' + f"C StudyDate {SHIFT}"),
        {113100: [], 113106: [], 113107: []},
    ),
    "a rule above an option that leaves no more than the option does": (
        (BASIC + X, MODIFIED + f"C StudyDate {SHIFT}", "C StudyDate = year()"),
        {113100: [], 113107: []},
    ),
    "an `otherwise` rule of an option behind another layer": (
        (BASIC + X, FULL + "K vr DA otherwise"),
        {113100: []},
    ),
    # ---- rule 7
    "reading past an option": ((BASIC + X + ", PatientID", f"D PatientComments = pseudonym(PatientID) override X {REASON}"), {}),
    "reading what keys a value leaves nothing": (
        (BASIC + X + ", PatientID", f"C PatientBirthDate {SHIFT}"),
        {113100: []},
    ),
    "reading past an option under a condition": (
        (BASIC + X + ", PatientID", f'when Modality = "CT" {{ D PatientComments = pseudonym(PatientID) override X {REASON} }}'),
        {113100: ["CT"]},
    ),
    "reading what another option keeps": (
        (BASIC + X, FULL + "K StudyDate", "C PatientComments = StudyDate"),
        {113100: [], 113106: []},
    ),
    "an option that reads past the one it may weaken": (
        (BASIC + X + ", PatientID", WORDS + "D PatientComments = pseudonym(PatientID)"),
        {113100: [], 113105: []},
    ),
    # ---- no work
    "every rule of an option is dead": ((BASIC + X, WORDS + "C StudyDescription", "X StudyDescription"), {113100: []}),
    "an option without rules": ((BASIC + X, WORDS + 'reject "a" when Modality = "OT"'), {113100: []}),
    "recognizable visual features are never claimed": (
        (BASIC + X, 'layer option 113102 may weaken "l0"\nX PatientSex\nquarantine "face" when Modality = "MR"'),
        {113100: []},
    ),
    "clean pixel data without a pixel rule": ((BASIC + X, PIXELS + 'quarantine "a" when Modality = "OT"'), {113100: []}),
    "clean pixel data with a pixel rule": ((BASIC + X, PIXELS + BLOCK), {113100: [], 113101: []}),
    "clean pixel data with a pixel rule of the profile": (
        (BASIC + X, PIXELS + 'quarantine "a" when Modality = "OT"', BLOCK),
        {113100: [], 113101: []},
    ),
    # ---- without
    "a pixel rule of an option switched off": (
        (BASIC + X, PIXELS + BLOCK + BLOCK.replace('"p"', '"q"'), f'without "p" {REASON}'),
        {113100: []},
    ),
    "a verdict of an option switched off": (
        (BASIC + X + '\nreject "a" when Modality = "OT"', f'without "a" {REASON}'),
        {},
    ),
    "a verdict of no option switched off": (
        (BASIC + X, 'reject "a" when Modality = "OT"', f'without "a" {REASON}'),
        {113100: []},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_option_is_claimed_exactly_when_its_work_survives(name: str) -> None:
    layers, expected = CASES[name]
    assert claimed(planned(*layers)) == expected


@pytest.mark.parametrize("name", CASES)
def test_every_option_of_the_stack_is_claimed_or_says_why_not(name: str) -> None:
    layers, _ = CASES[name]
    plan = planned(*layers)
    asked = {int(layer.split()[2]) for layer in layers if layer.startswith("layer option")}
    assert {claim.code for claim in plan.claims} | {one.code for one in plan.unclaimed} == asked
    assert {claim.code for claim in plan.claims} & {one.code for one in plan.unclaimed} == set()
    assert all(one.why for one in plan.unclaimed)


def test_keep_private_takes_the_claims_about_private_elements() -> None:
    keeping = Policies("X", keep_private=True)
    safe = 'layer option 113111 may weaken "l0"\nK (0019,"A",10)'
    assert claimed(planned(BASIC + X, safe, WORDS + "C StudyDescription", policies=keeping)) == {113105: []}
    assert claimed(planned(BASIC + X + ", private", safe, policies=keeping)) == {113100: [], 113111: []}
    assert claimed(planned(BASIC + X + ", private", "K vr LO override X " + REASON, policies=keeping)) == {}
    assert claimed(planned(BASIC + X, safe)) == {113100: [], 113111: []}


def test_a_reason_names_the_rules_with_their_lines() -> None:
    plan = planned(BASIC + X + ", SeriesDate", FULL + "K StudyDate, SeriesDate", "", "X StudyDate")
    first, second = plan.unclaimed
    assert (first.code, first.origins) == (113106, ("l3:2", "l1:3"))
    assert first.why == "`X StudyDate` does not keep what the option keeps: `StudyDate`"
    assert (second.code, second.origins) == (113106, ())
    assert "stays all the same" in second.why


def test_nothing_is_said_to_stay_where_nothing_does() -> None:
    plan = planned(BASIC + X, FULL + "K StudyDate", "X StudyDate")
    assert [one.origins for one in plan.unclaimed] == [("l2:2", "l1:3")]


def test_a_claim_is_part_of_the_fingerprint_and_a_reason_is_not() -> None:
    plain, optional = planned("X PatientAge"), planned(BASIC + "X PatientAge")
    assert fingerprint(plain) != fingerprint(optional)
    body = BASIC + "X PatientAge, PatientSize\n"
    assert fingerprint(planned(body, f"K PatientAge override X {REASON}")) == fingerprint(
        planned(body + "\n\n", f"K PatientAge override X {REASON}")
    )
    conditional = planned(BASIC + X, f'when Modality = "CT" {{ K PatientAge override X {REASON} }}')
    other = planned(BASIC + X, f'when Modality = "MR" {{ K PatientAge override X {REASON} }}')
    assert fingerprint(conditional) != fingerprint(other)


@pytest.mark.parametrize("name", CASES)
def test_claims_travel_with_the_plan(name: str) -> None:
    plan = planned(*CASES[name][0])
    back = from_json(to_json(plan))
    assert back == plan
    assert back.claims == plan.claims
    assert back.unclaimed == plan.unclaimed


@pytest.mark.parametrize(
    ("layers", "longitudinal"),
    [
        ((BASIC + "X StudyDate",), "REMOVED"),
        ((BASIC + "X StudyDate", FULL + "K SeriesDate"), ""),
        ((BASIC + "X StudyDate", MODIFIED + f"C StudyDate {SHIFT}", "X StudyDate"), ""),
    ],
)
def test_dates_are_not_called_removed_beside_an_option_for_dates(layers: tuple[str, ...], longitudinal: str) -> None:
    assert planned(*layers).longitudinal == longitudinal


@pytest.mark.parametrize(
    "claims", [(Claim(113113),), (Claim(113105), Claim(113100)), (Claim(113100), Claim(113100)), (Claim(113100, (7,)),)]
)
def test_a_plan_that_claims_what_there_is_not_does_not_come_back(claims: tuple[Claim, ...]) -> None:
    text = to_json(planned(BASIC + X))
    data = json.loads(text)
    data["claims"] = [{"code": claim.code, "unless": list(claim.unless)} for claim in claims]
    with pytest.raises(ValueError):
        from_json(json.dumps(data))


def test_a_claim_that_was_tampered_with_does_not_come_back() -> None:
    text = to_json(planned(BASIC + X))
    assert '"claims":[{"code":113100}]' in text
    with pytest.raises(ValueError, match="fingerprint"):
        from_json(text.replace('"claims":[{"code":113100}]', '"claims":[{"code":113105}]'))


def test_the_codes_are_those_of_the_standard() -> None:
    place = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "cid_7050.csv"
    if not place.is_file():
        pytest.skip("the table of the standard is not beside the checkout")
    with place.open(newline="", encoding="utf-8") as file:
        assert {(row["scheme"], int(row["code"]), row["meaning"]) for row in csv.DictReader(file)} == {
            (SCHEME, code, meaning) for code, meaning in METHOD_CODES.items()
        }
