"""The first line of an audit: with what a run was made."""

from __future__ import annotations

import platform
import re
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution

from deidrules.plan.model import Plan

# What can change a byte of an output
_PACKAGES = ("deidrules", "pydicom", "numpy", "google-re2", "imagecodecs", "pylibjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle")


def versions() -> dict[str, str]:
    """Python's and the packages' versions, "" for one that is not installed."""
    return {"python": platform.python_version(), **{package: _version(package) for package in _PACKAGES}}


@cache
def _version(package: str) -> str:
    """From the head of the package's metadata: the parser of the standard library reads all of it, a README included."""
    try:
        head = distribution(package).read_text("METADATA") or ""
    except PackageNotFoundError:
        return ""
    stated = re.search(r"^Version:[ \t]*(\S+)", head.partition("\n\n")[0], re.MULTILINE)
    return stated[1] if stated is not None else ""


def run_header(plan: Plan, fingerprint: str, key: str, layout: str, file_bytes: int) -> dict[str, object]:
    """The `run` line. `limits` are numbers that quarantine what is beyond them."""
    policies = plan.policies
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "plan": fingerprint,
        "profile": f"{plan.profile}@{plan.version}",
        "layers": list(plan.layers),
        "dictionary": plan.dictionary,
        "key": key,
        "layout": layout,
        "policies": {
            "unlisted": policies.unlisted,
            "unmatched-pixels": policies.unmatched_pixels,
            "unknown-sop-class": policies.unknown_sop_class,
            "malformed": policies.malformed,
            "verify": policies.verify,
            "keep-private": policies.keep_private,
        },
        "overrides": [
            {"what": override.what, "code": override.code, "because": override.because, "origin": override.origin}
            for override in plan.overrides
        ],
        "tables": {table.name: table.digest for table in plan.tables},
        "versions": versions(),
        "limits": {"file_bytes": file_bytes},
    }
