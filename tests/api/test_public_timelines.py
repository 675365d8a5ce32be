"""Which captured events everybody may see, and how they reach the pages of passports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import orjson
import pytest
from fastapi import FastAPI
from tests.api.test_passport_histories import captured, link_of, observed
from tests.conftest import MovableClock, Office
from tests.queries_plugin import A_TEST_LOOKS

from tracepass.core.mongo import Database
from tracepass.identity.models import Workspace
from tracepass.settings import Settings
from tracepass.worker import work_once

VISIBILITY = "/api/v1/epcis/visibility"
ELSE = "urn:epc:id:sscc:0614141.1234567890"
Shown = Callable[[dict[str, Any]], Awaitable[list[tuple[str, str]]]]


async def choose(client: httpx2.AsyncClient, *steps: str) -> list[str]:
    answer = await client.put(VISIBILITY, json={"publicBizSteps": list(steps)})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["publicBizSteps"])


@pytest.fixture
def work(app: FastAPI, database: Database, settings: Settings, clock: MovableClock) -> Callable[[], Awaitable[None]]:
    """Do all background work that is due, also what waits for others to settle."""
    del app

    async def done() -> None:
        clock.move(minutes=1)
        while await work_once(database, settings, clock):
            pass

    return done


@pytest.fixture
def shown(database: Database) -> Shown:
    """What the claim of a passport holds of captured events."""

    async def look(passport: dict[str, Any]) -> list[tuple[str, str]]:
        gs1 = passport["gs1"]
        key = f"01/{gs1['gtin']}/21/{gs1['serialNumber']}"
        claim = await database.collection("identifiers").find_one({"_id": key}, comment=A_TEST_LOOKS)
        part = (claim or {}).get("timeline", {}).get("captured", {})
        return [(entry["at"][:10], entry["bizStep"]) for entry in orjson.loads(part.get("entries", b"[]"))]

    return look


@pytest.fixture
async def passport(client: httpx2.AsyncClient, make_passport: Any) -> dict[str, Any]:
    """A published passport of an item."""
    return dict(await make_passport(client, published=True))


class TestChoice:
    async def test_nothing_is_public_at_first(self, client: httpx2.AsyncClient) -> None:
        assert (await client.get(VISIBILITY)).json() == {"publicBizSteps": []}

    async def test_steps_are_taken_in_every_notation(self, client: httpx2.AsyncClient) -> None:
        words = ["urn:epcglobal:cbv:bizstep:shipping", "https://ref.gs1.org/cbv/BizStep-receiving", "receiving"]
        own = "https://ns.example.com/steps/washing"
        assert await choose(client, *words, own) == [own, "receiving", "shipping"]
        assert (await client.get(VISIBILITY)).json()["publicBizSteps"] == [own, "receiving", "shipping"]

    async def test_what_is_no_step_is_refused(self, client: httpx2.AsyncClient) -> None:
        answer = await client.put(VISIBILITY, json={"publicBizSteps": ["shipping", "shiping"]})
        assert answer.status_code == 400
        assert list(answer.json()["details"]["fieldErrors"]) == ["publicBizSteps[1]"]

    async def test_it_is_a_matter_of_the_environment_and_of_those_who_manage(
        self, client: httpx2.AsyncClient, office: Office, workspace: Workspace
    ) -> None:
        await choose(client, "shipping")
        test = await office.client(workspace, environment="test")
        assert (await test.get(VISIBILITY)).json()["publicBizSteps"] == []
        editor = await office.person(workspace, "editor")
        assert (await editor.get(VISIBILITY)).json()["publicBizSteps"] == ["shipping"]
        assert (await editor.put(VISIBILITY, json={"publicBizSteps": []})).status_code == 403

    async def test_a_change_is_in_the_audit_log_once(
        self, client: httpx2.AsyncClient, workspace: Workspace, database: Database
    ) -> None:
        await choose(client, "shipping")
        await choose(client, "shipping")
        found = database.collection("changes").find(
            {"workspaceId": workspace.id, "action": "epcis.visibility_changed"}, comment=A_TEST_LOOKS
        )
        assert [record["details"] async for record in found] == [{"publicBizSteps": ["shipping"]}]


class TestPages:
    async def test_captured_events_of_public_steps_are_shown_newest_first(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], work: Any, shown: Shown
    ) -> None:
        link = link_of(passport)
        await captured(client, observed("2026-02-01", epcList=[link]), observed(bizStep="receiving", epcList=[link]))
        await work()
        assert await shown(passport) == []
        await choose(client, "shipping")
        await work()
        assert await shown(passport) == [("2026-02-01", "shipping")]
        await captured(client, observed("2026-02-03", epcList=[link]), observed("2026-02-04", epcList=[ELSE]))
        await work()
        assert await shown(passport) == [("2026-02-03", "shipping"), ("2026-02-01", "shipping")]

    async def test_what_is_no_longer_public_is_taken_away(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], work: Any, shown: Shown
    ) -> None:
        await choose(client, "shipping")
        await captured(client, observed(epcList=[link_of(passport)]))
        await work()
        await choose(client)
        await work()
        assert await shown(passport) == []

    async def test_a_capture_that_did_not_know_of_the_choice_is_found_later(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], work: Any, shown: Shown, clock: MovableClock
    ) -> None:
        await captured(client, observed("2026-02-01", epcList=[ELSE]))
        await choose(client, "shipping")
        clock.move(seconds=1)
        await captured(client, observed("2026-02-03", epcList=[link_of(passport)]))
        await work()
        assert await shown(passport) == [("2026-02-03", "shipping")]

    async def test_what_was_declared_wrong_is_not_shown(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], work: Any, shown: Shown
    ) -> None:
        await choose(client, "shipping")
        event = observed(epcList=[link_of(passport)])
        declaration = {"declarationTime": "2026-03-01T00:00:00Z", "reason": "did_not_occur"}
        await captured(client, event, observed("2026-02-03", epcList=[link_of(passport)]))
        await captured(client, event | {"errorDeclaration": declaration})
        await work()
        assert await shown(passport) == [("2026-02-03", "shipping")]

    async def test_what_others_capture_and_choose_is_not_shown(
        self,
        client: httpx2.AsyncClient,
        stranger: httpx2.AsyncClient,
        passport: dict[str, Any],
        work: Any,
        shown: Shown,
    ) -> None:
        for one in (client, stranger):
            await choose(one, "shipping")
        await captured(stranger, observed(epcList=[link_of(passport)]))
        await work()
        assert await shown(passport) == []

    async def test_more_than_fifty_are_cut(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], work: Any, shown: Shown
    ) -> None:
        await choose(client, "shipping")
        await captured(
            client, *(observed(f"2026-01-{day % 28 + 1:02}", epcList=[link_of(passport)]) for day in range(60))
        )
        await work()
        assert len(await shown(passport)) == 50

    async def test_many_events_are_gone_over_in_parts(
        self,
        client: httpx2.AsyncClient,
        passport: dict[str, Any],
        make_passport: Any,
        work: Any,
        shown: Shown,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("tracepass.epcis.timelines.BATCH", 1)
        other = await make_passport(client, published=True)
        both = [link_of(passport), link_of(other)]
        await captured(client, *(observed(f"2026-01-{day:02}", epcList=both) for day in range(1, 5)))
        await choose(client, "shipping")
        await work()
        assert [len(await shown(one)) for one in (passport, other)] == [4, 4]

    async def test_captures_of_workspaces_without_public_steps_ask_for_nothing(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], workspace: Workspace, database: Database
    ) -> None:
        await captured(client, observed(epcList=[link_of(passport)]))
        found = database.collection("jobs").find({"workspaceId": workspace.id}, comment=A_TEST_LOOKS)
        assert [job["kind"] async for job in found] == []
