"""What workers that die in the middle of a job have in common."""

from __future__ import annotations

import asyncio

from tracepass.core.clock import system_clock
from tracepass.core.mongo import connected
from tracepass.settings import Settings
from tracepass.worker import work_once


def work(uri: str, database: str, secret_key: str) -> None:
    """Do all jobs that are due."""
    settings = Settings.model_validate({"mongodb_uri": uri, "database": database, "secret_key": secret_key})
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    assert settings.mongodb_uri is not None
    async with connected(settings.mongodb_uri.get_secret_value(), name=settings.database) as database:
        while await work_once(database, settings, system_clock):
            pass
