"""Makes what the path of any operation names, so that a call can be about something that exists."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import httpx2
from tests.conftest import Make, Office, new_gtin
from tests.contract.checker import Checker, Operation
from tests.contract.requests import Requests

from tracepass.identity.models import Workspace
from tracepass.worker import work_once

Places = dict[str, str]
EVENT_VALUES: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "eventType": lambda value: {"type": value},
    "epc": lambda value: {"epcList": [value]},
    "bizStep": lambda value: {"bizStep": value},
    "bizLocation": lambda value: {"bizLocation": {"id": value}},
    "readPoint": lambda value: {"readPoint": {"id": value}},
    "disposition": lambda value: {"disposition": value},
}
"""What an event has that is found under a value, by the name of the parameter."""
_NAMED = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Owner:
    """A workspace with a client that has all rights in it."""

    workspace: Workspace
    client: httpx2.AsyncClient


@dataclass(frozen=True)
class Premises:
    """Makes things in a workspace, over HTTP, by the contract's own samples where that is enough."""

    contract: Checker
    office: Office
    make_product: Make
    make_passport: Make

    async def of(self, operation: Operation, owner: Owner) -> Places:
        """Make what the operation's path names in the owner's workspace; return the values of its parameters.

        Raises:
            LookupError: nobody has said how to make it: add it to `_special`, or a POST to its collection.
        """
        names = _NAMED.findall(operation.path)
        if not names or not operation.scopes:
            return {}
        collection = operation.path[: operation.path.index("{")].rstrip("/")
        special = self._special.get(collection)
        if special is not None:
            places = await special(owner)
            for name in {"serviceEventId", "transferId"} & set(names):
                places[name] = await self._entry(name, places["id"], owner)
            return places
        return {names[0]: await self._created(collection, owner)}

    @property
    def _special(self) -> Mapping[str, Callable[[Owner], Awaitable[Places]]]:
        return {
            "/api/v1/passports": self._passport,
            "/api/v1/passports/by-serial": self._passport,
            "/api/v1/products": self._product,
            "/api/v1/members": self._member,
            "/api/v1/sessions": self._session,
            "/api/v1/templates": self._template,
            "/api/v1/links": self._link,
            "/api/v1/domains": self._domain,
            "/api/v1/lots": self._lot,
            "/api/v1/traces": self._trace,
            "/api/v1/webhooks": self._webhook,
            "/api/v1/exports": self._export,
            "/api/v1/imports": self._import,
            "/api/v1/workspace/signing-keys": self._retired_key,
            "/api/v1/epcis/capture": self._capture,
            "/api/v1/epcis/events": self._event,
            **{f"/api/v1/epcis/{name}s": partial(self._value, name) for name in EVENT_VALUES},
            "/api/v1/epcis/queries": self._query,
            "/api/v1/epcis/nextPageToken": self._token,
        }

    async def _created(self, collection: str, owner: Owner) -> str:
        """Send the sample of the POST to a collection; return the id of what it made."""
        post = self.contract.find("POST", collection)
        if post is None or post.path != collection:
            raise LookupError(f"nothing is made by POST {collection}; say in tests/contract/premises.py how it is")
        answer = await Requests(self.contract).send(owner.client, post)
        assert answer.is_success, f"{post.id}: {answer.text}"
        return str(answer.json()["_id"])

    async def _product(self, owner: Owner) -> Places:
        return {"id": (await self.make_product(owner.client, model=uuid4().hex))["_id"], "index": "0"}

    async def _passport(self, owner: Owner) -> Places:
        product = await self._product(owner)
        gs1 = {"gtin": new_gtin(), "serialNumber": uuid4().hex}
        passport = await self.make_passport(owner.client, productId=product["id"], gs1=gs1)
        return {"id": passport["_id"], "serial": gs1["serialNumber"]}

    async def _entry(self, name: str, passport_id: str, owner: Owner) -> str:
        """Write down what happened to the product of a passport."""
        private = {"type": "private"}
        tail, body = (
            ("service-events", {"kind": "repair", "at": "2026-01-02T10:00:00Z"})
            if name == "serviceEventId"
            else ("ownership-transfers", {"kind": "gift", "at": "2026-01-02T10:00:00Z", "from": private, "to": private})
        )
        return (await self._made(f"/api/v1/passports/{passport_id}/{tail}", body, owner))["id"]

    async def _member(self, owner: Owner) -> Places:
        person, _ = await self.office.session(owner.workspace, "viewer")
        members = (await owner.client.get("/api/v1/members")).json()["data"]["items"]
        return {"id": next(member["_id"] for member in members if member["user"]["_id"] == str(person.id))}

    async def _session(self, owner: Owner) -> Places:
        await self.office.session(owner.workspace, "viewer")
        return {"id": uuid4().hex[:24]}

    async def _template(self, _: Owner) -> Places:
        return {"category": "battery"}

    async def _link(self, owner: Owner) -> Places:
        anchor = f"/8004/4012345{uuid4().hex[:20]}"
        body = {"anchor": anchor, "linkType": "gs1:pip", "href": "https://brand.example/part", "title": "Part"}
        return await self._made("/api/v1/links", body, owner)

    async def _lot(self, owner: Owner) -> Places:
        product = await self._product(owner)
        return {
            "id": (await self._answered("/api/v1/lots", {"productId": product["id"], "lotNumber": "L"}, owner))["id"]
        }

    async def _trace(self, owner: Owner) -> Places:
        return {"id": (await self._sent("/api/v1/traces", owner))["data"]["id"]}

    async def _retired_key(self, owner: Owner) -> Places:
        keys = "/api/v1/workspace/signing-keys"
        retired = await self._answered(f"{keys}/rotate", {}, owner)
        await self._answered(f"{keys}/rotate", {}, owner)
        return {"id": retired["_id"]}

    async def _domain(self, owner: Owner) -> Places:
        return await self._made("/api/v1/domains", {"name": f"{uuid4().hex}.example"}, owner)

    async def _capture(self, owner: Owner) -> Places:
        job = await self._sent("/api/v1/epcis/capture", owner)
        return {"id": job["captureJobId"]}

    async def _token(self, _: Owner) -> Places:
        return {"token": "nothing is held for it"}

    async def _event(self, owner: Owner) -> Places:
        return {"eventId": (await self._sent("/api/v1/epcis/events", owner))["eventID"]}

    async def _value(self, name: str, owner: Owner) -> Places:
        """Capture an event that has one value of its own."""
        value = f"https://ns.example.com/{name}/{uuid4().hex}"
        event: dict[str, Any] = {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "ObjectEvent",
            "eventTime": "2026-06-01T12:00:00.000Z",
            "eventTimeZoneOffset": "+02:00",
            "action": "OBSERVE",
            "epcList": [],
        }
        answer = await owner.client.post("/api/v1/epcis/events", json=event | EVENT_VALUES[name](value))
        assert answer.is_success, answer.text
        return {name: value}

    async def _query(self, owner: Owner) -> Places:
        name = uuid4().hex
        made = await owner.client.post("/api/v1/epcis/queries", json={"name": name, "query": {}})
        assert made.is_success, made.text
        body = {"dest": "https://erp.example.com/epcis", "stream": True}
        answer = await owner.client.post(f"/api/v1/epcis/queries/{name}/subscriptions", json=body)
        assert answer.is_success, answer.text
        return {"name": name, "subscriptionId": answer.json()["subscriptionID"]}

    async def _sent(self, collection: str, owner: Owner) -> dict[str, Any]:
        """Send the sample of the POST to a collection; return its answer."""
        post = self.contract.find("POST", collection)
        assert post is not None
        answer = await Requests(self.contract).send(owner.client, post)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def _webhook(self, owner: Owner) -> Places:
        webhook = await self._created("/api/v1/webhooks", owner)
        answer = await owner.client.post(f"/api/v1/webhooks/{webhook}/test")
        assert answer.is_success, answer.text
        return {"id": webhook, "deliveryId": answer.json()["_id"]}

    async def _export(self, owner: Owner) -> Places:
        made = await self._created("/api/v1/exports", owner)
        state = self.office.app.state
        while await work_once(self.office.database, state.settings, state.clock):
            pass
        return {"id": made}

    async def _import(self, owner: Owner) -> Places:
        made = await self._created("/api/v1/imports", owner)
        state = self.office.app.state
        while await work_once(self.office.database, state.settings, state.clock):
            pass
        return {"id": made}

    async def _made(self, collection: str, body: dict[str, Any], owner: Owner) -> Places:
        return {"id": (await self._answered(collection, body, owner))["_id"]}

    async def _answered(self, collection: str, body: dict[str, Any], owner: Owner) -> dict[str, Any]:
        answer = await owner.client.post(collection, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())
