"""Killing any part in the middle of concurrent writes loses none that was acknowledged."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import pytest
from tests.faults.drill import drill, workspace_key
from tests.faults.installation import PARTS, Installation, Part

from tracepass.core.embedded import MongodNotFound, find_mongod

# TRACEPASS_DRILL_SEED repeats a drill; without it each run kills at other moments.
SEED = int(os.environ.get("TRACEPASS_DRILL_SEED") or random.SystemRandom().randrange(2**32))
ROUNDS = 3


@pytest.fixture(autouse=True)
def _mongod_needed() -> None:
    explicit = os.environ.get("TRACEPASS_MONGOD")
    try:
        find_mongod(Path(explicit) if explicit else None)
    except MongodNotFound as missing:
        pytest.skip(str(missing))


def test_a_killed_part_loses_no_acknowledged_write(tmp_path: Path) -> None:
    """The short drill: one part, picked at random, and the whole machine."""
    chance = random.Random(SEED)  # noqa: S311 - it picks moments, not secrets
    with Installation(tmp_path / "data") as installation:
        key = workspace_key(installation)
        for part in (chance.choice(PARTS[:-1]), PARTS[-1]):
            _tell(drill(installation, part, writes=200, chance=chance, key=key, label=part))


@pytest.mark.faults
@pytest.mark.parametrize("part", PARTS)
def test_a_thousand_writes_survive_the_kill_of_any_part_again_and_again(tmp_path: Path, part: Part) -> None:
    chance = random.Random(f"{SEED} {part}")  # noqa: S311 - it picks moments, not secrets
    with Installation(tmp_path / "data") as installation:
        key = workspace_key(installation)
        for number in range(ROUNDS):
            _tell(drill(installation, part, writes=1000, chance=chance, key=key, label=f"{part}{number}"))


def _tell(line: str) -> None:
    sys.stdout.write(f"{line} (seed {SEED})\n")
