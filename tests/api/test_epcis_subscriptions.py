"""Subscriptions to named queries: what is sent, to whom, when, in which order, how often, and when it is given up."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from aiosmtpd.smtp import SMTP
from standardwebhooks import Webhook
from tests.api.capturing import EPCIS
from tests.api.hooks import Hooks
from tests.api.test_epcis_queries import capture, event
from tests.api.test_webhooks_delivery import Postbox
from tests.conftest import MovableClock, Office
from tests.queries_plugin import A_TEST_LOOKS
from tests.receiver import Message, Receiver, Reply, answering, hanging

from tracepass.core.clock import timestamp
from tracepass.core.ids import Id, new_id
from tracepass.core.leases import COLLECTION as LEASES
from tracepass.core.mongo import Database, Session
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.repository import FEED, EventRepository
from tracepass.epcis.storing import prepare
from tracepass.epcis.subscriptionsoffice import SubscriptionOffice
from tracepass.epcis.subscriptionsqueue import SubscriptionQueue
from tracepass.epcis.subscriptionsrepository import CHUNKS, SUBSCRIPTIONS
from tracepass.identity.models import Workspace
from tracepass.settings import Smtp, Webhooks
from tracepass.worker import work_once

QUERIES = f"{EPCIS}/queries"
HERE = f"{QUERIES}/shipped/subscriptions"
FAILING = Reply(500, b"no")
TOKEN = "13df38d8275b13f05704629e5f1cf3d45d6132d5"
Subscription = dict[str, Any]


@pytest.fixture
async def shipper(listener: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A client that may subscribe for this machine, in a workspace with a query."""
    await listener.post(QUERIES, json={"name": "shipped", "query": {"EQ_bizStep": ["shipping"]}})
    return listener


@pytest.fixture(autouse=True)
async def only_mine(database: Database) -> None:
    """Other tests' events are nobody's business here, nor are the leases of workers that they left."""
    for name in (FEED, CHUNKS, SUBSCRIPTIONS):
        await database.collection(name).delete_many({}, comment=A_TEST_LOOKS)
    await database.collection(LEASES).delete_one({"_id": "epcis-feed"})


def shipping(**members: Any) -> dict[str, Any]:
    return event(bizStep="shipping", **members)


async def subscribe(client: httpx2.AsyncClient, receiver: Receiver, **members: Any) -> Subscription:
    body = {"dest": receiver.url("/epcis"), **({} if "schedule" in members else {"stream": True}), **members}
    answer = await client.post(HERE, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def shown(client: httpx2.AsyncClient, subscription: Subscription) -> Subscription:
    answer = await client.get(f"{HERE}/{subscription['subscriptionID']}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def bureau(hooks: Hooks) -> SubscriptionOffice:
    return hooks.worker().subscriptions


async def bring(hooks: Hooks) -> None:
    """Let a worker bring all that is due now."""
    await bureau(hooks).run_once()


def results(message: Message) -> dict[str, Any]:
    return dict(message.event["epcisBody"]["queryResults"])


def told(receiver: Receiver) -> list[str]:
    """The ids of the events that arrived, in the order in which they did."""
    return [one["eventID"] for message in receiver.messages for one in results(message)["resultsBody"]["eventList"]]


async def test_a_stream_is_told_of_each_event_that_its_query_asks_for(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver
) -> None:
    subscription = await subscribe(shipper, receiver)
    mine, other, later = shipping(), event(bizStep="receiving"), shipping(**{"ex:lot": "A1"})
    await capture(shipper, mine, other)
    await bring(hooks)
    await capture(shipper, later)
    await bring(hooks)
    await bring(hooks)
    assert told(receiver) == [mine["eventID"], later["eventID"]]
    document = receiver.messages[1].event
    assert (document["type"], document["schemaVersion"]) == ("EPCISQueryDocument", "2.0")
    assert {"ex": "http://ns.example.com/"} in document["@context"]
    named = results(receiver.messages[1])
    assert (named["queryName"], named["subscriptionID"]) == ("shipped", subscription["subscriptionID"])
    assert named["resultsBody"]["eventList"][0]["ex:lot"] == "A1"
    state = await shown(shipper, subscription)
    assert state["lastNotifiedAt"]
    assert (state["lastAttempt"]["status"], state["failingSince"], state["nextAttemptAt"]) == (200, None, None)


async def test_messages_are_signed_by_the_secret_and_by_the_token(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, database: Database
) -> None:
    subscription = await subscribe(shipper, receiver, signatureToken=TOKEN)
    await capture(shipper, shipping())
    await bring(hooks)
    message = receiver.messages[0]
    Webhook(subscription["secret"]).verify(message.body, dict(message.headers))
    stamped = f"{message.headers['x-tracepass-timestamp']}.".encode() + message.body
    own = hmac.new(subscription["secret"].encode(), stamped, hashlib.sha256).hexdigest()
    assert message.headers["x-tracepass-signature"] == f"v1={own}"
    expected = hmac.new(TOKEN.encode(), message.body, hashlib.sha256).hexdigest()
    assert message.headers["gs1-signature"] == expected
    assert message.headers["gs1-epcis-version"] == "2.0.0"
    listed = (await shipper.get(HERE)).json()
    assert listed == [await shown(shipper, subscription)]
    assert "secret" not in listed[0]
    assert TOKEN not in str(listed)
    stored = await database.collection(SUBSCRIPTIONS).find_one({"_id": Id(subscription["subscriptionID"])})
    assert TOKEN not in str(stored)
    assert subscription["secret"] not in str(stored)


async def test_without_a_token_the_standards_signature_is_left_out(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver
) -> None:
    await subscribe(shipper, receiver)
    await capture(shipper, shipping())
    await bring(hooks)
    assert "gs1-signature" not in receiver.messages[0].headers


async def test_a_subscription_begins_now_or_at_the_record_time_it_names(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, clock: MovableClock
) -> None:
    earliest, early, late = shipping(), shipping(), shipping()
    await capture(shipper, earliest)
    clock.move(hours=1)
    since = timestamp(clock())
    await capture(shipper, early)
    clock.move(hours=1)
    await subscribe(shipper, receiver)
    await subscribe(shipper, receiver, dest=receiver.url("/past"), initialRecordTime=since)
    await capture(shipper, late)
    await bring(hooks)
    by_path = {
        path: [one["eventID"] for message in found for one in results(message)["resultsBody"]["eventList"]]
        for path, found in itertools.groupby(
            sorted(receiver.messages, key=lambda message: message.path), key=lambda message: message.path
        )
    }
    assert by_path == {"/epcis": [late["eventID"]], "/past": [early["eventID"], late["eventID"]]}


async def test_who_catches_up_gets_each_event_once_while_others_write(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, clock: MovableClock
) -> None:
    monkeypatch.setattr("tracepass.epcis.subscriptionsdispatching.STEP", 3)
    worker, sent = bureau(hooks), []
    for _ in range(4):
        sent += (events := [shipping(), shipping()])
        await capture(shipper, *events, event(bizStep="receiving"))
        clock.move(seconds=1)
    await worker.dispatcher.dispatch_once()
    await subscribe(shipper, receiver, initialRecordTime="2026-01-01T00:00:00Z")
    for _ in range(12):
        sent.append(one := shipping())
        await capture(shipper, one)
        clock.move(seconds=1)
        await worker.dispatcher.dispatch_once()
        await worker.courier.deliver_due()
        await worker.courier.settle()
    await worker.run_once()
    assert told(receiver) == [one["eventID"] for one in sent]


async def test_who_catches_up_gets_each_event_once_while_the_feed_lags_behind(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, clock: MovableClock
) -> None:
    monkeypatch.setattr("tracepass.epcis.subscriptionsdispatching.STEP", 3)
    monkeypatch.setattr("tracepass.epcis.subscriptionsdispatching.ENTRIES", 1)
    sent = [shipping() for _ in range(12)]
    for one in sent:
        await capture(shipper, one)
        clock.move(seconds=1)
    await subscribe(shipper, receiver, initialRecordTime="2026-01-01T00:00:00Z")
    await bring(hooks)
    assert sorted(told(receiver)) == sorted(one["eventID"] for one in sent)


async def test_what_comes_while_a_worker_finds_nothing_more_is_not_left_lying(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe(shipper, receiver)
    late, worker, look = shipping(), bureau(hooks), SubscriptionQueue.chunks

    async def look_too_early(queue: SubscriptionQueue, *args: Any, **options: Any) -> list[dict[str, Any]]:
        found = await look(queue, *args, **options)
        if not found:
            monkeypatch.undo()
            await capture(shipper, late)
            await worker.dispatcher.dispatch_once()
        return found

    await capture(shipper, first := shipping())
    await worker.dispatcher.dispatch_once()
    monkeypatch.setattr(SubscriptionQueue, "chunks", look_too_early)
    await worker.courier.deliver_due()
    await worker.courier.settle()
    assert told(receiver) == [first["eventID"], late["eventID"]]


async def test_an_event_that_commits_after_newer_ones_is_told_nevertheless(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, database: Database, workspace: Workspace
) -> None:
    await subscribe(shipper, receiver)
    await bring(hooks)
    slow, quick = shipping(), shipping()
    batch = prepare([slow], {}, capture_id=new_id(), record_time=timestamp(hooks.clock()))
    stored, committing = asyncio.Event(), asyncio.Event()

    async def work(session: Session) -> None:
        events = EventRepository(database, Tenancy(workspace.id, "live"))
        documents = [one.document | {"passports": []} for one in batch.prepared]
        await events.insert(documents, session=session)
        await events.tell(documents, session=session)
        stored.set()
        await committing.wait()

    transaction = asyncio.create_task(database.transact(work))
    await stored.wait()
    hooks.clock.move(seconds=1)
    await capture(shipper, quick)
    await bring(hooks)
    assert told(receiver) == [quick["eventID"]]
    committing.set()
    await transaction
    await bring(hooks)
    assert told(receiver) == [quick["eventID"], slow["eventID"]]


async def test_many_events_come_in_messages_of_a_hundred(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver
) -> None:
    await subscribe(shipper, receiver)
    events = [shipping() for _ in range(250)]
    await capture(shipper, *events)
    await bring(hooks)
    sizes = [len(results(message)["resultsBody"]["eventList"]) for message in receiver.messages]
    assert sizes == [100, 100, 50]
    assert told(receiver) == [one["eventID"] for one in events]


async def test_who_finds_a_message_too_large_gets_smaller_ones(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver
) -> None:
    async def at_most_four(message: Message) -> Reply:
        return Reply() if len(results(message)["resultsBody"]["eventList"]) <= 4 else Reply(413, b"too much")

    receiver.behaviour = at_most_four
    subscription = await subscribe(shipper, receiver)
    events = [shipping() for _ in range(10)]
    await capture(shipper, *events)
    await bring(hooks)
    sizes = [len(results(message)["resultsBody"]["eventList"]) for message in receiver.messages]
    assert sizes == [10, 5, 2, 2, 2, 2, 2]
    assert told(receiver)[15:] == [one["eventID"] for one in events]
    assert (await shown(shipper, subscription))["failingSince"] is None


async def test_what_fails_is_sent_again_before_anything_later(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, clock: MovableClock
) -> None:
    receiver.behaviour = answering(FAILING, FAILING, Reply())
    subscription = await subscribe(shipper, receiver)
    first, second = shipping(), shipping()
    await capture(shipper, first)
    await bring(hooks)
    await capture(shipper, second)
    await bring(hooks)
    assert told(receiver) == [first["eventID"]]
    state = await shown(shipper, subscription)
    assert (state["status"], state["lastAttempt"]["status"], state["lastAttempt"]["response"]) == ("active", 500, "no")
    assert state["failingSince"]
    clock.move(seconds=6.5)
    await bring(hooks)
    clock.move(minutes=4)
    await bring(hooks)
    assert len(receiver.messages) == 2
    clock.move(minutes=2.5)
    await bring(hooks)
    assert told(receiver)[-2:] == [first["eventID"], second["eventID"]]
    assert (await shown(shipper, subscription))["failingSince"] is None
    await capture(shipper, third := shipping())
    await bring(hooks)
    assert told(receiver)[-1] == third["eventID"]


async def test_a_message_keeps_its_id_in_each_attempt(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, clock: MovableClock
) -> None:
    receiver.behaviour = answering(FAILING, Reply())
    await subscribe(shipper, receiver)
    await capture(shipper, shipping())
    await bring(hooks)
    clock.move(seconds=10)
    await bring(hooks)
    await capture(shipper, shipping())
    await bring(hooks)
    first, again, other = (message.headers["x-tracepass-event-id"] for message in receiver.messages)
    assert first == again != other


async def test_retry_after_is_honoured(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, clock: MovableClock
) -> None:
    receiver.behaviour = answering(Reply(503, b"", {"Retry-After": "3600"}), Reply())
    await subscribe(shipper, receiver)
    await capture(shipper, shipping())
    await bring(hooks)
    clock.move(minutes=50)
    await bring(hooks)
    assert len(receiver.messages) == 1
    clock.move(minutes=11)
    await bring(hooks)
    assert len(receiver.messages) == 2


@pytest.mark.parametrize("why", ["gone", "failing"])
async def test_a_receiver_that_is_gone_or_only_fails_for_five_days_is_given_up(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, clock: MovableClock, why: str, database: Database
) -> None:
    receiver.behaviour = answering(Reply(410) if why == "gone" else FAILING)
    subscription = await subscribe(shipper, receiver)
    await capture(shipper, shipping())
    await bring(hooks)
    if why == "failing":
        assert (await shown(shipper, subscription))["status"] == "active"
        for _ in range(13):
            clock.move(hours=12)
            await bring(hooks)
    state = await shown(shipper, subscription)
    assert (state["status"], state["nextAttemptAt"]) == ("disabled", None)
    assert state["disabledReason"].startswith("it answered 410" if why == "gone" else "every attempt has failed since")
    sent = len(receiver.messages)
    await capture(shipper, shipping())
    clock.move(days=1)
    await bring(hooks)
    assert len(receiver.messages) == sent
    which = Id(subscription["subscriptionID"])
    assert await database.collection(CHUNKS).count_documents({"subscriptionId": which}) == 0
    records = database.collection("changes").find({"entity.id": which}, {"action": 1}, comment=A_TEST_LOOKS)
    assert {record["action"] async for record in records} == {
        "epcis_subscription.created",
        "epcis_subscription.disabled",
    }


async def test_the_owners_are_told_by_mail_that_a_subscription_was_disabled(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, office: Office, workspace: Workspace,
    database: Database, clock: MovableClock,
) -> None:  # fmt: skip
    owner = (await office.session(workspace, "owner"))[0].email
    receiver.behaviour = answering(Reply(410))
    subscription = await subscribe(shipper, receiver)
    await capture(shipper, shipping())
    await bring(hooks)
    box = Postbox(refused=0)
    async with await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0) as server:
        smtp = Smtp(host="127.0.0.1", port=server.sockets[0].getsockname()[1], tls="none")
        while await work_once(database, hooks.settings.model_copy(update={"smtp": smtp}), clock):
            pass
    (mail,) = (mail for mail in box.mails if mail["To"] == owner)
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    for word in (receiver.url("/epcis"), "it answered 410 Gone", "shipped", subscription["initialRecordTime"]):
        assert word in text.decode()


async def test_metrics_tell_what_waits(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, anonymous: httpx2.AsyncClient, clock: MovableClock
) -> None:
    await subscribe(shipper, receiver)
    worker = await _measured(hooks)
    await capture(shipper, shipping())
    await worker.gauges.measure()
    assert _gauge(await anonymous.get("/metrics"), "tracepass_epcis_feed_entries") == 1
    await worker.dispatcher.dispatch_once()
    clock.move(seconds=30)
    await worker.gauges.measure()
    metrics = await anonymous.get("/metrics")
    assert _gauge(metrics, "tracepass_epcis_feed_entries") == 0
    assert _gauge(metrics, "tracepass_epcis_subscription_oldest_overdue_seconds") >= 30
    await worker.run_once()
    assert _gauge(await anonymous.get("/metrics"), "tracepass_epcis_subscription_events_total") >= 1


async def _measured(hooks: Hooks) -> SubscriptionOffice:
    """A worker whose gauges say that nothing waits."""
    worker = bureau(hooks)
    await worker.run_once()
    await worker.gauges.measure()
    return worker


def _gauge(metrics: httpx2.Response, name: str) -> float:
    return next(float(line.split(" ")[1]) for line in metrics.text.splitlines() if line.startswith(f"{name} "))


async def test_a_schedule_tells_at_its_time_of_what_came_before(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, clock: MovableClock
) -> None:
    clock.stopped = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
    subscription = await subscribe(shipper, receiver, schedule={"hour": "1", "minute": "5"})
    assert subscription["schedule"] == {"hour": "1", "minute": "5"}
    assert subscription["nextAttemptAt"] == "2027-03-02T01:05:00.000Z"
    first, second = shipping(), shipping()
    await capture(shipper, first)
    clock.move(hours=10)
    await capture(shipper, second)
    await bring(hooks)
    assert receiver.messages == []
    clock.move(hours=3, minutes=5)
    await bring(hooks)
    await bring(hooks)
    assert told(receiver) == [first["eventID"], second["eventID"]]
    assert len(receiver.messages) == 1
    state = await shown(shipper, subscription)
    assert (state["nextAttemptAt"], state["minRecordTime"]) == ("2027-03-03T01:05:00.000Z", "2027-03-02T01:05:00.000Z")
    clock.move(days=1)
    await bring(hooks)
    assert len(receiver.messages) == 1


async def test_a_schedule_tells_that_there_was_nothing_if_it_shall(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, clock: MovableClock
) -> None:
    clock.stopped = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
    await subscribe(shipper, receiver, schedule={"minute": "30"}, reportIfEmpty=True)
    clock.move(minutes=30)
    await bring(hooks)
    await bring(hooks)
    clock.move(hours=1)
    await bring(hooks)
    assert [results(message)["resultsBody"]["eventList"] for message in receiver.messages] == [[], []]
    assert len({message.headers["x-tracepass-event-id"] for message in receiver.messages}) == 2
    await capture(shipper, one := shipping())
    clock.move(hours=1)
    await bring(hooks)
    assert (len(receiver.messages), told(receiver)) == (3, [one["eventID"]])


async def test_a_schedule_that_fails_tries_again_and_then_keeps_its_time(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, clock: MovableClock
) -> None:
    clock.stopped = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
    receiver.behaviour = answering(FAILING, Reply())
    subscription = await subscribe(shipper, receiver, schedule={"hour": "13"})
    await capture(shipper, one := shipping())
    clock.move(hours=1)
    await bring(hooks)
    clock.move(seconds=7)
    await bring(hooks)
    assert told(receiver) == [one["eventID"]] * 2
    assert (await shown(shipper, subscription))["nextAttemptAt"] == "2027-03-02T13:00:00.000Z"


async def test_identifiers_come_in_the_notation_that_was_asked_for(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver
) -> None:
    body = {"dest": receiver.url(), "stream": True}
    answer = await shipper.post(HERE, json=body, headers={"GS1-EPC-Format": "Always_GS1_Digital_Link"})
    assert answer.json()["epcFormat"] == "Always_GS1_Digital_Link"
    await capture(shipper, shipping())
    await bring(hooks)
    (found,) = results(receiver.messages[0])["resultsBody"]["eventList"]
    assert found["epcList"] == ["https://id.gs1.org/01/10614141073464/21/2017"]


async def test_who_unsubscribes_or_deletes_the_query_is_told_nothing_more(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, database: Database
) -> None:
    one, other = await subscribe(shipper, receiver), await subscribe(shipper, receiver)
    await capture(shipper, shipping())
    await bureau(hooks).dispatcher.dispatch_once()
    gone = await shipper.delete(f"{HERE}/{one['subscriptionID']}")
    assert (gone.status_code, gone.content) == (204, b"")
    for answer in (await shipper.get(f"{HERE}/{one['subscriptionID']}"),
                   await shipper.delete(f"{HERE}/{one['subscriptionID']}")):  # fmt: skip
        assert answer.status_code == 404
    assert [left["subscriptionID"] for left in (await shipper.get(HERE)).json()] == [other["subscriptionID"]]
    assert (await shipper.delete(f"{QUERIES}/shipped")).status_code == 204
    await bring(hooks)
    assert receiver.messages == []
    for name in (SUBSCRIPTIONS, CHUNKS, FEED):
        assert await database.collection(name).count_documents({}, comment=A_TEST_LOOKS) == 0


async def test_events_that_were_taken_away_again_are_not_told(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, database: Database, workspace: Workspace
) -> None:
    await subscribe(shipper, receiver)
    kept = shipping()
    answer = await shipper.post(
        f"{EPCIS}/capture",
        json={**shipping(), "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]},
    )
    job = answer.json()
    await capture(shipper, kept)
    worker = bureau(hooks)
    await worker.dispatcher.dispatch_once()
    await EventRepository(database, Tenancy(workspace.id, "live")).remove(Id(job["captureJobId"]))
    await bring(hooks)
    assert told(receiver) == [kept["eventID"]]


async def test_subscriptions_are_listed_in_pages(shipper: httpx2.AsyncClient, receiver: Receiver) -> None:
    made = [(await subscribe(shipper, receiver))["subscriptionID"] for _ in range(3)]
    first = await shipper.get(HERE, params={"perPage": 2})
    link = first.headers["link"]
    second = await shipper.get(link[1 : link.index(">")])
    assert [one["subscriptionID"] for one in [*first.json(), *second.json()]] == made
    assert "link" not in second.headers
    wrong = await shipper.get(HERE, params={"nextPageToken": "c2hpcA"})
    assert list(wrong.json()["details"]["fieldErrors"]) == ["nextPageToken"]


@pytest.mark.parametrize(
    ("members", "faulty"),
    [
        ({"stream": None}, []),
        ({"schedule": {"hour": "1"}}, []),
        ({"stream": False}, ["stream"]),
        ({"stream": None, "schedule": {}}, ["schedule"]),
        ({"stream": None, "schedule": {"hour": "24"}}, ["schedule.hour"]),
        ({"stream": None, "schedule": {"day": "1"}}, ["schedule.day"]),
        ({"stream": None, "schedule": {"dayOfMonth": "31", "month": "2"}}, ["schedule"]),
        ({"dest": "ftp://example.com/x"}, ["dest"]),
        ({"dest": "https://10.0.0.1/x"}, ["dest"]),
        ({"dest": "https://user@example.com/x"}, ["dest"]),
        ({"signatureToken": "short"}, ["signatureToken"]),
        ({"signatureToken": "with\nbreak"}, ["signatureToken"]),
        ({"initialRecordTime": "yesterday"}, ["initialRecordTime"]),
        ({"reportIfEmpty": "yes"}, ["reportIfEmpty"]),
        ({"secret": "mine"}, ["secret"]),
    ],
)
async def test_what_is_no_subscription_is_refused_by_its_member(
    shipper: httpx2.AsyncClient, members: dict[str, Any], faulty: list[str]
) -> None:
    body = {"dest": "https://erp.example.com/epcis", "stream": True, **members}
    answer = await shipper.post(HERE, json={name: value for name, value in body.items() if value is not None})
    assert answer.status_code == 400
    assert list(answer.json()["details"]["fieldErrors"]) == faulty
    assert (await shipper.get(HERE)).json() == []


async def test_an_address_on_the_own_network_is_refused(client: httpx2.AsyncClient, receiver: Receiver) -> None:
    await client.post(QUERIES, json={"name": "shipped", "query": {}})
    for dest in (receiver.url(), "https://localhost/x", "https://169.254.169.254/latest"):
        answer = await client.post(HERE, json={"dest": dest, "stream": True})
        assert list(answer.json()["details"]["fieldErrors"]) == ["dest"]


async def test_a_query_that_counts_its_events_cannot_be_subscribed_to(
    shipper: httpx2.AsyncClient, receiver: Receiver
) -> None:
    await shipper.post(QUERIES, json={"name": "few", "query": {"maxEventCount": 3}})
    answer = await shipper.post(f"{QUERIES}/few/subscriptions", json={"dest": receiver.url(), "stream": True})
    assert list(answer.json()["details"]["fieldErrors"]) == ["name"]


async def test_a_workspace_has_at_most_50(shipper: httpx2.AsyncClient, receiver: Receiver) -> None:
    for _ in range(50):
        await subscribe(shipper, receiver)
    answer = await shipper.post(HERE, json={"dest": receiver.url(), "stream": True})
    assert (answer.status_code, answer.json()["error"]) == (409, "too_many_subscriptions")


async def test_who_may_write_events_may_not_have_them_sent_away(office: Office, workspace: Workspace) -> None:
    writer = await office.client(workspace, scopes=frozenset({"epcis:write", "epcis:read"}))
    await writer.post(QUERIES, json={"name": "shipped", "query": {}})
    answer = await writer.post(HERE, json={"dest": "https://erp.example.com/epcis", "stream": True})
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


async def test_who_may_only_read_sees_where_events_go_but_no_secret_of_the_address(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, office: Office, workspace: Workspace
) -> None:
    receiver.behaviour = answering(Reply(200, b"token=hidden"))
    subscription = await subscribe(shipper, receiver, dest=receiver.url("/hooks/T0P-S3CRET?token=hidden"))
    await capture(shipper, shipping())
    await bring(hooks)
    reader = hooks.client(await office.key(workspace, scopes=frozenset({"epcis:read"})))
    for seen in (await shown(reader, subscription), *(await reader.get(HERE)).json()):
        assert seen["dest"] == receiver.url("/")
        assert (seen["lastAttempt"]["status"], seen["lastAttempt"]["response"]) == (200, None)
    assert (await shown(shipper, subscription))["dest"].endswith("/hooks/T0P-S3CRET?token=hidden")


async def test_what_happens_in_one_environment_is_not_told_in_the_other(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, office: Office, workspace: Workspace
) -> None:
    await subscribe(shipper, receiver)
    test = hooks.client(await office.key(workspace, environment="test"))
    await capture(test, shipping())
    await bring(hooks)
    assert receiver.messages == []


async def test_places_below_a_place_are_told_of_as_master_data_says(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver
) -> None:
    shop, shelf = "urn:epc:id:sgln:0614141.07346.0", "urn:epc:id:sgln:0614141.07346.7"
    await shipper.post(QUERIES, json={"name": "near", "query": {"WD_readPoint": [shop], "GT_quantity": 5}})
    answer = await shipper.post(f"{QUERIES}/near/subscriptions", json={"dest": receiver.url(), "stream": True})
    assert answer.status_code == 201
    vocabulary = {
        "type": "urn:epcglobal:epcis:vtype:ReadPoint",
        "vocabularyElementList": [{"id": shop, "children": [shelf]}],
    }
    header = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    counted = {"quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 200}]}
    there, elsewhere = event(readPoint={"id": shelf}, **counted), event(**counted)
    await capture(shipper, there, elsewhere, event(readPoint={"id": shelf}), header=header)
    await bring(hooks)
    assert told(receiver) == [there["eventID"]]


async def test_instants_in_extensions_are_compared_as_such(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver
) -> None:
    query = {"GE_ex:best": "2027-01-01T00:00:00Z", "@context": [{"ex": "http://ns.example.com/"}]}
    await shipper.post(QUERIES, json={"name": "fresh", "query": query})
    await shipper.post(f"{QUERIES}/fresh/subscriptions", json={"dest": receiver.url(), "stream": True})
    stale, fresh = (event(**{"ex:best": f"{year}-06-01T00:00:00Z"}) for year in (2026, 2027))
    await capture(shipper, stale, fresh)
    await bring(hooks)
    assert told(receiver) == [fresh["eventID"]]


async def test_several_workers_bring_each_event_once_and_in_order(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver
) -> None:
    await subscribe(shipper, receiver)
    workers, sent = [bureau(hooks) for _ in range(3)], []
    for _ in range(20):
        sent.append(one := shipping())
        await capture(shipper, one)
        hooks.clock.move(seconds=1)
        await asyncio.gather(*(worker.dispatcher.dispatch_once() for worker in workers))
        await asyncio.gather(*(worker.courier.deliver_due() for worker in workers))
    await asyncio.gather(*(worker.courier.settle() for worker in workers))
    for worker in workers:
        await worker.run_once()
    assert told(receiver) == [one["eventID"] for one in sent]


async def test_what_a_lost_worker_held_is_brought_by_another(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, clock: MovableClock
) -> None:
    receiver.behaviour = hanging
    subscription = await subscribe(shipper, receiver)
    await capture(shipper, one := shipping())
    lost = bureau(hooks)
    await lost.dispatcher.dispatch_once()
    await lost.dispatcher.let_go()
    await lost.courier.deliver_due()
    await receiver.count(1)
    for task in [*lost.courier._serving.values()]:  # noqa: SLF001 - a process that dies says nothing
        task.cancel()
    await lost.courier.settle()
    receiver.behaviour = answering(Reply())
    await bring(hooks)
    assert len(receiver.messages) == 1
    clock.move(seconds=20)
    await capture(shipper, two := shipping())
    await bring(hooks)
    assert told(receiver) == [one["eventID"], one["eventID"], two["eventID"]]
    assert (await shown(shipper, subscription))["lastAttempt"]["status"] == 200


@pytest.mark.parametrize("late", [Reply(), FAILING], ids=["taken", "failed"])
async def test_a_worker_that_was_overtaken_says_what_was_taken_and_nothing_of_failures(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver, clock: MovableClock, late: Reply
) -> None:
    released = asyncio.Event()

    async def slow(_: Message) -> Reply:
        await released.wait()
        return late

    receiver.behaviour = slow
    subscription = await subscribe(shipper, receiver)
    await capture(shipper, one := shipping())
    patient = Webhooks(allow_local=True, timeout_seconds=60)
    first = bureau(replace(hooks, settings=hooks.settings.model_copy(update={"webhooks": patient})))
    await first.dispatcher.dispatch_once()
    await first.dispatcher.let_go()
    await first.courier.deliver_due()
    await receiver.count(1)
    clock.move(seconds=80)
    receiver.behaviour = answering(FAILING if late.status == 200 else Reply())
    await bring(hooks)
    between = await shown(shipper, subscription)
    released.set()
    await first.courier.settle()
    after = await shown(shipper, subscription)
    assert after["lastNotifiedAt"]
    assert {name: after[name] for name in ("failingSince", "lastAttempt", "nextAttemptAt")} == {
        name: between[name] for name in ("failingSince", "lastAttempt", "nextAttemptAt")
    }
    clock.move(minutes=1)
    await bring(hooks)
    assert told(receiver) == [one["eventID"]] * 2


async def test_a_running_worker_is_woken_by_a_capture(
    shipper: httpx2.AsyncClient, hooks: Hooks, receiver: Receiver
) -> None:
    await subscribe(shipper, receiver)
    worker, stop = hooks.worker(), asyncio.Event()
    tasks = [asyncio.create_task(part(stop)) for part in (worker.alarm.listen, worker.subscriptions.run)]
    events = [shipping() for _ in range(3)]
    for number, one in enumerate(events, 1):
        await capture(shipper, one)
        await receiver.count(number, seconds=10)
    stop.set()
    await asyncio.gather(*tasks)
    assert told(receiver) == [one["eventID"] for one in events]
