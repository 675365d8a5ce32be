"""What comes with EPCIS events from another installation: master data, and which steps everybody may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field

from tracepass.core.arriving import faults_of, moment_faults, read
from tracepass.core.bulk import insert_all
from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Session
from tracepass.core.restores import Arrival, Fault, Findings
from tracepass.core.schema import WireId, WireModel, WireTimestamp
from tracepass.epcis.identifiers import normal
from tracepass.epcis.models import Steps
from tracepass.epcis.repository import MASTER_DATA
from tracepass.epcis.visibility import Visibility, steps_of

_KNOWN: Final = "Something else is known of this thing already."
_SAID: Final = ("attributes", "below")


class MasterDataRecord(WireModel):
    """What is known of a place or thing, as an export tells it."""

    own_id: Annotated[WireId, Field(alias="_id")]
    thing: Annotated[str, Field(min_length=1)]
    attributes: list[str]
    below: list[str]
    updated_at: WireTimestamp | None = None

    @property
    def stored(self) -> Document:
        """Return it as it is kept."""
        moment = {} if self.updated_at is None else {"updatedAt": timestamp(self.updated_at)}
        said = {"thing": self.thing, "attributes": self.attributes, "below": self.below}
        return {"_id": self.own_id, **said, **moment}


class MasterDataRestorer:
    """Takes in master data; what is known already stays, and must be the same."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def look(self, arrival: Arrival, records: Sequence[Document]) -> Findings:
        """Hold master data against what headers can say, and against what is known."""
        found = Findings()
        things: dict[int, MasterDataRecord] = {}
        for index, record in enumerate(records):
            try:
                things[index] = one = read(MasterDataRecord, record)
            except Refusal as refusal:
                found.faults += faults_of(index, refusal)
                continue
            found.faults += _faults(arrival, index, one)
        known = await self._known(arrival, [one.stored for one in things.values()])
        for index, one in things.items():
            if _differs(one.stored, known.get(one.thing)):
                found.faults.append(Fault(index, "conflict", "thing", _KNOWN))
        return found

    async def _known(
        self, arrival: Arrival, things: Sequence[Document], *, session: Session | None = None
    ) -> dict[str, Document]:
        collection = self._database.scoped(MASTER_DATA, arrival.tenancy)
        asked = {"thing": {"$in": [thing["thing"] for thing in things]}}
        return {thing["thing"]: thing async for thing in collection.find(asked, session=session)}

    async def write(self, arrival: Arrival, records: Sequence[Document]) -> None:
        """Add what is not known.

        Raises:
            Refusal: a document said something else of one of them meanwhile.
        """
        things = [read(MasterDataRecord, record).stored for record in records]

        async def add(session: Session) -> None:
            known = await self._known(arrival, things, session=session)
            if any(_differs(thing, known.get(thing["thing"])) for thing in things):
                raise Refusal("conflict", _KNOWN)
            fresh = [thing for thing in things if thing["thing"] not in known]
            await insert_all(self._database, MASTER_DATA, arrival.tenancy, fresh, session=session)

        try:
            await self._database.transact(add)
        except DuplicateKeyError:
            # Somebody was quicker, and is seen now.
            await self._database.transact(add)

    async def remove(self, arrival: Arrival, ids: Sequence[str]) -> None:
        """Forget what was not known before."""
        gone = {"_id": {"$in": [Id(one) for one in ids]}, **arrival.tenancy.fields}
        await self._database.collection(MASTER_DATA).delete_many(gone)


def _faults(arrival: Arrival, index: int, one: MasterDataRecord) -> list[Fault]:
    moments = [] if one.updated_at is None else [("updatedAt", one.updated_at)]
    faults = moment_faults(index, arrival, moments)
    pairs = zip(one.attributes[::2], one.attributes[1::2], strict=False)
    if len(one.attributes) % 2 or not all(pair.startswith(f"{name}=") for name, pair in pairs):
        faults.append(Fault(index, "validation_error", "attributes", "are not names, each with its value behind it"))
    for member, told in (("thing", [one.thing]), ("below", one.below)):
        if any(normal(name) != name for name in told):
            faults.append(Fault(index, "validation_error", member, "is not in the one form that identifiers have here"))
    if arrival.claim("masterData", one.thing):
        faults.append(Fault(index, "conflict", "thing", "stands in the file twice"))
    return faults


def _differs(thing: Document, known: Document | None) -> bool:
    return known is not None and any(thing[name] != known[name] for name in _SAID)


class VisibilityRecord(WireModel):
    """The choice of a workspace, as an export tells it."""

    own_id: Annotated[WireId, Field(alias="_id")]
    public_biz_steps: Steps
    updated_at: WireTimestamp | None = None


class VisibilityRestorer:
    """Takes in which business steps everybody may see; who has chosen already keeps that choice."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._visibility = Visibility(database, clock=clock)

    async def look(self, arrival: Arrival, records: Sequence[Document]) -> Findings:
        """Hold the choice against what can be chosen, and against what was."""
        found = Findings()
        for index, record in enumerate(records):
            try:
                one = read(VisibilityRecord, record)
                steps = list(steps_of(one.public_biz_steps))
            except Refusal as refusal:
                found.faults += faults_of(index, refusal)
                continue
            moments = [] if one.updated_at is None else [("updatedAt", one.updated_at)]
            found.faults += moment_faults(index, arrival, moments)
            if steps != sorted(set(one.public_biz_steps)):
                found.faults.append(Fault(index, "validation_error", "publicBizSteps", "are not in their order"))
            if arrival.claim("visibility", ""):
                found.faults.append(Fault(index, "conflict", "", "There is more than one choice in the file."))
            elif await self._visibility.steps(arrival.tenancy) not in (frozenset(), frozenset(steps)):
                found.notes["visibilityKept"] = 1
        return found

    async def write(self, arrival: Arrival, records: Sequence[Document]) -> None:
        """Choose as the other installation did, unless there is a choice."""
        for record in records:
            one = read(VisibilityRecord, record)
            moment = {} if one.updated_at is None else {"updatedAt": timestamp(one.updated_at)}
            origin = {"broughtAs": one.own_id, **moment}
            steps = frozenset(one.public_biz_steps)
            await self._visibility.bring(arrival.tenancy, steps, origin, actor=arrival.actor)

    async def remove(self, arrival: Arrival, ids: Sequence[str]) -> None:
        """Take the choice back."""
        for one in ids:
            await self._visibility.take_back(arrival.tenancy, {"broughtAs": Id(one)}, actor=arrival.actor)
