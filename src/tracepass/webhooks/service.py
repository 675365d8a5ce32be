"""What can be done with webhook endpoints and their deliveries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracepass.core.changes import Change, ChangeLog, Stale
from tracepass.core.clock import Clock, timestamp
from tracepass.core.differences import differences, update_of
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.outbound import Outbound
from tracepass.core.paging import offset
from tracepass.core.sealing import Sealing
from tracepass.core.targets import TargetRefused
from tracepass.delivery.signing import new_secret
from tracepass.identity.models import Caller
from tracepass.webhooks.endpoints import (
    KEPT,
    OVERLAP,
    PURPOSE,
    begun_anew,
    new_delivery,
    shown,
    shown_delivery,
    state_of,
)
from tracepass.webhooks.messages import event_document
from tracepass.webhooks.models import TEST, DeliveryQuery, WebhookCreate, WebhookPatch, WebhookQuery
from tracepass.webhooks.repository import INDEXES, DeliveryRepository, EndpointRepository

MOST = 50

__all__ = ["INDEXES", "WebhookPage", "Webhooks"]


@dataclass(frozen=True, slots=True)
class WebhookPage:
    """One page of endpoints or deliveries."""

    items: list[Document]
    total: int


class Webhooks:
    """The endpoints of every workspace."""

    def __init__(self, database: Database, *, clock: Clock, sealing: Sealing, outbound: Outbound) -> None:
        self._database = database
        self._clock = clock
        self._sealing = sealing
        self._outbound = outbound

    async def create(self, caller: Caller, body: WebhookCreate) -> Document:
        """Add an endpoint; only this answer shows its secret.

        Raises:
            Invalid: the address may not be called.
            Refusal: ``too_many_webhooks``.
        """
        await self._vet(body.url)
        if await self._endpoints(caller).count() >= MOST:
            raise Refusal("too_many_webhooks", f"A workspace has at most {MOST} webhooks.", details={"limit": MOST})
        now, secret = timestamp(self._clock()), new_secret()
        endpoint: Document = {
            "_id": new_id(),
            "url": body.url,
            "description": body.description,
            "events": body.events,
            "status": "enabled",
            "disabledReason": None,
            "disabledAt": None,
            "secretSince": now,
            "previousSecretUntil": None,
            "failingSince": None,
            "lastSuccessAt": None,
            "version": 1,
            "createdAt": now,
            "updatedAt": now,
        }
        change = _change(endpoint, "webhooks.created", prev_hash=None)
        kept = {"secret": self._sealed(endpoint["_id"], secret), "previousSecret": None}

        async def work(session: Session) -> None:
            digest = await self._log(caller).append(change, caller.actor, session=session)
            await self._endpoints(caller).insert({**endpoint, **kept, "stateHash": digest}, session=session)

        await self._database.transact(work)
        return {**shown(endpoint), "secret": secret}

    async def list_(self, caller: Caller, query: WebhookQuery) -> WebhookPage:
        """Return one page of endpoints, newest first."""
        endpoints = self._endpoints(caller)
        found = await endpoints.page(skip=offset(query.page, query.limit), limit=query.limit)
        return WebhookPage([shown(endpoint) for endpoint in found], await endpoints.count())

    async def get(self, caller: Caller, endpoint_id: Id) -> Document:
        """Return an endpoint.

        Raises:
            NotFound: this workspace has no such endpoint.
        """
        return shown(await self._load(caller, endpoint_id))

    async def change(
        self, caller: Caller, endpoint_id: Id, body: WebhookPatch, *, expected: frozenset[int] | None
    ) -> Document:
        """Change an endpoint; one that is enabled again begins with a clean slate.

        Raises:
            NotFound: this workspace has no such endpoint.
            Invalid: the address may not be called.
            Refusal: ``precondition_failed``, ``conflict``.
        """
        if body.url is not None:
            await self._vet(body.url)
        asked = body.model_dump(exclude_unset=True, exclude_none=True)
        now = timestamp(self._clock())

        def edit(endpoint: Document) -> Document:
            return {**endpoint, **asked, **_standing(asked.get("status"), endpoint, now)}

        return shown(await self._write(caller, endpoint_id, "webhooks.updated", edit, expected=expected))

    async def rotate(self, caller: Caller, endpoint_id: Id) -> Document:
        """Replace the secret; the old one signs beside it for 24 hours. Only this answer shows the new one.

        Raises:
            NotFound: this workspace has no such endpoint.
        """
        now, secret = self._clock(), new_secret()

        def edit(endpoint: Document) -> Document:
            return {
                **endpoint,
                "secretSince": timestamp(now),
                "previousSecretUntil": timestamp(now + OVERLAP),
                "previousSecret": endpoint["secret"],
                "secret": self._sealed(endpoint["_id"], secret),
            }

        written = await self._write(caller, endpoint_id, "webhooks.secret_rotated", edit, expected=None)
        return {**shown(written), "secret": secret}

    async def delete(self, caller: Caller, endpoint_id: Id, *, expected: frozenset[int] | None) -> Document:
        """Delete an endpoint; what was still to be delivered to it is not.

        Raises:
            NotFound: this workspace has no such endpoint.
            Refusal: ``precondition_failed``, ``conflict``.
        """
        stored = await self._load(caller, endpoint_id, expected=expected)
        last = {**stored, "version": stored["version"] + 1}
        change = _change(last, "webhooks.deleted", prev_hash=stored["stateHash"], before=stored)

        async def work(session: Session) -> None:
            await self._log(caller).append(change, caller.actor, session=session)
            if not await self._endpoints(caller).delete(endpoint_id, stored["version"], session=session):
                raise Stale

        await self._settled(work)
        return shown(stored)

    async def test(self, caller: Caller, endpoint_id: Id) -> Document:
        """Send a test event to an endpoint, whatever events it asked for; return the delivery.

        Raises:
            NotFound: this workspace has no such endpoint.
        """
        endpoint = await self._load(caller, endpoint_id)
        now = self._clock()
        record = {
            "_id": new_id(),
            **caller.tenancy.fields,
            "entity": {"type": "webhook", "id": endpoint_id},
            "eventType": TEST,
            "at": timestamp(now),
        }
        data = {"message": "This is a test: your endpoint is reached.", "webhook": shown(endpoint)}
        event = event_document(record, data, purge_at=now + KEPT)
        delivery = {"_id": new_id(), **new_delivery(endpoint, record, now=now)}

        async def work(session: Session) -> None:
            await self._deliveries(caller).add(event, delivery, session=session)

        await self._database.transact(work)
        return shown_delivery(delivery)

    async def deliveries(self, caller: Caller, endpoint_id: Id, query: DeliveryQuery) -> WebhookPage:
        """Return one page of deliveries to an endpoint, newest first.

        Raises:
            NotFound: this workspace has no such endpoint.
        """
        await self._load(caller, endpoint_id)
        deliveries, skip = self._deliveries(caller), offset(query.page, query.limit)
        found = await deliveries.page(endpoint_id, query.status, skip=skip, limit=query.limit)
        total = await deliveries.count(endpoint_id, query.status)
        return WebhookPage([shown_delivery(delivery) for delivery in found], total)

    async def redeliver(self, caller: Caller, endpoint_id: Id, delivery_id: Id) -> Document:
        """Deliver once more, at once and from the first rung of the ladder, under the same event id.

        Raises:
            NotFound: there is no such delivery.
            Refusal: ``webhook_disabled``.
        """
        endpoint = await self._load(caller, endpoint_id)
        if endpoint["status"] == "disabled":
            raise Refusal("webhook_disabled", "The webhook is disabled; enable it first.")
        deliveries = self._deliveries(caller)
        delivery = await deliveries.find(endpoint_id, delivery_id)
        if delivery is None or not await deliveries.has_event(delivery["eventId"]):
            raise NotFound("delivery")
        anew = begun_anew(delivery, now=self._clock())

        async def work(session: Session) -> bool:
            return await deliveries.restart(delivery, anew, session=session)

        # If it is under way at this very moment, nothing need be begun.
        return shown_delivery({**delivery, **anew} if await self._database.transact(work) else delivery)

    async def _write(
        self,
        caller: Caller,
        endpoint_id: Id,
        action: str,
        edit: Callable[[Document], Document],
        *,
        expected: frozenset[int] | None,
    ) -> Document:
        stored = await self._load(caller, endpoint_id, expected=expected)
        edited = edit(stored)
        if edited == stored:
            return stored
        after = edited | {"version": stored["version"] + 1, "updatedAt": timestamp(self._clock())}
        change = _change(after, action, prev_hash=stored["stateHash"], before=stored)
        secrets = {name: after[name] for name in ("secret", "previousSecret", "previousSecretUntil", "failingSince")}

        async def work(session: Session) -> None:
            digest = await self._log(caller).append(change, caller.actor, session=session)
            update = update_of(change.diff)
            update["$set"] |= {**secrets, "stateHash": digest}
            if not await self._endpoints(caller).update(endpoint_id, stored["version"], update, session=session):
                raise Stale

        await self._settled(work)
        return after

    async def _settled(self, work: Callable[[Session], Any]) -> None:
        try:
            await self._database.transact(work)
        except Stale:
            raise Refusal("conflict", "The webhook was changed at the same time; try again.") from None

    async def _load(self, caller: Caller, endpoint_id: Id, *, expected: frozenset[int] | None = None) -> Document:
        stored = await self._endpoints(caller).find(endpoint_id)
        if stored is None:
            raise NotFound("webhook")
        if expected is not None and stored["version"] not in expected:
            raise Refusal("precondition_failed", f"The webhook is at version {stored['version']} by now.")
        return stored

    async def _vet(self, url: str) -> None:
        try:
            await self._outbound.vet_target(url)
        except TargetRefused as refused:
            raise Invalid({"url": [refused.message]}) from None

    def _sealed(self, endpoint_id: Id, secret: str) -> bytes:
        return self._sealing.seal(secret.encode(), purpose=PURPOSE, about=str(endpoint_id))

    def _endpoints(self, caller: Caller) -> EndpointRepository:
        return EndpointRepository(self._database, caller.tenancy)

    def _deliveries(self, caller: Caller) -> DeliveryRepository:
        return DeliveryRepository(self._database, caller.tenancy)

    def _log(self, caller: Caller) -> ChangeLog:
        return ChangeLog(self._database, caller.tenancy, clock=self._clock)


def _standing(status: str | None, endpoint: Document, now: str) -> Document:
    """Return what goes with being enabled or disabled by a person."""
    if status == "enabled":
        return {"disabledReason": None, "disabledAt": None, "failingSince": None}
    if status == "disabled" and endpoint["status"] == "enabled":
        return {"disabledReason": "disabled by a person", "disabledAt": now}
    return {}


def _change(endpoint: Document, action: str, *, prev_hash: str | None, before: Document | None = None) -> Change:
    state = state_of(endpoint)
    return Change(
        entity="webhook",
        entity_id=endpoint["_id"],
        version=endpoint["version"],
        action=action,
        diff=[] if before is None else differences(state_of(before), state),
        state=state,
        prev_hash=prev_hash,
    )
