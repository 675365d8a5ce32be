"""Plans, windows and the refusals of what a plan does not include."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from tracepass.core.clock import timestamp
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.tenancy import Actor, Tenancy

CURRENCY = "EUR"
EVENTS_A_BLOCK = 1000
SYSTEM = Actor("system", None, "TracePass")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan includes; None means as much as you like.

    ``overage_cents`` is the price of a passport beyond ``max_passports``, None where none is sold. ``extra_languages``
    are those a passport may be published in beside English; ``passport_days`` the life of a published passport.
    """

    slug: str
    name: str
    writes_per_day: int | None = None
    reads_per_day: int | None = None
    per_minute: int | None = None
    max_passports: int | None = None
    epcis_events_per_month: int | None = None
    overage_cents: int | None = None
    extra_languages: int | None = None
    passport_days: int | None = None


class HoldersWorkspace(Protocol):
    """What budgets need to know of a workspace."""

    @property
    def id(self) -> Id:
        """Return its id."""
        ...

    @property
    def plan(self) -> str:
        """Return the slug of its plan."""
        ...


class HoldersCredential(Protocol):
    """What budgets need to know of a key, token or session."""

    @property
    def id(self) -> Id | None:
        """Return its id, if it has one."""
        ...


class Holder(Protocol):
    """Whose budgets are taken from: a caller."""

    @property
    def workspace(self) -> HoldersWorkspace:
        """Return the workspace."""
        ...

    @property
    def credential(self) -> HoldersCredential:
        """Return what the caller showed."""
        ...

    @property
    def tenancy(self) -> Tenancy:
        """Return workspace and environment."""
        ...

    @property
    def actor(self) -> Actor:
        """Return who it is, for the audit log."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """One window of time, what may be taken in it, and what is left.

    Its two texts are items of draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4.
    """

    name: Literal["day", "minute"]
    limit: int
    remaining: int
    now: datetime
    start: datetime
    end: datetime

    @property
    def seconds_left(self) -> int:
        """Return the whole seconds until the window ends, at least one."""
        return max(1, math.ceil((self.end - self.now).total_seconds()))

    @property
    def policy(self) -> str:
        """Return the item of ``RateLimit-Policy``: what may be taken in how many seconds."""
        return f'"{self.name}";q={self.limit};w={int((self.end - self.start).total_seconds())}'

    @property
    def state(self) -> str:
        """Return the item of ``RateLimit``: what remains, and for how many seconds."""
        return f'"{self.name}";r={self.remaining};t={self.seconds_left}'


def rate_limit_headers(*windows: Window) -> dict[str, str]:
    """Return the two header fields that tell a client where it stands."""
    return {
        "RateLimit-Policy": ", ".join(window.policy for window in windows),
        "RateLimit": ", ".join(window.state for window in windows),
    }


class RateLimited(Refusal):
    """The window is used up."""

    def __init__(self, window: Window) -> None:
        until = "00:00 UTC" if window.name == "day" else "the minute is over"
        super().__init__(
            "rate_limited",
            f"The plan allows {window.limit} a {window.name}, and this asks for more than is left; wait until {until}.",
            details={"window": window.name, "limit": window.limit},
            headers={"Retry-After": str(window.seconds_left), **rate_limit_headers(window)},
        )


class OverageRequired(Refusal):
    """The plan's passports are used up; most plans sell more, one by one."""

    def __init__(self, plan: Plan, *, limit: int, used: int) -> None:
        price = plan.overage_cents
        more = (
            "choose a larger plan"
            if price is None
            else f"repeat with confirmOverage: true to pay {price / 100:.2f} EUR for each one more"
        )
        super().__init__(
            "overage_required",
            f"The plan {plan.name} includes {limit} passports, {used} are in use; {more}.",
            details={"limit": limit, "used": used, "overageCents": price, "currency": CURRENCY},
        )


class EventsOverageRequired(Refusal):
    """The plan's EPCIS events of the month are used up; more are sold by the thousand."""

    def __init__(self, plan: Plan, facts: Mapping[str, Any]) -> None:
        super().__init__(
            "epcis_events_overage_required",
            f"The plan {plan.name} includes {facts['limit']} EPCIS events a month, {facts['used']} are used; repeat "
            f"with confirmOverage to take more, {EVENTS_A_BLOCK} at a time.",
            details={**facts, "blockSize": EVENTS_A_BLOCK},
        )


class EventsHardBlock(Refusal):
    """The plan's EPCIS events of the month are used up, and no more are sold."""

    def __init__(self, plan: Plan, facts: Mapping[str, Any]) -> None:
        super().__init__(
            "epcis_events_hard_block",
            f"The plan {plan.name} includes {facts['limit']} EPCIS events a month, {facts['used']} are used; choose a "
            "larger plan.",
            details=facts,
        )


class PlanRequired(Refusal):
    """What is asked for belongs to a larger plan."""

    def __init__(self, message: str, details: Mapping[str, Any]) -> None:
        super().__init__("plan_required", message, details=details)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a budget stands; None for what is unlimited and therefore not counted, or never starts anew."""

    limit: int | None
    used: int | None
    resets_at: datetime | None

    @property
    def wire(self) -> dict[str, Any]:
        """Return it as /me shows it."""
        resets_at = None if self.resets_at is None else timestamp(self.resets_at)
        return {"limit": self.limit, "used": self.used, "resetsAt": resets_at}
