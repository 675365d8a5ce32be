"""Whose data a piece of work may touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from tracepass.core.ids import Id

Environment = Literal["live", "test"]


@dataclass(frozen=True, slots=True)
class Tenancy:
    """One workspace in one environment: the key of every document, counter and change."""

    workspace_id: Id
    environment: Environment

    @property
    def fields(self) -> dict[str, Any]:
        """Return the two members that every document of this tenancy carries."""
        return {"workspaceId": self.workspace_id, "environment": self.environment}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: what history, audit log and snapshots show."""

    type: Literal["api_key", "user", "access_grant", "system", "operator"]
    id: str | None
    label: str

    @property
    def wire(self) -> dict[str, Any]:
        """Return the actor as it is stored and shown."""
        return {"type": self.type, "id": self.id, "label": self.label}


OPERATOR = Actor("operator", None, "operator")
"""Who runs the installation, with its commands."""
