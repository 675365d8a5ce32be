"""What products need of templates and passports, which are wired in where services are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tracepass.core.ids import Id
from tracepass.core.tenancy import Tenancy


class CategoryRules(Protocol):
    """What products need to know of templates."""

    def normalise(self, category: str) -> str | None:
        """Return the slug a category name stands for, or None."""
        ...

    def template_id(self, category: str) -> str:
        """Return the id of the newest template of a category."""
        ...

    def problems(self, category: str, values: Mapping[str, Any], version: str | None = None) -> dict[str, list[str]]:
        """Return what is wrong with field values, by field, on the newest template or another version of it.

        Raises a `Refusal` if there is none.
        """
        ...


class LotCounter(Protocol):
    """What products need to know of lots."""

    async def count(self, tenancy: Tenancy, product_id: Id) -> int:
        """Count the lots of a product."""
        ...


class PassportCounter(Protocol):
    """What products need to know of passports."""

    async def count(self, tenancy: Tenancy, product_ids: Sequence[Id]) -> Mapping[Id, int]:
        """Count the passports of each product."""
        ...

    async def count_live(self, tenancy: Tenancy, product_id: Id) -> int:
        """Count the passports of a product that are not archived."""
        ...
