"""What the oracle says of claims, from the rules and the headers alone: place by place, without the compiler's classes and regions.

A place is one kind of element below one chain of sequences. `standing` asks it of every place of a small universe, before any file is
known; `false_claims` asks it of the elements of one file, with the conditions as they hold there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import oracle_content
from oracle import own
from oracle_content import spelled
from oracle_data import Value, dictionary_vrs, keyword_tag, normal
from oracle_rules import Chain, Claim, leaf_means, leaves, more_specific, reaches
from pydicom._dicom_dict import DicomDictionary

from deidrules.actions.base import Level
from deidrules.language import ast
from deidrules.plan.model import Policies

PRIVATE_SEQUENCE = 0x00191003
NEUTRAL_SEQUENCE = keyword_tag("ReferencedStudySequence")  # one that no rule names
NEVER = frozenset({113101, 113102})  # 113101 is settled by pixels, 113102 by nothing
VRS = ("LO", "DA", "UI", "SQ", "CS", "PN", "LT", "SH", "DS", "OW", "US")
Layers = Sequence[tuple[str, ast.Recipe]]


def option(layers: Layers, number: int) -> int:
    """The option of a layer, 0 for none."""
    header = layers[number][1].layer
    return header.option if header is not None else 0


def names(layers: Layers, number: int, other: int) -> bool:
    """True when a layer says that it may weaken another one."""
    header = layers[number][1].layer
    return header is not None and layers[other][0] in header.may_weaken


def left(claim: Claim, value: Value, policies: Policies) -> Level:
    """Rules 6 and 15: what a rule leaves of an element."""
    unspelled = value.tag >> 16 & 1 and not claim.spelled and not policies.keep_private
    return Level.NOTHING if unspelled else leaves(claim)


def undoes(by: Claim, rule: Claim, value: Value, policies: Policies) -> bool:
    """True when a rule does not do what an option asks for, and no more than that."""
    if (by.code, by.value) == (rule.code, rule.value):
        return False
    done, asked = left(by, value, policies), left(rule, value, policies)
    if by.code == "D" and done == Level.TOKEN and not {"Z", "D"}.isdisjoint(rule.code.split("/")):
        return False  # Table E.1-1a: any value that does not identify
    if done > asked or (rule.code == "K" and asked > Level.NOTHING):
        return True
    declared = isinstance(by.stance, ast.Override) and bool(by.stance.code)
    return declared and done == asked > Level.NOTHING


def before(one: Claim, other: Claim) -> bool:
    """Rules 4 and 5: asked first."""
    if one.otherwise != other.otherwise:
        return other.otherwise
    return one.layer > other.layer if one.layer != other.layer else more_specific(one, other)


# ---- before any file


def places(claims: Sequence[Claim]) -> Iterator[tuple[Value, Chain, list[Claim]]]:
    """Every place of the universe that a rule reaches, with the rules that do."""
    paths = [path for claim in claims for path in (claim.path, *claim.excluded)]
    steps = max((len(path.steps) for path in paths), default=0)
    chains: list[Chain] = [chain for depth in range(steps + 2) for chain in product(sequences(paths), repeat=depth)]
    items = [chain for chain in chains if chain and chain[-1][0] in oracle_content.SEQUENCES]
    for value in (*values(claims), *content_values(paths)):
        meant = [claim for claim in claims if leaf_means(claim.path.leaf, value)]
        for chain in () if not meant else chains if value.content is None else items:
            reaching = [claim for claim in meant if reaches(claim, value, chain)]
            if reaching:
                yield value, chain, reaching


def sequences(paths: Sequence[ast.Path]) -> list[tuple[int, str | None]]:
    """The sequences that these paths can tell apart."""
    named = {keyword_tag(step.name) for path in paths for step in path.steps if isinstance(step, ast.Keyword)}
    content = {oracle_content.CONTENT} if any(isinstance(path.leaf, ast.ContentItem) for path in paths) else set()
    return [*((tag, None) for tag in sorted({NEUTRAL_SEQUENCE} | named | content)), (PRIVATE_SEQUENCE, "ACME")]


def content_values(paths: Sequence[ast.Path]) -> Iterator[Value]:
    """The values of one content item of each kind that these paths can tell apart."""
    leaves = [path.leaf for path in paths if isinstance(path.leaf, ast.ContentItem)]
    for concept, kind in product({"", *(spelled(leaf.concept) for leaf in leaves)}, ("", *oracle_content.HOLDS)) if leaves else ():
        for tag in oracle_content.holding(kind):
            yield Value(tag, sorted(dictionary_vrs(tag))[0], content=(concept, kind))


def values(claims: Sequence[Claim]) -> Iterator[Value]:
    """One element of each kind that these rules can tell apart: the tags they spell, tags of every VR, private ones."""
    tags = {tag for claim in claims if isinstance(claim.path.leaf, ast.Keyword) and not own(tag := keyword_tag(claim.path.leaf.name))}
    others = ("PatientSex", "PatientSize", "Allergies", "StudyID", "Manufacturer", "SoftwareVersions", "ClinicalTrialSiteName", "Units")
    more = ("ContentTime", "ContentDate", "CreatorVersionUID", "Purpose", "AcquisitionDateTime", "WindowCenter", "LossyImageCompression")
    rare = ("RegionSpatialFormat", "SmallestImagePixelValue", "RedPaletteColorLookupTableData", "AnatomicRegionSequence", "StudyTime")
    known = tags | {tag for name in (*others, *more, *rare) if (tag := _tag(name))}
    known |= {tag for claim in claims if isinstance(claim.path.leaf, ast.TagMask) for tag in under(claim.path.leaf)}
    groups = {0x00100010, 0x00100020, 0x00101010, 0x00104000, 0x00081030, 0x00080020, 0x00401001, 0x60003000, 0x60004000, 0x60000022}
    unknown = {0x00080199, 0x00100199, 0x00101099, 0x00101919, 0x00120999, 0x00280999, 0x00400999, 0x60000999}
    for tag in sorted(known | groups | unknown | {0x7FE00020}):
        yield Value(tag, sorted(dictionary_vrs(tag) or {"UN"})[0])
    for creator, tag, vr in product((normal("ACME"), normal("Other 1.0"), "NOBODY"), (1, 2, 3, 5, 0x11), VRS):
        for declared in (False, True):
            yield Value(0x00191000 | tag, vr, creator=creator, declared=declared)


def under(mask: ast.TagMask) -> set[int]:
    """The first tag of each VR that the dictionary has under a mask."""
    pattern = re.compile((mask.group + mask.element).replace("x", "[0-9A-F]"), re.IGNORECASE)
    found: dict[str, int] = {}
    for tag in sorted(DicomDictionary):
        if pattern.fullmatch(f"{tag:08X}") and not own(tag):
            found.setdefault(DicomDictionary[tag][0], tag)
    return set(found.values())


def _tag(keyword: str) -> int:
    try:
        return keyword_tag(keyword)
    except StopIteration:
        return 0


def standing(layers: Layers, claims: Sequence[Claim], policies: Policies) -> dict[int, bool]:
    """The options that may be claimed, True for those that may be claimed whatever conditions hold. Pairs of rules that are both under
    conditions are left to `false_claims`: whether they can meet is not asked here."""
    found = {option(layers, number) for number in range(len(layers))} - {0, *NEVER}
    work, wrongs = _wrongs(layers, claims, policies)
    found = (found & work) - _switched_off(layers) - {code for code, conditional in wrongs if not conditional}
    if policies.keep_private and not _takes_private(claims):
        found -= {113100, 113111}
    return {code: (code, True) not in wrongs for code in found}


def _wrongs(layers: Layers, claims: Sequence[Claim], policies: Policies) -> tuple[set[int], set[tuple[int, bool]]]:
    """(the options of whose work something is left; what is undone as (option, under a condition over the object))."""
    work: set[int] = set()
    wrongs: set[tuple[int, bool]] = set()
    for value, _, reaching in places(claims):
        certain = [claim for claim in reaching if claim.condition is None]
        for rule in reaching:
            code = option(layers, rule.layer)
            if not code:
                continue
            above = [one for one in certain if before(one, rule)]
            tops = [one for one in above if not any(before(other, one) for other in above)] or [rule]
            if any(left(top, value, policies) >= left(rule, value, policies) for top in tops):
                work.add(code)
            if any(one.layer == rule.layer for one in above):
                continue  # the option asks for something else here
            for by in reaching:
                if by.layer == rule.layer or not before(by, rule) or (by.condition is not None and rule.condition is not None):
                    continue
                if not undoes(by, rule, value, policies) or any(before(one, by) for one in certain):
                    continue
                if not has_leave(layers, by, rule, above, value, policies):
                    wrongs.add((code, by.condition is not None and "'here'" not in repr(by.condition)))
    return work, wrongs


def has_leave(layers: Layers, by: Claim, rule: Claim, others: Sequence[Claim], value: Value, policies: Policies) -> bool:
    """True for a rule of another option that may weaken the rule's layer, and for one that undoes nothing of such an option and leaves no
    more than it does."""
    for one in (by, *others):
        other = option(layers, one.layer)
        if other in (0, option(layers, rule.layer), *NEVER) or not names(layers, one.layer, rule.layer):
            continue
        if one is by:
            return True
        if undoes(by, one, value, policies) or left(by, value, policies) > left(one, value, policies):
            continue
        if rule.code != "K" or (by.code, by.value) == (one.code, one.value):
            return True
    return False


def _switched_off(layers: Layers) -> set[int]:
    """The options of which a later layer switches off a verdict."""
    owners: dict[str, int] = {}
    found = set()
    for number, (_, recipe) in enumerate(layers):
        found |= {owners.get(one.name, 0) for one in recipe.statements if isinstance(one, ast.Without)}
        owners |= {one.name: option(layers, number) for one in recipe.statements if isinstance(one, ast.Verdict)}
    return found


def _takes_private(claims: Sequence[Claim]) -> bool:
    return any(
        isinstance(claim.path.leaf, ast.PrivateClass)
        and not claim.path.steps
        and not claim.path.anchor
        and claim.condition is None
        and not claim.excluded
        and leaves(claim) == Level.NOTHING
        for claim in claims
    )


# ---- in one file


def false_claims(
    layers: Layers, decided: Mapping[tuple[int, int], tuple[Value, list[Claim], Claim]], policies: Policies, said: Sequence[int]
) -> list[str]:
    """Elements of a file of which an output would claim something that was not done. `decided`: by place the element, the rules that reach
    it and whose condition holds, and the one that decides."""
    found = []
    for (_, tag), (value, holding, winner) in decided.items():
        for number in range(len(layers)):
            code = option(layers, number)
            mine = [claim for claim in holding if claim.layer == number]
            mine = [claim for claim in mine if not any(before(other, claim) for other in mine)]
            if code not in said or winner.layer == number or len(mine) != 1 or not before(winner, mine[0]):
                continue
            if not undoes(winner, mine[0], value, policies):
                continue
            if not has_leave(layers, winner, mine[0], [one for one in holding if before(one, mine[0])], value, policies):
                found.append(
                    f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is claimed as of {code}, and {winner.code} of layer {winner.layer} decides"
                )
    return found
