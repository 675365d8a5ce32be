"""What was exported, taken in again: each feature says how records of its sections become what it keeps.

The counterpart of `tracepass.core.extracts`. Records come as an export tells them, with new ids in them already, some
hundred at a time. They are what a stranger wrote: whoever takes them in believes nothing that he has not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tracepass.core.mongo import Document
from tracepass.core.origins import Origins
from tracepass.core.tenancy import Actor, Tenancy


@dataclass(frozen=True, slots=True)
class Arrival:
    """For whom records are taken in, by whom, when, and by which import.

    ``coming`` tells whether a record of a section with some (new) id is in the file, before it is written or after.
    """

    tenancy: Tenancy
    actor: Actor
    at: str
    import_id: str
    origins: Origins
    coming: Callable[[str, Any], bool]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a record cannot be taken in.

    ``index`` counts from 0 in the records looked at, ``code`` is of the table of errors, ``member`` is a path as in
    errors of validation (``fields.rated_energy.value``), "" for the whole record.
    """

    index: int
    code: str
    member: str
    message: str


@dataclass(slots=True)
class Findings:
    """What was found: ``faults`` refuse the import, ``notes`` (kind to number) tell what will not be as it was."""

    faults: list[Fault] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)


class Restorer(Protocol):
    """Takes in the records of one section."""

    async def look(self, arrival: Arrival, records: Sequence[Document]) -> Findings:
        """Hold records against the rules and against what is there, without writing anything."""
        ...

    async def write(self, arrival: Arrival, records: Sequence[Document]) -> None:
        """Write records that were looked at, all of them or none; those whose ids are there already are passed over.

        Raises:
            Refusal: one cannot be written any more; ``details`` tell which.
        """
        ...

    async def remove(self, arrival: Arrival, ids: Sequence[Any]) -> None:
        """Take away again what `write` has made of records with these ids, whatever has become of it since."""
        ...
