"""Documents of many events are stored while they are prepared; nobody can tell from what comes of it."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.api import capturing
from tests.api.capturing import PROCEED, Event, counts, ids
from tests.conftest import Make, new_gtin

from tracepass.epcis import chunks


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few events be many chunks."""
    monkeypatch.setattr(chunks, "FIRST", 3)
    monkeypatch.setattr(chunks, "CHUNK", 7)


def event(**members: Any) -> Event:
    return capturing.event(**{"epcList": ["urn:epc:id:sscc:0614141.1234567890"]} | members)


async def capture(client: httpx2.AsyncClient, events: list[Event], **headers: str) -> Event:
    return await capturing.capture(client, events, headers=headers)


async def stored(client: httpx2.AsyncClient) -> set[str]:
    return set(await ids(client, perPage=1000))


async def test_all_are_stored(client: httpx2.AsyncClient) -> None:
    events = [event() for _ in range(40)]
    assert counts(await capture(client, events)) == ("success", 40, 0, 0)
    assert await stored(client) == {one["eventID"] for one in events}


async def test_repeats_are_counted_wherever_they_stand(client: httpx2.AsyncClient) -> None:
    events = [event() for _ in range(40)]
    await capture(client, events[38:])
    assert counts(await capture(client, [*events, events[0], events[20]])) == ("success", 38, 4, 0)
    assert len(await stored(client)) == 40


@pytest.mark.parametrize("place", [0, 20, 39])
async def test_one_fault_rejects_all_wherever_it_stands(client: httpx2.AsyncClient, place: int) -> None:
    events = [event() for _ in range(40)]
    events[place]["action"] = "MOVE"
    job = await capture(client, events)
    assert (counts(job), job["errors"][0]["index"]) == (("failed", 0, 0, 1), place)
    assert await stored(client) == set()
    job = await capture(client, events, **PROCEED)
    assert (counts(job), job["errors"][0]["index"]) == (("failed", 39, 0, 1), place)


async def test_another_event_under_an_id_is_an_error(client: httpx2.AsyncClient) -> None:
    events = [event() for _ in range(30)]
    await capture(client, [events[25] | {"action": "ADD"}])
    job = await capture(client, events)
    assert (counts(job), job["errors"][0]["code"]) == (("failed", 0, 0, 1), "event_id_taken")
    assert len(await stored(client)) == 1


async def test_links_to_passports_and_warnings_are_the_same(client: httpx2.AsyncClient, make_passport: Make) -> None:
    known, unknown = new_gtin(), new_gtin()
    passport = await make_passport(client, gs1={"gtin": known, "serialNumber": "A-1"})
    things = [f"https://id.gs1.org/01/{known}/21/A-1", f"https://id.gs1.org/01/{known}/21/A-2"]
    things += [f"https://id.gs1.org/01/{unknown}/21/{serial}" for serial in range(300)]
    job = await capture(client, [event(epcList=[thing]) for thing in things])
    assert (counts(job), job["warningCount"], len(job["warnings"])) == (("success", 302, 0, 0), 301, 200)
    assert job["warnings"][0]["epc"] == things[1]
    history = await client.get(f"/api/v1/passports/{passport['_id']}/epcis")
    assert things[0] in history.text
