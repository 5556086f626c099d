"""The first line of an audit: with what a run was made."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from deidrules.plan.model import Plan

# What can change a byte of an output
_PACKAGES = ("deidrules", "pydicom", "numpy", "google-re2", "imagecodecs", "pylibjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle")


def versions() -> dict[str, str]:
    """Python's and the packages' versions, "" for one that is not installed."""
    out = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            out[package] = version(package)
        except PackageNotFoundError:
            out[package] = ""
    return out


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
