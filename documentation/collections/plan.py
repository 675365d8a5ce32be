"""What the contract does not say of its examples: their order, what one leaves for the next, and what cannot run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

PLAN = Path(__file__).with_name("plan.yaml")


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """The operations of a folder in their order; ``first`` are those of other folders that make what it is about."""

    first: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ByHand:
    """The variable that a request waits for, and why nothing before it can fill it."""

    variable: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan file, read; every mapping but ``variables``, ``places`` and ``folders`` is by operation."""

    variables: Mapping[str, str]
    places: Mapping[str, str]
    saves: Mapping[str, Mapping[str, str]]
    bodies: Mapping[str, Any]
    queries: Mapping[str, Mapping[str, str]]
    headers: Mapping[str, Mapping[str, str]]
    files: Mapping[str, str]
    statuses: Mapping[str, tuple[int, ...]]
    keyed: frozenset[str]
    left_out: Mapping[str, str]
    by_hand: Mapping[str, ByHand]
    quickstart: tuple[str, ...]
    folders: Mapping[str, FolderPlan] = field(default_factory=dict)

    def folder(self, tag: str) -> FolderPlan:
        """Return what is said of the folder of a tag."""
        return self.folders.get(tag, FolderPlan())


def read(path: Path = PLAN) -> Plan:
    """Read a plan file."""
    raw = yaml.safe_load(path.read_text("utf-8"))
    folders = {
        tag: FolderPlan(**{name: tuple(ids) for name, ids in one.items()}) for tag, one in raw["folders"].items()
    }
    return Plan(
        **{
            **raw,
            "statuses": {operation: tuple(found) for operation, found in raw["statuses"].items()},
            "by_hand": {operation: ByHand(**found) for operation, found in raw["by_hand"].items()},
            "keyed": frozenset(raw["keyed"]),
            "quickstart": tuple(raw["quickstart"]),
            "folders": folders,
        }
    )
