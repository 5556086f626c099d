"""The sections of a conformance statement about all that is not a list of attributes: what is added, pixels, refusals, restrictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from deidrules import __version__
from deidrules.cli import wording
from deidrules.cli.markdown import code, plain, table
from deidrules.cli.stated import Stated, fate_table
from deidrules.cli.stated_pixels import following, inserted, text_carriers
from deidrules.dicom.limits import LIMITS
from deidrules.dicom.transfer_syntax import transfer_syntax
from deidrules.dicom.uid import Registered, registry
from deidrules.plan.fingerprint import fingerprint
from deidrules.text.refusal import Refusal

Section = Callable[[Stated], Iterator[str]]


def _inserted(stated: Stated) -> Iterator[str]:
    plan = stated.plan
    claimed = ", ".join(str(option.code) for option in stated.options if not option.why_not)
    method = ", ".join(code(text) for text in (f"{plan.profile}@{plan.version}", fingerprint(plan), f"deidrules@{__version__}"))
    rows = [
        ("(0012,0062)", "Patient Identity Removed", "YES"),
        ("(0012,0063)", "De-identification Method", f"three values appended: {method}"),
    ]
    if claimed:
        rows.append(("(0012,0064)", "De-identification Method Code Sequence", f"an item appended for each that was done, of {claimed}"))
    rows += [
        ("(0028,0303)", "Longitudinal Temporal Information Modified", "see Dates and times"),
        (
            "(0018,A001)",
            "Contributing Equipment Sequence",
            "an item appended: De-identifying Equipment (109104, DCM), without date or place",
        ),
        ("group 0002", "File Meta Information", "made anew; the preamble is zeros"),
    ]
    rows += inserted(plan)
    if any(option.code == 113101 and not option.why_not for option in stated.options):
        rows.append(("(0028,0301)", "Burned In Annotation", "NO, where 113101 is claimed"))
    yield from table(("tag", "attribute", "value"), ((code(tag), name, said) for tag, name, said in rows))
    added = stated.of("add")
    if added:
        yield ""
        yield "By rules:"
        yield ""
        yield from fate_table(stated, added)


def _pixels(stated: Stated) -> Iterator[str]:
    plan = stated.plan
    policy = {
        "quarantine": "is quarantined",
        "accept": "leaves as it is",
        "read-text": "is looked through for text",
    }[plan.policies.unmatched_pixels]
    yield f"An image that may carry burned-in text, and of which no rule judges every frame and overlay plane, {policy}."
    if not plan.pixels:
        yield "There are no pixel rules."
    for rule in plan.pixels:
        yield ""
        yield f"* {code(wording.quoted(rule.name))}, when {code(stated.condition(rule.condition))} ({code(rule.origin)})"
        for operation in rule.operations:
            yield f"    * {code(wording.operation(operation))}"
    if plan.pixels:
        yield ""
        yield _VERIFIED[plan.policies.verify]
    yield from following(plan)
    yield ""
    yield from text_carriers()


_VERIFIED = {
    "on": (
        "Where a rule changed pixels or overlay planes, the written file is read back before it gets its name, and proven: the rectangles "
        "hold the fill in every frame and plane addressed, everything else is as it came. A file that fails is quarantined."
    ),
    "off": "Outputs whose pixels changed are not read back and proven (`verify: off`).",
}


def _refused(stated: Stated) -> Iterator[str]:
    policies = stated.plan.policies
    unknown = {
        "quarantine": "An object of an unknown or private SOP class, or without one, is quarantined.",
        "strictest": "An object of an unknown or private SOP class, or without one, is judged by the strictest Type of each attribute.",
    }
    malformed = {
        "quarantine": "An object that breaks the encoding rules of PS3.5 is quarantined.",
        "repair": "Of an object that breaks the encoding rules of PS3.5, what can be put right without a guess is; else it is quarantined.",
    }
    yield f"* {unknown[policies.unknown_sop_class]}"
    yield f"* {malformed[policies.malformed]}"
    for verdict in stated.plan.verdicts:
        when = code(stated.condition(verdict.condition))
        yield f"* {verdict.kind} {code(wording.quoted(verdict.name))}, when {when} ({code(verdict.origin)})"
    yield ""
    yield (
        "Nothing of a refused object is written. A refusal has a code and never says a value. A function or action that cannot be applied "
        "to a value, a condition that cannot be decided, a value that does not fit its attribute: each quarantines the object."
    )


def _syntaxes(stated: Stated) -> Iterator[str]:
    yield "Read and written: an output has the transfer syntax of its input. Pixel data stays as it came unless a pixel rule changes it."
    yield ""
    yield from table(("UID", "transfer syntax"), ((code(row.uid), plain(row.name)) for row in _readable()))


def _readable() -> Iterator[Registered]:
    for uid, row in registry().items():
        if row.kind == "Transfer Syntax":
            try:
                transfer_syntax(uid)
            except Refusal:
                continue
            yield row


def _encrypted(stated: Stated) -> Iterator[str]:
    yield (
        "None: no Encrypted Attributes Sequence (0400,0500) is made, and no transfer syntax for one is supported. What links replacements "
        "to originals is the key, which is in no output."
    )


def _restrictions(stated: Stated) -> Iterator[str]:
    yield "* A DICOMDIR is refused: it is an index, to be made anew from the outputs."
    yield "* Text burned into pixels is removed by pixel rules only; nothing is recognised by itself."
    yield "* Faces and other recognizable visual features stay: 113102 is never claimed."
    yield (
        f"* At most {LIMITS.depth} sequences within sequences, {LIMITS.elements:,} elements in an object, {LIMITS.inflated // 2**20} MiB "
        "of inflated data set; beyond that an object is refused."
    )


def _weakenings(stated: Stated) -> Iterator[str]:
    overrides = stated.plan.overrides
    if not overrides:
        yield "None: no rule leaves more than a rule it overrules."
    yield from table(
        ("rule", "instead of", "because", "place"),
        ((code(" ".join(one.what.split())), code(one.code), plain(one.because), code(one.origin)) for one in overrides),
    )


HANDLING: tuple[tuple[str, Section], ...] = (
    ("Weakenings", _weakenings),
    ("Attributes inserted", _inserted),
    ("Pixel data", _pixels),
    ("What is refused or quarantined", _refused),
    ("Transfer syntaxes", _syntaxes),
    ("Encrypted attributes", _encrypted),
    ("Restrictions", _restrictions),
)
