"""The fingerprint of a plan: its meaning as 64 hex digits."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any

from deidrules.plan.json import to_data
from deidrules.plan.model import Plan

# Names, titles and places are for people; a reason explains a meaning and is none.
_NOT_MEANING = ("profile", "version", "title", "layers", "overrides", "unclaimed")


@lru_cache(maxsize=16)  # a run asks for it several times, and a plan never changes
def fingerprint(plan: Plan) -> str:
    """SHA-256 over the canonical JSON of everything that changes an output. Rules that stand side by side without order between them
    (same place in the ranking) are sorted, conditions are written out in place of their numbers, so neither layout nor the order of
    independent rules moves it."""
    data = to_data(plan)
    for name in _NOT_MEANING:
        data.pop(name, None)
    conditions = data.pop("conditions", [])
    for part in ("rules", "verdicts", "pixels"):
        entries = data.get(part, [])
        for entry in entries:
            entry.pop("origin", None)
            entry.pop("because", None)
            if entry.get("condition") is not None:
                entry["condition"] = conditions[entry["condition"]]
        if part != "rules":
            data[part] = sorted(entries, key=_canonical)
    for entry in data.get("claims", []):
        entry["unless"] = sorted((conditions[number] for number in entry.pop("unless", [])), key=_canonical)
    data["rules"] = _rules(plan, data.get("rules", []))
    return hashlib.sha256(_canonical(data).encode("ascii")).hexdigest()


def _rules(plan: Plan, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules in the order of their rank, and within one rank by content; the same rule twice counts once."""
    from deidrules.plan.order import rank

    ranked = sorted(
        ((rank(rule), _canonical(entry), entry) for rule, entry in zip(plan.rules, entries, strict=True)), key=lambda triple: triple[:2]
    )
    out: list[dict[str, Any]] = []
    last = ""
    for _, text, entry in ranked:
        if text != last:
            out.append(entry)
        last = text
    return out


def _canonical(data: Any) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
