"""Which business steps everybody may see the captured events of; none, until a workspace says so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid
from tracepass.core.ids import Id, new_id
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database, Document, Index, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Actor, Tenancy
from tracepass.epcis.vocabulary import Vocabulary, bare, terms
from tracepass.identity.models import Caller

VISIBILITY = "epcisVisibility"
TIMELINES = "epcis.timelines"
"""The job that makes anew what pages show of captured events."""
INDEXES = (Index(VISIBILITY, (("workspaceId", 1), ("environment", 1), ("_id", -1))),)
REMEMBERED: Final = timedelta(seconds=5)
SETTLED: Final = timedelta(seconds=30)
"""When every capture that began with what a process remembered is over."""
MOST_REMEMBERED: Final = 10_000


class Visibility:
    """The choices of all workspaces."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._choices = database.collection(VISIBILITY)
        self._clock = clock
        self._jobs = Jobs(database, clock=clock)
        self._log = SecurityLog(database, clock=clock)
        self._remembered: dict[Tenancy, tuple[datetime, frozenset[str]]] = {}

    async def steps(self, tenancy: Tenancy) -> frozenset[str]:
        """Return the business steps that everybody may see."""
        found = await self._choices.find_one({"_id": _key(tenancy)})
        return frozenset(found["publicBizSteps"]) if found else frozenset()

    async def any_steps(self, tenancy: Tenancy) -> bool:
        """Tell whether there are any, as far as this process remembers; it looks again after five seconds."""
        known, now = self._remembered.get(tenancy), self._clock()
        if known is None or known[0] <= now:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            known = self._remembered[tenancy] = (now + REMEMBERED, await self.steps(tenancy))
        return bool(known[1])

    async def get(self, caller: Caller) -> list[str]:
        """Return the choice of a workspace."""
        return sorted(await self.steps(caller.tenancy))

    async def put(self, caller: Caller, words: Iterable[str]) -> list[str]:
        """Choose; the pages of passports that this changes are made anew in the background.

        Raises:
            Invalid: a word is no business step.
        """
        wanted, tenancy = frozenset(steps_of(words)), caller.tenancy

        async def work(session: Session) -> None:
            found = await self._choices.find_one({"_id": _key(tenancy)}, session=session)
            before = frozenset(found["publicBizSteps"] if found else ())
            if wanted == before:
                return
            members = {**tenancy.fields, "publicBizSteps": sorted(wanted), "updatedAt": timestamp(self._clock())}
            await self._choices.update_one({"_id": _key(tenancy)}, {"$set": members}, upsert=True, session=session)
            await self._changed(tenancy, before, wanted, actor=caller.actor, session=session)

        await self._database.transact(work)
        self._remembered.pop(tenancy, None)
        return sorted(wanted)

    async def _changed(
        self, tenancy: Tenancy, before: frozenset[str], after: frozenset[str], *, actor: Actor, session: Session
    ) -> None:
        """Tell of another choice, and have the pages made anew that it changes."""
        await self._log.note(
            tenancy,
            "epcis.visibility_changed",
            entity=("workspace", tenancy.workspace_id),
            actor=actor,
            details={"publicBizSteps": sorted(after)},
            session=session,
        )
        # A second time for what others captured meanwhile, not knowing of the choice yet.
        for due in (None, timestamp(self._clock() + SETTLED)):
            payload = {"steps": sorted(before ^ after)}
            await self._jobs.enqueue(TIMELINES, str(new_id()), tenancy, payload, session=session, due=due)

    async def bring(self, tenancy: Tenancy, steps: frozenset[str], origin: Document, *, actor: Actor) -> None:
        """Take over a choice that was made elsewhere, unless there is one; ``origin`` says where it comes from."""

        async def work(session: Session) -> None:
            found = await self._choices.find_one({"_id": _key(tenancy)}, session=session)
            if found is None or not found["publicBizSteps"]:
                members = {**tenancy.fields, "publicBizSteps": sorted(steps), **origin}
                await self._choices.update_one({"_id": _key(tenancy)}, {"$set": members}, upsert=True, session=session)
                await self._changed(tenancy, frozenset(), steps, actor=actor, session=session)

        await self._database.transact(work)
        self._remembered.pop(tenancy, None)

    async def take_back(self, tenancy: Tenancy, origin: Document, *, actor: Actor) -> None:
        """Forget a choice that came from somewhere."""

        async def work(session: Session) -> None:
            found = await self._choices.find_one_and_delete({"_id": _key(tenancy), **origin}, session=session)
            if found is not None:
                steps = frozenset(found["publicBizSteps"])
                await self._changed(tenancy, steps, frozenset(), actor=actor, session=session)

        await self._database.transact(work)
        self._remembered.pop(tenancy, None)

    async def tell(self, tenancy: Tenancy, capture_id: Id, *, session: Session) -> None:
        """Ask for the pages that show events of a capture to be made anew, in the transaction in which it ends."""
        payload = {"captureId": capture_id}
        await self._jobs.enqueue(TIMELINES, str(capture_id), tenancy, payload, session=session)

    async def refresh(self, tenancy: Tenancy, key: str, *, due: str, session: Session) -> None:
        """Ask, under a key, for all pages that show events to be made anew from a moment on."""
        payload = {"steps": sorted(await self.steps(tenancy))}
        await self._jobs.enqueue(TIMELINES, key, tenancy, payload, session=session, due=due)


def _key(tenancy: Tenancy) -> str:
    return f"{tenancy.workspace_id}/{tenancy.environment}"


def steps_of(words: Iterable[str]) -> Iterable[str]:
    """Give business steps by their names in the CBV, or as URIs.

    Raises:
        Invalid: a word is no business step.
    """
    faults = {}
    for index, word in enumerate(words):
        step = bare(Vocabulary.BIZ_STEP, word)
        if step not in terms(Vocabulary.BIZ_STEP) and ":" not in step:
            faults[f"publicBizSteps[{index}]"] = ["is no business step of the CBV, and no URI"]
        yield step
    if faults:
        raise Invalid(faults)
