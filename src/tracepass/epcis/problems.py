"""What is wrong with a document, and where: every reader and checker of EPCIS tells it in these words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault.

    Attributes:
        path: JSON pointer (RFC 6901) to the faulty place, from the root of what was read; empty for the whole.
        message: a sentence for a person.
        code: stable and in snake_case, for example ``event_time_missing``, ``unknown_property``, ``namespace_unknown``.
        index: which event of the document it is in, from 0; None outside events.
    """

    path: str
    message: str
    code: str
    index: int | None = None

    def within(self, path: str, index: int | None) -> Problem:
        """Return the fault as seen from the document that holds the event."""
        return replace(self, path=path + self.path, index=index)


class EpcisInvalid(ValueError):
    """A document that is none of EPCIS; ``problems`` holds at least one."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path or '/'}: {problem.message}" for problem in problems[:5]))
        self.problems: tuple[Problem, ...] = tuple(problems)


def pointer(*parts: str | int) -> str:
    """Return a JSON pointer for the names and places on the way to a value."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
