"""Webhooks as their owners make, change and look at them."""

from __future__ import annotations

import re

import httpx2
import pytest
from tests.api.hooks import WEBHOOKS, Hooks, deliveries, make_webhook, shown
from tests.conftest import MovableClock, Office
from tests.queries_plugin import A_TEST_LOOKS
from tests.receiver import Receiver, Reply, answering

from tracepass.core.ids import find_id, new_id
from tracepass.core.mongo import Database
from tracepass.identity.models import SCOPES, Workspace

HERE = "http://127.0.0.1:8999/hook"


async def test_a_webhook_is_made_and_its_secret_shown_this_once(listener: httpx2.AsyncClient) -> None:
    answer = await listener.post(WEBHOOKS, json={"url": HERE, "events": ["passport.published"], "description": "ERP"})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{WEBHOOKS}/{made['_id']}"
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made.pop("secret"))
    assert (made["status"], made["version"], made["description"]) == ("enabled", 1, "ERP")
    read = await listener.get(answer.headers["location"])
    assert read.json() == made
    assert read.headers["etag"] == answer.headers["etag"] == '"1"'
    assert (await listener.get(WEBHOOKS)).json()["data"]["items"] == [made]


async def test_no_secret_is_stored_in_clear_nor_in_the_log_of_changes(
    listener: httpx2.AsyncClient, database: Database
) -> None:
    webhook = await make_webhook(listener, HERE)
    rotated = (await listener.post(f"{WEBHOOKS}/{webhook['_id']}/rotate")).json()
    stored = await database.collection("webhookEndpoints").find_one({"_id": find_id(webhook["_id"])})
    records = await database.collection("changes").find({"entity.type": "webhook"}, comment=A_TEST_LOOKS).to_list()
    assert records
    assert stored is not None
    for secret in (webhook["secret"], rotated["secret"]):
        assert secret not in str(stored)
        assert secret not in str(records)
        assert secret.removeprefix("whsec_").encode() not in bytes(stored["secret"]) + bytes(stored["previousSecret"])
    assert "ecret'" not in str(records)


async def test_events_are_kept_once_in_their_usual_order_and_a_star_is_all(listener: httpx2.AsyncClient) -> None:
    some = await make_webhook(listener, HERE, "quota.warning", "passport.created", "quota.warning")
    assert some["events"] == ["passport.created", "quota.warning"]
    assert (await make_webhook(listener, HERE, "passport.created", "*"))["events"] == ["*"]


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"events": ["passport.exploded"]}, "events"),
        ({"events": []}, "events"),
        ({"url": "ftp://127.0.0.1/"}, "url"),
        ({"url": "http://10.0.0.1/"}, "url"),
        ({"url": "https://[::ffff:169.254.169.254]/latest"}, "url"),
        ({"url": "https://user:word@example.com/"}, "url"),
        ({"url": "nonsense"}, "url"),
        ({"description": "x" * 501}, "description"),
        ({"secret": "whsec_mine"}, "secret"),
    ],
)
async def test_what_cannot_be_a_webhook_is_refused(
    listener: httpx2.AsyncClient, members: dict[str, object], field: str
) -> None:
    answer = await listener.post(WEBHOOKS, json={"url": HERE, "events": ["*"]} | members)
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")
    assert list(answer.json()["details"]["fieldErrors"]) == [field]
    webhook = await make_webhook(listener, HERE)
    answer = await listener.patch(f"{WEBHOOKS}/{webhook['_id']}", json=members)
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "https://127.0.0.1/", "http://example.com/"])
async def test_this_machine_and_plain_http_are_refused_unless_the_operator_opens_them(
    client: httpx2.AsyncClient, url: str
) -> None:
    answer = await client.post(WEBHOOKS, json={"url": url, "events": ["*"]})
    assert answer.status_code == 400
    assert list(answer.json()["details"]["fieldErrors"]) == ["url"]


async def test_a_change_is_a_new_version_and_holds_on_the_version_seen(listener: httpx2.AsyncClient) -> None:
    webhook = await make_webhook(listener, HERE)
    path, change = f"{WEBHOOKS}/{webhook['_id']}", {"events": ["passport.created"], "description": "new"}
    changed = await listener.patch(path, json=change, headers={"If-Match": '"1"'})
    assert changed.headers["etag"] == '"2"'
    assert {name: changed.json()[name] for name in change} == change
    assert "secret" not in changed.json()
    stale = await listener.patch(path, json={"description": "late"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["error"]) == (412, "precondition_failed")
    assert (await listener.patch(path, json=change)).headers["etag"] == '"2"', "nothing changed"
    assert (await listener.get(path, headers={"If-None-Match": '"2"'})).status_code == 304
    assert (await listener.delete(path, headers={"If-Match": '"1"'})).status_code == 412
    assert (await listener.delete(path, headers={"If-Match": '"2"'})).status_code == 200
    assert (await listener.get(path)).status_code == 404


async def test_what_is_done_to_a_webhook_stands_in_the_log(listener: httpx2.AsyncClient, database: Database) -> None:
    webhook = await make_webhook(listener, HERE)
    path = f"{WEBHOOKS}/{webhook['_id']}"
    await listener.patch(path, json={"description": "new"})
    await listener.post(f"{path}/rotate")
    await listener.delete(path)
    query = {"entity.type": "webhook", "entity.id": find_id(webhook["_id"])}
    records = await database.collection("changes").find(query, comment=A_TEST_LOOKS).sort("version", 1).to_list()
    actions = ["webhooks.created", "webhooks.updated", "webhooks.secret_rotated", "webhooks.deleted"]
    assert [record["action"] for record in records] == actions
    assert [record["version"] for record in records] == [1, 2, 3, 4]
    assert not any("outbox" in record for record in records)


async def test_a_workspace_has_fifty_webhooks_at_most(listener: httpx2.AsyncClient) -> None:
    for _ in range(50):
        await make_webhook(listener, HERE)
    answer = await listener.post(WEBHOOKS, json={"url": HERE, "events": ["*"]})
    assert (answer.status_code, answer.json()["error"]) == (409, "too_many_webhooks")
    page = (await listener.get(WEBHOOKS, params={"limit": 20, "page": 3})).json()["data"]
    assert (page["total"], len(page["items"]), page["totalPages"]) == (50, 10, 3)


async def test_webhooks_and_deliveries_of_others_do_not_exist(
    hooks: Hooks, office: Office, workspace: Workspace, listener: httpx2.AsyncClient, stranger: httpx2.AsyncClient
) -> None:
    webhook = await make_webhook(listener, HERE)
    delivery = (await listener.post(f"{WEBHOOKS}/{webhook['_id']}/test")).json()
    testing = hooks.client(await office.key(workspace, environment="test"))
    path = f"{WEBHOOKS}/{webhook['_id']}"
    for other in (stranger, testing):
        answers = [
            await other.get(path),
            await other.patch(path, json={"description": "mine"}),
            await other.post(f"{path}/rotate"),
            await other.post(f"{path}/test"),
            await other.get(f"{path}/deliveries"),
            await other.post(f"{path}/deliveries/{delivery['_id']}/redeliver"),
            await other.delete(path),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert (await other.get(WEBHOOKS)).json()["data"]["total"] == 0
    another = await make_webhook(listener, HERE)
    answer = await listener.post(f"{WEBHOOKS}/{another['_id']}/deliveries/{delivery['_id']}/redeliver")
    assert answer.status_code == 404, "a delivery belongs to one webhook"
    assert (await listener.post(f"{path}/deliveries/{new_id()}/redeliver")).status_code == 404


async def test_webhooks_take_a_scope_of_their_own(hooks: Hooks, office: Office, workspace: Workspace) -> None:
    key = await office.key(workspace, scopes=SCOPES - {"webhooks:manage"})
    answer = await hooks.client(key).get(WEBHOOKS)
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


async def test_a_test_event_reaches_the_endpoint_whatever_it_asked_for_and_even_if_disabled(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver
) -> None:
    webhook = await make_webhook(listener, receiver.url(), "passport.archived")
    path = f"{WEBHOOKS}/{webhook['_id']}"
    answer = await listener.post(f"{path}/test")
    assert answer.status_code == 202
    assert answer.json()["status"] == "pending"
    await listener.patch(path, json={"status": "disabled"})
    await hooks.bring()
    (message,) = receiver.messages
    assert message.event["type"] == "webhook.test"
    assert message.event["data"]["webhook"]["_id"] == webhook["_id"]
    assert message.event["id"] == answer.json()["eventId"]
    (delivery,) = await deliveries(listener, webhook)
    assert (delivery["_id"], delivery["status"]) == (answer.json()["_id"], "succeeded")


async def test_deliveries_show_each_attempt_with_the_beginning_of_the_answer(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver, clock: MovableClock
) -> None:
    receiver.behaviour = answering(Reply(500, "Größe".encode() * 1000), Reply(200, b"\xff ok"))
    webhook = await make_webhook(listener, receiver.url())
    await listener.post(f"{WEBHOOKS}/{webhook['_id']}/test")
    await hooks.bring()
    (waiting,) = await deliveries(listener, webhook, status="pending")
    assert waiting["nextAttemptAt"] > waiting["attempts"][0]["at"]
    assert waiting["finishedAt"] is None
    clock.move(seconds=7)
    await hooks.bring()
    (delivery,) = await deliveries(listener, webhook)
    failed, taken = delivery["attempts"]
    assert (failed["status"], failed["error"]) == (500, None)
    assert failed["response"].startswith("GrößeGröße")
    assert len(failed["response"].encode()) <= 2051
    assert (taken["status"], taken["response"]) == (200, "\ufffd ok")
    assert delivery["nextAttemptAt"] is None
    assert delivery["finishedAt"] >= taken["at"]
    assert await deliveries(listener, webhook, status="failed") == []
    assert (await deliveries(listener, webhook, status="succeeded")) == [delivery]


async def test_a_delivery_is_sent_once_more_under_the_same_event_id(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver
) -> None:
    webhook = await make_webhook(listener, receiver.url())
    path = f"{WEBHOOKS}/{webhook['_id']}"
    delivery = (await listener.post(f"{path}/test")).json()
    await hooks.bring()
    again = await listener.post(f"{path}/deliveries/{delivery['_id']}/redeliver")
    assert (again.status_code, again.json()["status"], len(again.json()["attempts"])) == (202, "pending", 1)
    await hooks.bring()
    first, second = receiver.messages
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery["eventId"]
    (done,) = await deliveries(listener, webhook)
    assert (done["status"], len(done["attempts"])) == ("succeeded", 2)


async def test_to_a_disabled_webhook_nothing_is_sent_once_more(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver
) -> None:
    webhook = await make_webhook(listener, receiver.url())
    path = f"{WEBHOOKS}/{webhook['_id']}"
    delivery = (await listener.post(f"{path}/test")).json()
    await hooks.bring()
    disabled = await listener.patch(path, json={"status": "disabled"})
    assert disabled.json()["disabledReason"] == "disabled by a person"
    answer = await listener.post(f"{path}/deliveries/{delivery['_id']}/redeliver")
    assert (answer.status_code, answer.json()["error"]) == (409, "webhook_disabled")
    enabled = (await listener.patch(path, json={"status": "enabled"})).json()
    assert (enabled["disabledReason"], enabled["disabledAt"]) == (None, None)
    assert (await listener.post(f"{path}/deliveries/{delivery['_id']}/redeliver")).status_code == 202


async def test_a_repetition_with_a_key_sends_no_second_test_event(
    hooks: Hooks, listener: httpx2.AsyncClient, receiver: Receiver
) -> None:
    webhook = await make_webhook(listener, receiver.url())
    key = {"Idempotency-Key": "the same"}
    answers = [await listener.post(f"{WEBHOOKS}/{webhook['_id']}/test", headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    await hooks.bring()
    assert len(receiver.messages) == 1


async def test_a_replaced_secret_is_shown_once_and_counts_as_a_version(listener: httpx2.AsyncClient) -> None:
    webhook = await make_webhook(listener, HERE)
    rotated = (await listener.post(f"{WEBHOOKS}/{webhook['_id']}/rotate")).json()
    assert rotated.pop("secret") != webhook["secret"]
    assert rotated["version"] == 2
    assert rotated["previousSecretUntil"] > rotated["secretSince"]
    assert await shown(listener, webhook) == rotated
