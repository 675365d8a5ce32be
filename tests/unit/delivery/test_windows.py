"""How many deliveries are under way to one endpoint."""

from __future__ import annotations

import random

from tracepass.core.ids import new_id
from tracepass.webhooks.windows import FIRST, LEAST, MOST, Windows


def test_a_window_opens_with_success_and_closes_with_failure() -> None:
    windows, endpoint = Windows(), new_id()
    assert windows.of(endpoint) == FIRST
    for _ in range(100):
        windows.open(endpoint)
    assert windows.of(endpoint) == MOST
    for _ in range(100):
        windows.close(endpoint)
    assert windows.of(endpoint) == LEAST
    assert windows.of(new_id()) == FIRST


def test_an_endpoint_that_fails_now_and_then_is_wide_open() -> None:
    windows, endpoint, chance = Windows(), new_id(), random.Random(1)  # noqa: S311 - no secrets
    sizes = []
    for _ in range(2000):
        (windows.close if chance.random() < 0.2 else windows.open)(endpoint)
        sizes.append(windows.of(endpoint))
    assert sum(sizes[500:]) / 1500 > MOST * 0.7
