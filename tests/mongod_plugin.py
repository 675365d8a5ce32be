"""One real mongod for the whole test session, shared by all of its workers, and one database a test.

A run with `-n` starts it in the controlling process, which hands its URI to the workers; a run without starts it when
the first test asks for it. TRACEPASS_TEST_MONGODB_URI names a replica set to use instead.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from tracepass.core.embedded import EmbeddedMongod, MongodNotFound, find_mongod

if TYPE_CHECKING:
    from collections.abc import Iterator

_URI = "tracepass_mongodb_uri"


class SessionMongod:
    """The session's mongod: started when first asked for, gone with its files at the end."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._mongod: EmbeddedMongod | None = None
        self._folder: Path | None = None

    def uri(self) -> str:
        """Give the URI, starting the server first if need be. Raises MongodNotFound."""
        if given := os.environ.get("TRACEPASS_TEST_MONGODB_URI"):
            return given
        if self._mongod is None:
            explicit = os.environ.get("TRACEPASS_MONGOD")
            executable = find_mongod(Path(explicit) if explicit else None)
            self._folder = Path(tempfile.mkdtemp(prefix="tracepass-tests-"))
            self._mongod = EmbeddedMongod.launch(self._folder, executable=executable)
        return self._mongod.uri

    def close(self) -> None:
        """Stop the server and remove its files."""
        if self._mongod is not None:
            self._mongod.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder)


_SERVER = pytest.StashKey[SessionMongod]()


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the server."""
    config.stash[_SERVER] = SessionMongod()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server."""
    config.stash[_SERVER].close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the server is; a missing mongod is the worker's to report."""
    try:
        node.workerinput[_URI] = node.config.stash[_SERVER].uri()
    except MongodNotFound as missing:
        node.log(str(missing))


@pytest.fixture(scope="session")
def mongod(request: pytest.FixtureRequest) -> str:
    """Give the URI of the session's MongoDB, a replica set of one."""
    shared: str | None = getattr(request.config, "workerinput", {}).get(_URI)
    try:
        return shared or request.config.stash[_SERVER].uri()
    except MongodNotFound as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def mongo_client(mongod: str) -> Iterator[MongoClient[dict[str, Any]]]:
    """Give a synchronous client for looking at, and clearing away, what the tested code wrote."""
    with MongoClient[dict[str, Any]](mongod) as client:
        yield client


@pytest.fixture
def database_name(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """Give a database name of this test's own; the database is dropped afterwards."""
    name = f"test_{uuid4().hex}"
    yield name
    mongo_client.drop_database(name)


@pytest.fixture(scope="session")
def worker_database_name(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """Give a database name of this test worker's own, for tests that keep out of each other's way by workspace."""
    name = f"worker_{uuid4().hex}"
    yield name
    mongo_client.drop_database(name)
