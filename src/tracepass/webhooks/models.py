"""What clients send and ask about webhooks."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from tracepass.core.schema import QueryModel, WireModel

EVENTS: Final = (
    "passport.created",
    "passport.updated",
    "passport.published",
    "passport.republished",
    "passport.suspended",
    "passport.expired",
    "passport.archived",
    "passport.deleted",
    "extraction.completed",
    "extraction.failed",
    "supplier.submitted",
    "epcis.captured",
    "quota.warning",
    "webhook.test",
)
EVERY: Final = "*"
TEST: Final = "webhook.test"
Status = Literal["pending", "succeeded", "failed", "cancelled"]


def _known(events: list[str]) -> list[str]:
    """Return the events in the order of the list, each once.

    Raises:
        ValueError: one is unknown.
    """
    unknown = sorted(set(events) - {*EVENTS, EVERY})
    if unknown:
        message = f"{unknown[0]!r} is no event; events are {', '.join(EVENTS)}, or * for every one"
        raise ValueError(message)
    return [EVERY] if EVERY in events else [event for event in EVENTS if event in events]


Events = Annotated[list[str], Field(min_length=1, max_length=50), AfterValidator(_known)]
Url = Annotated[str, Field(min_length=1, max_length=2048)]
Description = Annotated[str, Field(max_length=500)]


class WebhookCreate(WireModel):
    """A new endpoint: where events go, and which."""

    url: Url
    events: Events
    description: Description = ""


class WebhookPatch(WireModel):
    """What shall change; what is left out stays."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    status: Literal["enabled", "disabled"] | None = None


class WebhookQuery(QueryModel):
    """One page of endpoints."""

    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class DeliveryQuery(WebhookQuery):
    """One page of deliveries, of one outcome or all."""

    status: Status | None = None
