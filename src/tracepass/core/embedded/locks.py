"""Advisory file locks that the kernel frees when their holder dies, however it dies (flock(2))."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PAUSE = 0.02

Found = TypeVar("Found")


class FileLock:
    """A lock held on an open file; free it with `release`."""

    def __init__(self, descriptor: int) -> None:
        """Take over a descriptor on which the lock is held."""
        self._descriptor = descriptor

    @classmethod
    def try_acquire(cls, path: Path, *, shared: bool = False) -> Self | None:
        """Take the lock at once or give None; the file is made if need be."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return cls(descriptor)

    def release(self) -> None:
        """Free the lock."""
        os.close(self._descriptor)


@contextmanager
def held(path: Path, *, shared: bool, seconds: float) -> Iterator[bool]:
    """Hold a lock for the duration of the block; gives False where it could not be had within `seconds`."""
    lock = wait_for(lambda: FileLock.try_acquire(path, shared=shared), seconds=seconds)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.release()


def wait_for(attempt: Callable[[], Found | None], *, seconds: float) -> Found | None:
    """Repeat `attempt` until it gives something; give None after `seconds`."""
    deadline = time.monotonic() + seconds
    while (found := attempt()) is None and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    return found
