"""Stored lots as readers of the API see them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from tracepass.core.clock import timestamp
from tracepass.core.mongo import Document
from tracepass.gs1.keys import is_ai_value
from tracepass.traces.lineage import Walk
from tracepass.traces.lot_models import LotPatch

_NODE = ("productId", "lotNumber", "producedAt", "predecessors", "depth")


def shown(lot: Document) -> Document:
    """Return a lot as it is shown."""
    return {"id": lot["_id"], **{name: value for name, value in lot.items() if name != "_id"}}


def shown_node(lot: Document) -> Document:
    """Return a lot as a lineage shows it."""
    return {"id": lot["_id"], **{name: lot[name] for name in _NODE}}


def shown_walk(found: Walk) -> dict[str, Any]:
    """Return one direction of a lineage."""
    return {"lots": [shown_node(lot) for lot in found.lots.values()], "truncated": found.truncated}


def etag(lot: Document) -> str:
    """Return what changes whenever the answer does: the version, and which passports there are."""
    digest = sha256("".join(map(str, lot["passports"])).encode()).hexdigest()[:8]
    return f"{lot['version']}-{digest}"


def warnings_of(lot: Document) -> Document:
    """Return what GS1 would say against the number of a lot, as passports do: it is taken, but is no valid AI 10."""
    if is_ai_value(lot["lotNumber"]):
        return {}
    message = (
        "The lot is no valid GS1 application identifier (10), which has at most 20 characters of GS1's set of 82. "
        "It is kept all the same."
    )
    return {"warnings": [{"code": "lot_not_gs1", "message": message}]}


def stored_members(body: LotPatch) -> Document:
    """Return the members a client named, as they are stored."""
    named = body.named
    if named.get("producedAt") is not None:
        named["producedAt"] = timestamp(named["producedAt"])
    return named
