"""How outputs are named: only from de-identified values, or from keyed tokens of where the source lay."""

from __future__ import annotations

import os
import re
from typing import Protocol

from deidrules.actions.base import Keys
from deidrules.run.sources import Found
from deidrules.text.refusal import Refusal

LAYOUTS = ("uid", "mirror", "mirror-names")

# PS3.5 9.1, but for leading zeros, which real UIDs have. What goes into a path has to be no more than digits and dots.
_UID = re.compile(r"[0-9]+(?:\.[0-9]+)*")

# 80 bits: among 10^8 files of one folder two equal tokens are less likely than one in 10^8
_TOKEN_DIGITS = 20


class Named(Protocol):
    """What the `uid` layout asks of a de-identified instance: its new UIDs, "" where it has none."""

    @property
    def study_uid(self) -> str:
        """Study Instance UID."""

    @property
    def series_uid(self) -> str:
        """Series Instance UID."""

    @property
    def instance_uid(self) -> str:
        """SOP Instance UID."""


def _uid(value: str, absent: str) -> str:
    if not value and absent:
        return absent
    if not value:
        raise Refusal("no-instance-uid", tag=0x00080018, vr="UI")
    if len(value) > 64 or not _UID.fullmatch(value):
        raise Refusal("invalid-uid-name", vr="UI", length=len(value))
    return value


def uid_name(instance: Named) -> str:
    """`<study>/<series>/<instance>.dcm` of the new UIDs. Objects that belong to no study or series (a hanging protocol) stand under
    `no-study`, `no-series`. Refusal `no-instance-uid`, `invalid-uid-name`."""
    study = _uid(instance.study_uid, "no-study")
    series = _uid(instance.series_uid, "no-series")
    return f"{study}/{series}/{_uid(instance.instance_uid, '')}.dcm"


def _text(name: str) -> str:
    """A file name as text that encodes: its bytes one by one, since names need not be UTF-8 and two of them must not become one."""
    return os.fsencode(name).decode("latin-1")


def mirror_name(parts: tuple[str, ...], keys: Keys) -> str:
    """The source tree's shape: each part becomes a token keyed by the whole way to it, so that equal names in different folders do not
    show as equal."""
    tokens = [keys.digest("path", *parts[: depth + 1]).hex()[:_TOKEN_DIGITS] for depth in range(len(parts))]
    return "/".join(tokens) + ".dcm"


def fixed_name(found: Found, layout: str, keys: Keys) -> str:
    """The output name as far as the source alone settles it; "" for the `uid` layout."""
    match layout:
        case "mirror":
            return mirror_name(tuple(_text(part) for part in found.parts), keys)
        case "mirror-names":
            return "/".join(found.parts)
        case _:
            return ""


def source_identifier(path: str, keys: Keys) -> str:
    """What stands for a source in audit and quarantine: 32 hex digits, keyed, so that it says nothing about the path."""
    return keys.digest("source", _text(path)).hex()[:32]
