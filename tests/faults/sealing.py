"""A process that does nothing but seal, so that it can be killed: `python -m tests.faults.sealing URI DATABASE`."""

from __future__ import annotations

import asyncio
import sys

from tracepass.core.clock import system_clock
from tracepass.core.mongo import connected
from tracepass.core.sealer import Sealer


async def main(uri: str, name: str) -> None:
    """Seal in small batches for ever; a lease of a second lets the next go on soon after a kill."""
    async with connected(uri, name=name) as database:
        await Sealer(database, clock=system_clock, batch=7, lease_seconds=1).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
