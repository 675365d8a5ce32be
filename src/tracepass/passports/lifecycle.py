"""The states of a passport and the moves between them, as one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tracepass.core.errors import Refusal
from tracepass.passports.models import Status


@dataclass(frozen=True, slots=True)
class Move:
    """From which states a move starts, where it ends, and the event it is told by."""

    origins: tuple[Status, ...]
    target: Status
    event: str | None = None


MOVES: Mapping[str, Move] = {
    "submit": Move(("draft",), "in_review"),
    "approve": Move(("in_review",), "approved"),
    "reject": Move(("in_review",), "draft"),
    "publish": Move(("draft", "in_review", "approved"), "published", "passport.published"),
    "suspend": Move(("published",), "suspended", "passport.suspended"),
    "republish": Move(("suspended", "expired"), "published", "passport.republished"),
    "expire": Move(("published",), "expired", "passport.expired"),
    "archive": Move(
        ("draft", "in_review", "approved", "published", "suspended", "expired"), "archived", "passport.archived"
    ),
}

DELETABLE: frozenset[Status] = frozenset({"draft", "in_review"})


class InvalidTransition(Refusal):
    """A move that does not start from the state the passport is in."""

    def __init__(self, move: str, state: Status) -> None:
        allowed = [name for name, candidate in MOVES.items() if state in candidate.origins and name != "expire"]
        super().__init__(
            "invalid_transition",
            f"A passport that is {state} cannot {move}; it can {', '.join(allowed) or 'not move any more'}.",
            details={"from": state, "to": MOVES[move].target, "allowed": allowed},
        )


class PassportArchived(Refusal):
    """The passport is closed for good."""

    def __init__(self) -> None:
        super().__init__("passport_archived", "This passport is archived and does not change any more.")


def target_of(move: str, state: Status) -> Status:
    """Return where a move leads from a state.

    Raises:
        InvalidTransition: it does not start there.
    """
    if state not in MOVES[move].origins:
        raise InvalidTransition(move, state)
    return MOVES[move].target


def state_after_edit(state: Status) -> Status:
    """Return the state after a change of content: what was approved is up for review again.

    Raises:
        PassportArchived: nothing changes in an archived passport.
    """
    if state == "archived":
        raise PassportArchived
    return "in_review" if state == "approved" else state
