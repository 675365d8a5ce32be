"""What was exported, taken in again: each feature says how records of its sections become what it keeps.

The counterpart of `tracepass.core.extracts`. Records come as an export tells them, with new ids in them already, some
hundred at a time. They are what a stranger wrote: whoever takes them in believes nothing that he has not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from tracepass.core.mongo import Document
from tracepass.core.origins import Origins
from tracepass.core.tenancy import Actor, Tenancy


def _nothing(_kind: str, _key: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Arrival:
    """For whom records are taken in, by whom, when, and by which import; ``caller`` is who asked for it.

    ``coming`` tells whether a record of a section with some (new) id is in the file, before it is written or after.
    ``claim`` notes a key that a record has, of some kind (``serial``), and tells whether an earlier record has it;
    ``claimed`` tells only. Both know what was noted while this file is looked at, and nothing while it is written.
    """

    tenancy: Tenancy
    actor: Actor
    at: str
    import_id: str
    origins: Origins
    coming: Callable[[str, Any], bool]
    caller: Any = None
    claim: Callable[[str, str], bool] = _nothing
    claimed: Callable[[str, str], bool] = _nothing


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
    """Takes in the records of one section; ids are texts, as they stand in records.

    One restorer serves all imports, several at once, so it keeps nothing between calls.
    """

    async def look(self, arrival: Arrival, records: Sequence[Document]) -> Findings:
        """Hold records against the rules and against what is there, without writing anything."""
        ...

    async def write(self, arrival: Arrival, records: Sequence[Document]) -> None:
        """Write records that were looked at, all of them or none; those whose ids are there already are passed over.

        Raises:
            Refusal: one cannot be written any more; ``details`` tell which.
        """
        ...

    async def remove(self, arrival: Arrival, ids: Sequence[str]) -> Sequence[str] | None:
        """Take away again what `write` has made of records with these ids, whatever has become of it since.

        Ids of which nothing is there are passed over. Sections are taken away in the opposite of their order. What
        others have built on in the meantime may stay, and its ids are returned.
        """
        ...


@dataclass(frozen=True, slots=True)
class Intake:
    """One section that can be taken in: its name and the type of its records as in `core.extracts.Section`.

    ``scope`` is what a key needs for it. New ids take the order of the old ones (``ids``), or that of the records in
    the file (``rows``), or its opposite (``rows_back``), where there are too many to remember: nothing refers to those.
    ``is_opaque`` says that only ids of the records themselves are made anew, since the rest is what others have said.
    So many records as ``a_write`` says cost one write.
    """

    section: str
    kind: str
    scope: str
    restorer: Restorer
    order: Literal["ids", "rows", "rows_back"] = "ids"
    is_opaque: bool = False
    a_write: int = 1
