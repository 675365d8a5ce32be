"""What clients send about named queries and their subscriptions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from tracepass.core.schema import Text, WireModel, WireTimestamp

ScheduleField = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _printable(text: str) -> str:
    if not text.isprintable():
        message = "must have printable characters only"
        raise ValueError(message)
    return text


def _addressable(name: str) -> str:
    """Return a name that an address can end with: clients take dots alone for steps on the way (RFC 3986 5.2.4)."""
    if not name.strip("."):
        message = "must not be dots alone"
        raise ValueError(message)
    return name


QueryName = Annotated[Text, StringConstraints(max_length=100), AfterValidator(_printable), AfterValidator(_addressable)]
SignatureToken = Annotated[str, StringConstraints(min_length=8, max_length=200), AfterValidator(_printable)]


class NamedQueryCreate(WireModel):
    """A query and its name."""

    name: QueryName
    query: dict[str, Any]


class ScheduleFields(WireModel):
    """The fields of a schedule, as the standard names them."""

    second: ScheduleField | None = None
    minute: ScheduleField | None = None
    hour: ScheduleField | None = None
    day_of_month: ScheduleField | None = None
    month: ScheduleField | None = None
    day_of_week: ScheduleField | None = None


class SubscriptionCreate(WireModel):
    """Where the events of a query shall go, and when."""

    dest: Annotated[str, Field(min_length=1, max_length=2048)]
    signature_token: SignatureToken | None = None
    schedule: ScheduleFields | None = None
    stream: Literal[True] | None = None
    report_if_empty: bool = False
    initial_record_time: WireTimestamp | None = None
