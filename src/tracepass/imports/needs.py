"""What imports are done with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.core.origins import Origins
from tracepass.core.restores import Intake
from tracepass.identity.models import Caller
from tracepass.identity.service import Workspaces
from tracepass.passports.models import PassportCreate
from tracepass.passports.service import Passports
from tracepass.products.service import Products
from tracepass.quotas.service import EpcisEvents, Quotas, Slots
from tracepass.templates.service import Templates


class Rehearsing(Protocol):
    """Tells of new passports whether they could be made."""

    async def key(self, caller: Caller, body: PassportCreate, product: Document, *, origins: Origins) -> str:
        """Return the key that a passport would stand under; raises a `Refusal` if it could not be made."""
        ...

    def named(self, body: PassportCreate, own_id: Id) -> PassportCreate:
        """Return what makes the same passport under an id of one's own."""
        ...

    async def taken(self, keys: Collection[str]) -> frozenset[str]:
        """Return those of some keys under which a passport stands."""
        ...

    async def refuse_foreign(self, caller: Caller, gtin: str) -> None:
        """Refuse a GTIN that another workspace holds, with a `Refusal`."""
        ...

    async def made(self, caller: Caller, ids: Collection[Id]) -> frozenset[Id]:
        """Return those of some ids that passports of the caller have."""
        ...


@dataclass(frozen=True, slots=True)
class ImportNeeds:
    """What an import is done with."""

    passports: Passports
    rehearsal: Rehearsing
    products: Products
    templates: Templates
    quotas: Quotas
    slots: Slots
    events: EpcisEvents
    workspaces: Workspaces
    origins: Origins
    intakes: Sequence[Intake]
