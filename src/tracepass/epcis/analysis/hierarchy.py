"""Who is in whom after the last event, as a tree with bounds; nothing recurses, and cycles end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tracepass.epcis.analysis.packing import Packing

DEEPEST: Final = 16
MOST_NODES: Final = 5_000
Node = dict[str, Any]


def tree_of(packing: Packing) -> dict[str, Any]:
    """Return ``roots`` with ``children`` in them, and how many parents and children there are in all.

    A node has ``epc`` as it was written first, ``since`` (the event that packed it), ``childCount``, ``children`` and
    ``quantities``. Beyond 5,000 nodes or a depth of 16 the tree is ``truncated``.
    """
    roots, left = _Tree(packing).roots()
    return {
        "parents": len(_parents(packing)),
        "children": len(packing.parent_of),
        "truncated": left,
        "roots": roots,
    }


def _parents(packing: Packing) -> list[str]:
    return list(dict.fromkeys((*packing.children, *packing.amounts)))


class _Tree:
    def __init__(self, packing: Packing) -> None:
        self._packing = packing
        self._seen: set[str] = set()
        self._is_cut = False

    def roots(self) -> tuple[list[Node], bool]:
        """Return the trees, and whether something was left out."""
        found = []
        for key in self._candidates():
            if key in self._seen:
                continue
            if len(self._seen) >= MOST_NODES:
                self._is_cut = True
                break
            found.append(self._grown(key))
        return found, self._is_cut

    def _candidates(self) -> Iterator[str]:
        """Yield the outermost parents, and after them all others: those that a cycle holds have none outside."""
        parents = _parents(self._packing)
        yield from (key for key in parents if key not in self._packing.parent_of)
        if not self._is_cut:
            yield from (key for key in parents if key not in self._seen)

    def _grown(self, root: str) -> Node:
        top = self._node(root, None)
        pending = [(top, root, 1)]
        while pending:
            node, key, depth = pending.pop()
            for child, since in self._packing.children.get(key, {}).items():
                if child in self._seen:
                    continue
                if depth >= DEEPEST or len(self._seen) >= MOST_NODES:
                    self._is_cut = True
                    break
                below = self._node(child, since)
                node["children"].append(below)
                pending.append((below, child, depth + 1))
        return top

    def _node(self, key: str, since: int | None) -> Node:
        self._seen.add(key)
        packing = self._packing
        amounts = packing.amounts.get(key, {})
        return {
            "epc": packing.names.get(key, key),
            "since": since,
            "childCount": len(packing.children.get(key, ())),
            "children": [],
            "quantities": [
                {"epcClass": packing.names[name], "quantity": count, **({} if uom is None else {"uom": uom})}
                for (name, uom), count in amounts.items()
            ],
        }
