"""One member of the family: a process that is started again when it dies."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tracepass.core.embedded import tethered

_FIRST_DELAY = 0.1
_LONGEST_DELAY = 10.0
_HEALTHY_SECONDS = 30.0


@dataclass
class Backoff:
    """When to start something again that keeps ending: 0.1 s after the first time, then twice as long, up to 10 s."""

    failures: int = 0

    def delay(self, *, lived: float) -> float:
        """Give the seconds to wait before the next start, for something that `lived` that many seconds."""
        self.failures = 1 if lived >= _HEALTHY_SECONDS else self.failures + 1
        return min(_FIRST_DELAY * 2.0 ** (self.failures - 1), _LONGEST_DELAY)


@dataclass
class Child:
    """A command, the process that runs it now, and when it is due if none does (seconds of the monotonic clock)."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    descriptors: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None
    due: float = 0.0
    _started: float = 0.0
    _backoff: Backoff = field(default_factory=Backoff)

    def start(self) -> None:
        """Start the process, tied to this one, in a process group of its own so that Ctrl-C reaches the parent only."""
        self._started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - the command is ours, there is no shell
            tethered(list(self.command), signal_number=signal.SIGTERM),
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            pass_fds=tuple(self.descriptors),
            process_group=0,
        )

    def reap(self) -> int | None:
        """Give the exit code if the process has just ended, and set when it is due again."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        self.process = None
        now = time.monotonic()
        self.due = now + self._backoff.delay(lived=now - self._started)
        return code

    @property
    def wanted(self) -> bool:
        """Whether the process should be started now."""
        return self.process is None and time.monotonic() >= self.due

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        if self.process is not None:
            self.process.terminate()

    def kill(self) -> None:
        """Kill the process if it still runs, and wait for it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
