"""The composition root of the background process."""

from __future__ import annotations

import asyncio

import structlog

from tracepass.core.logging import configure_logging
from tracepass.settings import Settings

_log = structlog.get_logger()


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Do background work until told to stop."""
    configure_logging(settings.log_level)
    _log.info("worker started")
    await stop.wait()
    _log.info("worker stopped")
