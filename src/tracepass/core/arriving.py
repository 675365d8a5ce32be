"""Records of an export, read as strictly as the bodies of requests are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BaseModel, ValidationError

from tracepass.core.clock import parse_timestamp, timestamp
from tracepass.core.errors import Refusal
from tracepass.core.mongo import Document
from tracepass.core.restores import Arrival, Fault
from tracepass.core.validation import invalid

Model = TypeVar("Model", bound=BaseModel)
CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""How far the clock of the other installation may have been ahead of ours."""
LINKED: Final = frozenset({"@id", "@type"})
"""What stands in a record for readers of linked data alone."""


_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def _check_moment(text: str) -> str:
    if _MOMENT.fullmatch(text) is None:
        message = "must be a timestamp in UTC with milliseconds, like 2027-02-18T00:00:00.000Z"
        raise ValueError(message)
    parse_timestamp(text)
    return text


Moment = Annotated[str, AfterValidator(_check_moment)]
"""A moment as exports write it: texts of it sort as the moments do."""


def in_order_of(told: Mapping[str, Any], made: Document) -> Document:
    """Return a document with its members in the order of those that were told, so that it is told like that again."""
    return {name: made[name] for name in [*told, *made] if name in made}


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
