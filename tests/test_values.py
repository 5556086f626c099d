"""Values: decoded, encoded, refused."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import RE_VALID_UID

from deidrules.dicom.element import EXPLICIT_BIG, EXPLICIT_LITTLE, Encoding
from deidrules.dicom.values import Atom, decimal_string, decode, encode
from deidrules.dicom.vr import VRS
from deidrules.text.refusal import Refusal

LITTLE, BIG = EXPLICIT_LITTLE, EXPLICIT_BIG


@pytest.mark.parametrize(
    ("vr", "raw", "values"),
    [
        ("LO", b"", ()),
        ("LO", b"  ", ()),
        ("LO", b" one \\two\0", ("one", "two")),
        ("LO", b"one\\", ("one", "")),
        ("PN", b"DOE^JANE ", ("DOE^JANE",)),
        ("LT", b" a\\b \r\nc  ", (" a\\b \r\nc",)),
        ("UT", b"a\\b\0", ("a\\b",)),
        ("UR", b"http://a/\\b ", ("http://a/\\b",)),
        ("UI", b"1.2.3\0", ("1.2.3",)),
        ("UI", b"1.2\\1.3", ("1.2", "1.3")),
        ("DA", b"20200101", ("20200101",)),
        ("DS", b" 1.50\\-2e3 ", ("1.50", "-2e3")),
        ("IS", b"+7 ", ("+7",)),
        ("CS", b"ORIGINAL\\PRIMARY ", ("ORIGINAL", "PRIMARY")),
        ("US", b"\1\2\3\4", (0x0201, 0x0403)),
        ("SS", b"\xff\xff", (-1,)),
        ("SL", b"\xfe\xff\xff\xff", (-2,)),
        ("UV", b"\1\0\0\0\0\0\0\0", (1,)),
        ("FD", b"\0\0\0\0\0\0\xf0\x3f", (1.0,)),
        ("FL", b"\0\0\x80\x3f", (1.0,)),
        ("AT", b"\x10\0\x20\0\x28\0\x10\0", (0x00100020, 0x00280010)),
        ("OB", b"\1\2 ", (b"\1\2 ",)),
        ("UN", b"ab", (b"ab",)),
    ],
)
def test_values_are_decoded(vr: str, raw: bytes, values: tuple[Atom, ...]) -> None:
    assert decode(raw, vr, LITTLE, ()) == values


def test_numbers_follow_the_byte_order() -> None:
    assert decode(b"\1\2", "US", BIG, ()) == (0x0102,)
    assert decode(b"\0\x10\0\x20", "AT", BIG, ()) == (0x00100020,)
    assert encode((0x00100020,), "AT", BIG, ()) == b"\0\x10\0\x20"
    assert encode((1, 2), "UL", BIG, ()) == b"\0\0\0\1\0\0\0\2"


@pytest.mark.parametrize(
    ("vr", "raw", "code"),
    [
        ("US", b"\1\2\3", "bad-value-length"),
        ("FD", b"\1\2\3\4", "bad-value-length"),
        ("AT", b"\1\2", "bad-value-length"),
        ("LO", b"\xe9", "undecodable-text"),
        ("DA", b"2020\xe901", "undecodable-text"),
        ("UI", b"1.\xff", "undecodable-text"),
        ("SQ", b"", "wrong-vr"),
        ("??", b"", "unknown-vr"),
    ],
)
def test_what_cannot_be_decoded_is_refused_without_its_value(vr: str, raw: bytes, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        decode(raw, vr, LITTLE, ())
    assert caught.value.code == code
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("vr", "values", "raw"),
    [
        ("LO", (), b""),
        ("LO", ("abc",), b"abc "),
        ("LO", ("a", "b"), b"a\\b "),
        ("PN", ("DOE^JANE",), b"DOE^JANE"),
        ("UI", ("1.2.3",), b"1.2.3\0"),
        ("UI", ("1.2", "1.3"), b"1.2\\1.3\0"),
        ("LT", ("a\\b",), b"a\\b "),
        ("DA", ("20200229",), b"20200229"),
        ("TM", ("1015", "101500.25"), b"1015\\101500.25"),
        ("DT", ("20200101101500.000000+0100",), b"20200101101500.000000+0100"),
        ("AS", ("045Y",), b"045Y"),
        ("CS", ("A_1",), b"A_1 "),
        ("IS", (-12,), b"-12 "),
        ("IS", (Decimal("7"),), b"7 "),
        ("DS", (Decimal("1.50"),), b"1.50"),
        ("DS", (0.1,), b"0.1 "),
        ("DS", ("1e-3",), b"1e-3"),
        ("US", (65535,), b"\xff\xff"),
        ("US", ("12",), b"\x0c\0"),
        ("SS", (-1,), b"\xff\xff"),
        ("FL", (1,), b"\0\0\x80\x3f"),
        ("OB", (b"abc",), b"abc\0"),
        ("UN", (b"ab",), b"ab"),
        ("UR", ("http://a/b",), b"http://a/b"),
    ],
)
def test_values_are_encoded_and_padded(vr: str, values: tuple[Atom, ...], raw: bytes) -> None:
    assert encode(values, vr, LITTLE, ()) == raw


@pytest.mark.parametrize(
    ("vr", "values", "code"),
    [
        ("SH", ("x" * 17,), "value-too-long"),
        ("LO", ("x" * 65,), "value-too-long"),
        ("PN", ("x" * 65,), "value-too-long"),
        ("AE", ("x" * 17,), "value-too-long"),
        ("UI", ("1." + "2" * 63,), "value-too-long"),
        ("LO", ("x" * 60,) * 1100, "value-too-long"),
        ("DS", (Decimal("1.2345678901234567"),), "value-too-long"),
        ("LO", ("a\\b",), "value-not-encodable"),
        ("LO", ("a\nb",), "value-not-encodable"),
        ("LT", ("a\x1bb",), "value-not-encodable"),
        ("LT", ("a", "b"), "value-not-encodable"),
        ("LO", ("é",), "value-not-encodable"),
        ("LO", (b"a",), "value-not-encodable"),
        ("PN", ("a=b=c=d",), "value-not-encodable"),
        ("CS", ("lower",), "value-not-encodable"),
        ("AE", ("a\\b",), "value-not-encodable"),
        ("DA", ("2020",), "value-not-encodable"),
        ("DA", ("2020-1-1",), "value-not-encodable"),
        ("DA", ("٢٠٢٠٠١٠١",), "value-not-encodable"),
        ("TM", ("1",), "value-not-encodable"),
        ("AS", ("45Y",), "value-not-encodable"),
        ("IS", ("1.5",), "value-not-encodable"),
        ("IS", (2**31,), "value-not-encodable"),
        ("DS", ("abc",), "value-not-encodable"),
        ("DS", (float("nan"),), "value-not-encodable"),
        ("DS", (Decimal("Infinity"),), "value-not-encodable"),
        ("UI", ("1.02",), "value-not-encodable"),
        ("UR", ("a b",), "value-not-encodable"),
        ("US", (-1,), "value-not-encodable"),
        ("US", (65536,), "value-not-encodable"),
        ("US", (1.5,), "value-not-encodable"),
        ("US", ("x",), "value-not-encodable"),
        ("US", (True,), "value-not-encodable"),
        ("AT", (1 << 32,), "value-not-encodable"),
        ("OB", ("text",), "value-not-encodable"),
        ("OB", (b"a", b"b"), "value-not-encodable"),
        ("SQ", ("x",), "wrong-vr"),
    ],
)
def test_what_does_not_fit_is_refused_and_never_cut(vr: str, values: tuple[Atom, ...], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        encode(values, vr, LITTLE, ())
    assert caught.value.code == code


def test_character_sets_count_characters_not_bytes() -> None:
    assert len(encode(("é" * 64,), "LO", LITTLE, ("ISO_IR 192",))) == 128
    assert len(encode(("山" * 64 + "=" + "山" * 64,), "PN", LITTLE, ("ISO_IR 192",))) == 386
    with pytest.raises(Refusal, match="value-too-long"):
        encode(("é" * 65,), "LO", LITTLE, ("ISO_IR 192",))


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.floats(-1e300, 1e300), st.integers(-(10**15), 10**15)))
def test_numbers_fit_sixteen_characters(value: float | int) -> None:
    text = decimal_string(value)
    assert len(text) <= 16
    assert float(text) == pytest.approx(float(value), rel=1e-8)
    if isinstance(value, int):
        assert Decimal(text) == value


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(set(VRS) - {"SQ"})),
    st.binary(max_size=24),
    st.sampled_from([LITTLE, BIG]),
    st.sampled_from([(), ("ISO_IR 100",), ("ISO_IR 192",)]),
)
def test_any_bytes_decode_or_are_refused_and_what_encodes_again_says_the_same(
    vr: str, raw: bytes, encoding: Encoding, charsets: tuple[str, ...]
) -> None:
    try:
        values = decode(raw, vr, encoding, charsets)
    except Refusal as refusal:
        assert refusal.code in {"bad-value-length", "undecodable-text"}
        return
    try:
        coded = encode(values, vr, encoding, charsets)
    except Refusal as refusal:
        assert refusal.code in {"value-not-encodable", "value-too-long"}
        return
    assert len(coded) % 2 == 0
    if vr not in {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}:  # the padding of binary values is part of them
        again = decode(coded, vr, encoding, charsets)
        assert again == values or any(value != value for value in values)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 10**30), min_size=2, max_size=5))
def test_uids_are_those_pydicom_calls_valid(parts: list[int]) -> None:
    text = ".".join(map(str, parts))
    if len(text) <= 64 and re.match(RE_VALID_UID, text):
        assert decode(encode((text,), "UI", LITTLE, ()), "UI", LITTLE, ()) == (text,)
    else:
        with pytest.raises(Refusal):
            encode((text,), "UI", LITTLE, ())
