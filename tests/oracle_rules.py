"""Rules 1-6 for the oracle: which rules reach an element, which of two is the more specific, what an action leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import oracle_values
from oracle_content import spelled
from oracle_data import Value, dictionary_vrs, keyword_tag, normal

from deidrules.actions.base import Level
from deidrules.language import ast

Chain = tuple[tuple[int, str | None], ...]  # (tag, creator) of each enclosing sequence, outermost first


@dataclass(frozen=True)
class Claim:
    """A rule as written, for one of its selectors. `code` is `add` for an add."""

    layer: int
    code: str
    path: ast.Path
    value: ast.Expression | None
    condition: ast.Condition | None
    excluded: tuple[ast.Path, ...]
    otherwise: bool
    reading: str = ""
    stance: ast.Stance = field(compare=False, default=None)
    parameters: Mapping[str, ast.Expression] = field(compare=False, default_factory=dict)
    sets: Mapping[str, ast.SetDefinition] = field(compare=False, default_factory=dict)

    @property
    def spelled(self) -> bool:
        """True when it spells the creator of a private element, or takes the object's word for it."""
        return isinstance(self.path.leaf, ast.PrivateTag | ast.DeclaredSafeClass)

    @property
    def content(self) -> bool:
        """True when it is about the values of content items."""
        return isinstance(self.path.leaf, ast.ContentItem)


# ---- rules 1-3: which claims reach an element


def claims(layers: Sequence[ast.Recipe], parameters: Mapping[str, ast.Expression]) -> list[Claim]:
    """Every rule of every layer, one for each selector; named sets are written out."""
    found: list[Claim] = []
    for number, recipe in enumerate(layers):
        sets = {s.name: s for s in recipe.statements if isinstance(s, ast.SetDefinition)}
        defaults = {s.name: s.default for s in recipe.statements if isinstance(s, ast.Param) and s.default is not None}
        given = {**defaults, **parameters}
        blocks: list[tuple[ast.Condition | None, ast.Rule | ast.Add]] = []
        for statement in recipe.statements:
            if isinstance(statement, ast.Rule | ast.Add):
                blocks.append((None, statement))
            elif isinstance(statement, ast.When):
                blocks += [(statement.condition, rule) for rule in statement.body]
        for condition, rule in blocks:
            otherwise = isinstance(rule.stance, ast.Otherwise)
            if isinstance(rule, ast.Add):
                # rule 17: `at that place`: without a path that is the object itself
                target = ast.Path(rule.target.leaf, rule.target.steps, rule.target.anchor or ("" if rule.target.steps else "top"))
                found.append(Claim(number, "add", target, rule.value, condition, (), otherwise, "", rule.stance, given, sets))
                continue
            for selector in rule.selectors:
                for path, excluded in written_out(selector, sets):
                    found.append(
                        Claim(
                            number,
                            rule.code,
                            path,
                            rule.value,
                            condition,
                            (*rule.excluded, *excluded),
                            otherwise,
                            rule.reading,
                            rule.stance,
                            given,
                            sets,
                        )
                    )
    return found


def written_out(path: ast.Path, sets: Mapping[str, ast.SetDefinition]) -> Iterator[tuple[ast.Path, tuple[ast.Path, ...]]]:
    """A selector without names of sets, each with what the set takes away."""
    if not isinstance(path.leaf, ast.Name):
        yield path, ()
        return
    definition = sets[path.leaf.name]
    for member in definition.selectors:
        for inner, excluded in written_out(member, sets):
            yield ast.Path(inner.leaf, path.steps + inner.steps, path.anchor or inner.anchor), (*definition.excluded, *excluded)


def fits(digits: str, pattern: str) -> bool:
    """Hex digits against a pattern with `x`."""
    return all(want in ("x", have) for have, want in zip(digits, pattern.replace("X", "x"), strict=True))


def tag_fits(tag: int, mask: ast.TagMask) -> bool:
    """Rule 1: `x` in the group reaches even groups only, 50xx and 60xx the sixteen repeating groups."""
    digits = f"{tag:08X}"
    if not (fits(digits[:4], mask.group) and fits(digits[4:], mask.element)):
        return False
    if "x" in mask.group:
        if tag >> 16 & 1:
            return False
        if mask.group in ("50xx", "60xx") and int(digits[2:4], 16) > 0x1E:
            return False
    return True


def private_fits(tag: int, creator: str | None, leaf: ast.PrivateTag) -> bool:
    """Rule 1: found by its creator wherever the block lies."""
    digits = f"{tag:08X}"
    return creator == normal(leaf.creator) and digits[:4] == leaf.group and digits[4:6] != "00" and fits(digits[6:], leaf.element)


def leaf_means(leaf: ast.Leaf, value: Value) -> bool:
    """Rules 1 and 2, without the path."""
    private = bool(value.tag >> 16 & 1)
    match leaf:
        case ast.Keyword(name):
            return value.tag == keyword_tag(name)
        case ast.TagMask():
            return tag_fits(value.tag, leaf)
        case ast.PrivateTag():
            return private_fits(value.tag, value.creator, leaf)
        case ast.VrClass(vr):
            return value.vr == vr if private else vr in dictionary_vrs(value.tag)
        case ast.PrivateClass():
            return private
        case ast.UnknownClass():
            return not private and not value.known
        case ast.DeclaredSafeClass():
            return value.declared
        case ast.Star():
            return True
        case ast.ContentItem(concept, kind):
            kind = "NUM" if kind == "NUMERIC" else kind
            here = value.content
            return here is not None and (not concept or spelled(concept) == here[0]) and (not kind or kind == here[1])
    raise AssertionError(leaf)


def step_means(step: ast.Leaf, tag: int, creator: str | None) -> bool:
    """A step of a path against an enclosing sequence."""
    match step:
        case ast.Star():
            return True
        case ast.Keyword(name):
            return tag == keyword_tag(name)
        case ast.TagMask():
            return tag_fits(tag, step)
        case ast.PrivateTag():
            return private_fits(tag, creator, step)
    raise AssertionError(step)


def path_means(path: ast.Path, chain: Chain) -> bool:
    """Rule 3: no path, every depth; `A / B`, at any depth; `top`, from the object itself."""
    if path.anchor == "top":
        return len(chain) == len(path.steps) and all(step_means(s, *c) for s, c in zip(path.steps, chain, strict=True))
    tail = chain[len(chain) - len(path.steps) :] if path.steps else ()
    return len(chain) >= len(path.steps) and all(step_means(s, *c) for s, c in zip(path.steps, tail, strict=True))


def taken_away(path: ast.Path, value: Value, chain: Chain, sets: Mapping[str, ast.SetDefinition]) -> bool:
    """True when a selector behind `except` means the element."""
    for inner, excluded in written_out(path, sets):
        if path_means(inner, chain) and leaf_means(inner.leaf, value) and not any(taken_away(e, value, chain, sets) for e in excluded):
            return True
    return False


def reaches(claim: Claim, value: Value, chain: Chain) -> bool:
    """Rules 1-3."""
    if not (path_means(claim.path, chain) and leaf_means(claim.path.leaf, value)):
        return False
    return not any(taken_away(path, value, chain, claim.sets) for path in claim.excluded)


# ---- rule 4: the more specific


def leaf_order(leaf: ast.Leaf) -> tuple[int, int]:
    """Tag or private element > mask (more fixed digits) > vr > declared-safe > private, unknown, *."""
    match leaf:
        case ast.ContentItem(concept, kind):
            return 5, 2 * bool(concept) + bool(kind)
        case ast.Keyword():
            return 4, 0
        case ast.TagMask(group, element):
            fixed = 8 - (group + element).count("x")
            return (4, 0) if fixed == 8 else (3, fixed)
        case ast.PrivateTag(_, _, element):
            # a private mask fixes its group and, by the creator, the block: more than any tag mask
            return (4, 0) if "x" not in element else (3, 10 - element.count("x"))
        case ast.VrClass():
            return 2, 0
        case ast.DeclaredSafeClass():
            return 1, 1
    return 1, 0


def more_specific(one: Claim, other: Claim) -> bool:
    """Rule 4."""
    leaf, other_leaf = leaf_order(one.path.leaf), leaf_order(other.path.leaf)
    path = len(one.path.steps) + (one.path.anchor == "top")
    other_path = len(other.path.steps) + (other.path.anchor == "top")
    if leaf == other_leaf and path == other_path:
        return one.condition is not None and other.condition is None
    return leaf >= other_leaf and path >= other_path


# ---- rule 6: what an action leaves

LETTERS = {"X": Level.NOTHING, "Z": Level.NOTHING, "D": Level.NOTHING, "U": Level.TOKEN, "C": Level.PART, "K": Level.ALL}


def leaves(claim: Claim) -> Level:
    """Rule 6."""
    if claim.value is not None:
        return oracle_values.leaves(claim.value, claim.parameters)
    return max(LETTERS[letter] for letter in claim.code.split("/"))


# Rule 12: the letters of a compound code in the order in which they are taken
TAKEN = {1: "DUZX", 2: "ZDUX", 3: "XZDU"}


def letter(code: str, type_: int) -> str:
    """Rule 12: the letter of a code for an attribute of Type 1, 2 or 3."""
    letters = code.split("/")
    return code if len(letters) == 1 else next(letter for letter in TAKEN[type_] if letter in letters)
