"""The long drills run only when they are asked for: `make faults`."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Know --run-long."""
    parser.addoption("--run-long", action="store_true", help="run the long drills too, for minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the long drills without it."""
    if config.getoption("--run-long", default=False):
        return
    for item in items:
        if item.get_closest_marker("faults"):
            item.add_marker(pytest.mark.skip(reason="a long drill: make faults runs it"))
