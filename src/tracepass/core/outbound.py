"""The only way out of the process to an address that a stranger named: webhooks, subscriptions, link targets.

A URL is read by one strict rule (`targets`). Its name is looked up where the socket connects, every address found is
judged, and the connection goes to one of those: a name that changes between check and call gains nothing. The name
stays in the TLS handshake, in the certificate's check and in ``Host``. Nothing is followed, nothing is taken from the
environment's proxy settings, no cookie is kept; what comes back is cut at fixed sizes and times.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Any, Self

import httpcore2
import httpx2

from tracepass import __version__
from tracepass.core.addresses import Address
from tracepass.core.decoding import decoded
from tracepass.core.failures import failure_of
from tracepass.core.names import DnsNames, NameNotFound, Names, NamesAway
from tracepass.core.targets import CallFailed, Target, literal_of, parse_target, vet

CONNECT_SECONDS = 5.0
ADDRESSES_TRIED = 4
CONNECTIONS = 1000
IDLE_CONNECTIONS = 16
"""What is kept open to a host for its next call, and to how many hosts."""
HOSTS = 64
IDLE_SECONDS = 15.0
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What a call may take: seconds until the head of the answer and for its body; bytes and fields that are read."""

    seconds: float = 15.0
    body_seconds: float = 5.0
    body_bytes: int = 64 * 1024
    head_bytes: int = 32 * 1024
    head_fields: int = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call brought: names of headers are lower case, the body is decoded and not longer than the limit.

    ``cut`` says why the body is not all that was sent: ``too_long``, ``too_slow``, ``broken_off`` or ``undecodable``.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: str | None
    seconds: float


class Outbound:
    """Calls strangers' URLs; one for a process, which keeps connections to each host for its next call.

    ``allow_local`` is for a developer's own machine: it permits http, and loopback, and nothing else that is private.
    """

    def __init__(
        self,
        *,
        allow_local: bool = False,
        names: Names | None = None,
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allow_local = allow_local
        self._names = names or DnsNames()
        self._limits = limits or Limits()
        self._monotonic = monotonic
        self._tls = tls or httpx2.create_ssl_context()
        self._network = _VettedNetwork(self._names, allow_local=allow_local)
        self._pools: OrderedDict[tuple[str, str, int], httpcore2.AsyncConnectionPool] = OrderedDict()

    async def vet_target(self, url: str) -> Target:
        """Judge a URL as it is set: its text, and where its name leads now; a name not known yet is no fault.

        Raises:
            TargetRefused: it would never be called.
        """
        target = parse_target(url, allow_local=self._allow_local)
        if target.literal is None:
            try:
                vet(await self._names.addresses(target.host), allow_local=self._allow_local)
            except (NameNotFound, NamesAway):
                return target
        return target

    async def post(
        self, url: str, content: bytes, *, headers: Mapping[str, str], seconds: float | None = None
    ) -> Answer:
        """Send a body and return the answer, whatever its status; redirects are answers like any other.

        ``seconds`` is how long the head of the answer may take, all before it included.

        Raises:
            TargetRefused: the URL, or an address its name leads to, is none that we call.
            CallFailed: there was no answer.
        """
        target = parse_target(url, allow_local=self._allow_local)
        return await self.send("POST", target, content, headers=headers, seconds=seconds)

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch a URL; see `post`.

        Raises:
            TargetRefused: the URL, or an address its name leads to, is none that we call.
            CallFailed: there was no answer.
        """
        return await self.send("GET", parse_target(url, allow_local=self._allow_local), headers=headers or {})

    async def send(
        self,
        method: str,
        target: Target,
        content: bytes = b"",
        *,
        headers: Mapping[str, str],
        seconds: float | None = None,
    ) -> Answer:
        """Call a target.

        Raises:
            TargetRefused: an address its name leads to is none that we call.
            CallFailed: there was no answer.
        """
        started, allowed = self._monotonic(), self._limits.seconds if seconds is None else seconds
        await self._shed()
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(allowed):
                    call = self._pool(target).stream(
                        method, _url(target), headers=_head(target, headers), content=content or None, extensions=_TIMES
                    )
                    response = await stack.enter_async_context(call)
            except CallFailed:
                raise
            except (TimeoutError, httpcore2.TimeoutException):
                raise CallFailed("timeout", f"There was no answer within {allowed:g} seconds.") from None
            except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
                raise failure_of(error) from error
            fields = self._fields(response.headers)
            raw, cut = await self._body(response)
        body, undecoded = decoded(raw, fields.get("content-encoding", ""), at_most=self._limits.body_bytes)
        return Answer(response.status, fields, body, cut or undecoded, self._monotonic() - started)

    def _fields(self, raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
        """Return the headers of an answer; of a repeated one the last.

        Raises:
            CallFailed: there are too many of them.
        """
        size = sum(len(name) + len(value) for name, value in raw)
        if size > self._limits.head_bytes or len(raw) > self._limits.head_fields:
            raise CallFailed("head_too_large", "The answer has more headers than we read.")
        return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}

    async def _body(self, response: httpcore2.Response) -> tuple[bytes, str | None]:
        """Read as much of the body as there may be, as long as it may take; tell why it ended before its end."""
        parts, size = [], 0
        try:
            async with asyncio.timeout(self._limits.body_seconds), aclosing(response.aiter_stream()) as stream:
                async for part in stream:
                    parts.append(part)
                    size += len(part)
                    if size > self._limits.body_bytes:
                        return b"".join(parts)[: self._limits.body_bytes], "too_long"
        except TimeoutError:
            return b"".join(parts), "too_slow"
        except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, OSError):
            return b"".join(parts), "broken_off"
        return b"".join(parts), None

    def _pool(self, target: Target) -> httpcore2.AsyncConnectionPool:
        """Return the connections to a host: each call looks at all that its pool has, so every host has its own."""
        origin = (target.scheme, target.host, target.port)
        if origin not in self._pools:
            self._pools[origin] = httpcore2.AsyncConnectionPool(
                ssl_context=self._tls,
                max_connections=CONNECTIONS,
                max_keepalive_connections=IDLE_CONNECTIONS,
                keepalive_expiry=IDLE_SECONDS,
                network_backend=self._network,
            )
        self._pools.move_to_end(origin)
        return self._pools[origin]

    async def _shed(self) -> None:
        """Close the connections to the hosts that were not called for longest, if there are too many hosts."""
        surplus = len(self._pools) - HOSTS
        for origin, pool in [*self._pools.items()][: max(surplus, 0)]:
            if all(connection.is_idle() for connection in pool.connections):
                del self._pools[origin]
                await pool.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


_TIMES = {"timeout": {"connect": CONNECT_SECONDS}}


class _VettedNetwork(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that it has judged itself, the moment before."""

    def __init__(self, names: Names, *, allow_local: bool) -> None:
        self._names = names
        self._allow_local = allow_local
        self._sockets = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore2's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Open a connection to the first address that takes one.

        Raises:
            TargetRefused: one of the addresses may not be called.
            CallFailed: the name has no address.
            ConnectError: none of them takes a connection.
        """
        literal = literal_of(host)
        found = await self._look_up(host) if literal is None else [literal]
        failure: Exception = httpcore2.ConnectError("the name has no address")
        for address in vet(sorted(found, key=lambda one: one.version), allow_local=self._allow_local)[:ADDRESSES_TRIED]:
            try:
                return _Connection(
                    await self._sockets.connect_tcp(str(address), port, timeout, local_address, socket_options)
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _look_up(self, host: str) -> list[Address]:
        try:
            return await self._names.addresses(host)
        except NameNotFound:
            raise CallFailed("name_not_found", f"The name {host} has no address.") from None
        except NamesAway:
            raise CallFailed("name_unresolved", f"The name {host} could not be looked up.") from None


class _Connection(httpcore2.AsyncNetworkStream):
    """A connection: one that is given up amidst its handshake is closed, not left to be found."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream
        self._socket: socket.socket | None = None
        self._poll = select.poll()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore2's
    ) -> httpcore2.AsyncNetworkStream:
        """Begin the encryption."""
        try:
            return _Connection(await self._stream.start_tls(ssl_context, server_hostname, timeout))
        except BaseException:
            await self._stream.aclose()
            raise

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - as above
        """Read at most so many bytes."""
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as above
        """Write all of them."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close it."""
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        """Return what the socket knows; whether it is readable is asked of all idle ones before each call."""
        return self._is_readable() if info == "is_readable" else self._stream.get_extra_info(info)

    def _is_readable(self) -> bool:
        """Tell whether something, or the end, has arrived: an idle connection is of no more use then."""
        if self._socket is None:
            self._socket = self._stream.get_extra_info("socket")
            if self._socket is None or self._socket.fileno() < 0:
                return True
            self._poll.register(self._socket, select.POLLIN)
        return self._socket.fileno() < 0 or bool(self._poll.poll(0))


def _url(target: Target) -> httpcore2.URL:
    return httpcore2.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
    )


def _head(target: Target, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the headers of a call; those that decide where it goes and where its body ends are ours alone."""
    usual = {"host": target.authority, "accept": "*/*", "user-agent": f"TracePass/{__version__}"}
    given = {name.lower(): value for name, value in headers.items() if name.lower() not in _OWN_HEADERS}
    return [*{**usual, **given, "accept-encoding": "identity"}.items()]
