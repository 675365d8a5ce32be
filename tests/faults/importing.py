"""A worker that does an import and kills itself in the middle of it: run by test_imports.

``python -m tests.faults.importing URI DATABASE SECRET_KEY CALLS``; it dies at this call of the making of a passport.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from tests.faults.working import work

from tracepass.passports.service import Passports


def main() -> None:
    """Die as the command line says."""
    uri, database, secret_key, last = sys.argv[1:]
    original, calls = Passports.create, 0

    async def create(*arguments: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > int(last):
            os.kill(os.getpid(), signal.SIGKILL)
        return await original(*arguments, **more)

    setattr(Passports, "create", create)  # noqa: B010 - a method is replaced, which types do not like
    work(uri, database, secret_key)


if __name__ == "__main__":
    main()
