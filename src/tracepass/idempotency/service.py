"""Claims on idempotency keys: taken before the effect, marked with it, kept with the answer.

The claim is a lease: it is renewed while the request runs, so a process that dies frees its key after a minute, unless
its effect took place. That is written in the transaction of the effect itself, so it never takes place twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

import structlog

from tracepass.core.clock import Clock
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, PyMongoError, Session, Write
from tracepass.idempotency.models import Answer, AnswerLost, InFlight, KeyReuse, Request
from tracepass.idempotency.repository import INDEXES, ClaimRepository

__all__ = ["INDEXES", "Claim", "Claims"]

LEASE = timedelta(seconds=60)
KEPT = timedelta(hours=24)
MAX_BODY = 12 * 1024 * 1024
"""What fits into a document beside its effects; larger answers are not kept."""

Answered = TypeVar("Answered")

_log = structlog.get_logger()


@dataclass(slots=True)
class Claim:
    """A key that is ours: it hears of what the request changes (`core.completion.Completion`)."""

    id: str
    holder: Id
    repository: ClaimRepository
    encode: Callable[[Any], Answer] | None = None
    """Makes an answer of what a handler returns; without it none is kept in a transaction."""
    marked: bool = False
    answered: bool = False
    """Whether the last change was marked together with its answer."""
    written: asyncio.Event | None = None
    """Set once its answer is written; None while it runs."""
    _render: Callable[[Any], Any] | None = None
    _foreseen: Any = None
    _made: tuple[Any, Any] | None = None
    """What was foreseen, and how it is answered."""

    def answer_with(self, render: Callable[[Any], Answered]) -> Callable[[Any], Answered]:
        """Learn how the handler answers what the service returns; what was answered beforehand is not made again."""
        self._render = render

        def answer(result: Any) -> Answered:
            made = self._made
            return cast("Answered", made[1]) if made is not None and made[0] is result else render(result)

        return answer

    def foresee(self, result: Any) -> None:
        """Learn what the service will return if its transaction succeeds."""
        self._foreseen = result

    async def mark(self, entity: str, entity_id: Id | str, version: int | None, *, session: Session) -> None:
        """Write down a change in its transaction, with the answer where it is foreseen.

        Raises:
            InFlight: the lease had ended, and another has taken the request over; the transaction shall not be.
        """
        effect, answer = _effect(entity, entity_id, version), self._foreseen_answer()
        if not await self.repository.mark(self.id, self.holder, effect, answer, session=session):
            raise InFlight
        self.marked, self.answered = True, answer is not None

    def marking(self, entity: str, entity_id: Id | str, version: int | None) -> Write:
        """Return the write that does as `mark`."""
        effect, answer = _effect(entity, entity_id, version), self._foreseen_answer()
        self.marked, self.answered = True, answer is not None
        return self.repository.marking(self.id, self.holder, effect, answer, missed=InFlight)

    def _foreseen_answer(self) -> Document | None:
        if self.encode is None or self._render is None or self._foreseen is None:
            return None
        self._made = (self._foreseen, self._render(self._foreseen))
        answer = self.encode(self._made[1])
        return _document_of(answer) if len(answer.body) <= MAX_BODY else None


def _effect(entity: str, entity_id: Id | str, version: int | None) -> Document:
    effect: Document = {"type": entity, "id": str(entity_id)}
    return effect if version is None else {**effect, "version": version}


@dataclass(slots=True)
class _Batch:
    """Answers that are written in one trip, and whether they were."""

    answers: list[tuple[Claim, Document]] = field(default_factory=list)
    written: asyncio.Event = field(default_factory=asyncio.Event)


class Claims:
    """The idempotency keys of all workspaces."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._repository = ClaimRepository(database)
        self._clock = clock
        self._running: dict[str, Claim] = {}
        self._next = _Batch()
        self._writer: asyncio.Task[None] | None = None

    async def begin(self, request: Request, *, encode: Callable[[Any], Answer] | None = None) -> Claim | Answer:
        """Claim the key of a request, or return the answer it has had; ``encode`` makes an answer of a response.

        Raises:
            KeyReuse: the key belongs to another request.
            InFlight: the request still runs.
            AnswerLost: it took effect, but its answer is not there.
        """
        claim = Claim(request.id, new_id(), self._repository, encode)
        fresh = self._document(claim, request)
        if not await self._repository.insert(fresh):
            answer = await self._look(fresh)
            if answer is not None:
                return answer
        self._running[claim.id] = claim
        return claim

    def _document(self, claim: Claim, request: Request) -> Document:
        now = self._clock()
        return {
            "_id": claim.id,
            **request.tenancy.fields,
            "holder": claim.holder,
            "digest": request.digest,
            "leaseUntil": _stored(now + LEASE),
            "purgeAt": _stored(now + KEPT),
        }

    async def _look(self, fresh: Document) -> Answer | None:
        """Return the answer of a key that was sent before; None if its claim was dead and is ours now."""
        here = self._running.get(fresh["_id"])
        if here is not None and here.written is not None:
            await here.written.wait()
        seen, now = await self._repository.find(fresh["_id"]), _stored(self._clock())
        if seen is None:
            # It was given back this very moment.
            raise InFlight
        if seen["holder"] == fresh["holder"]:
            # The driver sent it twice, because it did not hear of the first.
            return None
        if seen["purgeAt"].replace(tzinfo=UTC) > now:
            answer = _kept(seen, fresh["digest"], alive=seen["leaseUntil"].replace(tzinfo=UTC) > now)
            if answer is not None:
                return answer
        if not await self._repository.replace(seen, fresh):
            raise InFlight
        return None

    async def keep(self, claim: Claim, status: int, encode: Callable[[], Answer], *, confidential: bool) -> None:
        """Keep the answer of a request that is done; ``encode`` makes it, if it was not kept before.

        Most were written with their effect. Where an effect is marked, or there is none, others are written without
        anybody waiting for it, and many at a time.
        """
        if claim.answered and status < 400:  # noqa: PLR2004 - a refusal undid the transaction
            self._forget(claim)
            return
        answer = encode()
        withheld = confidential or len(answer.body) > MAX_BODY
        kept: Document = {"withheld": True} if withheld else _document_of(answer)
        self._next.answers.append((claim, kept))
        claim.written = self._next.written
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        if not claim.marked and status < 400:  # noqa: PLR2004 - what was done left no other trace
            await claim.written.wait()

    async def _write(self) -> None:
        while self._next.answers:
            batch, self._next = self._next, _Batch()
            try:
                await self._repository.store((claim.id, claim.holder, kept) for claim, kept in batch.answers)
            except PyMongoError as error:
                # Their leases end, and what took effect is marked: a repetition is told so.
                _log.warning("answers not kept", count=len(batch.answers), error=str(error))
            finally:
                batch.written.set()
                for claim, _ in batch.answers:
                    self._forget(claim)

    def _forget(self, claim: Claim) -> None:
        if self._running.get(claim.id) is claim:
            del self._running[claim.id]

    async def free(self, claim: Claim) -> None:
        """Give the key of a refused or failed request back; one that had an effect all the same stays taken."""
        self._forget(claim)
        try:
            if not await self._repository.free(claim.id, claim.holder):
                await self._repository.end_lease(claim.id, claim.holder, at=_stored(self._clock()))
        except PyMongoError as error:
            # The request failed for the same reason, most likely; the lease ends by itself.
            _log.warning("key not given back", error=str(error))

    async def renew(self) -> None:
        """Keep the claims of running requests for another minute; to be called more often than that."""
        if self._running:
            await self._repository.renew(tuple(self._running), until=_stored(self._clock() + LEASE))

    async def close(self) -> None:
        """Write what waits, because the process ends."""
        if self._writer is not None:
            await self._writer


def _stored(moment: datetime) -> datetime:
    """Return a moment as the database gives it back: in milliseconds."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


def _document_of(answer: Answer) -> Document:
    return {"status": answer.status, "headers": [list(header) for header in answer.headers], "body": answer.body}


def _kept(seen: Document, digest: str, *, alive: bool) -> Answer | None:
    """Return the answer of a claim; None if it is dead and left nothing behind.

    Raises:
        KeyReuse, InFlight, AnswerLost: there is no answer to give.
    """
    answer: dict[str, Any] = seen.get("answer") or {}
    effects: list[dict[str, Any]] = seen.get("effects") or []
    if not (answer or effects or alive):
        return None
    if seen["digest"] != digest:
        raise KeyReuse
    if "body" in answer:
        return Answer(answer["status"], [tuple(header) for header in answer["headers"]], answer["body"])
    if answer or not alive:
        raise AnswerLost(effects)
    raise InFlight
