"""Which business steps everybody may see the captured events of; none, until a workspace says so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid
from tracepass.core.ids import Id, new_id
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.vocabulary import Vocabulary, bare, terms
from tracepass.identity.models import Caller

VISIBILITY = "epcisVisibility"
TIMELINES = "epcis.timelines"
"""The job that makes anew what pages show of captured events."""
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
        wanted, tenancy = frozenset(_steps(words)), caller.tenancy

        async def work(session: Session) -> None:
            found = await self._choices.find_one({"_id": _key(tenancy)}, session=session)
            changed = wanted ^ frozenset(found["publicBizSteps"] if found else ())
            if not changed:
                return
            members = {**tenancy.fields, "publicBizSteps": sorted(wanted)}
            await self._choices.update_one({"_id": _key(tenancy)}, {"$set": members}, upsert=True, session=session)
            await self._log.note(
                tenancy,
                "epcis.visibility_changed",
                entity=("workspace", tenancy.workspace_id),
                actor=caller.actor,
                details={"publicBizSteps": sorted(wanted)},
                session=session,
            )
            # A second time for what others captured meanwhile, not knowing of the choice yet.
            for due in (None, timestamp(self._clock() + SETTLED)):
                payload = {"steps": sorted(changed)}
                await self._jobs.enqueue(TIMELINES, str(new_id()), tenancy, payload, session=session, due=due)

        await self._database.transact(work)
        self._remembered.pop(tenancy, None)
        return sorted(wanted)

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


def _steps(words: Iterable[str]) -> Iterable[str]:
    faults = {}
    for index, word in enumerate(words):
        step = bare(Vocabulary.BIZ_STEP, word)
        if step not in terms(Vocabulary.BIZ_STEP) and ":" not in step:
            faults[f"publicBizSteps[{index}]"] = ["is no business step of the CBV, and no URI"]
        yield step
    if faults:
        raise Invalid(faults)
