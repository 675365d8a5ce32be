"""The way through lots, level by level: each level is one read by index, and nothing is looked at twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from tracepass.core.mongo import Document, Session
from tracepass.traces.lot_repository import LotRepository
from tracepass.traces.refusals import LineageTooLarge


class Step(Protocol):
    """The way from the lots of one level to those of the next."""

    async def __call__(self, lots: Sequence[Document], *, limit: int) -> list[Document]:
        """Return the lots of the next level, at most ``limit``."""
        ...


MOST_SEARCHED: Final = 10_000
"""Lots looked through for a cycle."""
DEEPEST_SEARCHED: Final = 1_000
MOST_INHERITED: Final = 5_000
"""Lots before one whose traces are brought forward to it."""
DEEPEST_INHERITED: Final = 200


@dataclass(slots=True)
class Walk:
    """What was found from a lot on: each lot with its distance, nearest first."""

    lots: dict[str, Document] = field(default_factory=dict)
    truncated: bool = False


async def walk(start: Document, step: Step, *, depth: int, most: int) -> Walk:
    """Go from a lot as far as ``depth`` levels and ``most`` lots; ``truncated`` says that there is more."""
    found, level = Walk(), [start]
    for distance in range(1, depth + 2):
        # One level more than is shown tells whether anything was left out.
        room = most - len(found.lots)
        reached = await step(level, limit=most + 2)
        level = [lot for lot in reached if lot["_id"] not in found.lots and lot["_id"] != start["_id"]]
        if not level:
            return found
        if distance > depth or len(level) > room:
            found.truncated = True
        if distance > depth:
            return found
        level = level[:room]
        found.lots |= {lot["_id"]: {**lot, "depth": distance} for lot in level}
        if found.truncated:
            return found
    return found


async def find_way(lots: LotRepository, sources: Sequence[str], target: str, *, session: Session) -> list[str] | None:
    """Return a way from ``target`` to itself by way of one of its predecessors to be, or None if there is none.

    Raises:
        LineageTooLarge: there are more lots before it than are looked through.
    """
    came_from = dict.fromkeys(sources, target)
    if target in came_from:
        return [target, target]
    level: list[Document] = [{"_id": target, "predecessors": list(sources)}]
    for _ in range(DEEPEST_SEARCHED):
        level = await lots.before(level, limit=MOST_SEARCHED, session=session)
        fresh = [(up, lot["_id"]) for lot in level for up in lot["predecessors"] if up not in came_from]
        came_from |= dict(fresh)
        if target in came_from:
            return _way(came_from, target)
        if not fresh:
            return None
        if len(came_from) > MOST_SEARCHED:
            break
        level = [{"_id": "", "predecessors": [up for up, _ in fresh]}]
    raise LineageTooLarge(lots=MOST_SEARCHED, levels=DEEPEST_SEARCHED)


def _way(came_from: dict[str, str], target: str) -> list[str]:
    """Return the way from a lot to itself, from each lot to one of its predecessors."""
    way = [target, came_from[target]]
    while way[-1] != target:
        way.append(came_from[way[-1]])
    return way[::-1]
