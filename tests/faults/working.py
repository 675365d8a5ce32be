"""What workers that die in the middle of a job have in common."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tracepass.core.clock import system_clock
from tracepass.core.mongo import connected
from tracepass.settings import Settings
from tracepass.worker import work_once


def work(uri: str, database: str, secret_key: str, *, ahead: int = 0) -> None:
    """Do all jobs that are due, or will be in some seconds."""
    settings = Settings.model_validate({"mongodb_uri": uri, "database": database, "secret_key": secret_key})
    asyncio.run(_work(settings, timedelta(seconds=ahead)))


async def _work(settings: Settings, ahead: timedelta) -> None:
    assert settings.mongodb_uri is not None
    async with connected(settings.mongodb_uri.get_secret_value(), name=settings.database) as database:
        while await work_once(database, settings, lambda: system_clock() + ahead):
            pass
