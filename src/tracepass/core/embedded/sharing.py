"""Using a data directory's mongod without caring who runs it."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tracepass.core.embedded.failures import DataDirectoryInUse
from tracepass.core.embedded.home import MongodHome
from tracepass.core.embedded.launcher import EmbeddedMongod
from tracepass.core.embedded.locks import FileLock, held, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

_PATIENCE_SECONDS = 30.0


def running_uri(data_dir: Path) -> str | None:
    """Give the URI of the mongod that a live launcher runs on `data_dir`, or None if there is none (any more)."""
    home = MongodHome.of(data_dir)
    if not home.address.exists() or not home.launcher_lock.exists():
        return None
    if (lock := FileLock.try_acquire(home.launcher_lock, shared=True)) is not None:
        lock.release()  # nobody launches here: the address is a left-over of a launcher that was killed
        return None
    return home.address.read_text() if _answers(home.socket) else None


@contextmanager
def attach_or_launch(data_dir: Path, *, executable_finder: Callable[[], Path]) -> Iterator[str]:
    """Give a URI for the duration of the block: the running server's, else that of a mongod started for it.

    `executable_finder` is called only if one has to be started. Waits up to 30 s for a server that is just starting,
    ending or being replaced. Raises DataDirectoryInUse, or what launching raises.
    """
    home = MongodHome.of(data_dir)
    home.make()

    def attempt() -> AbstractContextManager[str] | None:
        return _join(home, data_dir) or _host(home, data_dir, executable_finder)

    found = wait_for(attempt, seconds=_PATIENCE_SECONDS)
    if found is None:
        message = f"{home.folder} is in use by a TracePass process that does not answer: end that one, and try again."
        raise DataDirectoryInUse(message)
    with found as uri:
        yield uri


def _join(home: MongodHome, data_dir: Path) -> AbstractContextManager[str] | None:
    """Join the running mongod, with a lock that keeps a short-lived host from stopping it under us."""
    lock = FileLock.try_acquire(home.guests_lock, shared=True)
    if lock is None:
        return None
    if (uri := running_uri(data_dir)) is not None:
        return _visiting(uri, lock)
    lock.release()
    return None


def _host(
    home: MongodHome, data_dir: Path, executable_finder: Callable[[], Path]
) -> AbstractContextManager[str] | None:
    """Start a mongod, unless somebody is about to."""
    lock = FileLock.try_acquire(home.launcher_lock)
    if lock is None:
        return None
    lock.release()
    return _hosting(EmbeddedMongod.launch(data_dir, executable=executable_finder()), home)


@contextmanager
def _visiting(uri: str, lock: FileLock) -> Iterator[str]:
    try:
        yield uri
    finally:
        lock.release()


@contextmanager
def _hosting(mongod: EmbeddedMongod, home: MongodHome) -> Iterator[str]:
    """Stop the mongod afterwards, but not before those who joined it are done."""
    try:
        yield mongod.uri
    finally:
        with held(home.guests_lock, shared=False, seconds=_PATIENCE_SECONDS):
            mongod.stop()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
