"""The local mongod: one private MongoDB for development, tests and a single machine.

Whoever has no MongoDB of their own gets one that lives in the data directory, listens on a Unix socket only and ends
with the process that started it. Enter here; the modules below are the launcher's own business.
"""

from tracepass.core.embedded.binary import find_mongod, version_of
from tracepass.core.embedded.failures import DataDirectoryInUse, EmbeddedMongodError, MongodFailed, MongodNotFound
from tracepass.core.embedded.home import MongodHome
from tracepass.core.embedded.launcher import EmbeddedMongod
from tracepass.core.embedded.sharing import attach_or_launch, running_uri
from tracepass.core.embedded.tether import die_with_parent, tethered

__all__ = [
    "DataDirectoryInUse",
    "EmbeddedMongod",
    "EmbeddedMongodError",
    "MongodFailed",
    "MongodHome",
    "MongodNotFound",
    "attach_or_launch",
    "die_with_parent",
    "find_mongod",
    "running_uri",
    "tethered",
    "version_of",
]
