"""A worker that makes an export and kills itself in the middle of it: run by test_exports.

``python -m tests.faults.exporting URI DATABASE SECRET_KEY MOMENT``; a moment is a method of a GridFS upload: after the
first ``write`` a part of the file is there, after ``close`` all of it, and the export does not know of it yet.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from gridfs.asynchronous import AsyncGridIn
from tests.faults.working import work


def main() -> None:
    """Die as the command line says."""
    uri, database, secret_key, moment = sys.argv[1:]
    original = getattr(AsyncGridIn, moment)

    async def die(upload: Any, *arguments: Any) -> None:
        # A buffer that is not full yet would never reach the database.
        await original(upload, *arguments)
        if moment == "write":
            await AsyncGridIn.close(upload)
            await upload._coll.files.delete_one({"_id": upload._id})  # noqa: SLF001 - as if it had not come so far
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(AsyncGridIn, moment, die)
    work(uri, database, secret_key)


if __name__ == "__main__":
    main()
