"""How many deliveries may be under way to one endpoint: more while it takes them, few while it does not."""

from __future__ import annotations

from tracepass.core.ids import Id

FIRST = 4
LEAST = 2
MOST = 32
LOSS = 2


class Windows:
    """The windows of the endpoints that this process delivers to.

    Each opens by one with every success and closes by two with every failure: one that fails now and then is wide open
    nevertheless, one that hangs soon holds no more than two deliveries, and so costs others nothing.
    """

    def __init__(self) -> None:
        self._sizes: dict[Id, int] = {}

    def of(self, endpoint: Id) -> int:
        """Return how many deliveries may be under way to an endpoint."""
        return self._sizes.get(endpoint, FIRST)

    def open(self, endpoint: Id) -> None:
        """Widen the window of an endpoint that took an event."""
        self._sizes[endpoint] = min(self.of(endpoint) + 1, MOST)

    def close(self, endpoint: Id) -> None:
        """Narrow the window of an endpoint that did not."""
        self._sizes[endpoint] = max(self.of(endpoint) - LOSS, LEAST)
