"""What imports need of passports beyond making and deleting them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.core.origins import Origins
from tracepass.identity.models import Caller
from tracepass.passports.models import PassportCreate


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
