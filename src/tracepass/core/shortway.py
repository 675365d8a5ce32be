"""The short way to the server: many commands in one go, and single ones without two tasks for each.

The driver waits for the answer to a command in a task of its own, beside another that looks twice a second whether the
wait is over; with selection, retry and monitoring around it, a round trip costs 200 us of processor time, a third of it
for the command. A transaction of four writes pays that five times. Here the same connections of the same pool carry all
writes of a transaction in one message, and its commit in a second one. Sessions, retries, time limits, monitoring and
what is learnt of the servers stay the driver's.

This needs members of the driver that are not public, so it holds for the version it was written for; with any other
everything goes the long way. docs/decisions/0027-short-way-to-the-database.md tells more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import pymongo
from bson.codec_options import DEFAULT_CODEC_OPTIONS
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.pool import AsyncConnection
from pymongo.client_session_shared import _TxnState
from pymongo.errors import (
    AutoReconnect,
    OperationFailure,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WriteError,
)
from pymongo.helpers_shared import _check_command_response
from pymongo.message import _UNPACK_REPLY, _op_msg, _raise_document_too_large
from pymongo.monitoring import _EventListeners

from tracepass.core.bundles import Apart, Bundle, Column, columns
from tracepass.core.writes import Document, Insert, Update

WRITTEN_FOR = (4, 20)
_DUPLICATE = 11000
_MANY = 1000
"""Connections where a URI sets no bound."""

# ruff: noqa: SLF001 - see above: the driver offers no public way to any of this


class ShortWay:
    """Sends commands over a client's own connections."""

    def __init__(self, client: AsyncMongoClient[Document], database: str) -> None:
        self._client = client
        self._database = database
        options = client.options
        self._places = asyncio.Semaphore(int(options.pool_options.max_pool_size or _MANY))
        self._patience = options.pool_options.wait_queue_timeout
        self.is_open = (
            pymongo.version_tuple[:2] == WRITTEN_FOR
            and options.read_preference == ReadPreference.PRIMARY
            and not options.read_concern.document
            and options.auto_encryption_opts is None
        )
        """Whether this is the driver it was written for, and nothing is wished that only the long way does."""

    async def find_one(
        self, collection: str, query: Mapping[str, Any], projection: Mapping[str, Any] | None
    ) -> Document | None:
        """Return the first document that matches, or None.

        Raises:
            LongWay: the server could not be asked; the long way may try again.
        """
        command: Document = {"find": collection, "filter": query, "limit": 1, "singleBatch": True}
        if projection is not None:
            command["projection"] = projection
        found = (await self._ask("find", command))["cursor"]["firstBatch"]
        return cast("Document", found[0]) if found else None

    async def insert(self, collection: str, documents: Sequence[Document]) -> Sequence[bool]:
        """Insert each document whose unique keys are free, acknowledged by the primary alone; tell of each if it was.

        Raises:
            LongWay: not all went well; the long way may try again, and finds those that are there by now.
        """
        concern = {"w": 1}
        command: Document = {"insert": collection, "ordered": False, "documents": documents, "writeConcern": concern}
        reply = await self._ask("insert", command)
        faults = {fault["index"]: fault["code"] for fault in reply.get("writeErrors", ())}
        if "writeConcernError" in reply or not set(faults.values()) <= {_DUPLICATE}:
            raise LongWay
        return [place not in faults for place in range(len(documents))]

    async def _ask(self, name: str, command: Document) -> Document:
        """Send one command without a session, and return what the server says.

        Raises:
            LongWay: it could not be asked.
        """
        try:
            async with self._connection(None, name) as connection:
                [reply] = await self._exchange(connection, None, [(self._database, command)])
                _check_command_response(reply, connection.max_wire_version)
        except ServerSelectionTimeoutError:
            raise
        except AutoReconnect as error:
            raise LongWay from error
        return reply

    async def write(self, bundles: Sequence[Bundle], *, session: AsyncClientSession, commit: bool) -> None:
        """Write bundles of one shape in the transaction of a session; with ``commit``, end it if they hold.

        A commit that fails, or whose fate is unknown, is left to the driver: the transaction is then as it was.

        Raises:
            Apart: there are several bundles, and one of them does not hold, for whatever reason.
            Exception: what the first write that does not hold says.
            PyMongoError: the server refused one for another reason, such as a conflict.
        """
        parts = list(columns(bundles))
        committing = False
        try:
            async with self._connection(session, "insert") as connection:
                commands = [(self._database, part.command) for part in parts]
                replies = await self._exchange(connection, session, commands)
                fault, place = _fault(parts, replies, connection)
                if fault is not None and len(bundles) > 1 and not isinstance(fault, AutoReconnect):
                    raise Apart(place)
                if isinstance(fault, OperationFailure | AutoReconnect):
                    raise fault
                if fault is None and commit and not (connection.is_mongos or connection.opts.load_balanced):
                    committing = True
                    await self._commit(connection, session)
        except AutoReconnect:
            if not committing:
                raise
            return
        if fault is not None:
            raise fault

    @asynccontextmanager
    async def _connection(self, session: AsyncClientSession | None, name: str) -> AsyncIterator[AsyncConnection]:
        """Check out a connection; who has to wait for one waits here, where it costs a twentieth of what it does there.

        Raises:
            WaitQueueTimeoutError: none became free in time.
        """
        try:
            async with asyncio.timeout(self._patience if self._places.locked() else None):
                await self._places.acquire()
        except TimeoutError:
            message = f"no connection became free within {self._patience} seconds"
            raise WaitQueueTimeoutError(message) from None
        try:
            async with await self._client._conn_for_writes(session, name) as connection:
                yield connection
        finally:
            self._places.release()

    async def _commit(self, connection: AsyncConnection, session: AsyncClientSession) -> None:
        command: Document = {"commitTransaction": 1}
        options = session._transaction.opts
        if options is not None and options.write_concern is not None and options.write_concern.document:
            command["writeConcern"] = options.write_concern.document
        [reply] = await self._exchange(connection, session, [("admin", command)])
        if reply["ok"] and "writeConcernError" not in reply:
            session._transaction.state = _TxnState.COMMITTED

    async def _exchange(
        self,
        connection: AsyncConnection,
        session: AsyncClientSession | None,
        commands: Iterable[tuple[str, Document]],
    ) -> list[Document]:
        """Send commands in one go, and return the reply to each; a server runs what comes over one connection in order.

        Raises:
            AutoReconnect: the connection broke, or was silent for too long; it is closed.
        """
        sent = [self._encoded(connection, session, *one) for one in commands]
        protocol = connection.conn.get_conn
        replies: list[Document] = []
        try:
            async with asyncio.timeout(connection.conn.gettimeout):
                await protocol.write(b"".join(message for _, message, _ in sent))
                for request_id, _, _ in sent:
                    data, code = await protocol.read(request_id, connection.max_message_size)
                    replies.append(_UNPACK_REPLY[code](data).unpack_response(codec_options=DEFAULT_CODEC_OPTIONS)[0])
        except BaseException as error:  # noqa: BLE001 - it closes the connection, whose next words answer nobody, and raises
            await connection._raise_connection_failure(error)
        # What replies tell of the cluster's time, the last one tells best.
        await self._client._process_response(replies[-1], session)
        if connection.listeners is not None and connection.listeners.enabled_for_commands:
            for (request_id, _, name), reply in zip(sent, replies, strict=True):
                _tell_success(connection, connection.listeners, request_id, name, reply)
        return replies

    def _encoded(
        self, connection: AsyncConnection, session: AsyncClientSession | None, database: str, command: Document
    ) -> tuple[int, bytes, str]:
        name = next(iter(command))
        connection.add_server_api(command)
        if session is not None:
            session._apply_to(command, False, ReadPreference.PRIMARY, connection)
            if session._starting_transaction:
                session._transaction.set_in_progress()
        connection.send_cluster_time(command, session, self._client)
        connection.apply_timeout(command)
        request_id, message, size, largest = _op_msg(
            0, command, database, ReadPreference.PRIMARY, DEFAULT_CODEC_OPTIONS, ctx=connection.compression_context
        )
        if connection.max_bson_size is not None and largest > connection.max_bson_size:
            _raise_document_too_large(name, size, connection.max_bson_size)
        _tell_start(connection, request_id, database, command)
        return request_id, message, name


class LongWay(Exception):
    """The short way failed where trying again is right."""


def _fault(
    parts: Sequence[Column], replies: Sequence[Document], connection: AsyncConnection
) -> tuple[Exception | None, int | None]:
    """Return what is wrong with the first write that did not hold, and whose it is if the server tells.

    What came after it failed for that alone. Of several updates in one command nobody knows which found nothing.
    """
    for part, reply in zip(parts, replies, strict=True):
        try:
            _check_command_response(reply, connection.max_wire_version)
        except (OperationFailure, AutoReconnect) as failure:
            return failure, None
        for error in reply.get("writeErrors", ()):
            write = part.writes[error["index"]]
            if error["code"] == _DUPLICATE and isinstance(write, Insert):
                return write.taken(), error["index"]
            return WriteError(error["errmsg"], error["code"], error), None
        write = part.writes[0]
        if isinstance(write, Update) and reply["n"] != len(part.writes):
            return write.missed(), None
    return None, None


def _tell_start(connection: AsyncConnection, request_id: int, database: str, command: Document) -> None:
    """Let those hear who listen to the driver."""
    listeners = connection.listeners
    if listeners is not None and listeners.enabled_for_commands:
        listeners.publish_command_start(
            command, database, request_id, connection.address, connection.server_connection_id
        )


def _tell_success(
    connection: AsyncConnection, listeners: _EventListeners, request_id: int, name: str, reply: Document
) -> None:
    listeners.publish_command_success(
        timedelta(0), cast("Any", reply), name, request_id, connection.address, connection.server_connection_id
    )
