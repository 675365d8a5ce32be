"""A receiver of webhooks on this machine: it keeps what it is sent and answers as a test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Message:
    """One request: names of headers are lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    status: int = 200
    body: bytes = b"thank you"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        head = {"Content-Length": str(len(self.body)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} Reason", *(f"{name}: {value}" for name, value in head.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


Behaviour = Callable[[Message], Awaitable[Reply]]


async def thanks(_: Message) -> Reply:
    """Take everything."""
    return Reply()


def answering(*replies: Reply) -> Behaviour:
    """Answer with these in turn, and with the last of them from then on."""
    left = list(replies)

    async def answer(_: Message) -> Reply:
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


async def hanging(_: Message) -> Reply:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError


@dataclass
class Receiver:
    """An HTTP server; ``behaviour`` may be replaced at any time."""

    port: int = 0
    behaviour: Behaviour = thanks
    messages: list[Message] = field(default_factory=list)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def types(self) -> list[str]:
        return [message.event["type"] for message in self.messages]

    async def count(self, number: int, *, seconds: float = 20.0) -> None:
        """Wait until so many messages have arrived."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: len(self.messages) >= number)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                message = _message(head, await reader.readexactly(_length(head)))
                async with self._arrived:
                    self.messages.append(message)
                    self._arrived.notify_all()
                writer.write((await self.behaviour(message)).raw)
                await writer.drain()
        writer.close()


def _message(head: bytes, body: bytes) -> Message:
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    pairs = (line.split(":", 1) for line in lines)
    return Message(first.split(" ")[1], {name.lower(): value.strip() for name, value in pairs}, body)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


@asynccontextmanager
async def receiving(behaviour: Behaviour = thanks) -> AsyncIterator[Receiver]:
    """Run a receiver for the length of a block."""
    receiver = Receiver(behaviour=behaviour)
    talks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(receiver.serve(reader, writer))
        talks.add(task)
        task.add_done_callback(talks.discard)
        try:
            await asyncio.wait([task])
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in [*talks]:
            task.cancel()
