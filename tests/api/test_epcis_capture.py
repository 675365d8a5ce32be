"""Capturing events: repeats, errors, all or nothing, plans, and large documents in the worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from tests.api.capturing import EPCIS, PROCEED, Event, alone, capture, counts, document, event, ids
from tests.conftest import Make, MovableClock, Office, new_gtin
from tests.queries_plugin import A_TEST_LOOKS

from tracepass.core.mongo import Database
from tracepass.epcis import service
from tracepass.epcis.intake import Intake
from tracepass.epcis.largework import CAPTURE
from tracepass.identity.models import Workspace
from tracepass.settings import Settings
from tracepass.worker import work_once


async def test_few_events_are_there_before_the_answer(client: httpx2.AsyncClient) -> None:
    one = event()
    answer = await client.post(f"{EPCIS}/capture", json=document(one))
    job = answer.json()
    assert counts(job) == ("success", 1, 0, 0)
    assert job["captureJobId"] == job["captureID"]
    assert (job["running"], job["success"], job["captureErrorBehaviour"]) == (False, True, "rollback")
    assert answer.headers["location"] == f"{EPCIS}/capture/{job['captureID']}"
    assert (await client.get(answer.headers["location"])).json() == job
    assert await ids(client) == [one["eventID"]]


@pytest.mark.parametrize("shape", [lambda one: one, lambda one: [one]], ids=["event", "array"])
async def test_an_event_alone_and_an_array_are_taken(client: httpx2.AsyncClient, shape: Callable[[Event], Any]) -> None:
    one = alone()
    assert counts(await capture(client, shape(one))) == ("success", 1, 0, 0)


async def test_what_is_no_document_is_refused_at_once(client: httpx2.AsyncClient) -> None:
    for body in ({}, {"type": "Invoice"}, 7, document(event()) | {"epcisBody": 7}):
        answer = await client.post(f"{EPCIS}/capture", json=body)
        assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")
    refused = await client.post(f"{EPCIS}/capture", json=[], headers={"GS1-Capture-Error-Behaviour": "maybe"})
    assert list(refused.json()["details"]["fieldErrors"]) == ["GS1-Capture-Error-Behaviour"]


async def test_a_repeat_is_counted_and_not_stored_again(client: httpx2.AsyncClient) -> None:
    named, nameless = event(), event()
    del nameless["eventID"]
    assert counts(await capture(client, document(named, nameless, named))) == ("success", 2, 1, 0)
    assert counts(await capture(client, document(nameless, named))) == ("success", 0, 2, 0)
    assert len(await ids(client)) == 2


async def test_an_event_without_an_id_is_given_its_hash(client: httpx2.AsyncClient) -> None:
    nameless = alone()
    del nameless["eventID"]
    await capture(client, nameless)
    (found,) = await ids(client)
    assert found.startswith("ni:///sha-256;")
    assert await ids(client, EQ_eventID=found) == [found]


async def test_other_content_under_an_id_is_an_error_and_rejects_all(client: httpx2.AsyncClient) -> None:
    first = event()
    await capture(client, document(first))
    other = first | {"bizStep": "receiving"}
    job = await capture(client, document(event(), other))
    assert counts(job) == ("failed", 0, 0, 1)
    assert {name: job["errors"][0][name] for name in ("index", "code", "status")} == {
        "index": 1,
        "code": "event_id_taken",
        "status": 409,
    }
    assert await ids(client) == [first["eventID"]]


async def test_what_is_declared_wrong_stands_beside_the_original(client: httpx2.AsyncClient) -> None:
    first = event()
    declared = first | {"errorDeclaration": {"declarationTime": "2026-06-02T12:00:00.000Z", "reason": "did_not_occur"}}
    await capture(client, document(first))
    assert counts(await capture(client, document(declared, declared))) == ("success", 1, 1, 0)
    read = await client.get(f"{EPCIS}/events/{first['eventID']}")
    found = read.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert sorted("errorDeclaration" in one for one in found) == [False, True]
    assert await ids(client, EXISTS_errorDeclaration="true") == [first["eventID"]]


async def test_an_event_with_a_fault_rejects_all_unless_the_others_may_proceed(client: httpx2.AsyncClient) -> None:
    right, wrong = event(), event(action="MOVE")
    job = await capture(client, document(right, wrong))
    assert counts(job) == ("failed", 0, 0, 1)
    assert (job["errors"][0]["index"], job["errors"][0]["path"]) == (1, "/action")
    assert job["errors"][0]["type"] == "epcisException:ValidationException"
    assert await ids(client) == []
    assert counts(await capture(client, document(right, wrong), headers=PROCEED)) == ("failed", 1, 0, 1)
    assert await ids(client) == [right["eventID"]]


async def test_events_are_about_passports_and_unknown_products_are_warnings(
    client: httpx2.AsyncClient, make_passport: Make, database: Database
) -> None:
    gtin = new_gtin()
    passport = await make_passport(client, gs1={"gtin": gtin, "serialNumber": "A-1"})
    epcs = [f"https://id.gs1.org/01/{gtin}/21/{serial}" for serial in ("A-1", "A-2")]
    job = await capture(client, alone(epcList=epcs))
    assert (job["warningCount"], job["warnings"][0]["code"], job["warnings"][0]["epc"]) == (1, "unknown_epc", epcs[1])
    stored = await database.collection("epcisEvents").find_one({"passports": {"$exists": 1}}, comment=A_TEST_LOOKS)
    assert stored is not None
    found = await database.collection("epcisEvents").find_one(
        {"terms": f"passport={passport['_id']}"}, comment=A_TEST_LOOKS
    )
    assert found is not None
    assert [str(one) for one in found["passports"]] == [passport["_id"]]


async def test_a_capture_is_told_in_the_log_of_changes(
    client: httpx2.AsyncClient, workspace: Workspace, database: Database
) -> None:
    job = await capture(client, alone())
    await capture(client, alone(action="MOVE"))
    records = database.collection("changes").find(
        {"workspaceId": workspace.id, "eventType": "epcis.captured"}, comment=A_TEST_LOOKS
    )
    assert [record["details"] for record in await records.to_list()] == [
        {"captureJobId": job["captureJobId"], "status": "success", "eventCount": 1, "capturedCount": 1}
    ]


async def test_one_event_is_captured_and_answered(client: httpx2.AsyncClient) -> None:
    one = alone()
    answer = await client.post(f"{EPCIS}/events", json=one)
    made = answer.json()
    assert answer.status_code == 201
    assert {name: made[name] for name in one} == one
    assert (await client.get(answer.headers["location"])).status_code == 200
    assert (await client.post(f"{EPCIS}/events", json=one)).json() == made
    taken = await client.post(f"{EPCIS}/events", json=one | {"action": "ADD"})
    assert (taken.status_code, taken.json()["error"]) == (409, "event_id_taken")
    wrong = await client.post(f"{EPCIS}/events", json=alone(action="MOVE"))
    assert (wrong.status_code, list(wrong.json()["details"]["fieldErrors"])) == (400, ["/action"])
    many = await client.post(f"{EPCIS}/events", json=[alone()])
    assert (many.status_code, many.json()["error"]) == (400, "validation_error")


async def test_jobs_are_listed_newest_first_page_by_page(client: httpx2.AsyncClient) -> None:
    made = [(await capture(client, alone()))["captureID"] for _ in range(3)]
    first = await client.get(f"{EPCIS}/capture", params={"perPage": 2})
    assert [job["captureID"] for job in first.json()] == made[:0:-1]
    link = first.headers["link"]
    rest = await client.get(link[1 : link.index(">")])
    assert [job["captureID"] for job in rest.json()] == made[:1]
    assert "link" not in rest.headers
    refused = await client.get(f"{EPCIS}/capture", params={"nextPageToken": "?"})
    assert refused.status_code == 400


class TestPlans:
    """What a plan includes, and what is given back."""

    async def test_the_free_plan_sells_no_more_than_ten_a_month(self, office: Office) -> None:
        client = await office.client(await office.workspace(plan="free"))
        assert counts(await capture(client, [event() for _ in range(10)]))[0] == "success"
        for path, body in (("capture", [event()]), ("events", alone())):
            refused = await client.post(f"{EPCIS}/{path}", json=body)
            assert (refused.status_code, refused.json()["error"]) == (402, "epcis_events_hard_block")

    async def test_more_is_bought_in_the_query_or_the_body(self, office: Office, database: Database) -> None:
        workspace = await office.workspace(plan="basic")
        client = await office.client(workspace)
        month = f"{datetime.now(UTC):%Y-%m}"
        await database.collection("quotaCounters").insert_one(
            {"_id": f"{workspace.id}/live/epcisEvents/{month}", "used": 1000, "blocks": 0, "returned": 0}
        )
        refused = await client.post(f"{EPCIS}/capture", json=document(event()))
        assert (refused.status_code, refused.json()["error"]) == (402, "epcis_events_overage_required")
        assert counts(await capture(client, document(event()), params={"confirmOverage": "true"}))[0] == "success"
        assert counts(await capture(client, document(event(), confirmOverage=True)))[0] == "success"

    async def test_what_is_not_captured_is_given_back(self, office: Office) -> None:
        client = await office.client(await office.workspace(plan="basic"))
        one = event()
        await capture(client, [one])
        await capture(client, [one, one])
        await capture(client, [event(), event(action="MOVE")])
        me = (await client.get("/api/v1/me")).json()
        assert me["quotas"]["epcisEventsPerMonth"]["used"] == 1


class TestLargeDocuments:
    """Documents that a worker captures, in parts."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "AT_ONCE", 4)
        monkeypatch.setattr("tracepass.epcis.largedocuments.PART_EVENTS", 3)

    @pytest.fixture
    async def work(self, database: Database, settings: Settings, clock: MovableClock) -> Callable[[], Any]:
        # What other tests left to be done would be done instead.
        await database.collection("jobs").delete_many({"kind": {"$ne": CAPTURE}}, comment=A_TEST_LOOKS)

        async def work() -> bool:
            return await work_once(database, settings, clock)

        return work

    async def _done(self, client: httpx2.AsyncClient, job: dict[str, Any]) -> dict[str, Any]:
        return dict((await client.get(f"{EPCIS}/capture/{job['captureID']}")).json())

    async def test_they_are_captured_part_by_part(
        self, client: httpx2.AsyncClient, work: Callable[[], Any], database: Database
    ) -> None:
        events = [event() for _ in range(8)]
        job = await capture(client, document(*events, events[0]))
        assert (job["status"], job["running"], job["capturedCount"]) == ("running", True, 0)
        while await work():
            pass
        done = await self._done(client, job)
        assert counts(done) == ("success", 8, 1, 0)
        assert done["finishedAt"]
        assert len(await ids(client)) == 8
        assert await database.collection("epcisCaptureParts").find_one({}, comment=A_TEST_LOOKS) is None

    async def test_an_error_anywhere_rejects_all(self, client: httpx2.AsyncClient, work: Callable[[], Any]) -> None:
        job = await capture(client, [*(event() for _ in range(7)), event(action="MOVE")])
        while await work():
            pass
        done = await self._done(client, job)
        assert (counts(done), done["errors"][0]["index"]) == (("failed", 0, 0, 1), 7)
        assert await ids(client) == []

    async def test_a_conflict_within_the_document_takes_all_away_again(
        self, client: httpx2.AsyncClient, work: Callable[[], Any]
    ) -> None:
        first = event()
        job = await capture(client, [first, *(event() for _ in range(5)), first | {"action": "ADD"}])
        while await work():
            pass
        assert counts(await self._done(client, job)) == ("failed", 0, 0, 1)
        assert await ids(client) == []

    async def test_others_may_proceed(self, client: httpx2.AsyncClient, work: Callable[[], Any]) -> None:
        job = await capture(client, [*(event() for _ in range(4)), event(action="MOVE"), event()], headers=PROCEED)
        while await work():
            pass
        assert counts(await self._done(client, job)) == ("failed", 5, 0, 1)

    async def test_a_worker_that_dies_on_the_way_loses_nothing_and_doubles_nothing(
        self,
        client: httpx2.AsyncClient,
        work: Callable[[], Any],
        clock: MovableClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        job = await capture(client, [event() for _ in range(9)])
        with monkeypatch.context() as dying:
            dying.setattr("tracepass.epcis.intake.Intake.take", _dies_after(2))
            assert await work()
        assert (await self._done(client, job))["capturedCount"] == 6
        clock.move(minutes=2)
        assert await work()
        assert counts(await self._done(client, job)) == ("success", 9, 0, 0)
        assert len(await ids(client)) == 9

    async def test_more_than_a_capture_takes_are_refused(
        self, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service, "CAPTURE_LIMIT", 5)
        answer = await client.post(f"{EPCIS}/capture", json=[event() for _ in range(6)])
        assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")
        assert answer.json()["details"] == {"limit": 5}


def _dies_after(parts: int) -> Any:
    """Return what stores parts and then stops as a process that is killed does: between two transactions."""
    real = Intake.take
    left = [parts]

    async def take(*arguments: Any, **options: Any) -> Any:
        if not left[0]:
            raise RuntimeError("killed")
        left[0] -= 1
        return await real(*arguments, **options)

    return take
