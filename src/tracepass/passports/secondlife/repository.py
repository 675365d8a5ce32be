"""What everybody may read of passports of any workspace: how a lineage goes on where another's passports begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from tracepass.core.mongo import Database

IDENTIFIERS = "identifiers"


class CrossWorkspacePages:
    """The public pages of all workspaces, by the keys of their passports."""

    def __init__(self, database: Database) -> None:
        self._identifiers = database.collection(IDENTIFIERS)

    async def find(self, key: str) -> Mapping[str, Any] | None:
        """Return the data of the page under a key, or None if nothing was published there."""
        claim = await self._identifiers.find_one({"_id": key}, {"page": 1})
        if claim is None or claim.get("page") is None:
            return None
        page: Mapping[str, Any] = orjson.loads(claim["page"])
        return page
