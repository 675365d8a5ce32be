"""Events on their way to receivers: what they say, in which order, how often, and when it is given up."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest
from aiosmtpd.handlers import Message as Handler
from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook
from tests.api.hooks import WEBHOOKS, Hooks, deliveries, make_webhook, shown
from tests.conftest import Make, MovableClock, Office
from tests.queries_plugin import A_TEST_LOOKS
from tests.receiver import Receiver, Reply, answering, hanging, receiving

from tracepass.core.clock import timestamp
from tracepass.core.ids import find_id, new_id
from tracepass.core.mongo import Database
from tracepass.core.sealing import Sealing
from tracepass.delivery.signing import signature_headers
from tracepass.identity.models import Workspace
from tracepass.settings import Smtp
from tracepass.webhooks.queue import DeliveryQueue
from tracepass.worker import Workshop, work_once

PASSPORTS = "/api/v1/passports"
FAILING = Reply(500, b"no")


async def _edit(client: httpx2.AsyncClient, passport: dict[str, Any], serial: int = 0) -> None:
    """Change a passport, whichever way."""
    body = {"legalName": f"Importer {serial}", "legacyOperatorId": "DE-1"}
    answer = await client.patch(f"{PASSPORTS}/{passport['_id']}/parties/importer", json=body)
    assert answer.status_code == 200, answer.text


async def _move(client: httpx2.AsyncClient, passport: dict[str, Any], move: str, **body: Any) -> None:
    answer = await client.post(f"{PASSPORTS}/{passport['_id']}/{move}", json=body)
    assert answer.status_code == 200, answer.text


class Postbox(Handler):
    """Keeps what arrives, but for the first few mails."""

    def __init__(self, *, refused: int) -> None:
        super().__init__()
        self.mails: list[Message] = []
        self._refused = refused

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        if self._refused:
            self._refused -= 1
            return "451 try again later"
        return str(await super().handle_DATA(server, session, envelope))

    def handle_message(self, message: Message) -> None:
        self.mails.append(message)


def _versions(receiver: Receiver) -> list[int]:
    return [message.event["data"]["version"] for message in receiver.messages]


async def test_every_move_is_told_with_the_passport_as_its_get_showed_it(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make, clock: MovableClock,
    database: Database, workspace: Workspace,
) -> None:  # fmt: skip
    await make_webhook(listener, receiver.url())
    passport = await make_passport(listener)
    seen: dict[int, dict[str, Any]] = {}

    async def look() -> None:
        body = (await listener.get(f"{PASSPORTS}/{passport['_id']}")).json()
        seen[body["version"]] = body

    await look()
    await _edit(listener, passport)
    await look()
    expiry = "2198-01-01T00:00:00.000Z"
    for move, body in (
        ("submit", {}),
        ("approve", {}),
        ("publish", {"acknowledgeGaps": True}),
        ("suspend", {"reason": "recall"}),
        ("republish", {"expiresAt": expiry}),
    ):
        await _move(listener, passport, move, **body)
        await look()
    clock.ahead = datetime.fromisoformat(expiry) - datetime.now(UTC) + timedelta(minutes=1)
    while await work_once(database, hooks.settings, clock):
        pass
    await look()
    await _move(listener, passport, "archive")
    await look()
    await hooks.bring()

    assert receiver.types == [
        "passport.created",
        "passport.updated",
        "passport.updated",
        "passport.updated",
        "passport.published",
        "passport.suspended",
        "passport.republished",
        "passport.expired",
        "passport.archived",
    ]
    assert _versions(receiver) == sorted(seen)
    for message in receiver.messages:
        event = message.event
        assert event["data"] == seen[event["data"]["version"]]
        assert event.keys() == {"id", "type", "createdAt", "workspaceId", "environment", "data"}
        assert (event["workspaceId"], event["environment"]) == (str(workspace.id), "live")


async def test_a_deleted_passport_is_told_as_it_was(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make
) -> None:
    await make_webhook(listener, receiver.url(), "passport.deleted")
    passport = await make_passport(listener)
    before = (await listener.get(f"{PASSPORTS}/{passport['_id']}")).json()
    assert (await listener.delete(f"{PASSPORTS}/{passport['_id']}")).status_code == 200
    await hooks.bring()
    (message,) = receiver.messages
    assert message.event["type"] == "passport.deleted"
    assert message.event["data"] == before


async def test_messages_are_signed_for_the_published_library_and_name_what_they_are(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make
) -> None:
    webhook = await make_webhook(listener, receiver.url("/a/b?c=d"))
    await make_passport(listener)
    await hooks.bring()
    (message,) = receiver.messages
    assert Webhook(webhook["secret"]).verify(message.body.decode(), dict(message.headers)) == message.event
    assert message.path == "/a/b?c=d"
    assert message.headers["content-type"] == "application/json"
    assert message.headers["user-agent"].startswith("TracePass-Webhooks/")
    assert message.headers["x-tracepass-event-id"] == message.event["id"]
    assert "cookie" not in message.headers
    assert "authorization" not in message.headers


async def test_only_what_was_asked_for_is_told(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make
) -> None:
    await make_webhook(listener, receiver.url(), "passport.published")
    await make_webhook(listener, receiver.url(), "quota.warning")
    await make_passport(listener, published=True)
    await hooks.bring()
    assert receiver.types == ["passport.published"]


async def test_what_happened_before_a_webhook_was_made_is_not_told(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make, clock: MovableClock
) -> None:
    passport = await make_passport(listener)
    clock.move(seconds=1)
    await make_webhook(listener, receiver.url())
    await _move(listener, passport, "publish", acknowledgeGaps=True)
    await hooks.bring()
    assert receiver.types == ["passport.published"]


async def test_live_and_test_events_go_their_own_ways(
    hooks: Hooks, office: Office, workspace: Workspace, listener: httpx2.AsyncClient, receiver: Receiver,
    make_passport: Make,
) -> None:  # fmt: skip
    testing = hooks.client(await office.key(workspace, environment="test"))
    await make_webhook(testing, receiver.url("/test"))
    await make_webhook(listener, receiver.url("/live"))
    await make_passport(testing)
    await make_passport(listener)
    await hooks.bring()
    assert {(message.path, message.event["environment"]) for message in receiver.messages} == {
        ("/test", "test"),
        ("/live", "live"),
    }


async def test_the_events_of_a_passport_arrive_in_its_order_though_many_go_at_once(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make
) -> None:
    await make_webhook(listener, receiver.url())
    passports = [await make_passport(listener) for _ in range(4)]
    for number in range(8):
        await asyncio.gather(*(_edit(listener, passport, number) for passport in passports))
    await hooks.bring()
    assert len(receiver.messages) == 36
    for passport in passports:
        mine = [one.event["data"] for one in receiver.messages if one.event["data"]["_id"] == passport["_id"]]
        assert [data["version"] for data in mine] == list(range(1, 10))


async def test_a_failing_event_holds_later_ones_back_for_its_first_two_rungs_only(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make, clock: MovableClock
) -> None:
    async def refuse_the_first(message: Any) -> Reply:
        return FAILING if message.event["data"]["version"] == 1 else Reply()

    receiver.behaviour = refuse_the_first
    await make_webhook(listener, receiver.url())
    passport = await make_passport(listener)
    await _edit(listener, passport, 1)
    await _edit(listener, passport, 2)
    await hooks.bring()
    clock.move(seconds=3)
    await hooks.bring()
    assert _versions(receiver) == [1], "the others stand behind it"
    clock.move(seconds=7)
    await hooks.bring()
    assert _versions(receiver) == [1, 1, 2, 3], "after the second attempt they pass it"
    clock.move(seconds=361)
    await hooks.bring()
    assert _versions(receiver) == [1, 1, 2, 3, 1]


async def test_what_fails_is_tried_again_rung_by_rung_and_then_given_up(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make, clock: MovableClock
) -> None:
    receiver.behaviour = answering(FAILING)
    webhook = await make_webhook(listener, receiver.url())
    await make_passport(listener)
    await hooks.bring()
    for attempt, seconds in enumerate((5, 300, 1_800, 7_200, 18_000, 36_000, 36_000), start=2):
        (delivery,) = await deliveries(listener, webhook)
        wait = datetime.fromisoformat(delivery["nextAttemptAt"]) - datetime.fromisoformat(
            delivery["attempts"][-1]["at"]
        )
        assert seconds * 0.79 <= wait.total_seconds() <= seconds * 1.21 + 1
        clock.ahead += wait - timedelta(seconds=2)
        await hooks.bring()
        assert len(receiver.messages) == attempt - 1, "not before its time"
        clock.move(seconds=2)
        await hooks.bring()
        assert len(receiver.messages) == attempt
    (delivery,) = await deliveries(listener, webhook)
    assert (delivery["status"], len(delivery["attempts"]), delivery["nextAttemptAt"]) == ("failed", 8, None)
    assert len({message.headers["webhook-id"] for message in receiver.messages}) == 1
    assert len({message.headers["webhook-signature"] for message in receiver.messages}) == 8
    assert (await shown(listener, webhook))["status"] == "enabled"


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
async def test_a_receiver_may_wish_for_a_later_attempt(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make, clock: MovableClock,
    *, as_date: bool,
) -> None:  # fmt: skip
    wish = format_datetime(clock() + timedelta(seconds=900), usegmt=True) if as_date else "900"
    receiver.behaviour = answering(Reply(503, b"", {"Retry-After": wish}), Reply())
    webhook = await make_webhook(listener, receiver.url())
    await make_passport(listener)
    await hooks.bring()
    (delivery,) = await deliveries(listener, webhook)
    wait = datetime.fromisoformat(delivery["nextAttemptAt"]) - datetime.fromisoformat(delivery["attempts"][0]["at"])
    assert 890 < wait.total_seconds() < 905
    clock.move(seconds=880)
    await hooks.bring()
    assert len(receiver.messages) == 1
    clock.move(seconds=30)
    await hooks.bring()
    assert len(receiver.messages) == 2


async def test_a_redirect_is_a_failure_and_is_not_followed(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make
) -> None:
    receiver.behaviour = answering(Reply(307, b"", {"Location": receiver.url("/elsewhere")}))
    webhook = await make_webhook(listener, receiver.url())
    await make_passport(listener)
    await hooks.bring()
    assert [message.path for message in receiver.messages] == ["/hook"]
    (delivery,) = await deliveries(listener, webhook)
    assert (delivery["status"], delivery["attempts"][0]["status"]) == ("pending", 307)


async def test_a_receiver_that_is_away_is_told_of_with_a_reason(
    hooks: Hooks, listener: httpx2.AsyncClient, make_passport: Make
) -> None:
    async with receiving() as gone:
        webhook = await make_webhook(listener, gone.url())
    await make_passport(listener)
    await hooks.bring()
    (delivery,) = await deliveries(listener, webhook)
    (attempt,) = delivery["attempts"]
    assert (attempt["status"], attempt["response"]) == (None, None)
    assert attempt["error"]["reason"] == "connect_failed"
    assert (await shown(listener, webhook))["failingSince"] is not None


async def test_a_receiver_that_is_gone_is_told_nothing_more(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make, database: Database
) -> None:
    receiver.behaviour = answering(Reply(410))
    webhook = await make_webhook(listener, receiver.url())
    passport = await make_passport(listener)
    await hooks.bring()
    now = await shown(listener, webhook)
    assert (now["status"], now["disabledReason"], now["version"]) == ("disabled", "it answered 410 Gone", 2)
    (delivery,) = await deliveries(listener, webhook)
    assert delivery["status"] == "failed"
    await _edit(listener, passport)
    await hooks.bring()
    assert len(receiver.messages) == 1
    log = (await listener.get("/api/v1/audit-log", params={"action": "webhooks.disabled"})).json()["data"]["items"]
    assert [(entry["entity"]["id"], entry["actor"]["type"]) for entry in log] == [(webhook["_id"], "system")]
    query = {"entity.type": "webhook", "action": "webhooks.disabled", "entity.id": find_id(webhook["_id"])}
    record = await database.collection("changes").find_one(query, comment=A_TEST_LOOKS)
    assert record is not None
    assert record["reason"] == "it answered 410 Gone"


async def test_the_owners_are_told_by_mail_that_a_webhook_was_disabled(
    hooks: Hooks, office: Office, workspace: Workspace, listener: httpx2.AsyncClient, receiver: Receiver,
    make_passport: Make, database: Database, clock: MovableClock,
) -> None:  # fmt: skip
    owners = [(await office.session(workspace, "owner"))[0].email for _ in range(2)]
    await office.session(workspace, "admin")
    receiver.behaviour = answering(Reply(410))
    await make_webhook(listener, receiver.url(), "passport.created")
    await make_passport(listener)
    await hooks.bring()
    box = Postbox(refused=1)
    async with await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0) as server:
        smtp = Smtp(host="127.0.0.1", port=server.sockets[0].getsockname()[1], tls="none")
        settings = hooks.settings.model_copy(update={"smtp": smtp})
        for _ in range(3):
            while await work_once(database, settings, clock):
                pass
            clock.move(seconds=61)
    assert [mail["To"] for mail in box.mails] == owners, "a mail that failed is sent again, and no other"
    for mail in box.mails:
        text = mail.get_payload(decode=True)
        assert isinstance(text, bytes)
        assert receiver.url() in text.decode()
        assert "it answered 410 Gone" in text.decode()


async def test_a_receiver_that_only_failed_for_five_days_is_disabled(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make, clock: MovableClock
) -> None:
    receiver.behaviour = answering(FAILING)
    webhook = await make_webhook(listener, receiver.url())
    passport = await make_passport(listener)
    await hooks.bring()
    since = (await shown(listener, webhook))["failingSince"]
    for day in range(1, 6):
        assert (await shown(listener, webhook))["status"] == "enabled", f"day {day}"
        clock.move(hours=24)
        await _edit(listener, passport, day)
        await hooks.bring()
    now = await shown(listener, webhook)
    assert (now["status"], now["disabledReason"]) == ("disabled", f"every attempt has failed since {since}")
    left = {delivery["status"] for delivery in await deliveries(listener, webhook)}
    clock.move(hours=24)
    await hooks.bring()
    assert left <= {"pending", "failed", "cancelled"}
    assert {one["status"] for one in await deliveries(listener, webhook)} <= {"failed", "cancelled"}
    receiver.behaviour = answering(Reply())
    await listener.patch(f"{WEBHOOKS}/{webhook['_id']}", json={"status": "enabled"})
    before = len(receiver.messages)
    await _edit(listener, passport, 99)
    await hooks.bring()
    assert len(receiver.messages) == before + 1
    now = await shown(listener, webhook)
    assert (now["failingSince"], now["disabledReason"]) == (None, None)


async def test_one_success_ends_the_days_of_failure(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make, clock: MovableClock
) -> None:
    receiver.behaviour = answering(FAILING)
    webhook = await make_webhook(listener, receiver.url())
    await make_passport(listener)
    await hooks.bring()
    clock.move(days=4)
    receiver.behaviour = answering(Reply())
    await hooks.bring()
    receiver.behaviour = answering(FAILING)
    clock.move(days=2)
    await make_passport(listener)
    await hooks.bring()
    now = await shown(listener, webhook)
    assert now["status"] == "enabled"
    assert now["failingSince"] > now["lastSuccessAt"]


async def test_what_waits_for_a_disabled_or_deleted_webhook_is_cancelled(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make, clock: MovableClock,
    database: Database,
) -> None:  # fmt: skip
    receiver.behaviour = answering(FAILING)
    disabled, deleted = await make_webhook(listener, receiver.url()), await make_webhook(listener, receiver.url())
    await make_passport(listener)
    await hooks.bring()
    await listener.patch(f"{WEBHOOKS}/{disabled['_id']}", json={"status": "disabled"})
    await listener.delete(f"{WEBHOOKS}/{deleted['_id']}")
    clock.move(seconds=10)
    await hooks.bring()
    assert len(receiver.messages) == 2
    (delivery,) = await deliveries(listener, disabled)
    assert (delivery["status"], delivery["nextAttemptAt"]) == ("cancelled", None)
    query = {"endpointId": find_id(deleted["_id"])}
    (left,) = await database.collection("webhookDeliveries").find(query, comment=A_TEST_LOOKS).to_list()
    assert left["status"] == "cancelled"


async def test_while_a_secret_is_replaced_both_sign_and_after_a_day_the_new_one_alone(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make, clock: MovableClock
) -> None:
    webhook = await make_webhook(listener, receiver.url())
    new = (await listener.post(f"{WEBHOOKS}/{webhook['_id']}/rotate")).json()["secret"]
    await make_passport(listener)
    await hooks.bring()
    (both,) = receiver.messages
    for secret in (webhook["secret"], new):
        Webhook(secret).verify(both.body.decode(), dict(both.headers))
    clock.move(hours=25)
    await make_passport(listener)
    await hooks.bring()
    alone = receiver.messages[-1]
    assert alone.headers["x-tracepass-signature"].count("v1=") == 1
    moment = int(alone.headers["webhook-timestamp"])
    signed = signature_headers(alone.event["id"], moment, alone.body, keys=[new])
    assert alone.headers["webhook-signature"] == signed["webhook-signature"]


async def test_a_budget_that_runs_low_is_an_event(hooks: Hooks, office: Office, receiver: Receiver) -> None:
    client = hooks.client(await office.key(await office.workspace(plan="free")))
    await make_webhook(client, receiver.url(), "quota.warning")
    for number in range(80):
        body = {"name": "Pack", "model": f"P-{number}", "category": "battery"}
        assert (await client.post("/api/v1/products", json=body)).status_code == 201
    await hooks.bring()
    (message,) = receiver.messages
    assert message.event["type"] == "quota.warning"
    assert {name: message.event["data"][name] for name in ("budget", "limit")} == {"budget": "writes", "limit": 100}


async def test_several_workers_at_once_bring_each_event_once(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make
) -> None:
    await make_webhook(listener, receiver.url())
    passports = [await make_passport(listener) for _ in range(15)]
    for passport in passports:
        await _edit(listener, passport)
    await asyncio.gather(*(hooks.worker().post.run_once() for _ in range(4)))
    ids = [message.event["id"] for message in receiver.messages]
    assert (len(ids), len(set(ids))) == (30, 30)
    for passport in passports:
        mine = [one.event["data"] for one in receiver.messages if one.event["data"]["_id"] == passport["_id"]]
        assert [data["version"] for data in mine] == [1, 2]


async def test_what_a_lost_worker_held_comes_back_when_its_lease_ends(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, database: Database, clock: MovableClock
) -> None:
    webhook = await make_webhook(listener, receiver.url())
    await listener.post(f"{WEBHOOKS}/{webhook['_id']}/test")
    queue = DeliveryQueue(database)
    due = await queue.due(timestamp(clock()), limit=100, without=())
    mine = [delivery for delivery in due if str(delivery["endpointId"]) == webhook["_id"]]
    assert len(await queue.lease(mine, timestamp(clock() + timedelta(seconds=17)))) == 1
    assert await queue.lease(mine, timestamp(clock() + timedelta(seconds=17))) == [], "it is held"
    await hooks.bring()
    assert receiver.messages == []
    clock.move(seconds=18)
    await hooks.bring()
    assert len(receiver.messages) == 1


async def test_a_worker_that_comes_too_late_does_not_undo_what_another_did(
    hooks: Hooks, listener: httpx2.AsyncClient, database: Database, clock: MovableClock, receiver: Receiver
) -> None:
    webhook = await make_webhook(listener, receiver.url())
    await listener.post(f"{WEBHOOKS}/{webhook['_id']}/test")
    queue = DeliveryQueue(database)
    due = await queue.due(timestamp(clock()), limit=100, without=())
    mine = [delivery for delivery in due if str(delivery["endpointId"]) == webhook["_id"]]
    (held,) = await queue.lease(mine, timestamp(clock() + timedelta(seconds=17)))
    clock.move(seconds=18)
    await hooks.bring()
    attempt = {"at": timestamp(clock()), "status": 500, "latencyMs": 1, "response": "", "error": None}
    await queue.record(held, attempt, {"status": "failed", "finishedAt": timestamp(clock())})
    (delivery,) = await deliveries(listener, webhook)
    assert (delivery["status"], len(delivery["attempts"])) == ("succeeded", 1)


async def test_a_hanging_endpoint_does_not_slow_the_deliveries_of_another(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make
) -> None:
    stop = asyncio.Event()
    async with receiving(hanging) as stuck:
        for _ in range(3):
            await make_webhook(listener, stuck.url())
        well = await make_webhook(listener, receiver.url())
        for _ in range(25):
            await make_passport(listener)
        worker = hooks.worker()
        tasks = [asyncio.create_task(part(stop)) for part in (worker.alarm.listen, worker.post.run)]
        await receiver.count(25, seconds=1.9)
        later = [await make_passport(listener) for _ in range(5)]
        await receiver.count(30, seconds=1.9)
        assert stuck.messages, "the other was called as well"
        stop.set()
        await asyncio.gather(*tasks)
    assert len(await deliveries(listener, well, status="succeeded", limit=100)) == 30
    assert receiver.messages[-1].event["data"]["_id"] in {passport["_id"] for passport in later}


async def test_an_event_that_cannot_be_told_is_set_aside_and_holds_no_other_back(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make, database: Database,
    workspace: Workspace, clock: MovableClock,
) -> None:  # fmt: skip
    await make_webhook(listener, receiver.url())
    broken = {
        "_id": new_id(),
        "workspaceId": workspace.id,
        "environment": "live",
        "entity": {"type": "passport", "id": new_id()},
        "version": 1,
        "action": "create",
        "eventType": "passport.created",
        "at": timestamp(clock()),
        "full": {"category": "unheard-of", "templateVersion": "0"},
        "diff": [],
        "outbox": True,
    }
    await database.collection("changes").insert_one(broken)
    await make_passport(listener)
    await hooks.bring()
    assert len(receiver.messages) == 1
    left = await database.collection("changes").find_one({"_id": broken["_id"]})
    assert left is not None
    assert left["outbox"] == "failed"
    await database.collection("changes").delete_one({"_id": broken["_id"]})


async def test_without_the_key_of_its_secret_an_attempt_fails_with_a_reason(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, database: Database, clock: MovableClock
) -> None:
    webhook = await make_webhook(listener, receiver.url())
    await listener.post(f"{WEBHOOKS}/{webhook['_id']}/test")
    services = hooks.app.state.services | {Sealing: Sealing([b"another key of thirty-two bytes!"])}
    await Workshop.over(database, hooks.settings, clock, services).post.run_once()
    (delivery,) = await deliveries(listener, webhook)
    assert delivery["attempts"][0]["error"]["reason"] == "secret_unreadable"
    assert receiver.messages == []


async def test_deliveries_and_what_they_said_are_kept_for_thirty_days(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make, database: Database
) -> None:
    webhook = await make_webhook(listener, receiver.url())
    await make_passport(listener)
    await hooks.bring()
    query = {"endpointId": find_id(webhook["_id"])}
    (delivery,) = await database.collection("webhookDeliveries").find(query, comment=A_TEST_LOOKS).to_list()
    event = await database.collection("webhookEvents").find_one({"_id": delivery["eventId"]})
    assert event is not None
    for document in (delivery, event):
        left = document["purgeAt"].replace(tzinfo=UTC) - datetime.now(UTC)
        assert timedelta(days=29, hours=23) < left <= timedelta(days=30)
    for name in ("webhookDeliveries", "webhookEvents"):
        indexes = await database.collection(name).index_information()
        assert indexes["purgeAt_1"]["expireAfterSeconds"] == 0


async def test_what_waits_and_what_was_delivered_stands_in_the_metrics(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, make_passport: Make, clock: MovableClock,
    anonymous: httpx2.AsyncClient,
) -> None:  # fmt: skip
    await hooks.worker().post.measure()
    before = _samples((await anonymous.get("/metrics")).text)
    receiver.behaviour = answering(Reply(), FAILING)
    await make_webhook(listener, receiver.url())
    await make_passport(listener)
    await make_passport(listener)
    await hooks.worker().post.measure()
    assert _samples((await anonymous.get("/metrics")).text)["tracepass_webhook_outbox_records"] >= 2
    await hooks.bring()
    clock.move(seconds=65)
    await hooks.worker().post.measure()
    after = _samples((await anonymous.get("/metrics")).text)
    for outcome in ("succeeded", "failed"):
        name = f'tracepass_webhook_attempts_total{{outcome="{outcome}"}}'
        assert after[name] == before.get(name, 0) + 1
    ended = 'tracepass_webhook_deliveries_total{outcome="succeeded"}'
    assert after[ended] == before.get(ended, 0) + 1
    assert after["tracepass_webhook_attempt_seconds_count"] == before["tracepass_webhook_attempt_seconds_count"] + 2
    assert after["tracepass_webhook_deliveries_pending"] >= 1
    assert after["tracepass_webhook_oldest_overdue_seconds"] > 50
    assert after["tracepass_webhook_outbox_records"] == 0


def _samples(text: str) -> dict[str, float]:
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in lines}
