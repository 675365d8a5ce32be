"""Group commit: what many write at the same time goes into one transaction.

While groups are under way, the next gathers; whoever comes alone goes at once. A commit costs the same for one as for
thirty, and so do the messages to the server. If a member does not hold, nothing of the group is written: the member is
written alone, and so hears what its own writes say, and nobody what another's do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context

from tracepass.core.bundles import Apart, Bundle

MOST = 32
LARGEST = 2 * 1024 * 1024
"""Bytes that a group may have; what has more goes alone."""

AT_ONCE = 2
TRIES = 3
"""How often a group tries, each time without the member that did not hold, before each of the others goes alone."""

PATIENCE = 0.05
"""Seconds after which a group that is under way holds up nobody any more: the disk may be slow."""

_Member = tuple[Bundle, asyncio.Future[None]]


class Groups:
    """Writes bundles in groups; ``write`` writes some in one transaction.

    It raises `Apart` if there are several and one does not hold. Whatever else it raises is nobody's own: that the
    server was lost, or that nobody knows whether the transaction took place.
    """

    def __init__(self, write: Callable[[Sequence[Bundle]], Awaitable[None]], *, patience: float = PATIENCE) -> None:
        self._write = write
        self._patience = patience
        self._waiting: list[_Member] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._slow: set[asyncio.Task[None]] = set()

    async def write(self, bundle: Bundle) -> None:
        """Write a bundle, with others or alone.

        Raises:
            Exception: what the first of its writes that does not hold says; then none was done.
        """
        if not bundle.is_simple or bundle.size > LARGEST:
            await self._write([bundle])
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((bundle, done))
        self._start()
        try:
            await done
        except Apart:
            await self._write([bundle])

    async def close(self) -> None:
        """Wait for what is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _start(self) -> None:
        if self._waiting and len(self._under_way) - len(self._slow) < AT_ONCE:
            # Of a context of its own: a group belongs to none of its members.
            group = asyncio.create_task(self._run(), context=Context())
            self._under_way.add(group)
            group.add_done_callback(self._end)

    def _end(self, group: asyncio.Task[None]) -> None:
        self._under_way.discard(group)
        self._slow.discard(group)
        self._start()

    def _overtake(self, group: asyncio.Task[None] | None) -> None:
        if group is not None:
            self._slow.add(group)
            self._start()

    async def _run(self) -> None:
        members = self._gathered()
        slow = asyncio.get_running_loop().call_later(self._patience, self._overtake, asyncio.current_task())
        try:
            await self._write_all(members)
        except Exception as fault:  # noqa: BLE001 - it is theirs who wait
            _tell(members, fault)
        except BaseException:
            for _, done in members:
                done.cancel()
            raise
        finally:
            slow.cancel()

    async def _write_all(self, members: list[_Member]) -> None:
        """Write some, but for those that do not hold; they are told so and leave the list."""
        for _ in range(TRIES):
            if not members:
                return
            try:
                await self._write([bundle for bundle, _ in members])
            except Apart as apart:
                if apart.member is None:
                    raise
                _tell([members.pop(apart.member)], apart)
            else:
                _tell(members, None)
                return
        raise Apart

    def _gathered(self) -> list[_Member]:
        """Take those who wait and have the shape of the first of them, as many as may go together."""
        members: list[_Member] = []
        others: list[_Member] = []
        size = 0
        for member in self._waiting:
            bundle, done = member
            if done.done():
                continue
            alike = not members or bundle.shape == members[0][0].shape
            if alike and len(members) < MOST and size + bundle.size <= LARGEST:
                members.append(member)
                size += bundle.size
            else:
                others.append(member)
        self._waiting = others
        return members


def _tell(members: Sequence[_Member], fault: Exception | None) -> None:
    """Let those who have not given up waiting know."""
    for _, done in members:
        if done.done():
            continue
        if fault is None:
            done.set_result(None)
        else:
            done.set_exception(fault)
