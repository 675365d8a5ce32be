"""Subscriptions: the events of a named query sent to an address, as they come or at set times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.outbound import Outbound
from tracepass.core.sealing import Sealing
from tracepass.core.securitylog import SecurityLog
from tracepass.core.targets import TargetRefused
from tracepass.delivery.signing import new_secret
from tracepass.epcis.namedqueries import NamedQueries
from tracepass.epcis.subscriptionschedule import Schedule, ScheduleFaulty
from tracepass.epcis.subscriptionsmodels import ScheduleFields, SubscriptionCreate
from tracepass.epcis.subscriptionsrepository import SubscriptionRepository
from tracepass.identity.models import Caller

MANAGE = "webhooks:manage"
"""Who subscribes has data sent to an address, which is what webhooks are."""
MOST = 50
"""Subscriptions of a workspace in one environment, as many as webhooks."""
SECRET, TOKEN = "epcis-subscription-secret", "epcis-subscription-token"
_STATE = ("status", "disabledReason", "disabledAt", "failingSince", "lastAttempt")


class Subscriptions:
    """The subscriptions of all workspaces."""

    def __init__(
        self, database: Database, *, clock: Clock, sealing: Sealing, outbound: Outbound, queries: NamedQueries
    ) -> None:
        self._database = database
        self._clock = clock
        self._sealing = sealing
        self._outbound = outbound
        self._queries = queries
        self._log = SecurityLog(database, clock=clock)

    async def create(self, caller: Caller, name: str, body: SubscriptionCreate, *, epc_format: str) -> Document:
        """Add a subscription to a query; only this answer shows the secret that signs what is sent.

        Raises:
            NotFound: this workspace has no such query.
            Invalid: the address may not be called, or the schedule is none.
            Refusal: ``too_many_subscriptions``.
        """
        named = await self._queries.load(caller.tenancy, name)
        query = await self._queries.query_of(caller.tenancy, named)
        if query.limit is not None or query.most is not None:
            raise Invalid({"name": ["must be a query without eventCountLimit and maxEventCount"]})
        schedule = _schedule(body)
        await self._vet(body.dest)
        kept = SubscriptionRepository(self._database, caller.tenancy)
        if await kept.count() >= MOST:
            message = f"A workspace has at most {MOST} subscriptions."
            raise Refusal("too_many_subscriptions", message, details={"limit": MOST})
        subscription, secret = self._new(named, body, schedule, epc_format), new_secret()
        sealed = self._sealed(subscription["_id"], secret, body.signature_token)

        async def work(session: Session) -> None:
            await kept.insert({**subscription, **sealed}, session=session)
            await self._note(caller, "epcis_subscription.created", subscription, session)

        await self._database.transact(work)
        return {**shown(subscription), "secret": secret}

    def _new(
        self, named: Mapping[str, Any], body: SubscriptionCreate, schedule: Schedule | None, epc_format: str
    ) -> Document:
        """Return a subscription that begins: it looks first for what was recorded since its initial time."""
        now = self._clock()
        since = timestamp(body.initial_record_time or now)
        return {
            "_id": new_id(),
            "queryId": named["_id"],
            "queryName": named["name"],
            "dest": body.dest,
            "schedule": None if body.schedule is None else _fields(body.schedule),
            "reportIfEmpty": body.report_if_empty,
            "epcFormat": epc_format,
            "initialRecordTime": since,
            "minRecordTime": since,
            "createdAt": timestamp(now),
            "lastNotifiedAt": None,
            "status": "active",
            "disabledReason": None,
            "disabledAt": None,
            "failingSince": None,
            "lastAttempt": None,
            "made": 0,
            "batch": None,
            "catchingUp": True,
            "caughtUp": None,
            "dueAt": None if schedule is None else timestamp(schedule.after(now)),
            "holder": None,
            "wakes": 0,
        }

    async def list_(self, caller: Caller, name: str, *, after: Id | None, limit: int) -> list[Document]:
        """Return subscriptions to a query, oldest first, from behind one on.

        Raises:
            NotFound: this workspace has no such query.
        """
        named = await self._queries.load(caller.tenancy, name)
        kept = SubscriptionRepository(self._database, caller.tenancy)
        found = await kept.page(named["_id"], after=after, limit=limit)
        return [_shown_to(caller, one) for one in found]

    async def get(self, caller: Caller, name: str, subscription_id: Id) -> Document:
        """Return a subscription to a query.

        Raises:
            NotFound: this workspace has no such query, or subscription to it.
        """
        return _shown_to(caller, await self._load(caller, name, subscription_id))

    async def delete(self, caller: Caller, name: str, subscription_id: Id) -> None:
        """End a subscription; what was still to be sent is not.

        Raises:
            NotFound: this workspace has no such query, or subscription to it.
        """
        subscription = await self._load(caller, name, subscription_id)

        async def work(session: Session) -> None:
            if await SubscriptionRepository(self._database, caller.tenancy).delete(subscription_id, session=session):
                await self._note(caller, "epcis_subscription.deleted", subscription, session)

        await self._database.transact(work)

    async def _load(self, caller: Caller, name: str, subscription_id: Id) -> Document:
        named = await self._queries.load(caller.tenancy, name)
        found = await SubscriptionRepository(self._database, caller.tenancy).find(named["_id"], subscription_id)
        if found is None:
            raise NotFound("subscription")
        return found

    async def _vet(self, dest: str) -> None:
        try:
            await self._outbound.vet_target(dest)
        except TargetRefused as refused:
            raise Invalid({"dest": [refused.message]}) from None

    def _sealed(self, subscription_id: Id, secret: str, token: str | None) -> Document:
        about = str(subscription_id)
        return {
            "secret": self._sealing.seal(secret.encode(), purpose=SECRET, about=about),
            "signatureToken": None if token is None else self._sealing.seal(token.encode(), purpose=TOKEN, about=about),
        }

    async def _note(self, caller: Caller, action: str, subscription: Mapping[str, Any], session: Session) -> None:
        about = ("epcis_subscription", subscription["_id"])
        details = {name: subscription[name] for name in ("queryName", "dest")}
        await self._log.note(caller.tenancy, action, entity=about, actor=caller.actor, details=details, session=session)


def shown(subscription: Mapping[str, Any]) -> Document:
    """Return a subscription as its GET shows it: in the standard's words, and how it does."""
    scheduled = subscription["schedule"] is not None
    is_active = subscription["status"] == "active"
    return {
        "subscriptionID": str(subscription["_id"]),
        **{name: subscription[name] for name in ("queryName", "dest")},
        **({"schedule": subscription["schedule"]} if scheduled else {"stream": True}),
        **{name: subscription[name] for name in ("reportIfEmpty", "epcFormat", "initialRecordTime", "minRecordTime")},
        "createdAt": subscription["createdAt"],
        **({} if subscription["lastNotifiedAt"] is None else {"lastNotifiedAt": subscription["lastNotifiedAt"]}),
        **{name: subscription[name] for name in _STATE},
        "nextAttemptAt": subscription["dueAt"] if is_active else None,
    }


def _shown_to(caller: Caller, subscription: Mapping[str, Any]) -> Document:
    """Return a subscription for those who may manage such, and for others without what may be a secret of theirs."""
    found = shown(subscription)
    if MANAGE in caller.rights:
        return found
    attempt = found["lastAttempt"]
    return {
        **found,
        "dest": "/".join([*found["dest"].split("/")[:3], ""]),
        "lastAttempt": None if attempt is None else {**attempt, "response": None},
    }


def _fields(fields: ScheduleFields) -> dict[str, str]:
    return dict(fields.model_dump(by_alias=True, exclude_none=True))


def _schedule(body: SubscriptionCreate) -> Schedule | None:
    """Return the schedule, None for a stream.

    Raises:
        Invalid: it is not exactly one of both, or the schedule cannot be read.
    """
    if (body.schedule is None) == (body.stream is None):
        raise Invalid(form_errors=["Give either a schedule, or stream as true."])
    if body.schedule is None:
        return None
    try:
        return Schedule.read(_fields(body.schedule))
    except ScheduleFaulty as fault:
        names = {name: name if name == "schedule" else f"schedule.{name}" for name in fault.faults}
        raise Invalid({names[name]: [text] for name, text in fault.faults.items()}) from None
