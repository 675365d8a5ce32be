"""A worker whose leases are short, so that what a killed one leaves is taken up at once: run by the drills.

``python -m tests.faults.capturing URI DATABASE SECRET_KEY SECONDS``
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from tests.faults.bringing import drill_settings

from tracepass.core import jobs
from tracepass.worker import run

if __name__ == "__main__":
    jobs.LEASE = timedelta(seconds=float(sys.argv[4]))
    asyncio.run(run(drill_settings(*sys.argv[1:4]), asyncio.Event()))
