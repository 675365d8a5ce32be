"""Claims in the database. A claim is one document under the digest of its key, so its insert is the claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import UpdateOne, WriteConcern

from tracepass.core.gathering import Gathering
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Index, Session, Update
from tracepass.core.writes import Refusal

COLLECTION = "idempotency"

INDEXES = (Index(COLLECTION, (("purgeAt", 1),), expire_after_seconds=0),)


class ClaimRepository:
    """The claims of all workspaces: their keys hold workspace and environment."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._claims = database.collection(COLLECTION)
        self._quick = self._claims.with_options(write_concern=WriteConcern(w=1))
        self._inserting = Gathering(self._insert)

    async def insert(self, claim: Document) -> bool:
        """Claim a key; tell whether it was free."""
        return await self._inserting.ask(claim)

    async def _insert(self, claims: Sequence[Document]) -> Sequence[bool]:
        # A claim need not outlive its server: the transaction of the effect fails if it is not there.
        return await self._database.insert_missing(COLLECTION, claims, lasting=False)

    async def find(self, claim_id: str) -> Document | None:
        """Return the claim of a key, or None."""
        return await self._claims.find_one({"_id": claim_id})

    async def replace(self, seen: Document, claim: Document) -> bool:
        """Take over a claim that is dead, unless something happened to it meanwhile; tell whether that was so."""
        query = {"_id": seen["_id"], "holder": seen["holder"], "leaseUntil": seen["leaseUntil"]}
        query["effects"] = seen.get("effects", {"$exists": False})
        return (await self._claims.replace_one(query, claim)).matched_count == 1

    async def mark(
        self, claim_id: str, holder: Id, effect: Document, answer: Document | None, *, session: Session
    ) -> bool:
        """Write down an effect, in its transaction; tell whether the claim is still the holder's."""
        query = {"_id": claim_id, "holder": holder}
        return (await self._claims.update_one(query, _marked(effect, answer), session=session)).matched_count == 1

    def marking(
        self, claim_id: str, holder: Id, effect: Document, answer: Document | None, *, missed: Refusal
    ) -> Update:
        """Return the write that does as `mark`; ``missed`` tells that the claim is another's."""
        return Update(COLLECTION, {"_id": claim_id, "holder": holder}, _marked(effect, answer), missed)

    async def store(self, answers: Iterable[tuple[str, Id, Mapping[str, Any]]]) -> None:
        """Keep the answers of claims, many in one trip."""
        updates = [
            UpdateOne({"_id": claim_id, "holder": holder}, {"$set": {"answer": answer}})
            for claim_id, holder, answer in answers
        ]
        await self._claims.bulk_write(updates, ordered=False)

    async def free(self, claim_id: str, holder: Id) -> bool:
        """Give a key back that had no effect; tell whether it had none."""
        query = {"_id": claim_id, "holder": holder, "effects": {"$exists": False}}
        return (await self._claims.delete_one(query)).deleted_count == 1

    async def end_lease(self, claim_id: str, holder: Id, *, at: datetime) -> None:
        """Say that nobody works under a claim any more."""
        await self._claims.update_one({"_id": claim_id, "holder": holder}, {"$set": {"leaseUntil": at}})

    async def renew(self, claim_ids: Sequence[str], *, until: datetime) -> None:
        """Keep claims for longer."""
        await self._quick.update_many({"_id": {"$in": list(claim_ids)}}, {"$set": {"leaseUntil": until}})


def _marked(effect: Document, answer: Document | None) -> Document:
    change: Document = {"$push": {"effects": effect}}
    return change if answer is None else {**change, "$set": {"answer": answer}}
