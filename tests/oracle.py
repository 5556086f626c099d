"""The oracle: a slow, obvious interpreter of a stack of layers, written from the 22 rules alone. It shares with the package the syntax
tree, the vocabulary (actions and functions) and nothing that selects, ranks, decides or walks."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import oracle_content
import oracle_values
from oracle_conditions import holds
from oracle_data import Item, Value, dictionary_vrs
from oracle_declared import kept_items
from oracle_rules import Chain, Claim, claims, leaves, letter, more_specific, path_means, reaches
from oracle_types import Types

from deidrules import __version__
from deidrules.actions import base
from deidrules.actions.base import Level
from deidrules.actions.dummy import dummy_values
from deidrules.actions.registry import ACTIONS
from deidrules.language import ast
from deidrules.plan.model import Policies
from deidrules.text.refusal import Refusal


class Refused(Exception):
    """The object cannot be de-identified: a class of reasons."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Replaced:
    """What the output must hold at a place: new values, by VR."""

    vr: str
    values: tuple[object, ...]


@dataclass(frozen=True)
class Document:
    """What the output must hold where a document was: one that begins as those of its MIME type do, and nothing of the original."""

    begins: bytes
    original: bytes


# PS3.3: MIME Type of Encapsulated Document
DOCUMENTS = {
    "application/pdf": b"%PDF-1.",
    "text/xml": b"<?xml ",
    "model/stl": bytes(80) + struct.pack("<I", 1),
    "model/obj": b"v ",
    "model/mtl": b"newmtl ",
    "application/dicom+json": b"[",
    "application/dicom+xml": b"<?xml ",
}

REPLACED = Claim(0, "U", ast.Path(ast.VrClass("UI")), None, None, (), False)  # U on a sequence, for the UIDs in it

# What the output must hold: raw bytes of the input, new values, or items.
Expected = bytes | Replaced | Document | list[dict[int, "Expected"]]


class Entered(list[dict[int, Expected]]):
    """The items of a sequence that stay, each judged; `given` are those of the input that they were."""

    given: list[Item]


class Reduced(list[dict[int, Expected]]):
    """The one item that D leaves of a sequence: none of the input's."""


# ---- rule 16: the engine's own


def own(tag: int) -> bool:
    """Elements that take no rule but K."""
    group, element = tag >> 16, tag & 0xFFFF
    if group in (0x0000, 0x0002, 0x0004) or element == 0 or tag == 0xFFFCFFFC:
        return True
    if tag in (0x00080005, 0x00080016) or 0x00120062 <= tag <= 0x00120064 or 0x00280301 <= tag <= 0x00280303:
        return True
    return 0x00280002 <= tag <= 0x00280011 or 0x00280100 <= tag <= 0x00280103


TEXTS = ("LO", "LT", "SH", "ST", "UC", "UT", "PN")
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
MARKERS = frozenset({0x00120062, 0x00120063, 0x00120064, 0x00280301, 0x00280302, 0x00280303})


EQUIPMENT = 0x0018A001
PURPOSE = (("CodeValue", "109104"), ("CodingSchemeDesignator", "DCM"), ("CodeMeaning", "De-identifying Equipment"))
NAMES = (("Manufacturer", "deidrules"), ("ManufacturerModelName", "deidrules"), ("SoftwareVersions", __version__))


def text(keyword: str, words: str) -> tuple[int, Replaced]:
    """A text by its tag, as an output must hold it."""
    tag = oracle_values.keyword_tag(keyword)
    return tag, Replaced(sorted(dictionary_vrs(tag))[0], (words,))


EQUIPMENT_ITEM: dict[int, Expected] = {**dict(text(*name) for name in NAMES), 0x0040A170: [dict(text(*name) for name in PURPOSE)]}


def is_ours(item: Item) -> bool:
    """True for an item that says exactly what the program says of itself."""

    def words(inner: Item) -> dict[int, object]:
        return {tag: value.raw.strip(b" \0").decode("latin-1") for tag, value in inner.values.items() if value.items is None}

    purpose = item.values.get(0x0040A170)
    if purpose is None or purpose.items is None or len(purpose.items) != 1 or len(item.values) != 4:
        return False
    said = (words(item), words(purpose.items[0]))
    return said == tuple({oracle_values.keyword_tag(name): words for name, words in pairs} for pairs in (NAMES, PURPOSE))


def clear_bit(out: dict[int, Expected], item: Item, group: int) -> None:
    """Rule 16: a plane in the high bits of uncompressed 16 bit samples goes from the pixel data."""
    numbers = {tag: int(str(value.atoms()[0])) for tag, value in item.values.items() if value.vr == "US" and len(value.atoms()) == 1}
    bit, samples = numbers.get(group << 16 | 0x0102, 0), out.get(0x7FE00010)
    first = numbers.get(0x00280102, 0) - numbers.get(0x00280101, 0) + 1
    if numbers.get(0x00280100) != 16 or not isinstance(samples, bytes) or bit > 15 or first <= bit <= numbers.get(0x00280102, 0):
        return
    order = "<" if item.values[0x7FE00010].little else ">"
    words = struct.unpack(f"{order}{len(samples) // 2}H", samples[: len(samples) // 2 * 2])
    out[0x7FE00010] = struct.pack(f"{order}{len(words)}H", *(word & ~(1 << bit) for word in words))


# What D leaves of the value of a content item that is a sequence
NO_UNITS: dict[int, Expected] = {
    0x00080100: Replaced("SH", ("1",)),
    0x00080102: Replaced("SH", ("UCUM",)),
    0x00080104: Replaced("LO", ("no units",)),
}
DUMMIES: dict[int, dict[int, Expected]] = {
    0x0040A168: {
        0x00080100: Replaced("SH", ("261665006",)),
        0x00080102: Replaced("SH", ("SCT",)),
        0x00080104: Replaced("LO", ("Unknown",)),
    },
    0x0040A300: {0x004008EA: [NO_UNITS], 0x0040A30A: Replaced("DS", ("0",))},
    0x004008EA: NO_UNITS,
}
# ---- rule 15: what is said of private blocks that went


def staying(item: Item, out: dict[int, Expected]) -> set[tuple[int, str]]:
    """The private blocks of which something stays, by group and creator, at any depth but not within (0008,0300)."""
    found: set[tuple[int, str]] = set()
    for tag, result in out.items():
        value = item.values.get(tag)
        if value is None or tag == 0x00080300:
            continue
        if value.creator is not None:
            found.add((tag >> 16, value.creator))
        if isinstance(result, Entered):
            for inner, inner_out in zip(result.given, result, strict=True):
                found |= staying(inner, inner_out)
    return found


def trim(item: Item, out: dict[int, Expected], blocks: set[tuple[int, str]]) -> None:
    """Take from every (0008,0300) that stays the items that name other blocks, and itself when none is left."""
    for tag in list(out):
        value, result = item.values.get(tag), out[tag]
        if value is None or not isinstance(result, Entered) or not result:
            continue
        for inner, inner_out in zip(result.given, result, strict=True):
            trim(inner, inner_out, blocks)
        if tag == 0x00080300:
            kept = [one for one, stays in zip(result, kept_items(value, blocks), strict=True) if stays]
            if kept:
                out[tag] = kept
            else:
                del out[tag]


# ---- the whole


class Oracle:
    """The meaning of a stack of layers, applied to one object at a time."""

    def __init__(
        self,
        layers: Sequence[ast.Recipe],
        policies: Policies,
        keys: base.Keys,
        parameters: Mapping[str, ast.Expression] | None = None,
        tables: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.layers = tuple(layers)
        self.policies = policies
        self.keys = keys
        self.tables = tables or {}
        self.parameters = parameters or {}
        self.claims = claims(layers, self.parameters)
        self.types = Types("")
        self.asks_content = any(
            isinstance(path.leaf, ast.ContentItem) for claim in self.claims for path in (claim.path, *claim.excluded)
        ) or any(isinstance(s, ast.SetDefinition) and "ContentItem(" in repr(s) for recipe in layers for s in recipe.statements)
        self.decided: dict[tuple[int, int], tuple[Value, list[Claim], Claim]] = {}  # by item and tag: who reached it, who decided
        self.doubts: list[ast.Condition] = []  # conditions that could not be decoded: where one was needed, the object is quarantined

    def apply(self, item: Item, meta: Item) -> dict[int, Expected]:
        """What the output must be. Raises Refused."""
        self.begin(item, meta)
        self.doubts.clear()
        self.decided.clear()
        self.context = oracle_values.Context(self.keys, oracle_values.identifiers(item), self.tables)
        self.numbers: dict[tuple[int, ...], tuple[int, ...]] | None = None
        self.verdicts()
        out = self.judged_item(item, (), uids=False)
        trim(item, out, staying(item, out))
        out[EQUIPMENT] = self.equipment(item, out.get(EQUIPMENT))
        return out

    def begin(self, item: Item, meta: Item) -> None:
        """The object that is asked about."""
        self.top, self.meta = item, meta
        named = item.values.get(0x00080016)
        self.types = Types("" if named is None else named.raw.decode("latin-1").strip(" \0"))

    def equipment(self, item: Item, judged: Expected | None) -> Expected:
        """The Contributing Equipment as the rules leave it, and the program: instead of what says the same already, else behind it. What
        the rules take, empty or replace leaves nothing beside the program."""
        value = item.values.get(EQUIPMENT)
        ours: dict[int, Expected] = dict(EQUIPMENT_ITEM)
        if value is None or value.items is None or not isinstance(judged, list):
            return [ours]
        claim = self.decision(value, (), item)
        code = self.effect(claim, value, ())[1] if claim is not None else self.letter(self.policies.unlisted, EQUIPMENT, ())
        if code not in "KCU" or (claim is not None and claim.value is not None):
            return [ours]
        same = [number for number, inner in enumerate(value.items) if is_ours(inner)][:1]
        kept = [ours if number in same else inner for number, inner in enumerate(judged)]
        return kept if same else [*kept, ours]

    # ---- rule 18

    def verdicts(self) -> None:
        """`reject` beats `quarantine` beats the rest; `without` of a later layer switches one off."""
        found: set[str] = set()
        for number, recipe in enumerate(self.layers):
            off = {w.name for later in self.layers[number + 1 :] for w in later.statements if isinstance(w, ast.Without)}
            for statement in recipe.statements:
                if isinstance(statement, ast.Verdict) and statement.name not in off and self.true(statement.condition, self.top, number):
                    found.add(statement.kind)
        if "reject" in found:
            raise Refused("rejected")
        if "quarantine" in found:
            raise Refused("quarantined")

    def true(self, condition: ast.Condition, here: Item, layer: int) -> bool:
        """A condition of a layer, with its parameters."""
        defaults = {s.name: s.default for s in self.layers[layer].statements if isinstance(s, ast.Param) and s.default is not None}
        return holds(condition, self.top, self.meta, here, {**defaults, **self.parameters}, self.doubts)

    # ---- rule 5

    def decision(self, value: Value, chain: Chain, here: Item) -> Claim | None:
        """The rule that decides an element; None when no rule reaches it."""
        reaching = [claim for claim in self.claims if reaches(claim, value, chain)]
        holding = [c for c in reaching if c.condition is None or self.true(c.condition, here, c.layer)]
        for otherwise in (False, True):
            for layer in reversed(range(len(self.layers))):
                mine = [claim for claim in holding if claim.layer == layer and claim.otherwise is otherwise]
                if mine:
                    winner = self.most_specific(mine, value, chain)
                    self.decided[id(here), value.tag] = (value, holding, winner)
                    return winner
        return None

    def most_specific(self, mine: list[Claim], value: Value, chain: Chain) -> Claim:
        """The most specific of the rules of a layer; where two are not ordered, the one that leaves less."""
        best = [claim for claim in mine if not any(more_specific(other, claim) for other in mine)]
        actions = {self.effect(claim, value, chain): claim for claim in best}
        least = min(level for level, *_ in actions)
        remaining = [claim for (level, *_), claim in actions.items() if level == least]
        if len(remaining) > 1:
            raise Refused("rules-tie")
        return remaining[0]

    def effect(self, claim: Claim, value: Value, chain: Chain) -> tuple[Level, str, ast.Expression | None, str]:
        """What a claim does to an element: how much it leaves, its letter, its value and the VR it reads with. Rule 15: of a private
        element only what a rule spells or the object declares safe can stay, and nothing of one without creator."""
        if value.tag >> 16 & 1 and (value.creator is None or not (claim.spelled or self.policies.keep_private)):
            return Level.NOTHING, "X", None, ""
        if value.tag in PIXELS and claim.code != "K":
            return Level.NOTHING, "X", None, ""  # rule 16: pixel data takes K or X
        return leaves(claim), self.letter(claim.code, value.tag, chain), claim.value, claim.reading

    def letter(self, code: str, tag: int, chain: Chain) -> str:
        """Rule 12."""
        return letter(code, self.types.type(chain, tag))

    # ---- rules 10, 13-17: what becomes of an item and its elements

    def judged_item(self, item: Item, chain: Chain, *, uids: bool) -> dict[int, Expected]:
        """An item, each of its elements judged."""
        out: dict[int, Expected] = {}
        self.mark(item, chain)
        for value in item.values.values():
            if value.tag >> 16 & 1 and 0x10 <= value.tag & 0xFFFF <= 0xFF:
                continue  # a creator: it stays when an element of its block stays
            if own(value.tag):
                if self.stays_own(value):
                    own_kept = self.kept(value, chain, uids=uids)
                    assert own_kept is not None
                    out[value.tag] = own_kept
                continue
            result = self.judged(value, item, chain, uids=uids)
            if result is not None:
                out[value.tag] = result
        self.documented(out, item)
        self.added(out, item, chain)
        for group in {tag >> 16 for tag in item.values if 0x6000 <= tag >> 16 <= 0x601E and not tag >> 16 & 1}:
            if self.plane_goes(group, item, chain):
                out = {tag: result for tag, result in out.items() if tag >> 16 != group}
                if not chain and group << 16 | 0x3000 not in item.values:
                    clear_bit(out, item, group)
        for value in item.values.values():
            block = [tag for tag in out if tag >> 16 == value.tag >> 16 and tag >> 8 & 0xFF == value.tag & 0xFFFF]
            if value.tag >> 16 & 1 and 0x10 <= value.tag & 0xFFFF <= 0xFF and block:
                out[value.tag] = value.raw
        return out

    def documented(self, out: dict[int, Expected], item: Item) -> None:
        """The dummy of a document is a document of its MIME type; its length follows it, and goes where it is emptied or goes."""
        document, length = item.values.get(0x00420011), 0x00420015
        if document is None or isinstance(out.get(0x00420011), bytes):
            return
        if isinstance(new := out.get(0x00420011), Replaced) and new.values == (b"\0\0",):
            mime = item.values.get(0x00420012)
            kind = mime.raw.decode("latin-1").strip(" \0").lower() if mime is not None else ""
            if kind not in DOCUMENTS:
                raise Refused("unknown-document-type")
            out[0x00420011] = Document(DOCUMENTS[kind], document.raw)
        elif length in out:
            del out[length]

    def stays_own(self, value: Value) -> bool:
        """The engine's own: groups 0000, 0002, 0004, group lengths and padding go, the markers stay under the policy K, the rest stays."""
        if value.tag >> 16 in (0x0000, 0x0002, 0x0004) or not value.tag & 0xFFFF or value.tag == 0xFFFCFFFC:
            return False
        if value.tag in MARKERS:
            return self.policies.unlisted == "K"  # a K that names one changes nothing
        return value.known

    def plane_goes(self, group: int, item: Item, chain: Chain) -> bool:
        """Rule 16: X on the overlay data takes the whole plane, one in the high bits of the pixels too: there is no element then, and
        what would change the element can only take the plane."""
        tag = group << 16 | 0x3000
        value = item.values.get(tag) or Value(tag, "OW")
        claim = self.decision(value, chain, item)
        asked = claim.code if claim is not None else self.policies.unlisted if self.policies.unlisted != "quarantine" else "K"
        code = self.letter(asked, tag, chain)
        return code == "X" or (code != "K" and tag not in item.values)

    def added(self, out: dict[int, Expected], item: Item, chain: Chain) -> None:
        """Rule 17: an `add` creates its element where no rule that ranks before it decides otherwise."""
        for claim in self.claims:
            if claim.code != "add" or not path_means(claim.path, chain):
                continue
            tag = oracle_values.target_tag(claim.path.leaf)
            vr = sorted(dictionary_vrs(tag))[0]
            place = Value(tag, vr, charsets=item.charsets)
            if tag not in item.values and self.decision(place, chain, item) == claim:
                out[tag] = self.written(claim, place, item, chain)

    def kept(self, value: Value, chain: Chain, *, uids: bool) -> Expected | None:
        """Rule 14: a sequence that is kept has everything in it judged; content items may go whole, and the last of them takes it along."""
        if value.items is None:
            return value.raw
        below = (*chain, (value.tag, value.creator))
        staying = [inner for inner in value.items if not self.goes(inner, below)]
        if value.items and not staying:
            return {"X": None, "Z": [], "D": [{}]}[oracle_content.SEQUENCES[value.tag]]
        judged = Entered(self.followed(inner, self.judged_item(inner, below, uids=uids), below) for inner in staying)
        judged.given = staying
        return judged

    # ---- content items

    def mark(self, item: Item, chain: Chain) -> None:
        """Say of each element whether it is the value of a content item."""
        if not self.asks_content or not chain or chain[-1][0] not in oracle_content.SEQUENCES or oracle_content.refers(item):
            return
        try:
            content = oracle_content.kind_of(item)
        except (oracle_content.Ambiguous, ValueError):
            raise Refused("ambiguous-content-item") from None
        for tag in oracle_content.holding(content[1]):
            if tag in item.values:
                item.values[tag].content = content

    def taken(self, item: Item, chain: Chain) -> bool:
        """True when a rule takes the whole item."""
        if not self.asks_content or chain[-1][0] not in oracle_content.SEQUENCES or oracle_content.refers(item):
            return False
        self.mark(item, chain)
        content = oracle_content.kind_of(item)
        tags = oracle_content.holding(content[1])
        for tag in [tag for tag in tags if tag in item.values] or tags[:1]:
            value = item.values.get(tag) or Value(tag, sorted(dictionary_vrs(tag))[0], content=content)
            if not any(claim.content and reaches(claim, value, chain) for claim in self.claims):
                continue
            claim = self.decision(value, chain, item)
            if claim is not None and claim.content and claim.value is None and letter(claim.code, 1) == "X":
                return True
        return False

    def goes(self, item: Item, chain: Chain) -> bool:
        """True for an item that a rule takes, and for one that points at an item that went."""
        if self.asks_content and chain[-1][0] == oracle_content.CONTENT and oracle_content.refers(item):
            return oracle_content.way_of(item) not in self.ways()
        return self.taken(item, chain)

    def ways(self) -> dict[tuple[int, ...], tuple[int, ...]]:
        """Old and new numbers of the content items of the document."""
        if self.numbers is None:

            def stays(item: Item, way: tuple[int, ...]) -> list[bool]:
                value = item.values[oracle_content.CONTENT]
                chain = ((oracle_content.CONTENT, None),) * len(way)
                claim = self.decision(value, chain, item)
                code = self.letter(claim.code if claim is not None else self.policies.unlisted, oracle_content.CONTENT, chain)
                entered = code in ("K", "C", "U")
                return [entered and not self.taken(inner, (*chain, (oracle_content.CONTENT, None))) for inner in value.items or []]

            self.numbers = oracle_content.numbered(self.top, stays)
        return self.numbers

    def followed(self, item: Item, out: dict[int, Expected], chain: Chain) -> dict[int, Expected]:
        """An item that points at another one: its identifier follows."""
        tag = oracle_content.REFERENCE
        if self.asks_content and oracle_content.refers(item) and isinstance(out.get(tag), bytes):
            old = oracle_content.way_of(item)
            if self.ways().get(old, old) != old:
                out[tag] = Replaced("UL", (1, *self.ways()[old]))
        return out

    def judged(self, value: Value, item: Item, chain: Chain, *, uids: bool) -> Expected | None:
        """What becomes of an element; None when it goes."""
        private = bool(value.tag >> 16 & 1)
        if private and value.creator is None:
            return None  # rule 15: without creator they go
        uid = uids and value.vr == "UI"
        if uid and not private:
            return self.acted(REPLACED, value, item, chain, uids=uids)
        claim = self.decision(value, chain, item)
        if claim is None and not (uid and self.policies.keep_private):
            return self.unlisted(value, item, chain, uids=uids)
        code = "K" if claim is None else self.effect(claim, value, chain)[1]
        if code == "X":
            return None
        if private and claim is not None and value.vr == "UN" and value.items is None:
            by_word = value.said_vr if isinstance(claim.path.leaf, ast.DeclaredSafeClass) else ""
            if vr := claim.reading or by_word:  # `as`: the file does not say the VR
                value = replace(value, vr=vr)
                uid = uids and vr == "UI"
                if not (uid and code in ("K", "C")) and code in ("C", "U") and not oracle_values.is_of_its_vr(value):
                    return None
        # a private UID that would stay is one of the UIDs in a sequence under U
        return self.acted(REPLACED if claim is None or (uid and code in ("K", "C")) else claim, value, item, chain, uids=uids)

    def unlisted(self, value: Value, item: Item, chain: Chain, *, uids: bool) -> Expected | None:
        """Rule 10."""
        private = bool(value.tag >> 16 & 1)
        if private and self.policies.keep_private:
            return self.kept(value, chain, uids=uids)
        if private or not value.known:
            return None
        if self.policies.unlisted == "quarantine":
            raise Refused("unlisted")
        if value.tag in PIXELS and self.policies.unlisted != "K":
            return None
        claim = Claim(0, self.policies.unlisted, ast.Path(ast.Star()), None, None, (), False)
        return self.acted(claim, value, item, chain, uids=uids)

    def acted(self, claim: Claim, value: Value, item: Item, chain: Chain, *, uids: bool) -> Expected | None:
        """The action of the claim on the element."""
        if claim.value is not None:
            return self.written(claim, value, item, chain)
        code = self.letter(claim.code, value.tag, chain)
        if claim.content:
            code = letter(claim.code, 1)  # values of content items are Type 1, whatever the IOD says of the place
            if code == "Z" and value.tag != oracle_content.MEASURED:
                code = "D"
        subject = oracle_values.Subject(value, vouched=claim.spelled)
        context = replace(self.context, vr=value.vr)
        try:
            change = ACTIONS[code].call(subject, context)
        except Refusal as refusal:
            raise Refused(refusal.code) from None
        match change:
            case base.Keep():
                # rule 12: a C that came out empty; nobody looks at binary values and numbers that the author vouches for
                needed = claim.content or self.types.type(chain, value.tag) == 1
                if code == "C" and value.vr in (*TEXTS, "UI") and not subject.values and needed:
                    return self.checked("D", value, (), chain)
                return self.kept(value, chain, uids=uids)
            case base.Remove():
                return None
            case base.Set(values) if claim.content and not any(str(part) for part in values) and code != "Z":
                return self.checked("D", value, (), chain)
            case base.Set(values):
                return self.checked(code, value, values, chain)
            case base.Enter(replace_uids):
                return self.kept(value, chain, uids=uids or replace_uids)
            case base.Reduce() if claim.content and value.tag in DUMMIES:
                return Reduced([DUMMIES[value.tag]])
            case base.Reduce():
                return self.checked("D", value, (), chain)
            case base.Refuse(code):
                raise Refused(code)
        raise AssertionError(change)

    def written(self, claim: Claim, value: Value, item: Item, chain: Chain) -> Expected:
        """The value of a claim's expression, checked against the VR."""
        context = replace(self.context, vr=value.vr)
        try:
            reader = oracle_values.Reader(self.top, self.meta, item, claim.parameters, context)
            values = reader.result(claim.value, value)
        except (Refusal, ValueError):
            raise Refused("value") from None
        if value.items is not None and values:  # a value reached a sequence by a mask, a VR or `*`
            raise Refused("value")
        return self.checked(claim.code, value, values, chain)

    def checked(self, code: str, value: Value, values: tuple[object, ...], chain: Chain) -> Expected:
        """Rules 12 to 14: where a D came out empty, and on Type 1 a Z or C, stands a dummy; a value that does not fit quarantines."""
        empty = not any(str(part) if not isinstance(part, bytes) else part for part in values)
        dummy = empty and (code == "D" or (code in ("C", "Z") and self.types.type(chain, value.tag) == 1))
        if value.items is not None:
            return Reduced([self.one_item((*chain, (value.tag, value.creator)))]) if dummy else []
        if dummy:
            return Replaced(value.vr, dummy_values(value.tag, value.vr, self.keys))
        if not oracle_values.fitting(values, value.vr, value.tag, len(value.atoms())):
            raise Refused("value")
        return Replaced(value.vr, values)

    def one_item(self, chain: Chain) -> dict[int, Expected]:
        """Rule 14: the item that D leaves of a sequence, which is the last of the chain."""
        out: dict[int, Expected] = {}
        for tag, type_ in self.types.item(chain).items():
            vrs = dictionary_vrs(tag)
            if vrs == {"SQ"}:
                out[tag] = [] if type_ == 2 else [self.one_item((*chain, (tag, None)))]
            elif type_ == 2:
                out[tag] = b""
            else:
                vr = "OB" if "OB" in vrs else "US" if "US" in vrs else next(iter(vrs))
                out[tag] = Replaced(vr, dummy_values(tag, vr, self.keys, chain[-1][0]))
        return out
