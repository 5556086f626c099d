"""From what was written to selectors of the plan: keywords to tags, sets to their members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deidrules.compile.kinds import VRS, kinds_of, spoken
from deidrules.dicom import content_item, dictionary
from deidrules.dicom.private import normal_creator
from deidrules.language import ast
from deidrules.plan.expression import Attribute
from deidrules.plan.selector import (
    Anything,
    ContentLeaf,
    DeclaredSafe,
    Leaf,
    PrivateAny,
    PrivateLeaf,
    Selector,
    Step,
    TagLeaf,
    UnknownAny,
    VrLeaf,
    parse_leaf,
)
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Span
from deidrules.text.suggest import did_you_mean

DEEPEST = 64  # sets within sets
MOST = 200_000  # selectors that the sets of one recipe may spread to


@dataclass(frozen=True, slots=True)
class Reached:
    """One selector, what a set's own `except` takes from it, and where it was written."""

    selector: Selector
    excluded: tuple[Selector, ...]
    span: Span = field(compare=False)


class Selectors:
    """Resolves the selectors of one recipe; complaints go to `problems`."""

    def __init__(self, sets: Mapping[str, ast.SetDefinition], problems: list[Diagnostic]) -> None:
        self.sets = sets
        self.problems = problems
        self.used: set[str] = set()
        self._open: list[str] = []
        self._left = MOST
        self._full = False
        self._members: dict[str, tuple[Reached, ...]] = {}

    def all(self, paths: tuple[ast.Path, ...]) -> tuple[Reached, ...]:
        """Every selector of a list, sets expanded."""
        return tuple(reached for path in paths for reached in self.one(path))

    def excluded(self, paths: tuple[ast.Path, ...]) -> tuple[Selector, ...]:
        """The selectors of an `except`."""
        out = []
        for reached in self.all(paths):
            if reached.excluded:
                self._say("DR116", "a set with an `except` of its own cannot be excepted", reached.span)
            out.append(reached.selector)
        return tuple(out)

    def one(self, path: ast.Path) -> tuple[Reached, ...]:
        """The selectors that one path means; none when it is wrong."""
        steps = self._steps(path.steps)
        if steps is None:
            return ()
        anchored = path.anchor == "top"
        if isinstance(path.leaf, ast.Name):
            return self._set(path.leaf, steps, anchored, path.span)
        leaf = self._leaf(path.leaf, bool(path.steps))
        if leaf is None:
            return ()
        return (Reached(Selector(leaf, steps, anchored), (), path.span),)

    def attribute(self, path: ast.Path) -> Attribute | None:
        """What a condition or an expression reads: exactly one attribute."""
        steps = self._steps(path.steps)
        if isinstance(path.leaf, ast.Name):
            self._say("DR106", f"unknown parameter `{path.leaf.name}`", path.leaf.span, did_you_mean(path.leaf.name, dictionary.KEYWORDS))
            return None
        leaf = self._leaf(path.leaf, bool(path.steps))
        if leaf is None or steps is None:
            return None
        if not isinstance(leaf, TagLeaf | PrivateLeaf) or not leaf.exact:
            self._say(
                "DR107",
                f"`{path.leaf.span.text or leaf}` is not a single attribute",
                path.leaf.span,
                "a value is read from one tag or private element",
            )
            return None
        if isinstance(leaf, TagLeaf) and leaf.value >> 16 & 1:
            self._say(
                "DR108",
                f"`{leaf}` is private and needs its creator",
                path.leaf.span,
                'write (gggg,"CREATOR",ee): blocks move from file to file',
            )
            return None
        anchor = path.anchor or ("any" if steps else "top")
        return Attribute(leaf, steps, anchor)

    def _say(self, code: str, message: str, span: Span, help_: str = "") -> None:
        self.problems.append(Diagnostic(code, message, span, help_))

    def _set(self, name: ast.Name, steps: tuple[Step, ...], anchored: bool, span: Span) -> tuple[Reached, ...]:
        members = self._expand(name)
        self._left -= len(members)
        if self._left < 0:
            if not self._full:
                self._say("DR124", f"the sets of this recipe spread to more than {MOST:,} selectors", name.span, "use masks")
            self._full = True
            return ()
        out = []
        for member in members:
            if (steps or anchored) and (member.selector.steps or member.selector.anchored):
                self._say("DR117", f"the set `{name.name}` holds paths and cannot stand below a path", span)
                return ()
            selector = member.selector
            if steps or anchored:
                selector = Selector(selector.leaf, steps, anchored)
            out.append(Reached(selector, member.excluded, span))
        return tuple(out)

    def _expand(self, name: ast.Name) -> tuple[Reached, ...]:
        self.used.add(name.name)
        if name.name in self._members:
            return self._members[name.name]
        definition = self.sets.get(name.name)
        if definition is None:
            near = did_you_mean(name.name, [*self.sets, *dictionary.KEYWORDS, "declared-safe"])
            self._say("DR102", f"unknown set `{name.name}`", name.span, near or "DICOM keywords begin with a capital letter")
            return ()
        if len(self._open) >= DEEPEST:
            self._say("DR124", f"sets of sets go deeper than {DEEPEST} here", name.span)
            return ()
        if name.name in self._open:
            circle = " -> ".join([*self._open[self._open.index(name.name) :], name.name])
            self._say("DR115", f"the set `{name.name}` contains itself: {circle}", name.span)
            self._members[name.name] = ()
            return ()
        self._open.append(name.name)
        excluded = self.excluded(definition.excluded)
        members = tuple(
            dict.fromkeys(
                Reached(member.selector, tuple(dict.fromkeys((*member.excluded, *excluded))), member.span)
                for path in definition.selectors
                for member in self.one(path)
            )
        )
        self._open.pop()
        self._members[name.name] = members
        return members

    def _steps(self, written: tuple[ast.Leaf, ...]) -> tuple[Step, ...] | None:
        steps: list[Step] = []
        for step in written:
            leaf = Anything() if isinstance(step, ast.Star) else self._leaf(step, below=True)
            if leaf is None:
                return None
            if not isinstance(leaf, TagLeaf | PrivateLeaf | Anything) or (isinstance(leaf, TagLeaf | PrivateLeaf) and not leaf.exact):
                self._say(
                    "DR109",
                    f"`{step.span.text}` cannot be a step of a path",
                    step.span,
                    "a step is a sequence: its keyword, its tag, or `*`",
                )
                return None
            kinds = kinds_of(leaf)
            if kinds and "sequence" not in kinds:
                self._say("DR109", f"`{spoken(leaf)}` is no sequence", step.span, "only a sequence has items to look into")
                return None
            steps.append(leaf)
        return tuple(steps)

    def _leaf(self, leaf: ast.Leaf, below: bool) -> Leaf | None:
        """The leaf in the plan's terms; `below` says that it stands below a path."""
        match leaf:
            case ast.Keyword():
                return self._keyword(leaf)
            case ast.TagMask():
                return self._tag(leaf)
            case ast.PrivateTag():
                if not int(leaf.group, 16) & 1:
                    self._say("DR110", f"group `{leaf.group}` is even: a private creator reserves blocks in odd groups", leaf.span)
                    return None
                if not normal_creator(leaf.creator):
                    self._say("DR110", "the private creator is blank", leaf.span)
                    return None
                return parse_leaf(f'({leaf.group.upper()},"{normal_creator(leaf.creator).replace(chr(34), chr(34) * 2)}",{leaf.element})')
            case ast.VrClass():
                if leaf.vr not in VRS:
                    near = did_you_mean(leaf.vr, VRS) or f"VRs are {', '.join(sorted(VRS))} (PS3.5 6.2)"
                    self._say("DR103", f"unknown VR `{leaf.vr}`", leaf.span, near)
                    return None
                return VrLeaf(leaf.vr)
            case ast.PrivateClass():
                return PrivateAny()
            case ast.UnknownClass():
                return UnknownAny()
            case ast.DeclaredSafeClass():
                return DeclaredSafe()
            case ast.ContentItem():
                return self._content(leaf)
            case ast.Star():
                if not below:
                    self._say(
                        "DR111",
                        "`*` alone would mean everything",
                        leaf.span,
                        "what no rule reaches is the policy `unlisted` of the profile",
                    )
                    return None
                return Anything()
            case ast.Name():
                self._say("DR109", f"the set `{leaf.name}` cannot be a step of a path", leaf.span)
                return None

    def _keyword(self, leaf: ast.Keyword) -> Leaf | None:
        tag = dictionary.tag_of(leaf.name)
        if tag is not None:
            return TagLeaf(tag)
        mask = dictionary.mask_of(leaf.name)
        if mask is not None:
            return parse_leaf(mask)
        self._say("DR101", f"unknown keyword `{leaf.name}`", leaf.span, did_you_mean(leaf.name, dictionary.KEYWORDS))
        return None

    def _tag(self, leaf: ast.TagMask) -> Leaf | None:
        group, element = leaf.group.replace("X", "x"), leaf.element.replace("X", "x")
        if group + element == "xxxxxxxx":
            self._say(
                "DR111", "`(xxxx,xxxx)` would mean everything", leaf.span, "what no rule reaches is the policy `unlisted` of the profile"
            )
            return None
        return parse_leaf(f"({group},{element})")

    def _content(self, leaf: ast.ContentItem) -> Leaf | None:
        value_type = content_item.normal_value_type(leaf.value_type)
        concept = content_item.normal_concept(leaf.concept)
        scheme, _, code = concept.partition(":")
        if leaf.value_type and not value_type:
            near = did_you_mean(leaf.value_type, content_item.VALUES) or f"value types are {', '.join(content_item.VALUES)}"
            self._say("DR125", f"unknown value type `{leaf.value_type}`", leaf.span, near)
            return None
        if concept and not (scheme and code):
            self._say("DR126", f"`{leaf.concept}` is no concept", leaf.span, 'write `"SCHEME:CODE"`, such as `"DCM:121022"`, or a URN')
            return None
        return ContentLeaf(concept, value_type)
