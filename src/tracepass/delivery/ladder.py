"""When to try again: the rungs of a ladder, each a little shaken, so that not all who failed together come together."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

JITTER = 0.2
LONGEST_WISH_SECONDS = 86_400.0
"""How far ahead a receiver may wish the next attempt."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The waits before each attempt, in seconds; the first is usually 0. ``shake`` gives a number from 0 to 1."""

    rungs: Sequence[float]
    shake: Callable[[], float] = random.random

    def wait(self, made: int, *, wished: float | None = None) -> float | None:
        """Return the seconds until the next attempt after ``made`` of them, or None if that was the last.

        ``wished`` is what the receiver asked for in ``Retry-After``: it is never called earlier than that.
        """
        if made >= len(self.rungs):
            return None
        shaken = self.rungs[made] * (1 + JITTER * (2 * self.shake() - 1))
        return max(shaken, min(wished or 0.0, LONGEST_WISH_SECONDS))
