"""What changed between two states of a document, and a state rebuilt from such changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Difference = dict[str, Any]
"""``{path, old?, new?}``: the dotted path of a member, its value before and after; a side is absent where it was."""

_PLAIN_NAME = re.compile(r"[^.$][^.]*")


def differences(old: Mapping[str, Any], new: Mapping[str, Any], *, prefix: str = "") -> list[Difference]:
    """List the members that differ, at the deepest member that does; arrays are compared whole.

    Parts that are the very same object are not looked into, so the work grows with the change, not the document. An
    object with a member whose name no dotted path can hold (empty, with a dot, or like an operator) is one value.
    """
    found: list[Difference] = []
    for name in old.keys() | new.keys():
        before, after = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if same(before, after):
            continue
        path = f"{prefix}{name}"
        if _has_paths(before) and _has_paths(after):
            found.extend(differences(before, after, prefix=f"{path}."))
        else:
            found.append(_difference(path, before, after))
    return sorted(found, key=lambda difference: str(difference["path"])) if not prefix else found


def update_of(changes: Iterable[Difference]) -> dict[str, dict[str, Any]]:
    """Write the differences as a MongoDB update: values are data, never operators."""
    update: dict[str, dict[str, Any]] = {}
    for change in changes:
        if "new" in change:
            update.setdefault("$set", {})[change["path"]] = change["new"]
        else:
            update.setdefault("$unset", {})[change["path"]] = ""
    return update


def apply(state: Mapping[str, Any], changes: Sequence[Difference]) -> dict[str, Any]:
    """Return the state after the changes; the given state stays as it is."""
    rebuilt = dict(state)
    for change in changes:
        _apply_one(rebuilt, change["path"].split("."), change)
    return rebuilt


_ABSENT: Any = object()


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are the same; unlike to Python, true is not 1 to JSON, and 1.0 is not 1 to us."""
    if one is other:
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def _has_paths(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_PLAIN_NAME.fullmatch, value))


def _difference(path: str, before: Any, after: Any) -> Difference:
    entry: Difference = {"path": path}
    if before is not _ABSENT:
        entry["old"] = before
    if after is not _ABSENT:
        entry["new"] = after
    return entry


def _apply_one(state: dict[str, Any], path: Sequence[str], change: Difference) -> None:
    name, *rest = path
    if rest:
        state[name] = dict(state.get(name) or {})
        _apply_one(state[name], rest, change)
    elif "new" in change:
        state[name] = change["new"]
    else:
        state.pop(name, None)
