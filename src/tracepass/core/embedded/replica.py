"""Turning a fresh, restarted or moved mongod into the writable primary of a replica set of one.

Transactions need a replica set (MongoDB manual, "Transactions"), and one node is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import PyMongoError

if TYPE_CHECKING:
    from pathlib import Path

REPLICA_SET = "tracepass"

_PATIENCE_MS = 3000


def socket_uri(socket: Path) -> str:
    """Give the connection string of a mongod behind a Unix socket.

    directConnection spares the driver the discovery of a set that has one member anyway.
    """
    return f"mongodb://{quote(str(socket), safe='')}/?directConnection=true"


def become_primary(socket: Path) -> str | None:
    """Take the next step towards a writable primary: give None once it is one, else what it is waiting for.

    Each step uses a new client, because a client connected before replSetInitiate keeps a stale view of the server.
    While a server starts it refuses much that it will do a moment later, so every refusal is a reason to wait.
    """
    client: MongoClient[dict[str, Any]] = MongoClient(socket_uri(socket), serverSelectionTimeoutMS=_PATIENCE_MS)
    with client:
        try:
            return _step(client, host=str(socket))
        except PyMongoError as refusal:
            return str(refusal)


def _step(client: MongoClient[dict[str, Any]], *, host: str) -> str | None:
    if client.admin.command("hello").get("isWritablePrimary"):
        return None
    stored = client.local["system.replset"].find_one()
    if stored is None:
        members = [{"_id": 0, "host": host}]
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        return "the replica set was just initiated"
    if stored["members"][0]["host"] != host:
        # The data directory was moved, so the only member carries a name that is no longer its own; an ordinary
        # reconfiguration needs a primary, which a set without a valid member cannot have.
        stored["members"][0]["host"] = host
        client.admin.command("replSetReconfig", stored | {"version": stored["version"] + 1}, force=True)
    return "the election of the only member"
