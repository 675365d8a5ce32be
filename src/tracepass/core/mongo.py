"""The database: the client, collections that cannot forget their tenant, transactions and indexes.

Only this package and the repositories know the driver.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pymongo
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
)

from tracepass.core.bundles import Apart, Bundle, encoded
from tracepass.core.groups import Groups
from tracepass.core.indexes import Index
from tracepass.core.shortway import LongWay, ShortWay
from tracepass.core.tenancy import Tenancy
from tracepass.core.writes import Document, Insert, Refusal, Update, Write

Session = AsyncClientSession
Result = TypeVar("Result")
SELECTION_TIMEOUT_MS = 10_000
QUEUE_TIMEOUT_MS = 20_000
SOCKET_TIMEOUT_MS = 60_000
TRANSACTION_SECONDS = 20.0
DUPLICATE = 11000
_OTHER_OPTIONS = (85, 86)
"""IndexOptionsConflict and IndexKeySpecsConflict: the index is there with other options."""

__all__ = [
    "DUPLICATE",
    "Database",
    "Document",
    "DuplicateKeyError",
    "Index",
    "Insert",
    "PyMongoError",
    "ScopedCollection",
    "Session",
    "Update",
    "Write",
    "encoded",
    "is_unavailable",
]


def is_unavailable(error: Exception) -> bool:
    """Tell whether an error says that the database cannot be reached now, so that the caller may try again."""
    transient = (ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError)
    return isinstance(error, transient) or (
        isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError")
    )


class ScopedCollection:
    """A collection seen by one tenancy: every filter and every insert carries workspace and environment."""

    def __init__(self, database: Database, name: str, tenancy: Tenancy) -> None:
        self._database = database
        self._name = name
        self._collection = database.collection(name)
        self._tenancy = tenancy

    def _scope(self, query: Mapping[str, Any]) -> Document:
        return {**query, **self._tenancy.fields}

    async def find_one(
        self,
        query: Mapping[str, Any],
        *,
        projection: Mapping[str, Any] | None = None,
        sort: Sequence[tuple[str, int]] | None = None,
        session: Session | None = None,
    ) -> Document | None:
        """Return the first document of this tenancy that matches, or None."""
        if sort is None and session is None:
            return await self._database.find_one(self._name, self._scope(query), projection)
        return await self._collection.find_one(self._scope(query), projection, sort=sort, session=session)

    def find(
        self,
        query: Mapping[str, Any],
        *,
        projection: Mapping[str, Any] | None = None,
        sort: Sequence[tuple[str, int]] | None = None,
        skip: int = 0,
        limit: int = 0,
        hint: str | None = None,
        session: Session | None = None,
    ) -> AsyncCursor[Document]:
        """Return a cursor over the documents of this tenancy that match; ``hint`` names the index to use."""
        return self._collection.find(
            self._scope(query), projection, sort=sort, skip=skip, limit=limit, hint=hint, session=session
        )

    async def count(
        self,
        query: Mapping[str, Any],
        *,
        limit: int | None = None,
        hint: str | None = None,
        session: Session | None = None,
    ) -> int:
        """Count the documents of this tenancy that match, at most ``limit``."""
        options: dict[str, Any] = {name: value for name, value in (("limit", limit), ("hint", hint)) if value}
        return await self._collection.count_documents(self._scope(query), session=session, **options)

    async def aggregate(self, query: Mapping[str, Any], *stages: Mapping[str, Any]) -> list[Document]:
        """Run a pipeline that starts from the documents of this tenancy that match."""
        pipeline = [{"$match": self._scope(query)}, *stages]
        return await (await self._collection.aggregate(pipeline)).to_list()

    async def insert(self, document: Document, *, session: Session | None = None) -> None:
        """Insert a document into this tenancy; the document itself stays as it is.

        Raises:
            DuplicateKeyError: a unique key is taken.
        """
        await self._collection.insert_one({**document, **self._tenancy.fields}, session=session)

    def insertion(self, document: Document, *, taken: Refusal) -> Insert:
        """Return the write that adds a document to this tenancy; see `Database.write`."""
        return Insert(self._name, {**document, **self._tenancy.fields}, taken)

    def updating(
        self, query: Mapping[str, Any], change: Mapping[str, Any], *, missed: Refusal, only_looks: bool = False
    ) -> Update:
        """Return the write that changes a document of this tenancy; see `Database.write`."""
        return Update(self._name, self._scope(query), change, missed, only_looks)

    async def update(
        self, query: Mapping[str, Any], change: Mapping[str, Any], *, session: Session | None = None
    ) -> bool:
        """Change the first document of this tenancy that matches; tell whether there was one."""
        outcome = await self._collection.update_one(self._scope(query), change, session=session)
        return outcome.matched_count == 1

    async def delete(self, query: Mapping[str, Any], *, session: Session | None = None) -> bool:
        """Delete the first document of this tenancy that matches; tell whether there was one."""
        outcome = await self._collection.delete_one(self._scope(query), session=session)
        return outcome.deleted_count == 1

    async def delete_all(self, query: Mapping[str, Any], *, session: Session | None = None) -> int:
        """Delete every document of this tenancy that matches; return how many."""
        outcome = await self._collection.delete_many(self._scope(query), session=session)
        return outcome.deleted_count


class Database:
    """The database of a process."""

    def __init__(self, client: AsyncMongoClient[Document], name: str) -> None:
        self._client = client
        self._database: AsyncDatabase[Document] = client[name]
        self._collections: dict[str, AsyncCollection[Document]] = {}
        self._short_way = ShortWay(client, name)
        self._groups = Groups(self._write)

    @classmethod
    def connect(cls, uri: str, *, name: str, max_pool_size: int) -> Database:
        """Prepare a client; it connects at the first operation, which may wait 10 s for a server.

        What the URI itself says of how long to wait counts.
        """
        patience: dict[str, Any] = {
            "serverSelectionTimeoutMS": SELECTION_TIMEOUT_MS,
            "waitQueueTimeoutMS": QUEUE_TIMEOUT_MS,
            "socketTimeoutMS": SOCKET_TIMEOUT_MS,
        }
        client: AsyncMongoClient[Document] = AsyncMongoClient(
            uri,
            **{name: value for name, value in patience.items() if f"{name}=".lower() not in uri.lower()},
            maxPoolSize=max_pool_size,
            appname="tracepass",
            w="majority",
            retryWrites=True,
        )
        return cls(client, name)

    def collection(self, name: str) -> AsyncCollection[Document]:
        """Return a collection across all workspaces: for classes named for that purpose only."""
        found = self._collections.get(name)
        if found is None:
            found = self._collections[name] = self._database[name]
        return found

    @property
    def files(self) -> AsyncDatabase[Document]:
        """Return the driver's database, which GridFS is opened on."""
        return self._database

    def scoped(self, name: str, tenancy: Tenancy) -> ScopedCollection:
        """Return a collection as one tenancy sees it."""
        return ScopedCollection(self, name, tenancy)

    async def find_one(
        self, name: str, query: Mapping[str, Any], projection: Mapping[str, Any] | None = None
    ) -> Document | None:
        """Return the first document of a collection that matches, or None; of any workspace, as `collection`."""
        if self._short_way.is_open:
            try:
                return await self._short_way.find_one(name, query, projection)
            except LongWay:
                # The driver finds out whom to ask now.
                pass
        return await self.collection(name).find_one(query, projection)

    async def insert_missing(self, name: str, documents: Sequence[Document], *, lasting: bool = True) -> Sequence[bool]:
        """Insert documents of any workspace in one trip, but those whose unique keys are there; tell which were new.

        What need not be ``lasting`` is small, and acknowledged by the primary alone; after a connection broke, one that
        this very call inserted is not told to be new.
        """
        if self._short_way.is_open and not lasting:
            try:
                return await self._short_way.insert(name, documents)
            except LongWay:
                # The driver finds out what is the matter.
                pass
        concern = None if lasting else WriteConcern(w=1)
        collection = self.collection(name).with_options(write_concern=concern)
        try:
            if documents:
                await collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            faults = {fault["index"]: fault["code"] for fault in error.details["writeErrors"]}
            if error.details["writeConcernErrors"] or set(faults.values()) != {DUPLICATE}:
                raise
            return [place not in faults for place in range(len(documents))]
        return [True] * len(documents)

    async def transact(self, work: Callable[[Session], Awaitable[Result]]) -> Result:
        """Run ``work`` in one transaction; after a transient write conflict it is run again from its start.

        The driver alone would try for two minutes; a caller who waits for an answer is told after 20 seconds.
        """
        with pymongo.timeout(TRANSACTION_SECONDS):
            async with self._client.start_session() as session:
                return await session.with_transaction(work)

    async def write(self, writes: Sequence[Write], *, also: Callable[[Session], Awaitable[None]] | None = None) -> None:
        """Do all writes in one transaction, and what else shall be in it; repeated as in `transact`.

        Where there is nothing else, others' writes may be in the same transaction (`core.groups`).

        Raises:
            Exception: what the first write that does not hold says; then nothing was done.
        """
        bundle = Bundle.of(writes)
        if also is None:
            await self._groups.write(bundle)
        else:
            await self._write([bundle], also=also)

    async def _write(
        self, bundles: Sequence[Bundle], *, also: Callable[[Session], Awaitable[None]] | None = None
    ) -> None:
        async def work(session: Session) -> None:
            if self._short_way.is_open:
                await self._short_way.write(bundles, session=session, commit=also is None)
            else:
                await self._write_long(bundles, session)
            if also is not None:
                await also(session)

        await self.transact(work)

    async def _write_long(self, bundles: Sequence[Bundle], session: Session) -> None:
        try:
            for write in (write for bundle in bundles for write in bundle.writes):
                await self._write_one(write, session)
        except ConnectionFailure:
            raise
        except Exception:
            if len(bundles) > 1:
                raise Apart from None
            raise

    async def _write_one(self, write: Write, session: Session) -> None:
        collection = self.collection(write.collection)
        if isinstance(write, Update):
            if (await collection.update_one(write.query, write.change, session=session)).matched_count == 0:
                raise write.missed()
            return
        try:
            await collection.insert_one(write.document, session=session)
        except DuplicateKeyError:
            raise write.taken() from None

    async def ping(self) -> None:
        """Make one round trip.

        Raises:
            PyMongoError: the database does not answer.
        """
        await self._client.admin.command("ping")

    async def create_indexes(self, indexes: Sequence[Index]) -> None:
        """Create the indexes that are missing, and make anew those that enforced something else until now."""
        for index in indexes:
            collection = self._database[index.collection]
            try:
                await collection.create_index(list(index.keys), **index.options)
            except OperationFailure as failure:
                if failure.code not in _OTHER_OPTIONS:
                    raise
                await collection.drop_index(index.name)
                await collection.create_index(list(index.keys), **index.options)

    async def missing_indexes(self, indexes: Sequence[Index]) -> list[Index]:
        """Return the indexes that the database lacks, or has in an earlier form."""
        present: dict[str, Mapping[str, Any]] = {}
        for name in {index.collection for index in indexes}:
            present[name] = await self._database[name].index_information()
        return [index for index in indexes if not index.is_like(present[index.collection].get(index.name))]

    async def drop(self) -> None:
        """Drop the whole database: for tests and the demo alone."""
        await self._client.drop_database(self._database.name)

    async def close(self) -> None:
        """Close the client's connections, once what is being written is."""
        await self._groups.close()
        await self._client.close()


@asynccontextmanager
async def connected(uri: str, *, name: str, max_pool_size: int = 4) -> AsyncIterator[Database]:
    """Give a database for the length of a block."""
    database = Database.connect(uri, name=name, max_pool_size=max_pool_size)
    try:
        yield database
    finally:
        await database.close()
