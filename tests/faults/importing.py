"""A worker that does an import and kills itself in the middle of it: run by test_imports.

``python -m tests.faults.importing URI DATABASE SECRET_KEY MOMENT CALLS AHEAD``; it dies at this call of what a moment
is: the making of a passport, the writing of some records, their adding in its transaction, the taking away of them.
Its clock is some seconds ahead.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from tests.faults.working import work

from tracepass.core.arrivals import Arrivals
from tracepass.imports.exportwork import ExportWork
from tracepass.passports.service import Passports

MOMENTS: dict[str, tuple[type, str]] = {
    "create": (Passports, "create"),
    "write": (ExportWork, "_write_some"),
    "add": (Arrivals, "add"),
    "remove": (Arrivals, "remove"),
}


def main() -> None:
    """Die as the command line says."""
    uri, database, secret_key, moment, last, ahead = sys.argv[1:]
    owner, name = MOMENTS[moment]
    original, calls = getattr(owner, name), 0

    async def die(*arguments: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > int(last):
            os.kill(os.getpid(), signal.SIGKILL)
        return await original(*arguments, **more)

    setattr(owner, name, die)
    work(uri, database, secret_key, ahead=int(ahead))


if __name__ == "__main__":
    main()
