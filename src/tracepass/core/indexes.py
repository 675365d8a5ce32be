"""Indexes as values: what each feature wants the database to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Index:
    """One index: the fields in order (1 ascending, -1 descending) and what it enforces."""

    collection: str
    keys: tuple[tuple[str, int], ...]
    unique: bool = False
    partial: Mapping[str, Any] | None = None
    expire_after_seconds: int | None = None

    @property
    def name(self) -> str:
        """Return the name MongoDB itself would give it."""
        return "_".join(f"{field}_{direction}" for field, direction in self.keys)

    @property
    def options(self) -> dict[str, Any]:
        """Return the options of ``createIndex``."""
        options: dict[str, Any] = {"name": self.name}
        if self.unique:
            options["unique"] = True
        if self.partial is not None:
            options["partialFilterExpression"] = dict(self.partial)
        if self.expire_after_seconds is not None:
            options["expireAfterSeconds"] = self.expire_after_seconds
        return options

    def is_like(self, found: Mapping[str, Any] | None) -> bool:
        """Tell whether an index, as the database describes it, enforces what this one does; None is no index."""
        enforced = ("unique", "partialFilterExpression", "expireAfterSeconds")
        return found is not None and all(found.get(name) == self.options.get(name) for name in enforced)
