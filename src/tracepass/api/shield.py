"""What every answer carries unless its route says otherwise, and how long a request may stand still."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from starlette.types import Message, Receive

Headers = list[tuple[bytes, bytes]]

_ALWAYS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_NOT_KEPT = (b"cache-control", b"no-store")
_ASKED_AGAIN = (b"cache-control", b"private, no-cache")
"""For what has a tag: only the reader's own cache keeps it, and asks whether it still holds (RFC 9111 5.2.2)."""


def shielding_headers(*, https: bool) -> Headers:
    """Return what every answer carries; ``https`` adds that browsers shall come back by no other way (RFC 6797)."""
    return [*_ALWAYS, _HSTS] if https else list(_ALWAYS)


def shielded(headers: Sequence[tuple[bytes, bytes]], shield: Headers) -> Headers:
    """Return the headers of an answer with those of the shield that its route has not set itself."""
    names = {name.lower() for name, _ in headers}
    added = [header for header in shield if header[0] not in names]
    if b"cache-control" not in names:
        added.append(_ASKED_AGAIN if b"etag" in names else _NOT_KEPT)
    return [*headers, *added]


class Patience:
    """The time limit of one request: so long may it stand still, whether its sender or we are the slow one.

    The time begins anew with each piece of the body that arrives, and ends with the first byte of the answer: a long
    upload and a long download are no fault.
    """

    def __init__(self, receive: Receive, *, seconds: float) -> None:
        self._receive = receive
        self._seconds = seconds
        self._timeout = asyncio.timeout(seconds)
        self._counts = False
        self.has_whole_body = False

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self._counts = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop counting.

        Raises:
            TimeoutError: the time has run out.
        """
        self._counts = False
        await self._timeout.__aexit__(kind, error, trace)

    @property
    def is_over(self) -> bool:
        """Tell whether the time has run out."""
        return self._timeout.expired()

    async def receive(self) -> Message:
        """Give the next message of the client, and begin anew with it while its body lasts."""
        message = await self._receive()
        if message["type"] == "http.request" and self._counts and not self.has_whole_body:
            self.has_whole_body = not message.get("more_body", False)
            self._timeout.reschedule(asyncio.get_running_loop().time() + self._seconds)
        return message

    def end(self) -> None:
        """Stop counting: the answer has begun."""
        if self._counts:
            self._counts = False
            self._timeout.reschedule(None)
