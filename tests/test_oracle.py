"""Compile and engine against the oracle: on random stacks of layers and random files, and on those where they once disagreed."""

from __future__ import annotations

import oracle_run
import pytest
from oracle_run import Compiled, check
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from strategies import Stack
from strategies_files import written

from deidrules.compile.compiler import compile_layers
from deidrules.language.parse import parse
from deidrules.plan.model import Policies
from deidrules.text.source import Source


def test_compile_and_engine_agree_with_the_oracle_on_random_pairs():
    words = oracle_run.run(150)
    assert sum(words.values()) == 150
    assert words["written"] >= 75


@pytest.mark.long
def test_compile_and_engine_agree_with_the_oracle_on_two_thousand_random_pairs():
    words = oracle_run.run(2000, 1)
    assert sum(words.values()) == 2000
    assert words["written"] >= 1000


def stack_of(*layers: str, unlisted: str = "K", keep_private: bool = False) -> Stack:
    """Layers by their statements."""
    recipes = []
    for number, text in enumerate(layers):
        recipe, said = parse(Source(f"layer{number}", "deidrules 1\n" + text))
        assert recipe is not None, said
        recipes.append((f"layer{number}", recipe))
    return Stack(tuple(recipes), Policies(unlisted, "accept", "strictest", "quarantine", keep_private))


def everything() -> bytes:
    """A file with names and identifiers at three depths, a private block in each, and Modality CT."""

    def level(depth: int) -> Dataset:
        dataset = Dataset()
        dataset.PatientName, dataset.PatientID, dataset.StudyDate = "DOE^JANE", "4711" if depth != 1 else "", "20200131"
        dataset.PatientAge, dataset.Modality, dataset.ImageType = "045Y", "CT", ["ORIGINAL", "PRIMARY"]
        dataset.ReferencedSOPInstanceUID, dataset.PatientWeight = "1.2.3.4.5", "70"
        dataset.add_new(0x00190010, "LO", "ACME")
        dataset.add_new(0x00191001, "LO", "HEAD")
        dataset.add_new(0x00191005, "UI", "1.2.3.4.8")
        dataset.add_new(0x00191011, "LO", "4711")
        if depth < 2:
            inner = level(depth + 1)
            dataset.OtherPatientIDsSequence = Sequence([inner, Dataset(inner)])
            dataset.RequestAttributesSequence = Sequence([level(depth + 1)])
        return dataset

    top = level(0)
    top.SOPClassUID, top.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3.4.7"
    return written(top)


AGREED = {
    "a conditional rule behind an unconditional one of its layer is asked": (
        'when Modality = "CT" {\n K PatientName override X because "r"\n}\nX PatientName\nwhen Modality = "CT" {\n X * / vr PN\n}\n',
    ),
    "an occurrence without a value does not make `all A != b` false": (
        'when all OtherPatientIDsSequence / PatientID != "x" {\n X PatientAge\n}\n',
    ),
    "`any A != b` asks for one value that differs": (
        'when any OtherPatientIDsSequence / PatientID != "4711" {\n X PatientAge\n}\n'
        'when any ImageType != "PRIMARY" {\n X PatientName\n}\n',
    ),
    "`A != b` holds where A is absent": ('when PatientSex != "F" {\n X PatientName\n}\n',),
    "private UIDs in a sequence under U are replaced": ('X/Z/U OtherPatientIDsSequence\nK (0019,"ACME",xx)\n',),
    "a private element whose creator nobody spells goes, whatever the code": ("Z vr LO, vr UI\n",),
    "`otherwise` of a later layer stands behind a condition of an earlier one": (
        'when Modality = "MR" {\n X PatientName\n}\n',
        "Z vr PN otherwise\n",
        "D PatientName otherwise\n",
    ),
    "a broad override wins over narrower rules of earlier layers": (
        "Z OtherPatientIDsSequence / PatientName\nD top / PatientName\n",
        "X vr PN override\n",
    ),
    "a longer path is more specific": (
        "X PatientName\nZ OtherPatientIDsSequence / PatientName\nD OtherPatientIDsSequence / OtherPatientIDsSequence / PatientName\n",
    ),
    "`top` is more specific than no path": ("X PatientName\nZ top / PatientName\n",),
    "add stands where the path leads and nowhere else": (
        'add OtherPatientIDsSequence / PatientSex = "O"\nadd AccessionNumber = "A"\nX PatientSex\n',
    ),
    "a later X takes what an earlier layer adds": ('add AccessionNumber = "A"\n', "X AccessionNumber\n"),
    "two conditional rules without an order: the one that leaves less": (
        'when Modality = "CT" {\n C PatientName = upper() override X because "r"\n}\nwhen exists PatientID {\n X * / vr PN\n}\n',
    ),
    "a condition on the item reads the item": ('when here / PatientID = "4711" {\n X PatientName\n}\n',),
}


@pytest.mark.parametrize("name", AGREED)
@pytest.mark.parametrize("unlisted", ["K", "X"])
def test_they_agree(name: str, unlisted: str):
    stack = stack_of(*AGREED[name], unlisted=unlisted)
    compilation = compile_layers(stack.texts(), stack.policies)
    assert compilation.plan is not None, compilation.diagnostics
    assert check(Compiled(stack, compilation.plan), everything()) == "written"


REFUSED = {
    "a tie": ("DR301", "Z PatientName\nX PatientName\n"),
    "a tie beside a third rule that asks the same": ("DR301", "Z PatientName\nZ PatientName\nX PatientName\n"),
    "a tie of a path and a narrower leaf": ("DR301", "X PatientName\nZ * / vr PN\n"),
    "a tie of private masks that cross": ("DR301", "X (0019,1xx1)\nZ (0019,x0x1)\n"),
    "an unmarked weakening": ("DR201", "X PatientAge\n", "K PatientAge\n"),
    "an unmarked weakening that stands there twice": ("DR201", "X PatientAge\n", "K PatientAge\n", "K PatientAge\n"),
    "an override without its code": ("DR201", "X/Z/U OtherPatientIDsSequence\n", "K (0010,10xx) override\n", "K (0010,10xx) override\n"),
    "a weakening under a condition": ("DR201", "X PatientAge\n", 'when Modality = "CT" {\n K PatientAge\n}\n'),
    "a weakening within a layer": ("DR201", "X (0010,xxxx)\nK PatientAge\n"),
    "broad over narrow": ("DR202", "Z PatientName\n", "X vr PN\n"),
    "reading what goes": ("DR203", "X PatientID\nD PatientName = pseudonym(PatientID)\n"),
    "two options that disagree": (
        "DR303",
        "X PatientAge\n",
        'layer option 113107 may weaken "layer0"\nK PatientAge\n',
        'layer option 113108 may weaken "layer0"\nZ PatientAge\n',
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_this_does_not_compile(name: str):
    code, *layers = REFUSED[name]
    compilation = compile_layers([(f"layer{number}", "deidrules 1\n" + text) for number, text in enumerate(layers)], Policies("X"))
    assert compilation.plan is None
    assert code in {diagnostic.code for diagnostic in compilation.diagnostics}
