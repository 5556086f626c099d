"""Recipes as trees, for property tests: everything the language can say, nothing it refuses by form alone.

`recipes()` draws whole recipes with comments. The pieces take what they may be made of as arguments, so that other tests can draw rules
over a vocabulary of their own: `rules(paths=...)`, `conditions(operands=...)`.
"""

from __future__ import annotations

from hypothesis import strategies as st

from deidrules.language import ast
from deidrules.language.check import TYPES

KEYWORDS = ("PatientName", "PatientID", "PatientAge", "Modality", "StudyDate", "StudyInstanceUID", "Rows", "ImageType", "PixelData")
SEQUENCES = ("RequestAttributesSequence", "ContentSequence", "ReferencedStudySequence")
NAMES = ("study", "window", "subject_dates", "site_2", "a")
FUNCTIONS = ("pseudonym", "shift", "lookup", "truncate", "first")
VRS = ("PN", "DA", "DT", "UI", "UR", "LO")
CODES = ("K", "X", "Z", "D", "U", "C", "X/Z", "X/D", "Z/D", "X/Z/D", "X/Z/U")

_HEX = "0123456789ABCDEF"
_HIDDEN = ("Cc", "Cs", "Cf", "Zl", "Zp")
_MARKS = '"\\#{}()[]/,=+ \t'

texts = st.text(st.characters(exclude_categories=_HIDDEN) | st.sampled_from(_MARKS), max_size=12)
said = st.text(st.characters(exclude_categories=_HIDDEN), min_size=1, max_size=12).filter(str.strip)
comments_texts = st.text(st.characters(exclude_categories=_HIDDEN) | st.sampled_from(_MARKS), max_size=20).map(
    lambda text: f"# {text}".rstrip()
)

# ---- selectors

_digits = st.text(_HEX, min_size=4, max_size=4)
_masked = st.text(_HEX + "x", min_size=4, max_size=4)
keywords = st.sampled_from(KEYWORDS).map(ast.Keyword)
tags = st.builds(ast.TagMask, _digits, _digits)
masks = st.builds(ast.TagMask, _masked, _masked).filter(lambda tag: tag.group + tag.element != "xxxxxxxx")
_creators = st.text(st.characters(exclude_categories=_HIDDEN, exclude_characters="\\") | st.just('"'), min_size=1, max_size=16)
private_tags = st.builds(ast.PrivateTag, _digits, _creators, st.text(_HEX + "x", min_size=2, max_size=2))
_concepts = st.just("") | st.text(st.characters(exclude_categories=_HIDDEN), min_size=1, max_size=12).filter(str.strip)
content_items = st.builds(ast.ContentItem, _concepts, st.sampled_from(("", "TEXT", "SCOORD3D", "NUMERIC", "ABC")))
classes = content_items | st.sampled_from((ast.PrivateClass(), ast.UnknownClass(), ast.DeclaredSafeClass()))
classes |= st.sampled_from(VRS).map(ast.VrClass)
names = st.sampled_from(NAMES).map(ast.Name)
steps = st.lists(st.sampled_from(SEQUENCES).map(ast.Keyword) | tags | private_tags | st.just(ast.Star()), max_size=3).map(tuple)


def paths(*anchors: str) -> st.SearchStrategy[ast.Path]:
    """Selectors: any leaf under any path."""
    whole = st.builds(ast.Path, keywords | tags | masks | private_tags | classes | names, steps, st.sampled_from(anchors or ("", "top")))
    starred = st.builds(ast.Path, st.just(ast.Star()), steps.filter(bool), st.sampled_from(anchors or ("", "top")))
    return whole.filter(lambda path: not isinstance(path.leaf, ast.ContentItem) or bool(path.steps) or not path.anchor) | starred


attributes = st.builds(ast.Path, keywords | tags | private_tags, steps, st.sampled_from(("", "top")))
operands_of_conditions = st.builds(ast.Path, keywords | tags | private_tags, steps, st.sampled_from(("", "top", "here")))
selectors = st.lists(paths(), min_size=1, max_size=8).map(tuple)
excluded = st.just(()) | st.lists(paths(), min_size=1, max_size=3).map(tuple)

# ---- expressions

whole_numbers = st.integers(0, 99999).map(str)
_signs = st.sampled_from(("", "-", "+"))
numbers = st.builds(
    lambda sign, digits, unit: ast.Number(sign + digits, unit), _signs, whole_numbers, st.sampled_from(("", "days", "weeks", "years"))
) | st.builds(lambda sign, whole, part: ast.Number(f"{sign}{whole}.{part}"), _signs, whole_numbers, whole_numbers)
constants = texts.map(ast.Text) | numbers
references = attributes.map(ast.Reference) | names.map(lambda name: ast.Reference(ast.Path(name)))


def _calls(inner: st.SearchStrategy[ast.Expression]) -> st.SearchStrategy[ast.Expression]:
    arguments = st.lists(st.builds(ast.Argument, st.sampled_from(("", "per", "within", "length")), inner), max_size=4).map(tuple)
    return st.builds(ast.Call, st.sampled_from(FUNCTIONS), arguments) | st.builds(
        ast.List, st.lists(inner, min_size=1, max_size=4).map(tuple)
    )


terms: st.SearchStrategy[ast.Expression] = st.recursive(constants | references, _calls, max_leaves=5)
expressions = terms | st.builds(ast.Concat, st.lists(terms, min_size=2, max_size=4).map(tuple))

# ---- conditions

_quantifiers = st.sampled_from(("", "any", "all"))
_patterns = st.sampled_from(("FILM|PRINT", r"^\d+/\d+$", r"a\\/b", '#"[x]', "(a|b){2}"))


def conditions(operands: st.SearchStrategy[ast.Path] = operands_of_conditions) -> st.SearchStrategy[ast.Condition]:
    """Conditions over these attributes."""
    atoms = st.one_of(
        st.builds(ast.Compare, operands, st.sampled_from(("=", "!=", "<", "<=", ">", ">=")), terms, _quantifiers),
        st.builds(ast.Member, operands, st.builds(ast.List, st.lists(constants, min_size=1, max_size=4).map(tuple)), _quantifiers),
        st.builds(ast.Contains, operands, texts.map(ast.Text), _quantifiers),
        st.builds(ast.Matches, operands, _patterns, st.booleans(), _quantifiers),
        st.builds(ast.Exists, operands),
        st.builds(ast.Empty, operands),
    )
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.builds(ast.Not, inner),
            st.builds(ast.And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(ast.Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        ),
        max_leaves=5,
    )


# ---- comments


@st.composite
def comments(draw: st.DrawFn, block: bool = False) -> ast.Comments:
    """Comments of a statement, mostly none."""
    if draw(st.integers(0, 2)):
        return ast.NO_COMMENTS
    before = tuple(draw(st.lists(comments_texts, max_size=2)))
    if before and draw(st.booleans()):
        before = (*before, "")
    closing = tuple(draw(st.lists(comments_texts, max_size=2))) if block else ()
    return ast.Comments(before, (), draw(st.just("") | comments_texts), closing, draw(st.booleans()))


# ---- statements

stances = st.one_of(
    st.none(),
    st.just(ast.Otherwise()),
    st.builds(ast.Override, st.just("") | st.sampled_from(CODES), st.just("") | said),
)


def rules(chosen: st.SearchStrategy[tuple[ast.Path, ...]] = selectors) -> st.SearchStrategy[ast.Rule]:
    """Rules on these selectors."""
    readings = st.just("") | st.sampled_from(VRS)
    return st.builds(ast.Rule, st.sampled_from(CODES), chosen, st.none() | expressions, excluded, stances, readings, comments=comments())


adds = st.builds(ast.Add, attributes, expressions, stances, comments=comments())
params = st.builds(ast.Param, st.sampled_from(NAMES), st.sampled_from(TYPES), st.none() | constants, comments=comments())
sets = st.builds(ast.SetDefinition, st.sampled_from(NAMES), selectors, excluded, comments=comments())
whens = st.builds(ast.When, conditions(), st.lists(rules() | adds, min_size=1, max_size=3).map(tuple), comments=comments(block=True))
verdicts = st.builds(ast.Verdict, st.sampled_from(("reject", "quarantine", "accept")), said, conditions(), comments=comments())
withouts = st.builds(ast.Without, said, said, comments=comments())

_places = st.integers(0, 9999)
rectangles = st.builds(
    lambda corner, rest, sized: ast.Rectangle(*corner, *rest, sized, sized),
    st.tuples(_places, _places),
    st.tuples(_places, _places),
    st.booleans(),
)
bands = st.builds(
    ast.Bands,
    st.lists(st.builds(ast.Band, st.sampled_from(("top", "bottom", "left", "right")), _places, st.booleans()), min_size=1, max_size=3).map(
        tuple
    ),
)
_spans = st.lists(st.builds(ast.FrameSpan, st.integers(1, 9), st.integers(1, 9)), max_size=3).map(tuple)
_overlays = st.sampled_from(("", "*", "6000", "601E"))
_kept = rectangles | st.just(ast.UltrasoundRegions())
blanks = st.builds(
    ast.Blank, _kept | bands | st.just(ast.Everything()), st.just(False), st.booleans(), _overlays, _spans, comments=comments()
) | st.builds(ast.Blank, _kept, st.just(True), st.booleans(), _overlays, _spans, comments=comments())
pixel_statements = st.one_of(
    blanks,
    st.builds(ast.Strip, st.sampled_from(("overlays", "high-bit-overlays")), comments=comments()),
    st.builds(ast.ReadText, bands | st.just(ast.Everything()), comments=comments()),
    st.builds(ast.Clean, comments=comments()),
    st.builds(ast.Label, said, comments=comments()),
)
pixels = st.builds(
    ast.Pixels, said, conditions(), st.lists(pixel_statements, min_size=1, max_size=3).map(tuple), comments=comments(block=True)
)

_given = constants | st.builds(ast.List, st.lists(constants, min_size=1, max_size=3).map(tuple))
test_statements = st.one_of(
    st.builds(ast.Given, st.lists(st.builds(ast.Assignment, attributes, _given), min_size=1, max_size=5).map(tuple), comments=comments()),
    st.builds(
        ast.ExpectOutcome, st.sampled_from(("removed", "emptied", "replaced", "kept", "cleaned", "shifted")), selectors, comments=comments()
    ),
    st.builds(ast.ExpectValue, attributes, _given, comments=comments()),
    st.builds(ast.ExpectText, attributes, texts, texts, comments=comments()),
    st.builds(ast.ExpectArea, st.sampled_from(("blanked", "untouched")), rectangles, _spans, comments=comments()),
    st.builds(ast.ExpectVerdict, st.sampled_from(("reject", "quarantine", "accept")), said, comments=comments()),
)
tests = st.builds(ast.Test, said, st.lists(test_statements, min_size=1, max_size=3).map(tuple), comments=comments(block=True))

statements = st.one_of(rules(), rules(), adds, params, sets, whens, verdicts, withouts, pixels, tests)
layers = st.builds(ast.LayerHeader, st.integers(1, 999999), st.lists(said, max_size=2).map(tuple), comments=comments()) | st.builds(
    ast.LayerHeader, st.just(0), st.lists(said, min_size=1, max_size=2).map(tuple), comments=comments()
)


def recipes(max_statements: int = 8) -> st.SearchStrategy[ast.Recipe]:
    """Whole recipes with comments."""
    return st.builds(
        ast.Recipe,
        st.just(1),
        st.none() | layers,
        st.lists(statements, max_size=max_statements).map(tuple),
        header_comments=comments(),
        closing_comments=st.lists(comments_texts, max_size=2).map(tuple),
    )
