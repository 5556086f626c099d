"""Nothing of a file that no rule keeps reaches its output, wherever it stands."""

from __future__ import annotations

import io
import struct

import pydicom
import pytest
from dicom_bytes import element
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from oracle import own
from oracle_data import Value, normal, read, walk
from oracle_run import KEYS, compiled
from strategies import Stack, anything, sequences, some
from strategies_files import files

from deidrules.compile.compiler import compile_text
from deidrules.engine.instance import Engine
from deidrules.language import ast
from deidrules.plan.model import Plan, Policies
from deidrules.text.refusal import Refusal

QUICK = settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)


def plan_of(text: str, **policy: str) -> Plan:
    """The plan of a recipe that has to compile."""
    compilation = compile_text("deidrules 1\n" + text, policies=Policies(**{"unlisted": "X", "unmatched_pixels": "accept", **policy}))
    assert compilation.plan is not None, compilation.diagnostics
    return compilation.plan


# ---- canaries


def canary(number: int) -> bytes:
    """A string that stands nowhere else."""
    return f"CNRY{number:04d}X".encode()


def held(output: bytes, count: int) -> list[int]:
    """The canaries that an output holds, in any of the usual codings."""
    return [
        number
        for number in range(count)
        if any(canary(number).decode().encode(coding) in output for coding in ("latin-1", "utf-16-le", "utf-16-be"))
    ]


# 2 x 5 samples of 8 bits: the pixel data is one canary
IMAGE = b"".join(
    element(tag, vr, value)
    for tag, vr, value in (
        *((0x00280002, "US", b"\x01\x00"), (0x00280004, "CS", "MONOCHROME2"), (0x00280010, "US", b"\x02\x00")),
        *((0x00280011, "US", b"\x05\x00"), (0x00280100, "US", b"\x08\x00"), (0x00280101, "US", b"\x08\x00")),
        *((0x00280102, "US", b"\x07\x00"), (0x00280103, "US", b"\x00\x00")),
    )
)


class Nest:
    """Builds files full of canaries."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> bytes:
        self.count += 1
        return canary(self.count - 1) + b" "

    def item(self, content: bytes, *, undefined: bool = False) -> bytes:
        if undefined:
            return b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + content + b"\xfe\xff\x0d\xe0\x00\x00\x00\x00"
        return b"\xfe\xff\x00\xe0" + struct.pack("<I", len(content)) + content

    def sequence(self, tag: int, content: bytes, *, vr: str = "SQ", undefined: bool = False) -> bytes:
        body = self.item(content, undefined=undefined)
        if undefined:
            head = struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, 0xFFFFFFFF)
            return head + body + b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
        return element(tag, vr, body)

    def implicit(self, tag: int, content: bytes) -> bytes:
        return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(content)) + content

    def level(self, depth: int) -> bytes:
        """An item's elements, with all that can stand in one, and a deeper item."""
        out = element(0x00080005, "CS", "ISO_IR 100") if depth == 0 else b""
        if depth == 0:
            out += element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7") + element(0x00080018, "UI", "1.2.3.4")
        out += element(0x00080080, "LO", self.next()) + element(0x00080199, "LO", self.next())
        out += element(0x00081030, "LO", self.next())
        if depth < 20:
            out += self.sequence(0x00081140, self.level(depth + 1), undefined=depth % 2 == 0)
        out += element(0x00090010, "LO", self.next())
        out += element(0x00090012, "LO", "ACME")
        out += element(0x00091001, "LO", self.next()) + element(0x00091002, "OB", self.next()) + element(0x00091003, "UN", self.next())
        out += self.sequence(0x00091004, element(0x00100010, "PN", self.next()), undefined=True)
        out += element(0x00091101, "LO", self.next())
        out += element(0x00091201, "LO", self.next())
        out += self.sequence(0x00091204, element(0x00100010, "PN", self.next()), undefined=True)
        out += element(0x00100010, "PN", self.next()) + element(0x00100020, "LO", self.next())
        out += element(0x00104000, "LT", self.next()) + element(0x00189999, "UN", self.next())
        out += element(0x00204000, "UN", self.next())
        if depth == 0:
            out += IMAGE
        inner = self.implicit(0x00100010, self.next()) + self.implicit(0x00100020, self.next())
        out += self.sequence(0x00400275, inner, vr="UN", undefined=depth % 2 == 1)
        out += element(0x0040A160, "UT", self.next()) + element(0x60003000, "OW", self.next()) + element(0x60004000, "LT", self.next())
        if depth == 0:
            out += element(0x7FE00010, "OW", self.next()) + element(0xFFFCFFFC, "OB", self.next())
        return out

    def file(self, *, preamble: bool = True, group_lengths: bool = False) -> bytes:
        dataset = self.level(0)
        if group_lengths:
            dataset = element(0x00080000, "UL", b"CNRY") + dataset
        meta = b"".join(
            (
                element(0x00020001, "OB", b"\x00\x01"),
                element(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.7"),
                element(0x00020003, "UI", "1.2.3.4"),
                element(0x00020010, "UI", "1.2.840.10008.1.2.1"),
                element(0x00020012, "UI", "1.2.3.5"),
                element(0x00020013, "SH", self.next()),
                element(0x00020016, "AE", self.next()),
                element(0x00020100, "UI", "1.2.3.6"),
                element(0x00020102, "OB", self.next()),
            )
        )
        head = (self.next() * 20)[:128] if preamble else bytes(128)
        tail = self.next()
        return head + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + dataset + tail


@pytest.mark.parametrize(
    "recipe",
    [
        "X PatientName\n",
        "K Modality, ReferencedImageSequence, RequestAttributesSequence\n",
        "K vr SQ\nZ PatientID\nD PatientName\n",
        "K ReferencedImageSequence\nZ vr PN, vr LO, vr LT, vr UT\nD (0040,xxxx)\n",
        'K ReferencedImageSequence\nD PatientName = pseudonym()\nD PatientID = hash(length: 8, missing: "N")\n',
        'K vr SQ\nD (0009,"ACME",01) = "Q"\nX unknown\nK (0009,"ACME",04) override X because "r"\n',
    ],
)
@pytest.mark.parametrize("preamble", [True, False])
def test_no_canary_at_any_depth_reaches_the_output_when_everything_unlisted_goes(recipe: str, preamble: bool):
    nest = Nest()
    data = nest.file(preamble=preamble, group_lengths=True)
    assert len(held(data, nest.count)) >= nest.count - 1 - (not preamble)
    result = Engine(plan_of(recipe, unknown_sop_class="strictest"), KEYS).apply(data)
    output = b"".join(result.parts)
    assert held(output, nest.count) == []
    assert b"CNRY" not in output
    assert pydicom.dcmread(io.BytesIO(output)).SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert all("CNRY" not in repr(outcome) for outcome in result.outcomes)


nothing_left = st.one_of(
    st.builds(ast.Rule, st.sampled_from(("X", "Z", "D", "X/Z", "X/D", "Z/D", "X/Z/D")), some(anything), st.none(), st.just(()), st.none()),
    st.builds(
        ast.Rule,
        st.just("K"),
        st.tuples(sequences.map(lambda name: ast.Path(ast.Keyword(name)))),
        st.none(),
        st.just(()),
        st.just(ast.Override("X", "tried")),
    ),
    st.builds(ast.Rule, st.just("K"), st.just((ast.Path(ast.VrClass("SQ")),)), st.none(), st.just(()), st.just(ast.Override("X", "tried"))),
)


@QUICK
@given(st.lists(nothing_left, min_size=1, max_size=5), files())
def test_no_text_of_a_random_file_reaches_the_output_under_rules_that_leave_nothing(body: list[ast.Rule], data: bytes):
    one = compiled(Stack((("layer0", ast.Recipe(1, None, tuple(body))),), Policies("X", "accept", "strictest")))
    assume(one is not None)
    assert one is not None
    try:
        output = b"".join(Engine(one.plan, KEYS).apply(data).parts)
    except Refusal:
        assume(False)

    leaves = [path.leaf for rule in body for path in rule.selectors]
    spelled = {normal(leaf.creator) for leaf in leaves if isinstance(leaf, ast.PrivateTag)}

    def named(value: Value) -> bool:
        """A creator that stays with an emptied element, because a rule spells it or goes by what the object declares (rule 15)."""
        creator = value.tag >> 16 & 1 and 0x10 <= value.tag & 0xFFFF <= 0xFF
        by_word = any(isinstance(leaf, ast.DeclaredSafeClass) for leaf in leaves)
        return bool(creator) and (by_word or normal(value.raw.decode("latin-1")) in spelled)

    def texts(file: bytes) -> set[bytes]:
        return {v.raw.strip() for _, v in walk(read(file)[0]) if len(v.raw) > 3 and v.vr != "UI" and not own(v.tag) and not named(v)}

    assert not texts(data) & texts(output)
