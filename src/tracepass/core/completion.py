"""What a request has done so far, written down in the very transactions that do it.

A request with an idempotency key must not take effect twice, not even if the process dies between its commit and its
answer. So whoever writes changes tells, in the transaction of the change, the completion that the request runs under.
Where the service knows before its commit what it will return, and the handler has said how that is answered, even the
answer is written in the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from tracepass.core.ids import Id
from tracepass.core.mongo import Session, Write

Answered = TypeVar("Answered")


class Completion(Protocol):
    """Remembers what a request has changed."""

    async def mark(self, entity: str, entity_id: Id | str, version: int | None, *, session: Session) -> None:
        """Remember a change, in its transaction."""
        ...

    def marking(self, entity: str, entity_id: Id | str, version: int | None) -> Write:
        """Return the write that remembers a change, for its transaction."""
        ...

    def answer_with(self, render: Callable[[Any], Answered]) -> Callable[[Any], Answered]:
        """Learn how the handler answers what the service returns; return what does so, but the same thing only once."""
        ...

    def foresee(self, result: Any) -> None:
        """Learn what the service will return if its transaction succeeds."""
        ...


_current: ContextVar[Completion | None] = ContextVar("completion", default=None)


@contextmanager
def completing(completion: Completion | None) -> Iterator[None]:
    """Let a completion hear of every change made in the block; None lets nobody hear."""
    token = _current.set(completion)
    try:
        yield
    finally:
        _current.reset(token)


async def mark(entity: str, entity_id: Id | str, version: int | None, *, session: Session) -> None:
    """Tell the completion of the running request, if it has one, of a change in its transaction."""
    completion = _current.get()
    if completion is not None:
        await completion.mark(entity, entity_id, version, session=session)


def marking(entity: str, entity_id: Id | str, version: int | None) -> list[Write]:
    """Return what the completion of the running request, if it has one, writes with a change."""
    completion = _current.get()
    return [] if completion is None else [completion.marking(entity, entity_id, version)]


def answering(render: Callable[[Any], Answered]) -> Callable[[Any], Answered]:
    """Say how a handler answers what its service returns, where that is one change in one transaction."""
    completion = _current.get()
    return render if completion is None else completion.answer_with(render)


def foresee(result: Any) -> None:
    """Say, right before a transaction, what the service returns if it succeeds."""
    completion = _current.get()
    if completion is not None:
        completion.foresee(result)
