"""Scan counts: kept in memory, written in one go, never lost to a short absence of the database."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from tests.queries_plugin import A_TEST_LOOKS

from tracepass.core.ids import new_id
from tracepass.core.mongo import Database, PyMongoError, connected
from tracepass.resolver.models import State
from tracepass.resolver.repository import CrossWorkspaceScans
from tracepass.resolver.scans import ScanCounter
from tracepass.settings import Settings


def noon() -> datetime:
    return datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def state() -> State:
    return State(
        key="01/04012345000016",
        passport_id=new_id(),
        workspace_id=new_id(),
        environment="live",
        status="published",
        edition="1.1",
        category="toys",
        template_version="2026.11.0",
        suspended_at=None,
        suspension_reason=None,
        archived_at=None,
    )


async def test_counts_of_one_day_add_up_in_one_document(database: Database, state: State) -> None:
    counter = ScanCounter(CrossWorkspaceScans(database), clock=noon)
    for locale in ("de", "el"):
        counter.count(state, shown="page", device="phone", locale=locale, total_only=False)
        await counter.flush()
    stored = await database.collection("scans").find({"passportId": state.passport_id}, comment=A_TEST_LOOKS).to_list()
    assert stored == [
        {
            "_id": f"{state.passport_id}/2026-11-20",
            "workspaceId": state.workspace_id,
            "environment": "live",
            "passportId": state.passport_id,
            "day": "2026-11-20",
            "purgeAt": datetime(2029, 1, 28),  # noqa: DTZ001 - as the driver gives it; 800 days later
            "total": 2,
            "byFormat": {"page": 2},
            "byDevice": {"phone": 2},
            "byLanguage": {"de": 1, "el": 1},
        }
    ]


async def test_where_readers_must_not_be_tracked_only_the_total_is_kept(database: Database, state: State) -> None:
    counter = ScanCounter(CrossWorkspaceScans(database), clock=noon)
    counter.count(state, shown="page", device="phone", locale="de", total_only=True)
    await counter.flush()
    stored = await database.collection("scans").find_one({"passportId": state.passport_id}, comment=A_TEST_LOOKS)
    assert stored is not None
    assert stored.keys() == {"_id", "workspaceId", "environment", "passportId", "day", "purgeAt", "total"}


async def test_counts_wait_while_the_database_is_away(settings: Settings, state: State) -> None:
    assert settings.mongodb_uri is not None
    async with connected(settings.mongodb_uri.get_secret_value(), name=settings.database) as gone:
        counter = ScanCounter(CrossWorkspaceScans(gone), clock=noon)
    counter.count(state, shown="data", device="other", locale=None, total_only=False)
    for _ in range(2):
        with pytest.raises(PyMongoError):
            await counter.flush()
        counter.count(dataclasses.replace(state), shown="data", device="other", locale=None, total_only=False)


async def test_nothing_counted_is_nothing_written(settings: Settings) -> None:
    assert settings.mongodb_uri is not None
    async with connected(settings.mongodb_uri.get_secret_value(), name=settings.database) as gone:
        counter = ScanCounter(CrossWorkspaceScans(gone), clock=noon)
    await counter.flush()
