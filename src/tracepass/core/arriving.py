"""Records of an export, read as strictly as the bodies of requests are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from tracepass.core.clock import timestamp
from tracepass.core.errors import Refusal
from tracepass.core.mongo import Document
from tracepass.core.restores import Arrival, Fault
from tracepass.core.validation import invalid

Model = TypeVar("Model", bound=BaseModel)
LINKED: Final = frozenset({"@id", "@type"})
"""What stands in a record for readers of linked data alone."""


def members_of(record: Document) -> Document:
    """Return what a record says of itself."""
    return {name: value for name, value in record.items() if name not in LINKED}


def read(model: type[Model], record: Document) -> Model:
    """Read a record.

    Raises:
        Invalid: it is not as the model says.
    """
    try:
        return model.model_validate(members_of(record))
    except ValidationError as error:
        raise invalid(error.errors(), skip=0) from None


def faults_of(index: int, refusal: Refusal) -> list[Fault]:
    """Return a refusal as faults of a record, one for each member that it names."""
    named = (refusal.details or {}).get("fieldErrors") or {}
    found = [Fault(index, refusal.code, member, "; ".join(sentences)) for member, sentences in named.items()]
    return found or [Fault(index, refusal.code, "", refusal.message)]


def moment_faults(index: int, arrival: Arrival, moments: Sequence[tuple[str, datetime]]) -> list[Fault]:
    """Return what is wrong with moments that follow each other: one before the one before it, or one still to come."""
    faults, earliest = [], ""
    for member, moment in moments:
        told = timestamp(moment)
        if told > arrival.at:
            faults.append(Fault(index, "validation_error", member, "lies in the future"))
        elif told < earliest:
            faults.append(Fault(index, "validation_error", member, "lies before the time of what came earlier"))
        earliest = told
    return faults
