"""DR3xx: conflicts, unreachable and shadowed rules."""

from __future__ import annotations

from deidrules.text.codes.model import Code
from deidrules.text.diagnostic import Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING

TABLE: tuple[Code, ...] = (
    Code(
        "DR301",
        "tie",
        ERROR,
        "Two rules of one layer, neither more specific, ask for different things; elsewhere chance decides.",
        bad="X PatientName\nZ PatientName",
        good="Z PatientName",
    ),
    Code(
        "DR302",
        "tie-under-conditions",
        WARNING,
        "If both conditions hold, the rule that leaves less wins; if they leave equally much and differ, the instance is quarantined.",
        bad='when Modality = "CT" { X ImageComments }\nwhen BodyPartExamined = "HEAD" { Z ImageComments }',
        good='when Modality = "CT" { X ImageComments }\nwhen Modality = "MR" { Z ImageComments }',
    ),
    Code("DR303", "options-clash", ERROR, "The standard gives no precedence between its options; the profile has to."),
    Code(
        "DR304",
        "never-reached",
        WARNING,
        "Another rule decides every element it means. An `otherwise` rule on a VR is a net for attributes that nobody names, and is only "
        "called so where a rule as broad stands before it.",
        bad="X PatientName, StudyDate\nX PatientName",
        good="X PatientName",
    ),
    Code(
        "DR305",
        "name-taken",
        ERROR,
        "Names of verdicts and pixel rules stand in records and are switched off by name; two of one name lose one.",
        bad='reject "a" when Modality = "SR"\nquarantine "a" when Modality = "OT"',
        good='reject "a" when Modality = "SR"\nquarantine "b" when Modality = "OT"',
    ),
    Code("DR306", "nothing-switched-off", ERROR, "`without` names a rule that no earlier layer has."),
    Code(
        "DR307",
        "never-holds",
        WARNING,
        "The parts of the condition contradict each other, so what stands under it never happens.",
        bad='when Modality = "CT" and Modality = "MR" { X ImageComments }',
        good='when Modality in ["CT", "MR"] { X ImageComments }',
    ),
    Code("DR308", "too-many-to-judge", ERROR, "What cannot be judged within bounded time is not let through."),
)
