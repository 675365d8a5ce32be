"""When an attempt is repeated."""

from __future__ import annotations

import pytest

from tracepass.delivery.ladder import LONGEST_WISH_SECONDS, Ladder
from tracepass.settings import Webhooks

RUNGS = Webhooks().ladder


def test_the_rungs_are_climbed_one_by_one_and_end() -> None:
    ladder = Ladder(RUNGS, shake=lambda: 0.5)
    waits = [ladder.wait(made) for made in range(len(RUNGS) + 1)]
    assert waits == [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 36_000, None]


@pytest.mark.parametrize("made", range(1, len(RUNGS)))
def test_each_wait_is_shaken_by_a_fifth_at_most(made: int) -> None:
    assert Ladder(RUNGS, shake=lambda: 0.0).wait(made) == pytest.approx(RUNGS[made] * 0.8)
    assert Ladder(RUNGS, shake=lambda: 1.0).wait(made) == pytest.approx(RUNGS[made] * 1.2)
    drawn = {Ladder(RUNGS).wait(made) or 0.0 for _ in range(200)}
    assert all(RUNGS[made] * 0.8 <= wait <= RUNGS[made] * 1.2 for wait in drawn)
    assert len(drawn) > 100


def test_a_receiver_is_never_called_before_the_moment_it_wished_for() -> None:
    ladder = Ladder((0, 5, 300), shake=lambda: 0.5)
    assert ladder.wait(1, wished=120) == 120
    assert ladder.wait(2, wished=120) == 300
    assert ladder.wait(1, wished=-10) == 5


def test_a_wish_has_its_limit_and_adds_no_rung() -> None:
    ladder = Ladder((0, 5), shake=lambda: 0.5)
    assert ladder.wait(1, wished=10**9) == LONGEST_WISH_SECONDS
    assert ladder.wait(2, wished=60) is None
