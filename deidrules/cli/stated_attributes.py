"""The sections of a conformance statement that list attributes, PS3.15 E.1.3."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from deidrules.actions import registry
from deidrules.cli import wording
from deidrules.cli.coverage import spelled
from deidrules.cli.markdown import code, count, plain, table
from deidrules.cli.stated import Stated, fate_table, only, place, rules_table
from deidrules.dicom.method_codes import FULL_DATES, MODIFIED_DATES
from deidrules.lint.attributes import Fate, broad, functions_of, of_content, spells_private
from deidrules.lint.coverage import State
from deidrules.lint.effective import UNLISTED

PATIENT_CHARACTERISTICS = 113108

Section = Callable[[Stated], Iterator[str]]


def _removed(stated: Stated) -> Iterator[str]:
    yield f"{count(len({fate.tag for fate in stated.of('X')}), 'attribute')}; a sequence goes with everything in it."
    yield ""
    yield from fate_table(stated, stated.of("X"))
    yield ""
    yield from _unlisted(stated)


def _unlisted(stated: Stated) -> Iterator[str]:
    policies = stated.plan.policies
    match policies.unlisted:
        case "K":
            yield "Attributes that no rule reaches stay; private ones, and those that the data dictionary does not know, are removed."
        case "quarantine":
            yield "An object with an attribute that no rule reaches is quarantined."
        case "X":
            yield "Every attribute that no rule reaches is removed, whether the table lists it or not."
        case other:
            yield f"Every attribute that no rule reaches is treated by {code(other)}; private and unknown ones are removed."
    yield ""
    yield (
        "Always removed or made anew: the preamble, groups 0000, 0002 and 0004, group lengths, Data Set Trailing Padding, bytes behind the "
        "data set."
    )


def _emptied(stated: Stated) -> Iterator[str]:
    yield "Set to zero length, a sequence without items; where the attribute is Type 1 in the object's IOD, a dummy takes the place."
    yield ""
    yield from fate_table(stated, stated.of("Z"))


def _by_type(stated: Stated) -> Iterator[str]:
    yield (
        "What these do depends on the strictest Type of the attribute at its place in the object's IOD (a conditional Type counts as "
        "without condition): Type 1 takes D or U, Type 2 Z, Type 3 X; where the code lacks that letter, the next it has of X, Z, D or U."
    )
    yield ""
    compound = sorted({fate.effect.code for fate in stated.fates if "/" in fate.effect.code})
    yield from fate_table(stated, stated.of(*compound), by_code=True)


def _dummies(stated: Stated) -> Iterator[str]:
    if not stated.of("D"):
        yield "None."
        return
    yield from _action("D")
    yield ""
    yield from fate_table(stated, stated.of("D"))


def _uids(stated: Stated) -> Iterator[str]:
    if not stated.of("U", "X/Z/U"):
        yield "None."
        return
    yield from _action("U")
    yield ""
    yield (
        "Extent of referential integrity: one key. Every run with the same key gives the same original UID the same replacement, in all "
        "files, series, studies and patients, so references between objects keep their targets; under another key nothing links. A run "
        "without a key file makes a fresh key and forgets it. Replacements cannot be reversed without the originals and the key."
    )
    yield ""
    yield from fate_table(stated, stated.of("U"))


def _cleaned(stated: Stated) -> Iterator[str]:
    if not stated.of("C"):
        yield "None."
        return
    yield "The manner of cleaning (PS3.15 E.3.5), where no value is given:"
    yield ""
    yield from _action("C")
    yield ""
    yield from fate_table(stated, stated.of("C"))


def _action(letter: str) -> Iterator[str]:
    yield f"> {' '.join(registry.ACTIONS[letter].doc.split())}"


def _functions(stated: Stated) -> Iterator[str]:
    known = registry.functions()
    used = functions_of(stated.plan)
    if not used:
        yield "No rule computes a value."
    for name in used:
        yield f"* {code(name)}: {' '.join(known[name].doc.split())}"


def _kept(stated: Stated) -> Iterator[str]:
    kept = stated.of("K")
    names = {option.code: option.name for option in stated.options}
    rows = []
    for fate in kept:
        if fate.row is None:
            continue
        why = plain(fate.effect.because)
        if not why and fate.state is not State.MISSING:
            granting = next((option.code for option in stated.options if option.stacked and fate.row.options.get(option.code) == "K"), 0)
            why = f"{names[granting]} ({granting})" if granting else ""
        if not why:
            why = "**not covered**: " + ("no rule reaches it" if fate.effect.origin == UNLISTED else "the rule gives no reason")
        rows.append((code(fate.tag), plain(fate.name), code(fate.row.basic), only(stated, fate), why, place(fate)))
    yield "Kept although the table lists them:" if rows else "Nothing that the table lists is kept."
    yield ""
    yield from table(("tag", "attribute", "E.1-1", "only", "why", "rule"), rows)
    others = [fate for fate in kept if fate.row is None]
    if others:
        yield ""
        yield (
            "Named by a rule and kept, and not in the table: " + ", ".join(f"{plain(fate.name)} {code(fate.tag)}" for fate in others) + "."
        )


def _broad(stated: Stated) -> Iterator[str]:
    rules = broad(stated.plan)
    if not rules:
        yield "None."
    yield from rules_table(stated, rules)


def _content(stated: Stated) -> Iterator[str]:
    rules = [rule for rule in stated.plan.rules if of_content(rule)]
    if not rules:
        yield "No rule judges the items of a report by what they say: they are elements like all others."
        return
    yield (
        "Items of Content Sequence, Acquisition Context Sequence and the like are judged by concept and value type: X removes an item, the "
        "other codes act on its value."
    )
    yield ""
    yield from rules_table(stated, rules)


def _dates(stated: Stated) -> Iterator[str]:
    claimed = {option.code for option in stated.options if not option.why_not}
    said = stated.plan.longitudinal
    said = "UNMODIFIED" if FULL_DATES in claimed else "MODIFIED" if MODIFIED_DATES in claimed else said
    yield f"(0028,0303) Longitudinal Temporal Information Modified: {code(said) if said else 'not written, a received one is removed'}."
    temporal = [fate for fate in stated.fates if fate.row is not None and {FULL_DATES, MODIFIED_DATES} & set(fate.row.options)]
    how: dict[str, list[Fate]] = {}
    for fate in temporal:
        how.setdefault(_method(fate), []).append(fate)
    yield ""
    yield f"{count(len({fate.tag for fate in temporal}), 'attribute')} of which the options for dates and times speak, by what is done:"
    yield ""
    rows = ((code(method), str(len(found)), _few(found)) for method, found in sorted(how.items()))
    yield from table(("what is done", "attributes", "which"), rows)


def _method(fate: Fate) -> str:
    rule = fate.effect.rule
    return fate.effect.code + (f" = {wording.expression(rule.value)}" if rule is not None and rule.value is not None else "")


def _few(found: Collection[Fate], most: int = 4) -> str:
    names = list(dict.fromkeys(plain(fate.name) for fate in found))
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _patient(stated: Stated) -> Iterator[str]:
    found: Iterable[Fate] = (fate for fate in stated.fates if fate.row is not None and PATIENT_CHARACTERISTICS in fate.row.options)
    rows = ((code(fate.tag), plain(fate.name), code(spelled(fate.effect)), plain(fate.effect.because), place(fate)) for fate in found)
    yield from table(("tag", "attribute", "what is done", "because", "rule"), rows)


def _private(stated: Stated) -> Iterator[str]:
    plan = stated.plan
    if plan.policies.keep_private:
        reason = next((override.because for override in plan.overrides if override.origin == "profile.yaml"), "")
        yield f"Private elements that have a creator stay where no rule reaches them: {plain(reason)}."
    rules = [rule for rule in plan.rules if spells_private(rule) and rule.code != "X"]
    if not rules:
        yield "All others are removed." if plan.policies.keep_private else "None: all private elements are removed, at every depth."
        return
    yield (
        "An element stays by its creator, spelled in a rule, wherever its block lies; the creator element stays exactly as long as an "
        "element of its block does. Private sequences that stay are judged element by element. All other private elements are removed."
    )
    yield ""
    yield from rules_table(stated, rules)


ATTRIBUTES: tuple[tuple[str, Section], ...] = (
    ("Attributes removed", _removed),
    ("Attributes emptied", _emptied),
    ("Attributes removed, emptied or replaced by their Type", _by_type),
    ("Attributes replaced by dummies", _dummies),
    ("UIDs replaced", _uids),
    ("Attributes cleaned", _cleaned),
    ("How values are computed", _functions),
    ("Attributes kept", _kept),
    ("Masks, VRs and classes", _broad),
    ("Structured content", _content),
    ("Dates and times", _dates),
    ("Patient characteristics", _patient),
    ("Private attributes kept", _private),
)
