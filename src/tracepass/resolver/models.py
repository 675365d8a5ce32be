"""What a scan asks for, what stands behind a link, and the ways in which there is nothing to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tracepass.core.errors import Invalid, Refusal
from tracepass.core.ids import Id

Format = Literal["page", "data"]
Device = Literal["phone", "desktop", "other"]
SHOWN = frozenset({"published", "expired"})


@dataclass(frozen=True, slots=True)
class Reader:
    """What a reader's request says of them: nothing that could name a person.

    ``lang`` is the language asked for, one of the 24; ``accept_language`` the header as it came.
    """

    lang: str | None
    accept_language: str | None
    device: Device


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What decides how a scan is answered, before any content is read.

    ``edition`` changes with whatever is shown: with the passport, and with its product's name and pictures.
    """

    key: str
    passport_id: Id
    workspace_id: Id
    environment: str
    status: str
    edition: str
    category: str
    template_version: str
    suspended_at: str | None
    suspension_reason: str | None
    archived_at: str | None

    @property
    def is_test(self) -> bool:
        """Whether the passport was made with a test key."""
        return self.environment == "test"


@dataclass(frozen=True, slots=True)
class PublishedData:
    """The stored JSON-LD of a passport that may be shown."""

    state: State
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """With what grant a page is read, for its banner; ``audience`` is empty if it opens nothing here.

    ``ended`` tells that the grant is over, ``by_cookie`` that the browser holds it and can let go of it.
    """

    audience: str = ""
    holder: str = ""
    expires_at: str | None = None
    suspended_at: str | None = None
    ended: bool = False
    by_cookie: bool = False


class PassportMissing(Refusal):
    """Nothing is published behind a link; the answer never tells whether there is a draft."""

    def __init__(self) -> None:
        super().__init__("not_found", "There is no published passport behind this link.")


class PassportSuspended(Refusal):
    """The publisher suspended the passport: 423 with the day and the reason."""

    def __init__(self, state: State) -> None:
        super().__init__(
            "locked",
            "This passport is suspended; its content cannot be shown until it is released again.",
            details={"suspendedAt": state.suspended_at, "reason": state.suspension_reason},
        )
        self.state = state
        self.suspended_at = state.suspended_at
        self.reason = state.suspension_reason


class PassportArchived(Refusal):
    """The publisher closed the passport for good: 410, and what it was about. ``page`` is its last page data."""

    def __init__(self, state: State, page: Mapping[str, Any]) -> None:
        product = {"name": page["product"]["name"], "model": page["product"]["model"]}
        super().__init__(
            "gone",
            "This passport is archived for good.",
            details={"archivedAt": state.archived_at, "product": product, "gs1": page["gs1"]},
        )
        self.archived_at = state.archived_at
        self.page = page


class LinkMalformed(Invalid):
    """A link whose parts cannot be right: 400 with the part and the reason."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__({part: [reason]})
