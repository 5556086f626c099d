"""Colour profiles: what converts colours stays, texts, dates and devices go, what is no profile goes whole."""

from __future__ import annotations

import io
from struct import pack

import pytest
from pydicom.dataset import Dataset

from deidrules import deidentify
from deidrules.compile.compiler import compile_layers
from deidrules.dicom.icc import colours_only
from deidrules.plan.model import Plan, Policies

SECRETS = (b"SN 4711", b"Willowmere", b"Jane Doe", b"ACME", b"LS40", b"\x07\xe8\x00\x01\x00\x1f")  # the last: 2024-01-31
MATRIX = {b"rXYZ": (0x6FA2, 0x38F5, 0x390), b"gXYZ": (0x6299, 0xB785, 0x18DA), b"bXYZ": (0x24A0, 0xF84, 0xB6CF)}


def xyz(*numbers: int, behind: bytes = b"") -> bytes:
    return b"XYZ " + bytes(4) + pack(">3i", *numbers) + behind


def curve(*numbers: int, behind: bytes = b"") -> bytes:
    return b"curv" + bytes(4) + pack(f">I{len(numbers)}H", len(numbers), *numbers) + behind


def profile(elements: dict[bytes, bytes] | None = None, *, version: int = 2, space: bytes = b"RGB ", signature: bytes = b"acsp") -> bytes:
    """A display profile with a matrix and curves, and with everything that may say whose it is."""
    content = {
        b"desc": b"desc" + bytes(4) + pack(">I", 20) + b"Willowmere SN 4711\0\0" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"Jane Doe\0",
        b"dmnd": b"text" + bytes(4) + b"ACME\0",
        b"wtpt": xyz(0xF351, 0x10000, 0x116CC),
        **{name: xyz(*numbers) for name, numbers in MATRIX.items()},
        b"rTRC": curve(0x0233),
        b"gTRC": curve(0x0233),
        b"bTRC": curve(0x0233),
    }
    content.update(elements or {})
    table, body = b"", b""
    start = 128 + 4 + 12 * len(content)
    for name, data in content.items():
        table += pack(">4sII", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = pack(">I4s4s12s", start + len(body), b"ACME", bytes((version, 0x10, 0, 0)), b"mntr" + space + b"XYZ ")
    header += pack(">6H", 2024, 1, 31, 10, 15, 0) + signature + b"APPL" + bytes(4) + b"ACME" + b"LS40" + bytes(12)
    header += bytes.fromhex("0000f6d6000100000000d32d") + b"ACME" + b"\7" * 16 + bytes(28)
    assert len(header) == 128
    return header + pack(">I", len(content)) + table + body


def elements_of(data: bytes) -> dict[bytes, bytes]:
    count = int.from_bytes(data[128:132], "big")
    rows = [data[132 + 12 * n : 144 + 12 * n] for n in range(count)]
    return {row[:4]: data[int.from_bytes(row[4:8], "big") :][: int.from_bytes(row[8:], "big")] for row in rows}


@pytest.mark.parametrize("version", [2, 4])
def test_texts_dates_and_devices_go_and_the_numbers_stay(version: int) -> None:
    before = profile(version=version)
    after = colours_only(before)
    assert after is not None
    assert not [secret for secret in SECRETS if secret in after]
    assert all(secret in before for secret in SECRETS)
    old, new = elements_of(before), elements_of(after)
    assert {name: new[name] for name in (*MATRIX, b"wtpt", b"rTRC")} == {name: old[name] for name in (*MATRIX, b"wtpt", b"rTRC")}
    assert set(old) - set(new) == {b"dmnd"}
    assert int.from_bytes(after[:4], "big") == len(after) and len(after) % 2 == 0


def test_a_cleaned_profile_is_clean() -> None:
    once = colours_only(profile())
    assert once is not None and colours_only(once) == once


def test_the_same_colours_from_two_scanners_are_the_same_profile() -> None:
    other = profile({b"desc": b"desc" + bytes(4) + pack(">I", 6) + b"other\0" + bytes(78), b"dmdd": b"text" + bytes(4) + b"LS50\0"})
    assert colours_only(other) == colours_only(profile())


def test_what_lies_behind_the_numbers_of_an_element_goes() -> None:
    hidden = profile({b"rTRC": curve(0x0233, behind=b"Jane Doe"), b"wtpt": xyz(1, 2, 3, behind=b"Jane Doe")})
    after = colours_only(hidden)
    assert after is not None and b"Jane" not in after
    assert elements_of(after)[b"wtpt"] == xyz(1, 2, 3)


@pytest.mark.parametrize(
    "kind",
    [
        b"para" + bytes(4) + pack(">HHi", 0, 0, 0x23333),
        b"mft1" + bytes(4) + bytes((3, 3, 2, 0)) + bytes(36) + bytes(256 * 3 + 8 * 3 + 256 * 3),
        b"mft2" + bytes(4) + bytes((3, 3, 2, 0)) + bytes(36) + pack(">HH", 2, 2) + bytes(2 * (6 + 24 + 6)),
        b"mAB " + bytes(4) + bytes((3, 3)) + bytes(40),
    ],
    ids=["para", "mft1", "mft2", "mAB"],
)
def test_other_kinds_of_numbers_stay_too(kind: bytes) -> None:
    name = b"rTRC" if kind.startswith(b"para") else b"A2B0"
    after = colours_only(profile({name: kind}))
    assert after is not None and elements_of(after)[name] == kind


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"Jane Doe" * 40,
        profile()[:140],
        profile(version=5),
        profile(version=9),
        profile(space=b"DOE "),
        profile(signature=b"none"),
        profile({b"rTRC": b"text" + bytes(4) + b"Jane Doe\0"}),
        profile({b"rTRC": b"curv" + bytes(4) + pack(">I", 10**9)}),
        profile({b"A2B0": b"mft2" + bytes(4) + bytes((15, 15, 255, 0)) + bytes(80)}),
        profile({b"wtpt": b"XYZ "}),
    ],
    ids=["empty", "text", "cut", "v5", "v9", "space", "signature", "kind", "long curve", "huge table", "short"],
)
def test_what_is_no_profile_is_none(broken: bytes) -> None:
    assert colours_only(broken) is None


def test_a_profile_that_converts_nothing_is_none() -> None:
    nothing = profile()
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        nothing = nothing.replace(name, b"xxxx")
    assert colours_only(nothing) is None


def test_colours_come_out_of_it_as_before() -> None:
    image = pytest.importorskip("PIL.Image")
    cms = pytest.importorskip("PIL.ImageCms")
    before = profile()
    after = colours_only(before)
    assert after is not None
    picture = image.new("RGB", (16, 16))
    picture.putdata([(16 * x, 16 * y, 8 * (x + y)) for x in range(16) for y in range(16)])
    lab = cms.createProfile("LAB")
    converted = [
        cms.profileToProfile(picture, cms.ImageCmsProfile(io.BytesIO(data)), lab, outputMode="LAB").tobytes() for data in (before, after)
    ]
    assert converted[0] == converted[1] != picture.tobytes()


def plan() -> Plan:
    compiled = compile_layers([("site", "deidrules 1\nC ICCProfile\nK (0028,2002)\n")], Policies("K", "accept", "strictest", "quarantine"))
    assert compiled.plan is not None and compiled.diagnostics == ()
    return compiled.plan


def given(content: bytes | None) -> Dataset:
    out = Dataset()
    out.SOPClassUID, out.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.77.1.6", "1.2.3"
    out.add_new(0x00282000, "OB", content)
    return out


def test_c_cleans_a_colour_profile() -> None:
    assert deidentify(given(profile()), plan(), None).ICCProfile == colours_only(profile())


def test_c_removes_what_is_no_colour_profile() -> None:
    assert "ICCProfile" not in deidentify(given(b"Jane Doe"), plan(), None)


def test_an_empty_colour_profile_stays_empty() -> None:
    assert not deidentify(given(None), plan(), None).ICCProfile
