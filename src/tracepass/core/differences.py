"""What changed between two states of a document, and a state rebuilt from such changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Difference = dict[str, Any]
"""``{path, old?, new?}``: the dotted path of a member, its value before and after; a side is absent where it was."""


def differences(old: Mapping[str, Any], new: Mapping[str, Any], *, prefix: str = "") -> list[Difference]:
    """List the members that differ, at the deepest member that does; arrays are compared whole.

    Parts that are the very same object are not looked into, so the work grows with the change, not the document.
    """
    found: list[Difference] = []
    for name in old.keys() | new.keys():
        before, after = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if before is after or (type(before) is type(after) and before == after):
            continue
        path = f"{prefix}{name}"
        if isinstance(before, Mapping) and isinstance(after, Mapping):
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
