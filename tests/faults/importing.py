"""A worker that does an import and kills itself in the middle of it: run by test_imports.

``python -m tests.faults.importing URI DATABASE SECRET_KEY CALLS``; it dies at this call of the making of a passport.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

from tracepass.core.clock import system_clock
from tracepass.core.mongo import connected
from tracepass.passports.service import Passports
from tracepass.settings import Settings
from tracepass.worker import work_once


async def work(settings: Settings) -> None:
    """Do all jobs that are due."""
    assert settings.mongodb_uri is not None
    async with connected(settings.mongodb_uri.get_secret_value(), name=settings.database) as database:
        while await work_once(database, settings, system_clock):
            pass


def main() -> None:
    """Die as the command line says."""
    uri, database, secret_key, last = sys.argv[1:]
    settings = Settings.model_validate({"mongodb_uri": uri, "database": database, "secret_key": secret_key})
    original, calls = Passports.create, 0

    async def create(*arguments: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > int(last):
            os.kill(os.getpid(), signal.SIGKILL)
        return await original(*arguments, **more)

    setattr(Passports, "create", create)  # noqa: B010 - a method is replaced, which types do not like
    asyncio.run(work(settings))


if __name__ == "__main__":
    main()
