"""Specific Character Set: against pydicom, round trips, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.charset import convert_encodings, decode_bytes

from deidrules.dicom import charset
from deidrules.text.refusal import Refusal

# PS3.5 annexes H to J and the like: (charsets, coded, text, is a name)
EXAMPLES = [
    (("ISO_IR 100",), b"Buc^J\xe9r\xf4me", "Buc^Jérôme", True),
    (("ISO_IR 101",), b"W\xb3a\xb6ciwie", "Właściwie", False),
    (("ISO_IR 144",), "Люксембург".encode("iso8859_5"), "Люксембург", False),
    (("ISO_IR 126",), b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος", True),
    (("ISO_IR 138",), b"\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", "שרון^דבורה", True),
    (("ISO_IR 192",), b"Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1=", "Wang^XiaoDong=王^小東=", True),
    (("GB18030",), b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东=", True),
    (
        ("", "ISO 2022 IR 87"),
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
        True,
    ),
    (
        ("ISO 2022 IR 13", "ISO 2022 IR 87"),
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
        True,
    ),
    (
        ("", "ISO 2022 IR 149"),
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
        True,
    ),
    (("", "ISO 2022 IR 58"), b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=", "Zhang^XiaoDong=张^小东=", True),
    (("ISO 2022 IR 6", "ISO 2022 IR 100"), b"\x1b-AJ\xe9r\xf4me\\Dr. \x1b-AJ\xe9r", "Jérôme\\Dr. Jér", False),
]


@pytest.mark.parametrize(("charsets", "coded", "text", "name"), EXAMPLES)
def test_examples_of_the_standard_are_read_and_written(charsets: tuple[str, ...], coded: bytes, text: str, name: bool) -> None:
    assert charset.decode(coded, charsets, person_name=name) == text
    again = charset.encode(text, charsets, person_name=name)
    assert charset.decode(again, charsets, person_name=name) == text


# pydicom 3.0.2 leaves the escape sequences of ISO 2022 IR 58 in the text
@pytest.mark.parametrize(("charsets", "coded", "text", "name"), [one for one in EXAMPLES if "ISO 2022 IR 58" not in one[0]])
def test_what_is_read_is_what_pydicom_reads(charsets: tuple[str, ...], coded: bytes, text: str, name: bool) -> None:
    delimiters = {"\\", "^", "="} if name else {"\\"}
    assert decode_bytes(coded, convert_encodings(list(charsets)), {ord(one) for one in delimiters}) == text


@pytest.mark.parametrize("charsets", [(), ("ISO_IR 100",), ("ISO_IR 192",), ("nonsense",), ("", "ISO 2022 IR 87"), ("GB18030",)])
def test_ascii_is_ascii_everywhere(charsets: tuple[str, ...]) -> None:
    assert charset.decode(b"DOE^JANE", charsets) == "DOE^JANE"
    assert charset.encode("DOE^JANE", charsets) == b"DOE^JANE"


@pytest.mark.parametrize("spelling", ["ISO_IR 100", "ISO-IR 100", "ISO IR 100", "iso_ir 100 ", "ISO 2022 IR 100"])
def test_spellings_that_cannot_be_misunderstood_are_understood(spelling: str) -> None:
    assert charset.decode(b"J\xe9", (spelling,)) == "Jé"


@pytest.mark.parametrize(
    ("charsets", "coded"),
    [
        ((), b"J\xe9r\xf4me"),  # nothing declared
        (("",), b"J\xe9"),
        (("ISO_IR 6",), b"J\xe9"),
        (("UTF-9",), b"J\xe9"),
        (("ISO_IR 999",), b"J\xe9"),
        (("ISO_IR 192",), b"J\xe9r\xf4me"),  # not UTF-8
        (("ISO_IR 192", "ISO 2022 IR 87"), b"J\xe9"),  # UTF-8 does not combine
        (("ISO_IR 126",), b"\xff"),  # no such character
        (("GB18030",), b"\xcd"),
        (("ISO_IR 100",), b"\x1b$B;3ED\x1b(B"),  # an escape sequence where none is announced
        ((), b"\x1b$B;3ED\x1b(B"),
        (("", "ISO 2022 IR 87"), b"\x1b$Z;3"),  # an unknown escape sequence
        (("", "ISO 2022 IR 87"), b"\x1b$B;"),  # half a character
        (("", "ISO 2022 IR 87"), b"\xe9"),  # nothing is in G1
        (("", "ISO 2022 IR 149"), b"\x1b$)C\xfb"),
        (("", "ISO 2022 IR 149"), b"\x1b"),
        (("ISO_IR 13",), b"\x93\xfa"),  # kanji of Shift-JIS are not in JIS X 0201
    ],
)
def test_what_no_character_set_explains_is_refused(charsets: tuple[str, ...], coded: bytes) -> None:
    with pytest.raises(Refusal, match="undecodable-text"):
        charset.decode(coded, charsets)


@pytest.mark.parametrize(
    ("charsets", "text"),
    [
        ((), "Jérôme"),
        (("ISO_IR 100",), "山田"),
        (("nonsense",), "é"),
        (("", "ISO 2022 IR 149"), "Ω山é"),
        (("ISO_IR 192",), "a\x1bb"),
        (("ISO_IR 13",), "山"),
    ],
)
def test_what_the_character_set_cannot_write_is_refused(charsets: tuple[str, ...], text: str) -> None:
    with pytest.raises(Refusal, match="value-not-encodable"):
        charset.encode(text, charsets)


def test_a_backslash_within_a_character_divides_nothing() -> None:
    # the second byte of this character of GB18030 is 5C, and so is that of a character of JIS X 0208
    assert charset.decode("誠".encode("gb18030"), ("GB18030",)) == "誠"
    assert charset.decode(b"\x1b$B" + b"0\\" + b"\x1b(B", ("", "ISO 2022 IR 87")) == b"\x1b$B0\\\x1b(B".decode("iso2022_jp")


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=24),
    st.sampled_from([example[0] for example in EXAMPLES] + [(), ("ISO_IR 166",), ("", "ISO 2022 IR 159")]),
    st.booleans(),
)
def test_any_bytes_are_text_or_a_refusal(coded: bytes, charsets: tuple[str, ...], name: bool) -> None:
    try:
        text = charset.decode(coded, charsets, person_name=name)
    except Refusal as refusal:
        assert refusal.code == "undecodable-text"
    else:
        assert "\ufffd" not in text or charsets in (("ISO_IR 192",), ("GB18030",))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=16), st.sampled_from([example[0] for example in EXAMPLES]), st.booleans())
def test_what_is_written_reads_back(text: str, charsets: tuple[str, ...], name: bool) -> None:
    try:
        coded = charset.encode(text, charsets, person_name=name)
    except Refusal:
        return
    assert charset.decode(coded, charsets, person_name=name) == text


def test_a_yen_sign_never_becomes_a_backslash() -> None:
    for charsets in (("ISO_IR 13",), ("ISO 2022 IR 13", "ISO 2022 IR 87")):
        try:
            coded = charset.encode("A¥B", charsets)
        except Refusal as refusal:
            assert refusal.code == "value-not-encodable"
        else:
            assert b"\\" not in coded
