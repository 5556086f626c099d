"""DR2xx: safety."""

from __future__ import annotations

from deidrules.text.codes.model import Code
from deidrules.text.diagnostic import Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING

TABLE: tuple[Code, ...] = (
    Code(
        "DR201",
        "silent-weakening",
        ERROR,
        "A rule leaves more of the original than a rule it overrules. Both cannot be meant, unless it says so and why.",
        bad="X (0010,xxxx)\nK PatientSex",
        good='X (0010,xxxx)\nK PatientSex override X because "protocol 4.2"',
    ),
    Code(
        "DR202",
        "broad-over-narrow",
        ERROR,
        "A broad rule of a later layer overrules a narrow one of an earlier layer. Whether that is meant cannot be seen.",
    ),
    Code(
        "DR203",
        "read-past-rule",
        ERROR,
        "An expression carries more of an attribute into another one than the attribute's own rules leave of it.",
        bad="X PatientID\nD PatientName = pseudonym(PatientID)",
        good='X PatientID\nD PatientName = pseudonym(PatientID) override X because "protocol 4.2"',
    ),
    Code(
        "DR204",
        "rectangle-without-size",
        WARNING,
        "A rectangle was drawn on images of one size; on another size it lies elsewhere, or outside, and the instance is quarantined.",
        bad='pixels "a" when Modality = "US" { blank 0,0,640,60 }',
        good='pixels "a" when Modality = "US" and Rows = 480 and Columns = 640 { blank 0,0,640,60 }',
    ),
    Code(
        "DR205",
        "dummy-leaves-a-part",
        ERROR,
        "D promises that nothing readable of the original stays.",
        bad="D StudyDescription = lower(StudyDescription)",
        good="C StudyDescription = lower(StudyDescription)",
    ),
    Code(
        "DR206",
        "engine-own",
        ERROR,
        "The engine writes or keeps this element so that the object stays valid; a rule would be ignored.",
        bad="X SOPClassUID",
        good="K SOPClassUID",
    ),
    Code(
        "DR207",
        "keep-private",
        ERROR,
        "Private elements stay by their creator, spelled, or by a policy with a reason.",
        bad="K private",
        good='K (0019,"SIEMENS MR HEADER",0C)',
    ),
    Code("DR208", "uid-of-no-uid", ERROR, "U puts a UID in the place of a UID.", bad="U PatientName", good="U StudyInstanceUID"),
    Code(
        "DR209",
        "clean-of-no-words",
        ERROR,
        "C without a value cleans words; dates need a value, codes and numbers have nothing to clean.",
        bad="C StudyDate",
        good="C StudyDate = year()",
    ),
    Code(
        "DR210",
        "no-reason",
        ERROR,
        "A weakening is read by others later: they need its reason.",
        bad="K PatientSex override X",
        good='X (0010,xxxx)\nK PatientSex override X because "protocol 4.2"',
    ),
    Code(
        "DR211",
        "no-dummy",
        ERROR,
        "What a content item refers to, or where it lies, has no dummy that an object could hold and that says nothing.",
        bad='D content "DCM:121080" IMAGE',
        good='U content "DCM:121080" IMAGE',
    ),
    Code("DR212", "override-meets-nothing", WARNING, "The rule it was written against has gone, or the selector is mistyped."),
    Code(
        "DR220",
        "kept-although-listed",
        WARNING,
        "PS3.15 Table E.1-1 says that this attribute identifies; the rule keeps all of it and gives no reason.",
        bad="K PatientBirthDate",
        good='K PatientBirthDate override X because "protocol 4.2: ages in days"',
    ),
    Code(
        "DR221",
        "shift-not-per-patient",
        WARNING,
        "Dates of one patient that move by different amounts lose their intervals, and one known date gives away the others.",
        bad="C StudyDate = shift(per: StudyInstanceUID, within: 365 days)",
        good="C StudyDate = shift(per: PatientID, within: 365 days)",
    ),
    Code(
        "DR222",
        "pseudonym-of-few",
        WARNING,
        "An attribute with few possible values has few pseudonyms: counting them shows which is which.",
        bad="D PatientComments = pseudonym(PatientSex)",
        good="D PatientComments = pseudonym(PatientID)",
    ),
    Code(
        "DR223",
        "negation-guards-weakening",
        WARNING,
        "A negated condition also holds where the attribute is absent, so objects that say nothing are weakened too.",
        bad='X ImageComments\nwhen Modality != "US" { K ImageComments override X because "phantoms" }',
        good='X ImageComments\nwhen Modality = "CT" { K ImageComments override X because "phantoms" }',
    ),
    Code(
        "DR224",
        "removed-although-required",
        WARNING,
        "Objects of an IOD that makes this attribute Type 1 are not valid without it; X removes it from them all the same (rule 12).",
        bad="X ContentDate",
        good="X/Z/D ContentDate",
    ),
    Code(
        "DR230",
        "table-row-not-covered",
        ERROR,
        "The profile stacks layers of PS3.15 that claim Table E.1-1 is followed, and more stays of an attribute than the table allows. "
        "`lint --coverage` prints the whole table.",
        bad="deidrules 1\nlayer option 113100\nK PatientBirthDate",
        good="deidrules 1\nlayer option 113100\nZ PatientBirthDate",
    ),
)
