"""A second installation, and the comparison of what a workspace tells before it moves there, and afterwards."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import orjson
import zstandard
from fastapi import FastAPI
from tests.conftest import ORIGIN, RESOLVER, MovableClock, Office, running
from tests.contract.checker import Checker

from tracepass.app import create_app
from tracepass.assembly import INDEXES
from tracepass.core.mongo import Database
from tracepass.settings import Settings
from tracepass.worker import work_once

IMPORTS, EXPORT = "/api/v1/imports", "/api/v1/exports/tenant"
SECOND_ORIGIN, SECOND_RESOLVER = "https://api.second.test", "https://id.second.test"
FORMS: Final = {"jsonld": "application/ld+json", "ndjson": "application/x-ndjson"}
PACKERS: Final[Mapping[str, Any]] = {
    "none": lambda data: data,
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
_ID = re.compile(rb"\b(?:[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")
_JOB = re.compile(rb'"captureId":"[0-9a-f]{24}"')


@dataclass(frozen=True)
class Installation:
    """An installation with a database of its own."""

    app: FastAPI
    settings: Settings
    office: Office
    clock: MovableClock

    @property
    def database(self) -> Database:
        found: Database = self.app.state.services[Database]
        return found

    async def work(self) -> None:
        """Do every job that is due."""
        while await work_once(self.database, self.settings, self.clock):
            pass


@asynccontextmanager
async def second_installation(
    settings: Settings, contract: Checker, clock: MovableClock
) -> AsyncIterator[Installation]:
    """Run another installation, with its own database and addresses."""
    assert settings.mongodb_uri is not None
    assert settings.secret_key is not None
    own = Settings(
        _env_file=None,
        mongodb_uri=settings.mongodb_uri,
        database=f"{settings.database}_second",
        secret_key=settings.secret_key,
        public_url=SECOND_ORIGIN,
        resolver_url=SECOND_RESOLVER,
        log_level="critical",
    )
    async with running(create_app(own, clock=clock)) as app:
        database: Database = app.state.services[Database]
        await database.create_indexes(INDEXES)
        try:
            yield Installation(app, own, Office(app, database, contract), clock)
        finally:
            await database.drop()


async def exported(client: httpx2.AsyncClient, form: str = "jsonld") -> bytes:
    """Return the export of a workspace."""
    answer = await client.get(EXPORT, headers={"Accept": FORMS[form]})
    assert answer.status_code == 200, answer.text
    return answer.content


async def imported(
    client: httpx2.AsyncClient, home: Installation, data: bytes, *, media: str = "application/ld+json", **query: Any
) -> dict[str, Any]:
    """Send a file, have it imported, and return what came of it."""
    answer = await client.post(IMPORTS, params=query, content=data, headers={"Content-Type": media})
    assert answer.status_code == 202, answer.text
    await home.work()
    return dict((await client.get(answer.headers["location"])).json())


def sealed(export: bytes) -> bytes:
    """Return an export that was changed with the counts and the digest that it would have been written with."""
    before, _, _ = export.rpartition(b'"digest":')
    return before + f'"digest":"sha-256:{hashlib.sha256(before).hexdigest()}"}}\n'.encode()


def sections_of(export: bytes) -> dict[str, list[bytes]]:
    """Return the records of a JSON-LD export, line by line."""
    whole = orjson.loads(export)
    lines = [line.removesuffix(b",") for line in export.splitlines()]
    found, name = dict[str, list[bytes]](), ""
    for line in lines:
        if line.endswith((b":[", b":[]")):
            name = line[1:].partition(b'"')[0].decode()
            found[name] = []
        elif line.startswith(b'{"@id"'):
            found[name].append(line)
    assert {name: len(lines) for name, lines in found.items()} == whole["counts"]
    return found


def refuse_differences(before: bytes, after: bytes) -> None:
    """Fail unless both exports tell the same, but for what docs/imports.md names."""
    old, new = sections_of(before), sections_of(after)
    assert old.keys() == new.keys()
    named = dict[bytes, bytes]()
    for name, lines in new.items():
        assert len(lines) == len(old[name]), name
        for line, earlier in zip(lines, old[name], strict=True):
            named[_id_of(line)] = _id_of(earlier)
    for name, lines in new.items():
        for line, earlier in zip(lines, old[name], strict=True):
            assert _plain(line, named) == _plain(earlier, {}), name
    heads = [orjson.loads(export) for export in (before, after)]
    assert heads[0]["counts"] == heads[1]["counts"]


def _id_of(line: bytes) -> bytes:
    return str(orjson.loads(line).get("_id", "")).encode()


def _plain(line: bytes, named: Mapping[bytes, bytes]) -> bytes:
    """Return a record with the ids that it had, as if it stood where it was."""
    told = _ID.sub(lambda found: named.get(found[0], found[0]), line)
    told = _JOB.sub(b'"captureId":""', told)
    return told.replace(SECOND_ORIGIN.encode(), ORIGIN.encode()).replace(SECOND_RESOLVER.encode(), RESOLVER.encode())
