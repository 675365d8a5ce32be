"""Lets every answer of the suite be held against the contract, and says in the end what nobody has tried.

Tests get the checker as the fixture ``contract`` and hang ``contract.hook`` into their HTTP client. When the whole
suite ran and passed, each documented (operation, status) must have been seen by some test.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.checker import Checker

from tracepass.contract import load

_CHECKER = pytest.StashKey[Checker]()
_MISSING = pytest.StashKey[list[tuple[str, str]]]()
_OUTPUT = "tracepass_contract"


def pytest_configure(config: pytest.Config) -> None:
    """Compile the contract, once a process."""
    config.stash[_CHECKER] = Checker(load())
    config.stash[_MISSING] = []


@pytest.fixture(scope="session")
def contract(request: pytest.FixtureRequest) -> Checker:
    """Give the checker that every answer passes through."""
    return request.config.stash[_CHECKER]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker of pytest-xdist has seen."""
    pairs = getattr(node, "workeroutput", {}).get(_OUTPUT, [])
    node.config.stash[_CHECKER].seen.update((operation, status) for operation, status in pairs)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Report to the controller, or fail a whole run that left something untried."""
    checker = session.config.stash[_CHECKER]
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_OUTPUT] = sorted(checker.seen)
    elif session.exitstatus == pytest.ExitCode.OK and checker.seen and _is_whole(session.config):
        session.config.stash[_MISSING] = checker.missing()
        if checker.missing():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name the documented answers that no test has produced."""
    missing = config.stash[_MISSING]
    if missing:
        terminalreporter.section("documented, but seen by no test", red=True)
        for operation, status in missing:
            terminalreporter.line(f"{operation} {status}")


def _is_whole(config: pytest.Config) -> bool:
    """Tell whether nothing was left out by name; markers leave out drills and browsers only."""
    chosen = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    narrowed = ("keyword", "lf", "last_failed", "deselect", "collectonly", "ignore", "ignore_glob", "stepwise")
    return chosen and not any(config.getoption(name, default=None) for name in narrowed)
