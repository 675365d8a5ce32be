"""Workers killed at any instant lose no event of a subscription, repeat few, and keep the order of record time."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from tests.faults.receivers import taking, taking_some
from tests.faults.test_webhook_drill import SEED, Crew, installation
from tests.receiver import Message, receiving

from tracepass.core.mongo import Database
from tracepass.epcis.repository import FEED
from tracepass.epcis.subscriptionsrepository import CHUNKS, SUBSCRIPTIONS

FAILS, HANGS = 0.2, 0.05
Event = dict[str, Any]


@dataclass
class Book:
    """What a receiver was sent and what of it it took, by the ids of events."""

    arrived: list[str] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)

    def write(self, message: Message, *, taken: bool) -> None:
        events = message.event["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        ids = [event["eventID"] for event in events]
        self.arrived += ids
        if taken:
            self.taken.update(ids)

    @property
    def order(self) -> list[str]:
        """The events in the order in which they arrived first."""
        return list(dict.fromkeys(self.arrived))


async def _drill(uri: str, *, captures: int, seconds: float, kills: int, margin: float) -> None:
    chance, well, ill = random.Random(SEED), Book(), Book()  # noqa: S311 - it picks victims, not secrets

    async with (
        installation(uri) as (settings, database, client),
        receiving(taking(well)) as healthy,
        receiving(taking_some(ill, chance, fails=FAILS, hangs=HANGS)) as flaky,
    ):
        await client.post("/epcis/queries", json={"name": "all", "query": {}})
        for receiver in (healthy, flaky):
            body = {"dest": receiver.url(), "stream": True}
            assert (await client.post("/epcis/queries/all/subscriptions", json=body)).status_code == 201
        with Crew(settings, margin, chance) as crew:
            _, sent = await asyncio.gather(_kill(crew, seconds, kills), _capture(client, captures, seconds))
            await _drained(database)
    assert crew.killed == kills
    assert (sorted(well.taken), sorted(ill.taken)) == (sorted(sent), sorted(sent)), f"events were lost (seed {SEED})"
    assert (well.order, ill.order) == (sent, sent), f"the order does not hold (seed {SEED})"
    repeated = well.taken.total() + ill.taken.total() - 2 * len(sent)
    assert repeated < 0.1 * 2 * len(sent), f"{repeated} of {2 * len(sent)} were taken twice (seed {SEED})"
    sys.stdout.write(
        f"{len(sent)} events to 2 subscriptions, {crew.killed} kills: none lost, {repeated} taken twice, "
        f"the order holds (seed {SEED})\n"
    )


async def _capture(client: httpx2.AsyncClient, captures: int, seconds: float) -> list[str]:
    """Capture events one by one, spread over the time there is; return their ids."""
    sent = []
    for number in range(captures):
        event: Event = {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "ObjectEvent",
            "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
            "eventTime": "2026-06-01T12:00:00.000Z",
            "eventTimeZoneOffset": "+02:00",
            "action": "OBSERVE",
            "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"],
        }
        answer = await client.post("/epcis/events", json=event)
        assert answer.status_code == 201, answer.text
        sent.append(event["eventID"])
        await asyncio.sleep(seconds / captures)
    return sent


async def _kill(crew: Crew, seconds: float, kills: int) -> None:
    for _ in range(kills):
        await asyncio.sleep(seconds / kills)
        await asyncio.to_thread(crew.kill_one)


async def _drained(database: Database) -> None:
    """Wait until nothing is in the feed, no subscription has to catch up, and nothing waits for one, in this order."""
    async with asyncio.timeout(120):
        while True:
            in_feed = await database.collection(FEED).count_documents({"recordTime": {"$gt": ""}}, limit=1)
            behind = await database.collection(SUBSCRIPTIONS).find_one({"catchingUp": True}, {"_id": 1})
            if not in_feed and behind is None and await database.collection(CHUNKS).find_one({}, {"_id": 1}) is None:
                return
            await asyncio.sleep(0.1)


async def test_killed_workers_lose_no_event_of_a_subscription(mongod: str) -> None:
    await _drill(mongod, captures=60, seconds=3, kills=3, margin=1)


@pytest.mark.faults
@pytest.mark.timeout(400)
async def test_workers_killed_every_second_for_a_minute_lose_no_event_of_a_subscription(mongod: str) -> None:
    await _drill(mongod, captures=1200, seconds=60, kills=60, margin=15)
