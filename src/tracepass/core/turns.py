"""One after the other: writers of the same thing in this process wait for each other instead of colliding.

Writes stay right without it, since each holds only on the version it has seen; but of a hundred who try at once on a
version, ninety-nine would have worked for nothing, and again, and again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary


class Turns:
    """A queue for each thing that somebody writes at the moment."""

    def __init__(self) -> None:
        self._queues: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    def at(self, thing: Hashable) -> asyncio.Lock:
        """Return the queue for a thing, to be entered with ``async with``; it is forgotten when nobody stands in it."""
        queue = self._queues.get(thing)
        if queue is None:
            queue = self._queues[thing] = asyncio.Lock()
        return queue
