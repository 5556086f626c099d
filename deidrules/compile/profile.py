"""profile.yaml: every scalar a string, then typed by its schema, with the place of every complaint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from deidrules import resources
from deidrules.compile.model import Profile
from deidrules.plan.model import Policies
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import NOWHERE, Source, Span
from deidrules.text.suggest import did_you_mean

FILE = "profile.yaml"
LARGEST = 4_000_000  # characters of a profile
DEEPEST = 20
_Spans = dict[tuple[str | int, ...], Span]


def shipped_profiles() -> tuple[str, ...]:
    """Names of the profiles that travel with the program."""
    root = resources.folder("profiles")
    return tuple(sorted(str(path.parent.relative_to(root).as_posix()) for path in root.rglob(FILE)))


def find_profile(place: str | Path) -> Path | None:
    """The profile.yaml that a path or a shipped name means. A path wins over a shipped name."""
    path = Path(place)
    if path.is_dir() and (path / FILE).is_file():
        return path / FILE
    if path.is_file():
        return path
    if str(place) in shipped_profiles():
        return resources.folder("profiles") / str(place) / FILE
    return None


def load_profile(place: str | Path) -> tuple[Profile | None, tuple[Diagnostic, ...]]:
    """Read and type a profile. Every scalar is text until the schema has seen it, so `version: 1.10` stays what was written."""
    path = find_profile(place)
    if path is None:
        near = did_you_mean(str(place), shipped_profiles())
        message = f"no profile `{place}`: not a folder with a {FILE}, not a file, not a shipped name"
        return None, (Diagnostic("DR501", message, help=near or f"shipped are {', '.join(f'`{name}`' for name in shipped_profiles())}"),)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None, (Diagnostic("DR501", f"`{path}` cannot be read as UTF-8 text"),)
    return parse_profile(Source(str(path), text), path.resolve().parent)


def parse_profile(source: Source, folder: Path) -> tuple[Profile | None, tuple[Diagnostic, ...]]:
    """The profile in a text; `folder` is where its recipes lie."""
    spans: _Spans = {}
    problems: list[Diagnostic] = []
    if len(source.text) > LARGEST:
        return None, (Diagnostic("DR502", f"`{source.name}` is larger than {LARGEST} characters"),)
    try:
        problem = _too_much(source)
        if problem is not None:
            return None, (problem,)
        tree = yaml.compose(source.text, Loader=yaml.SafeLoader)
        data = _plain(tree, (), source, spans, problems) if tree is not None else {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        span = Span(source, mark.index, mark.index + 1) if mark is not None else NOWHERE
        return None, (Diagnostic("DR502", "this is not YAML", span, help="indentation, a colon or a quote is off here"),)
    except RecursionError:
        return None, (Diagnostic("DR502", "nested too deeply", Span(source, 0, 1)),)
    if problems:
        return None, tuple(problems)
    if not isinstance(data, dict):
        return None, (Diagnostic("DR503", "a profile is a mapping of keys to values", Span(source, 0, 1)),)
    problems = _check(data, spans)
    return (None if problems else _typed(data, folder, source)), tuple(problems)


def _too_much(source: Source) -> Diagnostic | None:
    """Aliases, which could make a small file endless, and nesting beyond any profile, found before a tree is built."""
    depth = 0
    for event in yaml.parse(source.text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        start = event.start_mark.index if event.start_mark else 0
        if getattr(event, "anchor", None):
            return Diagnostic("DR502", "aliases and anchors are not read", Span(source, start, start + 1))
        if depth > DEEPEST:
            return Diagnostic("DR502", "nested too deeply", Span(source, start, start + 1))
    return None


def _plain(node: yaml.Node, path: tuple[str | int, ...], source: Source, spans: _Spans, problems: list[Diagnostic]) -> Any:
    """Strings, lists and dictionaries; each key path with its span."""
    assert node.start_mark is not None and node.end_mark is not None
    span = Span(source, node.start_mark.index, max(node.end_mark.index, node.start_mark.index + 1))
    spans[path] = span
    match node:
        case yaml.ScalarNode():
            if not node.tag.startswith("tag:yaml.org,2002:"):
                problems.append(Diagnostic("DR502", "tags are not read", span))
            return node.value
        case yaml.SequenceNode():
            return [_plain(child, (*path, index), source, spans, problems) for index, child in enumerate(node.value)]
        case yaml.MappingNode():
            out: dict[str, Any] = {}
            for key, child in node.value:
                key_span = Span(source, key.start_mark.index, key.end_mark.index)
                if not isinstance(key, yaml.ScalarNode):
                    problems.append(Diagnostic("DR502", "a key is a word", key_span))
                    continue
                if key.value in out:
                    problems.append(Diagnostic("DR502", f"`{key.value}` stands here twice", key_span, help="one of the two would be lost"))
                    continue
                out[key.value] = _plain(child, (*path, key.value), source, spans, problems)
                spans[(*path, key.value, "key")] = key_span
            return out
    raise TypeError(type(node).__name__)


def _check(data: dict[str, Any], spans: _Spans) -> list[Diagnostic]:
    """What the schema says, in our words."""
    from jsonschema import Draft202012Validator

    schema = _schema()
    problems = []
    policies = data.get("policies")
    if isinstance(policies, dict) and "unlisted" not in policies:
        span = spans.get(("policies", "key"), NOWHERE)
        problems.append(
            Diagnostic("DR504", "the policy `unlisted` is missing", span, help="write `unlisted: X` to remove what no rule reaches")
        )
    for error in sorted(Draft202012Validator(schema).iter_errors(data), key=lambda error: [str(part) for part in error.absolute_path]):
        problems.extend(_complaint(error, spans))
    if isinstance(policies, dict) and "keep-private" in policies and policies.get("unlisted") not in {"X", "X/Z/D", None}:
        span = spans.get(("policies", "keep-private", "key"), NOWHERE)
        problems.append(Diagnostic("DR510", "`keep-private` goes only with `unlisted: X` or `unlisted: X/Z/D`", span))
    return problems


def _complaint(error: Any, spans: _Spans) -> list[Diagnostic]:
    """One schema error as diagnostics."""
    path = tuple(error.absolute_path)
    span = spans.get(path, NOWHERE)
    where = f"`{'.'.join(str(part) for part in path)}`" if path else "the profile"
    match error.validator:
        case "additionalProperties":
            known = sorted(error.schema.get("properties", {}))
            return [
                Diagnostic("DR503", f"unknown key `{key}` in {where}", spans.get((*path, key, "key"), span), help=did_you_mean(key, known))
                for key in error.instance
                if key not in known
            ]
        case "required":
            missing = [key for key in error.validator_value if key not in error.instance]
            return [
                Diagnostic("DR504" if key == "policies" else "DR503", f"{where} needs the key `{key}`", span, help=_NEEDED.get(key, ""))
                for key in missing[:1]
            ]
        case "enum":
            allowed = ", ".join(f"`{word}`" for word in error.validator_value)
            return [Diagnostic("DR503", f"{where} is one of {allowed}", span)]
        case "type":
            kind = {"object": "a mapping", "array": "a list", "string": "a text"}[error.validator_value]
            return [Diagnostic("DR503", f"{where} is {kind}", span)]
        case "minItems":
            return [Diagnostic("DR503", f"{where} needs at least one entry", span)]
        case _:
            return [Diagnostic("DR503", f"{where} is not of the form asked for", span, help=_FORMS.get(str(path[0]) if path else "", ""))]


_NEEDED = {
    "policies": "write `policies:` with `unlisted: X` below it",
    "language": "write `language: 1`",
    "version": "write `version: 1.0.0`",
}
_FORMS = {
    "version": "three numbers, such as 1.0.0",
    "profile": "lower-case letters, digits, `.`, `-` and `_`, 41 characters at most",
    "private-list": "the name of a CSV file in the profile's folder, or a list of such names",
    "parameters": "lower-case names with texts as values",
    "released": "a version and the 64 hex digits of its plan",
}


@cache
def _schema() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((resources.folder("grammar") / "profile.schema.json").read_text("utf-8"))
    return data


def _typed(data: Mapping[str, Any], folder: Path, source: Source) -> Profile:
    policies = data["policies"]
    lists = data.get("private-list", ())
    return Profile(
        name=data["profile"],
        version=data["version"],
        title=data.get("title", ""),
        language=int(data["language"]),
        recipes=tuple(data["recipes"]),
        tests=tuple(data.get("tests", ())),
        parameters=dict(data.get("parameters", {})),
        policies=Policies(
            unlisted=policies["unlisted"],
            unmatched_pixels=policies.get("unmatched-pixels", "quarantine"),
            unknown_sop_class=policies.get("unknown-sop-class", "quarantine"),
            malformed=policies.get("malformed", "quarantine"),
            keep_private="keep-private" in policies,
            verify=policies.get("verify", "on"),
        ),
        keep_private_because=policies.get("keep-private", ""),
        released=dict(data.get("released", {})),
        tables=dict(data.get("tables", {})),
        private_lists=(lists,) if isinstance(lists, str) else tuple(lists),
        folder=folder,
        source=source,
    )
