"""Random stacks of layers and random data sets over a small universe of attributes, so that rules and elements meet often."""

from __future__ import annotations

from dataclasses import dataclass

import strategies_content
from hypothesis import strategies as st

from deidrules.language import ast
from deidrules.language.format import format_recipe
from deidrules.plan.model import Policies

# ---- the universe

TEXTS = ("PatientName", "PatientID", "PatientComments", "StudyDescription", "AccessionNumber", "CodeMeaning", "OtherPatientNames")
DATES = ("PatientBirthDate", "StudyDate", "AcquisitionDateTime", "ContentDate", "InstanceCreationDate")
UIDS = ("StudyInstanceUID", "ReferencedSOPInstanceUID")
OTHERS = (
    *("InstitutionName", "StationName", "Modality", "ImageType", "PatientAge", "PatientWeight", "SeriesNumber", "StudyTime"),
    *("PixelSpacing", "SmallestImagePixelValue"),
)
# Of different Types in the IODs below and in each other's items, the last four
SEQUENCES = (
    *("RequestAttributesSequence", "OtherPatientIDsSequence", "ProcedureCodeSequence", "ContentSequence"),
    *("ReferencedPerformedProcedureStepSequence", "GraphicAnnotationSequence", "ReferringPhysicianIdentificationSequence"),
)
# Secondary capture, CT, enhanced CT, ultrasound (retired), presentation state, comprehensive SR, RT structure set, a private one, none
SOP_CLASSES = (
    *("1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.6"),
    *("1.2.840.10008.5.1.4.1.1.11.1", "1.2.840.10008.5.1.4.1.1.88.33", "1.2.840.10008.5.1.4.1.1.481.3", "1.2.3.4.99", ""),
)
VRS = ("PN", "LO", "LT", "DA", "UI", "SQ", "CS", "SH", "DS", "OW", "US")
MASKS = (
    *(("0010", "xxxx"), ("0010", "00xx"), ("0010", "10xx"), ("0010", "101x"), ("00xx", "0020"), ("0008", "xxxx"), ("0008", "00xx")),
    *(("0040", "xxxx"), ("0019", "xxxx"), ("0019", "10xx"), ("60xx", "xxxx"), ("6000", "xxxx"), ("xxxx", "0010"), ("0012", "xxxx")),
    *(("0028", "xxxx"), ("7FE0", "xxxx")),
)
CREATORS = ("ACME", "Other 1.0")
UNKNOWN = ("0008", "0199")

texts = st.sampled_from(TEXTS)
dates = st.sampled_from(DATES)
uids = st.sampled_from(UIDS)
sequences = st.sampled_from(SEQUENCES)

# ---- selectors

keywords = st.sampled_from((*TEXTS, *DATES, *UIDS, *OTHERS, *SEQUENCES)).map(ast.Keyword)
tags = st.sampled_from(
    (("0010", "0010"), ("0010", "0020"), ("0008", "1030"), ("0008", "0020"), ("6000", "3000"), ("6000", "4000"), UNKNOWN)
)
masks = st.sampled_from(MASKS)
private_tags = st.builds(
    ast.PrivateTag, st.just("0019"), st.sampled_from(("ACME", "acme ", "Other 1.0")), st.sampled_from(("01", "02", "03", "0x", "xx"))
)
spelled = st.builds(ast.PrivateTag, st.just("0019"), st.sampled_from(CREATORS), st.sampled_from(("01", "02", "03", "05")))
steps = st.one_of(
    sequences.map(ast.Keyword),
    sequences.map(ast.Keyword),
    st.just(ast.Star()),
    st.just(ast.PrivateTag("0019", "ACME", "03")),
    strategies_content.steps,
)
paths = st.one_of(
    st.just(((), "")),
    st.just(((), "")),
    st.just(((), "")),
    st.just(((), "top")),
    st.tuples(st.lists(steps, min_size=1, max_size=2).map(tuple), st.sampled_from(("", "", "top"))),
)


@st.composite
def selectors(draw: st.DrawFn, leaves: st.SearchStrategy[ast.Leaf]) -> ast.Path:
    """A leaf under a path; `*` only below a path."""
    path, anchor = draw(paths)
    leaf = draw(leaves)
    if isinstance(leaf, ast.ContentItem) and anchor == "top" and not path:
        anchor = ""
    if path and draw(st.integers(0, 9)) == 0:
        leaf = ast.Star()
    return ast.Path(leaf, path, anchor)


broad = st.one_of(
    masks.map(lambda digits: ast.TagMask(*digits)),
    st.sampled_from(VRS).map(ast.VrClass),
    st.sampled_from((ast.PrivateClass(), ast.UnknownClass(), ast.DeclaredSafeClass())),
)
anything = st.one_of(keywords, keywords, keywords, tags.map(lambda digits: ast.TagMask(*digits)), private_tags, broad)
keepable = st.one_of(
    keywords,
    keywords,
    keywords,
    tags.map(lambda digits: ast.TagMask(*digits)),
    spelled,
    st.just(ast.DeclaredSafeClass()),
    masks.map(lambda digits: ast.TagMask(*digits)),
    st.sampled_from(VRS).map(ast.VrClass),
)
text_leaves = texts.map(ast.Keyword)
markers = st.sampled_from(("PatientIdentityRemoved", "DeidentificationMethod", "BurnedInAnnotation", "Rows", "SOPClassUID"))
several_leaves = st.sampled_from(("ImageType", "OtherPatientNames", "PixelSpacing")).map(ast.Keyword)
date_leaves = st.one_of(dates.map(ast.Keyword), st.sampled_from(("DA", "DT")).map(ast.VrClass))
uid_leaves = st.one_of(uids.map(ast.Keyword), st.just(ast.VrClass("UI")))

# ---- expressions

patient = ast.Reference(ast.Path(ast.Keyword("PatientID")))


def call(function: str, *arguments: tuple[str, ast.Expression]) -> ast.Call:
    """A call with named arguments; "" for the subject."""
    return ast.Call(function, tuple(ast.Argument(name, value) for name, value in arguments))


missing = st.sampled_from(((), (("missing", ast.Text("NONE")),)))
pseudonyms = st.builds(
    lambda subject, length, gone: call("pseudonym", *subject, *length, *gone),
    st.sampled_from(((), (("", patient),), (("", ast.Reference(ast.Path(ast.Keyword("AccessionNumber")))),))),
    st.sampled_from(((("length", ast.Number("8")),), (("length", ast.Number("6")),))),
    missing,
)
text_values = st.one_of(
    st.sampled_from(("ANON", "Q", "A B")).map(ast.Text),
    pseudonyms,
    st.builds(lambda text, name: ast.Concat((ast.Text(text), name)), st.sampled_from(("T-", "P ")), pseudonyms),
    st.just(ast.Reference(ast.Path(ast.Name("study")))),
)
shifts = st.builds(
    lambda within: call("shift", ("per", patient), ("within", ast.Number(within, "days"))),
    st.sampled_from(("30", "365")),
)
date_values = st.one_of(shifts, shifts, st.just(call("year")))
cleaned_values = st.one_of(
    st.sampled_from((call("upper"), call("lower"), call("first"), call("truncate", ("length", ast.Number("3"))))),
)

# ---- conditions

top_operands = st.sampled_from(("Modality", "ImageType", "PatientID", "StudyDescription")).map(lambda name: ast.Path(ast.Keyword(name)))
operands = st.one_of(
    top_operands,
    top_operands,
    st.sampled_from(("CodeMeaning", "PatientID", "Modality")).map(lambda name: ast.Path(ast.Keyword(name), (), "here")),
    st.builds(
        lambda name, steps, anchor: ast.Path(ast.Keyword(name), steps, anchor),
        st.sampled_from(("CodeMeaning", "PatientID", "PatientName")),
        st.lists(st.one_of(sequences.map(ast.Keyword), st.just(ast.Star())), min_size=1, max_size=2).map(tuple),
        st.sampled_from(("", "top", "here")),
    ),
    st.just(ast.Path(ast.PrivateTag("0019", "ACME", "01"))),
)
words = st.sampled_from(("CT", "mr", "ORIGINAL", "SECONDARY", "4711", "HEAD", "Doe^Jane", "x")).map(ast.Text)
quantifiers = st.sampled_from(("", "", "any", "all"))
attributes = st.one_of(
    operands,
    sequences.map(lambda name: ast.Path(ast.Keyword(name))),
    st.just(ast.Path(ast.Keyword("PatientComments"))),
)
numbers = st.sampled_from((("SeriesNumber", ("1", "7")), ("PatientWeight", ("70", "71.5")), ("SmallestImagePixelValue", ("0", "12"))))


@st.composite
def number_comparisons(draw: st.DrawFn) -> ast.Condition:
    """A numeric attribute against a number."""
    name, digits = draw(numbers)
    operator = draw(st.sampled_from(("=", "!=", "<", "<=", ">", ">=")))
    return ast.Compare(ast.Path(ast.Keyword(name)), operator, ast.Number(draw(st.sampled_from(digits))), draw(quantifiers))


simple = st.one_of(
    st.builds(ast.Compare, operands, st.sampled_from(("=", "!=")), words, quantifiers),
    st.builds(ast.Compare, operands, st.just("="), words, quantifiers),
    st.builds(
        ast.Compare,
        st.just(ast.Path(ast.Keyword("StudyDate"))),
        st.sampled_from(("=", "!=", "<", ">=")),
        st.sampled_from(("20200131", "20190101")).map(ast.Text),
        quantifiers,
    ),
    number_comparisons(),
    st.builds(ast.Member, operands, st.lists(words, min_size=1, max_size=3).map(lambda items: ast.List(tuple(items))), quantifiers),
    st.builds(ast.Contains, operands, st.sampled_from(("ea", "4", "DOE", "CT")).map(ast.Text), quantifiers),
    st.builds(ast.Matches, operands, st.sampled_from(("^H", "[0-9]{3}", "doe", "T$")), st.booleans(), quantifiers),
    st.builds(ast.Exists, attributes),
    st.builds(ast.Empty, attributes),
)
conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        inner.filter(lambda part: not isinstance(part, ast.And | ast.Or)).map(ast.Not),
        st.lists(inner.filter(lambda part: not isinstance(part, ast.And)), min_size=2, max_size=2).map(lambda parts: ast.And(tuple(parts))),
        st.lists(inner.filter(lambda part: not isinstance(part, ast.Or)), min_size=2, max_size=2).map(lambda parts: ast.Or(tuple(parts))),
    ),
    max_leaves=3,
)


def reads_here(node: object) -> bool:
    """True when a condition reads the item its element stands in."""
    return "'here'" in repr(node)


# ---- statements

stances = st.sampled_from(
    (None, None, None, ast.Otherwise(), ast.Otherwise(), ast.Override(), *[ast.Override("X", "tried")] * 5, ast.Override("U", "tried"))
)
plain_codes = st.sampled_from(("X", "X", "Z", "D", "X/Z", "X/D", "Z/D", "X/Z/D", "X/Z/U"))


def some(leaves: st.SearchStrategy[ast.Leaf]) -> st.SearchStrategy[tuple[ast.Path, ...]]:
    """One or two selectors."""
    return st.lists(selectors(leaves), min_size=1, max_size=2).map(tuple)


exceptions = st.one_of(st.just(()), st.just(()), st.just(()), some(anything), some(strategies_content.anything))
rules = st.one_of(
    st.builds(ast.Rule, plain_codes, some(anything), st.none(), exceptions, stances),
    st.builds(ast.Rule, plain_codes, some(anything), st.none(), exceptions, stances),
    st.builds(ast.Rule, st.just("K"), some(keepable), st.none(), exceptions, stances),
    st.builds(ast.Rule, st.just("K"), some(keepable), st.none(), exceptions, stances),
    st.builds(ast.Rule, st.just("X"), st.just((ast.Path(ast.Name("few")),)), st.none(), exceptions, stances),
    st.builds(ast.Rule, st.just("K"), st.just((ast.Path(ast.Name("few")),)), st.none(), exceptions, stances),
    st.builds(ast.Rule, st.just("X/Z/U"), some(sequences.map(ast.Keyword)), st.none(), exceptions, stances),
    st.builds(ast.Rule, st.sampled_from(("K", "X")), some(st.just(ast.Keyword("PixelData"))), st.none(), st.just(()), stances),
    st.builds(ast.Rule, st.just("K"), some(markers.map(ast.Keyword)), st.none(), st.just(()), stances),
    st.builds(ast.Rule, st.just("U"), some(uid_leaves), st.none(), exceptions, stances),
    st.builds(ast.Rule, st.just("D"), some(text_leaves), text_values, exceptions, stances),
    st.builds(ast.Rule, st.just("D"), some(spelled), st.sampled_from(("ANON", "Q")).map(ast.Text), exceptions, stances),
    st.builds(ast.Rule, st.just("C"), some(date_leaves), date_values, exceptions, stances),
    st.builds(ast.Rule, st.just("C"), some(text_leaves), cleaned_values, exceptions, stances),
    st.builds(ast.Rule, st.just("C"), some(several_leaves), st.just(call("first")), exceptions, stances),
    st.builds(ast.Rule, st.just("C"), some(spelled), st.none(), exceptions, stances, st.sampled_from(("", "LO", "CS", "UI", "US", "DS"))),
    st.builds(
        ast.Rule,
        st.just("C"),
        some(st.one_of(text_leaves, uid_leaves, spelled, st.just(ast.DeclaredSafeClass()), st.just(ast.VrClass("LO")))),
        st.none(),
        exceptions,
        stances,
    ),
)
content_rules = st.one_of(
    st.builds(ast.Rule, st.sampled_from(("X", "X", "K")), some(strategies_content.anything), st.none(), exceptions, stances),
    st.builds(ast.Rule, st.sampled_from(("D", "Z", "X/Z", "X/D")), some(strategies_content.dummied), st.none(), exceptions, stances),
    st.builds(ast.Rule, st.just("C"), some(strategies_content.cleaned), st.none(), exceptions, stances),
    st.builds(ast.Rule, st.just("U"), some(strategies_content.referring), st.none(), exceptions, stances),
    st.builds(ast.Rule, st.just("C"), some(strategies_content.leaves("DATE")), date_values, exceptions, stances),
    st.builds(ast.Rule, st.just("D"), some(strategies_content.leaves("TEXT", "PNAME")), text_values, exceptions, stances),
    st.builds(
        ast.Rule,
        st.sampled_from(("K", "X", "K")),
        some(st.sampled_from(("TextValue", "PersonName", "ContentSequence", "ConceptCodeSequence", "Date")).map(ast.Keyword)),
        st.none(),
        exceptions,
        stances,
    ),
)
adds = st.builds(
    ast.Add,
    selectors(text_leaves),
    st.one_of(st.sampled_from(("ADDED", "V")).map(ast.Text), text_values, st.just(ast.Reference(ast.Path(ast.Keyword("Modality"))))),
    stances,
)
bodies = st.lists(st.one_of(rules, rules, rules, adds, content_rules), min_size=1, max_size=2).map(tuple)
whens = st.builds(ast.When, conditions, bodies)
verdict_conditions = conditions.filter(lambda condition: not reads_here(condition))
statements = st.one_of(rules, rules, rules, rules, whens, whens, adds, content_rules)
content_statements = st.one_of(content_rules, content_rules, content_rules, rules, whens)


@dataclass(frozen=True)
class Stack:
    """Layers by name, lowest first, and the policies of the profile."""

    layers: tuple[tuple[str, ast.Recipe], ...]
    policies: Policies

    def texts(self) -> list[tuple[str, str]]:
        """The layers as the compiler takes them."""
        return [(name, format_recipe(recipe)) for name, recipe in self.layers]

    def show(self) -> str:
        """The whole stack, for a message."""
        return repr(self.policies) + "\n" + "\n".join(f"--- {name}\n{text}" for name, text in self.texts())


few = ast.SetDefinition(
    "few", (ast.Path(ast.Keyword("PatientName")), ast.Path(ast.Keyword("StudyDate")), ast.Path(ast.TagMask("0010", "10xx"))), ()
)
study = ast.Param("study", "text", ast.Text("TRIAL7"))


@st.composite
def recipes(draw: st.DrawFn, number: int, most: int = 6) -> ast.Recipe:
    """A recipe as layer `number` of a stack, with an option header now and then."""
    header = None
    if draw(st.integers(0, 2)) == 0:
        earlier = tuple(f"layer{other}" for other in range(number) if draw(st.integers(0, 3)))
        header = ast.LayerHeader(draw(st.sampled_from((113105, 113106, 113107, 113111) if number else (113100,))), earlier)
    kinds = content_statements if draw(st.integers(0, 2)) == 0 else statements
    body: list[ast.TopStatement] = list(draw(st.lists(kinds, min_size=2, max_size=most)))
    if draw(st.integers(0, 9)) == 0:
        kind = draw(st.sampled_from(("reject", "quarantine", "accept")))
        body.append(ast.Verdict(kind, f"verdict {number}", draw(verdict_conditions)))
    if number and draw(st.integers(0, 9)) == 0:
        body.append(ast.Without("verdict 0", "tried"))
    text = repr(body)
    if "Name(name='few')" in text:
        body.insert(0, few)
    if "Name(name='study')" in text:
        body.insert(0, study)
    return ast.Recipe(1, header, tuple(body))


policies = st.builds(
    Policies,
    unlisted=st.sampled_from(("X", "X", "K", "K", "K", "X/Z/D", "quarantine")),
    unmatched_pixels=st.just("accept"),
    unknown_sop_class=st.just("strictest"),
    malformed=st.just("quarantine"),
    keep_private=st.booleans(),
).map(lambda p: p if p.unlisted in ("X", "X/Z/D") else Policies(p.unlisted, "accept", "strictest", "quarantine", False))


@st.composite
def stacks(draw: st.DrawFn, layers: int = 3) -> Stack:
    """One to `layers` layers."""
    count = draw(st.sampled_from([number for number in range(1, layers + 1) for _ in range(number)]))
    return Stack(tuple((f"layer{number}", draw(recipes(number))) for number in range(count)), draw(policies))
