"""Sessions, password resets and attempts to sign in, in the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument, UpdateOne

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session

INDEXES = (
    Index("sessions", (("tokenHash", 1),), unique=True),
    Index("sessions", (("userId", 1), ("_id", -1))),
    Index("sessions", (("purgeAt", 1),), expire_after_seconds=0),
    Index("passwordResets", (("userId", 1),)),
    Index("passwordResets", (("purgeAt", 1),), expire_after_seconds=0),
    Index("attempts", (("purgeAt", 1),), expire_after_seconds=0),
)


class SessionDirectory:
    """All sessions of the installation."""

    def __init__(self, database: Database) -> None:
        self._sessions = database.collection("sessions")

    async def insert(self, document: Document, *, session: Session | None = None) -> None:
        """Add a session."""
        await self._sessions.insert_one(document, session=session)

    async def find_by_token(self, digest: str) -> Document | None:
        """Return the session whose secret has this SHA-256, or None."""
        return await self._sessions.find_one({"tokenHash": digest})

    async def page(self, user_id: Id, *, now: str, skip: int, limit: int) -> tuple[list[Document], int]:
        """Return some of a person's sessions that still open something, newest first, and how many there are."""
        query = {"userId": user_id, "expiresAt": {"$gt": now}}
        found = self._sessions.find(query, {"tokenHash": 0}).sort("_id", -1).skip(skip).limit(limit)
        return await found.to_list(), await self._sessions.count_documents(query)

    async def delete(self, user_id: Id, which: Mapping[str, Any], *, session: Session | None = None) -> int:
        """End the sessions of a person that match; return how many."""
        outcome = await self._sessions.delete_many({**which, "userId": user_id}, session=session)
        return outcome.deleted_count

    async def record_use(self, members: Mapping[Id, Document]) -> None:
        """Write down when sessions were last used and until when they last now, in one trip."""
        await self._sessions.bulk_write(
            [UpdateOne({"_id": session}, {"$set": fields}) for session, fields in members.items()], ordered=False
        )


class ResetDirectory:
    """Password resets that were asked for; each is named by the hash of its token."""

    def __init__(self, database: Database) -> None:
        self._resets = database.collection("passwordResets")

    async def replace(self, document: Document) -> None:
        """Add a reset; those its owner asked for before count no longer."""
        await self._resets.delete_many({"userId": document["userId"]})
        await self._resets.insert_one(document)

    async def find(self, digest: str) -> Document | None:
        """Return a reset, or None."""
        return await self._resets.find_one({"_id": digest})

    async def claim(self, digest: str, *, now: str, session: Session) -> Document | None:
        """Take a reset that is not yet over; of two that want it, one gets it."""
        return await self._resets.find_one_and_delete({"_id": digest, "expiresAt": {"$gt": now}}, session=session)


class AttemptDirectory:
    """How often something was tried, and when it may be tried again."""

    def __init__(self, database: Database) -> None:
        self._attempts = database.collection("attempts")

    async def take(self, name: str, *, now: int, free: int, cap: int, purge_at: datetime) -> bool:
        """Count one more attempt, unless it comes too early; times in milliseconds since 1970, ``cap`` in seconds.

        One atomic step, so that however many come at once through however many processes, each finds the wait that
        those before it have earned: none for the first ``free``, then twice as long each time.
        """
        steps = {"$min": [30, {"$max": [0, {"$subtract": ["$count", free]}]}]}
        wait = {"$multiply": [1000, {"$min": [cap, {"$pow": [2, steps]}]}]}
        update: list[Document] = [
            {"$set": {"count": {"$add": [{"$ifNull": ["$count", 0]}, 1]}, "purgeAt": purge_at}},
            {"$set": {"notBefore": {"$cond": [{"$lt": ["$count", free]}, 0, {"$add": [now, wait]}]}}},
        ]
        try:
            await self._attempts.find_one_and_update(
                {"_id": name, "notBefore": {"$lte": now}}, update, upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:
            return False
        return True

    async def not_before(self, name: str) -> int:
        """Return from when on it may be tried again, in milliseconds since 1970."""
        found = await self._attempts.find_one({"_id": name}, {"notBefore": 1})
        return 0 if found is None else int(found["notBefore"])

    async def give_back(self, name: str, *, free: int) -> None:
        """Take one attempt off the count, as if it had not been."""
        update: list[Document] = [
            {"$set": {"count": {"$max": [0, {"$subtract": ["$count", 1]}]}}},
            {"$set": {"notBefore": {"$cond": [{"$lt": ["$count", free]}, 0, "$notBefore"]}}},
        ]
        await self._attempts.update_one({"_id": name}, update)

    async def forget(self, name: str, *, session: Session | None = None) -> None:
        """Begin to count anew."""
        await self._attempts.delete_one({"_id": name}, session=session)
