"""Every action and function there is: those of this folder, of installed packages, and those given by the caller."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Any

import deidrules.actions
from deidrules.actions.arguments import text_of
from deidrules.actions.base import Action, Context, Function, Level
from deidrules.text.refusal import Refusal

ENTRY_POINTS = "deidrules.functions"

# Modules of this folder that describe or collect words and define none
_MACHINERY = frozenset({"base", "reference", "registry"})


class RegistryError(Exception):
    """A name or code is defined twice, or an installed function cannot be used: a fault of the installation, never of a recipe."""


def _collect() -> tuple[dict[str, Action], dict[str, Function]]:
    """The words of this folder. A module counts with what it defines itself, not with what it imports; helper modules define none."""
    actions: dict[str, Action] = {}
    functions: dict[str, Function] = {}
    for found in sorted(pkgutil.iter_modules(deidrules.actions.__path__), key=lambda module: module.name):
        if found.name in _MACHINERY:
            continue
        module = import_module(f"{deidrules.actions.__name__}.{found.name}")
        for word in _defined(module):
            if isinstance(word, Action):
                if word.code in actions:
                    raise RegistryError(f"the code `{word.code}` is defined twice")
                actions[word.code] = word
            else:
                _add(functions, word)
    return actions, functions


def _defined(module: ModuleType) -> list[Action | Function]:
    words = {id(word): word for word in vars(module).values() if isinstance(word, Action | Function)}
    return [word for word in words.values() if word.call.__module__ == module.__name__]


def _add(functions: dict[str, Function], function: Function) -> None:
    if function.name in functions:
        raise RegistryError(f"the function `{function.name}` is defined twice")
    functions[function.name] = function


_ACTIONS, _FUNCTIONS = _collect()

ACTIONS: Mapping[str, Action] = MappingProxyType(_ACTIONS)
"""The codes by their letter: C, D, K, U, X, Z."""

FUNCTIONS: Mapping[str, Function] = MappingProxyType(_FUNCTIONS)
"""The built-in functions by name."""


def functions(extra: Mapping[str, object] = MappingProxyType({})) -> Mapping[str, Function]:
    """The built-in functions, those of installed packages (entry points `deidrules.functions`, each a Function made with
    `@deidrules.actions.base.function`, a tuple of them or a module that defines them), and `extra`.

    `extra` maps names to Functions or to plain Python functions `(value: str) -> str`. A plain function declares nothing, so the worst is
    taken for granted: it leaves *all* of its value, and stands only where a rule may leave that (rule 6). To be trusted with less it is
    made a Function that declares what it leaves. A name that is taken is refused: nobody redefines `shift` unseen."""
    out = dict(FUNCTIONS)
    for function in _installed():
        _add(out, function)
    for name, given in extra.items():
        _add(out, _declared(name, given))
    return MappingProxyType(out)


@cache
def _installed() -> tuple[Function, ...]:
    from importlib.metadata import entry_points  # costs more than all the rest of this module

    out: list[Function] = []
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name):
        try:
            loaded = point.load()
        except Exception:
            raise RegistryError(f"the installed function `{point.name}` cannot be loaded") from None
        found = [word for word in _defined(loaded) if isinstance(word, Function)] if isinstance(loaded, ModuleType) else _many(loaded)
        if not found or not all(isinstance(word, Function) for word in found):
            raise RegistryError(f"the entry point `{point.name}` holds no function made with `deidrules.actions.base.function`")
        out += found
    return tuple(out)


def _many(loaded: Any) -> list[Any]:
    return list(loaded) if isinstance(loaded, Iterable) and not isinstance(loaded, str) else [loaded]


def _declared(name: str, given: object) -> Function:
    if isinstance(given, Function):
        if given.name != name:
            raise RegistryError(f"the function given as `{name}` calls itself `{given.name}`")
        return given
    if not callable(given):
        raise RegistryError(f"what is given as `{name}` is no function")
    if not (name.isascii() and name.islower() and name.isidentifier()):
        raise RegistryError(f"`{name}` is no name of a function: lower-case letters, digits and `_`")
    doc = inspect.getdoc(given) or "A function given by the caller."
    return Function(name, _guarded(given), "text", "text", Level.ALL, (), False, "", doc, ())


def _guarded(call: Callable[..., Any]) -> Callable[[Context, object], str]:
    """A plain function of one text, behind whose faults no value can show: its exception may quote what it was given."""

    def guarded(context: Context, subject: object) -> str:
        try:
            result = call(text_of(subject))
        except Refusal:
            raise
        except Exception:
            raise Refusal("function-failed") from None
        if not isinstance(result, str):
            raise Refusal("function-failed")
        return result

    return guarded
