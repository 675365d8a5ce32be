"""Waiting for whichever comes first: a signal, the end of a child, or a point in time."""

from __future__ import annotations

import os
import select
import signal
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """What the parent was told; `stop_requests` counts the wishes to end (a second one means at once)."""

    def __init__(self, wakeup: int) -> None:
        self._wakeup = wakeup
        self.stop_requests = 0

    @classmethod
    @contextmanager
    def watched(cls) -> Iterator[Signals]:
        """Watch the signals during the block. Main thread only, as signal.signal is."""
        reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signals = cls(reading)
        before = {number: signal.signal(number, signals._on_ending) for number in _ENDING}
        # Without a handler of its own SIGCHLD would not reach the wake-up descriptor.
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _ignore)
        wakeup_before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        try:
            yield signals
        finally:
            signal.set_wakeup_fd(wakeup_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(reading)
            os.close(writing)

    def wait(self, seconds: float | None) -> None:
        """Return at the next signal, or after `seconds` (None: however long it takes)."""
        if select.select([self._wakeup], [], [], seconds)[0]:
            os.read(self._wakeup, 4096)

    @property
    def stopping(self) -> bool:
        """Whether the parent was asked to end."""
        return self.stop_requests > 0

    def _on_ending(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_requests += 1


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the wake-up descriptor has the news."""
