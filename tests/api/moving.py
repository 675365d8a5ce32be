"""Records of a real export on their way into another workspace, as an import hands them to those who take them in."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx2
import orjson
from tests.conftest import ORIGIN, RESOLVER

from tracepass.core.clock import system_clock, timestamp
from tracepass.core.ids import Id, new_id
from tracepass.core.origins import Origins
from tracepass.core.restores import Arrival, Fault, Restorer
from tracepass.core.tenancy import OPERATOR, Tenancy
from tracepass.identity.models import Caller

Record = dict[str, Any]
_ID = re.compile(rb"\b(?:[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")
_TYPES = {
    "Product": "products",
    "Passport": "passports",
    "File": "files",
    "Lot": "lots",
    "Trace": "traces",
    "LifeEntry": "lifeEntries",
}
"""The kinds whose ids others refer to."""


async def lines_of(client: httpx2.AsyncClient) -> list[bytes]:
    """The records of an export, as they stand in the file, without templates."""
    answer = await client.get("/api/v1/exports/tenant", headers={"Accept": "application/x-ndjson"})
    assert answer.status_code == 200, answer.text
    return [line for line in answer.content.splitlines()[1:-1] if b'"@type":"Template"' not in line]


class Move:
    """The way of a workspace into another: new ids in the order of the old ones, in every record but in events.

    ``known`` are the ids of what is there already, by those it had: its records are not handed on.
    """

    def __init__(
        self,
        lines: Iterable[bytes],
        into: Tenancy,
        *,
        known: Mapping[str, str] | None = None,
        caller: Caller | None = None,
    ) -> None:
        plain = [orjson.loads(line) for line in lines]
        self.ids, salt = dict(known or {}), secrets.token_bytes(6)
        self._coming: set[tuple[str, str]] = set()
        self._claimed: set[tuple[str, str]] = set()
        for old, section in sorted((record["_id"], _TYPES.get(record["@type"], "")) for record in plain):
            if old not in self.ids:
                self.ids[old] = _new(old, len(self.ids), salt)
                self._coming.add((section, self.ids[old]))
        self.records = [orjson.loads(self._moved(line, record)) for line, record in zip(lines, plain, strict=True)]
        self.arrival = Arrival(
            into,
            OPERATOR,
            timestamp(system_clock()),
            str(new_id()),
            Origins(ORIGIN, RESOLVER),
            caller=caller,
            coming=lambda section, one: (section, str(one)) in self._coming,
            claim=self._claim,
            claimed=lambda kind, key: (kind, key) in self._claimed,
        )

    def _moved(self, line: bytes, record: Record) -> bytes:
        own = record["_id"].encode()

        def moved(found: re.Match[bytes]) -> bytes:
            text = found.group()
            if record["@type"] == "EpcisEvent" and text != own:
                return text
            return self.ids.get(text.decode(), text.decode()).encode()

        return _ID.sub(moved, line)

    def _claim(self, kind: str, key: str) -> bool:
        there = (kind, key) in self._claimed
        self._claimed.add((kind, key))
        return there

    def back(self, line: bytes) -> bytes:
        """A record of the new workspace with the ids that it had in the old one."""
        old = {new.encode(): name.encode() for name, new in self.ids.items()}
        return _ID.sub(lambda found: old.get(found.group(), found.group()), line)

    def of(self, kind: str) -> list[Record]:
        """The records of a type."""
        return [record for record in self.records if record["@type"] == kind]

    async def look(self, restorer: Restorer, records: Sequence[Record]) -> list[Fault]:
        """What is wrong with records, as a file of its own."""
        self._claimed.clear()
        return (await restorer.look(self.arrival, records)).faults

    async def take(self, restorer: Restorer, kind: str, *, at_once: int = 3) -> None:
        """Take in all records of a type, some at a time, as if no worker ever died and each chunk came twice."""
        records = self.of(kind)
        assert await self.look(restorer, records) == []
        for first in range(0, len(records), at_once):
            await restorer.write(self.arrival, records[first : first + at_once])
            await restorer.write(self.arrival, records[first : first + at_once])

    async def take_away(self, restorer: Restorer, kind: str) -> None:
        """Take all records of a type away again; the second time there is nothing."""
        ids = [record["_id"] for record in self.of(kind)]
        await restorer.remove(self.arrival, ids)
        await restorer.remove(self.arrival, ids)


def _new(old: str, rank: int, salt: bytes) -> str:
    if "-" in old:
        return str(UUID(bytes=b"\x01\x9f" + salt[:4] + b"\x70\x00\x80" + salt[4:6] + rank.to_bytes(5, "big")))
    return str(Id(b"\x68" + salt + rank.to_bytes(5, "big")))


def told(faults: Sequence[Fault]) -> list[tuple[int, str, str]]:
    """Index, code and member of faults."""
    return [(fault.index, fault.code, fault.member) for fault in faults]
