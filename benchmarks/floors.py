"""The floors: for each case a bare program that makes the same database call and sends as much, and does nothing else.

No authentication, no validation, no envelope, no log line, no metrics, no hash, no differences. Reads are of the very
documents of our installation; writes go to a copy of its collections with the same indexes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from bson import ObjectId
from fastapi import FastAPI
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tracepass.core.differences import update_of
from tracepass.settings import Settings

Document = dict[str, Any]
COPY = "floors"
JSON = "application/json"


def create_floors(settings: Settings) -> ASGIApp:
    """Return an application of all floors: bare FastAPI below ``/fastapi``, bare Starlette elsewhere."""
    floors = Floors(settings)
    fastapi = FastAPI(openapi_url=None)
    fastapi.get("/fastapi/passports/{passport_id}")(floors.read)
    routes = [
        Route("/healthz", floors.health),
        Route("/passports", floors.list_, methods=["GET"]),
        Route("/passports", floors.create, methods=["POST"]),
        Route("/passports/{id}/fields/{key}", floors.patch, methods=["PATCH"]),
        Route("/data/{key:path}", floors.data),
        Route("/page/{key:path}", floors.page),
    ]
    starlette = Starlette(routes=routes, lifespan=floors.lifespan)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        bare = scope["type"] == "http" and scope["path"].startswith("/fastapi/")
        await (fastapi if bare else starlette)(scope, receive, send)

    return dispatch


class Floors:
    """The floors over one database; the client has the options of ours."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._samples: dict[str, Document] = {}
        self._versions: dict[ObjectId, int] = {}
        self._claims: dict[ObjectId, str] = {}

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Connect."""
        uri = self._settings.mongodb_uri
        assert uri is not None
        pool = self._settings.max_pool_size
        self._client: AsyncMongoClient[Document] = AsyncMongoClient(
            uri.get_secret_value(), maxPoolSize=pool, w="majority", retryWrites=True
        )
        self._ours, self._copy = self._client[self._settings.database], self._client[COPY]
        yield
        await self._client.close()

    async def health(self, _: Request) -> Response:
        """Say that we are up, and learn anew what to imitate."""
        self._samples = {sample["_id"]: sample async for sample in self._copy["samples"].find()}
        states = self._copy["passports"].find({}, {"version": 1})
        self._versions = {state["_id"]: state["version"] async for state in states}
        claims = self._copy["identifiers"].find({"status": "published"}, {"passportId": 1})
        self._claims = {claim["passportId"]: claim["_id"] async for claim in claims}
        return Response(b"ok")

    async def read(self, passport_id: str) -> Response:
        """Find one passport and write it as JSON."""
        document = await self._ours["passports"].find_one({"_id": ObjectId(passport_id)})
        return Response(orjson.dumps(document, default=str), media_type=JSON)

    async def list_(self, _: Request) -> Response:
        """Find twenty passports by the index we use, count all, and write them as JSON."""
        sample, passports = self._samples["list"], self._ours["passports"]
        cursor = passports.find(sample["query"], sample["projection"], sort=[("_id", -1)], hint=sample["hint"])
        items = await cursor.limit(20).to_list()
        total = await passports.count_documents(sample["query"], hint=sample["hint"])
        return Response(orjson.dumps({"data": {"items": items, "total": total}}, default=str), media_type=JSON)

    async def data(self, request: Request) -> Response:
        """Send the stored JSON-LD."""
        found = await self._ours["identifiers"].find_one({"_id": request.path_params["key"]}, {"jsonld": 1})
        assert found is not None
        return Response(found["jsonld"], media_type="application/ld+json")

    async def page(self, request: Request) -> Response:
        """Send stored bytes, as many as our page has on the wire."""
        found = await self._copy["identifiers"].find_one({"_id": f"page/{request.path_params['key']}"}, {"page": 1})
        assert found is not None
        return Response(found["page"], media_type="text/html")

    async def patch(self, request: Request) -> Response:
        """Write a field: the same record, the same update and, for a published passport, the same refreshed claim."""
        value = orjson.loads(await request.body())["value"]
        identifier, key = ObjectId(request.path_params["id"]), request.path_params["key"]
        claim = self._claims.get(identifier)
        sample = self._samples["patch" if claim is None else "patch-published"]
        version = self._versions[identifier]
        self._versions[identifier] = version + 1
        record = {
            **sample["change"],
            "_id": ObjectId(),
            "entity": {"type": "passport", "id": identifier},
            "version": version + 1,
        }
        update = update_of(record["diff"])
        update["$set"] |= {f"fields.{key}.value": value, "version": version + 1, "stateHash": record["stateHash"]}
        query = {"_id": identifier, "version": version, **sample["tenancy"]}

        async def work(session: AsyncClientSession) -> None:
            await self._copy["changes"].insert_one(record, session=session)
            await self._copy["passports"].update_one(query, update, session=session)
            if claim is not None:
                found = {"_id": claim, "passportId": identifier}
                await self._copy["identifiers"].update_one(found, {"$set": sample["view"]}, session=session)

        await self._transact(work)
        return Response(orjson.dumps({**sample["answer"], "value": value, "version": version + 1}), media_type=JSON)

    async def create(self, request: Request) -> Response:
        """Make a passport: the same claim, the same record and the same passport."""
        serial = orjson.loads(await request.body())["gs1"]["serialNumber"]
        sample, identifier = self._samples["create"], ObjectId()
        stem = sample["passport"]["gs1"]["digitalLinkUri"].rpartition("/")[0]
        gs1 = {**sample["passport"]["gs1"], "serialNumber": serial, "digitalLinkUri": f"{stem}/{serial}"}
        claim = {**sample["claim"], "_id": f"01/{gs1['gtin']}/21/{serial}", "passportId": identifier}
        state = {**sample["change"]["full"], "_id": identifier, "gs1": gs1}
        entity = {"type": "passport", "id": identifier}
        record = {**sample["change"], "_id": ObjectId(), "entity": entity, "full": state}
        passport = {**sample["passport"], "_id": identifier, "gs1": gs1}

        async def work(session: AsyncClientSession) -> None:
            await self._copy["identifiers"].insert_one(claim, session=session)
            await self._copy["changes"].insert_one(record, session=session)
            await self._copy["passports"].insert_one(passport, session=session)

        await self._transact(work)
        return Response(orjson.dumps(state, default=str), 201, media_type=JSON)

    async def _transact(self, work: Any) -> None:
        async with self._client.start_session() as session:
            await session.with_transaction(work)
