"""Turning a fresh, restarted or moved mongod into the writable primary of a replica set of one.

Transactions need a replica set (MongoDB manual, "Transactions"), and one node is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, ConnectionFailure, OperationFailure

if TYPE_CHECKING:
    from pathlib import Path

REPLICA_SET = "tracepass"

_PATIENCE_MS = 3000
# error_codes.yml of MongoDB: another initiation or reconfiguration is under way, or start-up has not got that far yet.
_NOT_YET = frozenset({23, 94, 109, 10107, 11600, 11602, 13435, 13436, 189, 91})


def socket_uri(socket: Path) -> str:
    """Give the connection string of a mongod behind a Unix socket.

    directConnection spares the driver the discovery of a set that has one member anyway.
    """
    return f"mongodb://{quote(str(socket), safe='')}/?directConnection=true"


def become_primary(socket: Path) -> bool | None:
    """Take the next step towards a writable primary: True once it is one, None while there is more to wait for.

    Each step uses a new client, because a client connected before replSetInitiate keeps a stale view of the server.
    Raises what the driver raises for errors that waiting does not heal.
    """
    client: MongoClient[dict[str, Any]] = MongoClient(socket_uri(socket), serverSelectionTimeoutMS=_PATIENCE_MS)
    with client:
        try:
            return _step(client, host=str(socket))
        except (AutoReconnect, ConnectionFailure):
            return None
        except OperationFailure as failure:
            if failure.code in _NOT_YET:
                return None
            raise


def _step(client: MongoClient[dict[str, Any]], *, host: str) -> bool | None:
    if client.admin.command("hello").get("isWritablePrimary"):
        return True
    stored = client.local["system.replset"].find_one()
    if stored is None:
        members = [{"_id": 0, "host": host}]
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
    elif stored["members"][0]["host"] != host:
        # The data directory was moved, so the only member carries a name that is no longer its own; an ordinary
        # reconfiguration needs a primary, which a set without a valid member cannot have.
        stored["members"][0]["host"] = host
        client.admin.command("replSetReconfig", stored | {"version": stored["version"] + 1}, force=True)
    return None
