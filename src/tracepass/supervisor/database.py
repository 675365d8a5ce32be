"""The family's own mongod, started again when it dies; its socket path stays, so that clients find it again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from tracepass.core.embedded import EmbeddedMongod, EmbeddedMongodError, find_mongod
from tracepass.settings import Settings
from tracepass.supervisor.child import Backoff

_log = structlog.get_logger("tracepass.supervisor")


@dataclass
class OwnDatabase:
    """A mongod on a data directory, and when it is due if it is not running (seconds of the monotonic clock)."""

    data_dir: Path
    executable: Path
    mongod: EmbeddedMongod | None = None
    due: float = 0.0
    _started: float = 0.0
    _backoff: Backoff = field(default_factory=Backoff)

    @classmethod
    def of(cls, settings: Settings) -> OwnDatabase:
        """Find the mongod to run. Raises MongodNotFound."""
        return cls(settings.data_dir, find_mongod(settings.mongod))

    def start(self, *, cancelled: Callable[[], bool]) -> str:
        """Start mongod, wait until it is writable and give its URI. Raises EmbeddedMongodError."""
        self._started = time.monotonic()
        self.mongod = EmbeddedMongod.launch(self.data_dir, executable=self.executable, cancelled=cancelled)
        return self.mongod.uri

    def revive(self, *, cancelled: Callable[[], bool]) -> None:
        """Start mongod again if it has ended and is due."""
        if self.mongod is not None and (code := self.mongod.poll()) is not None:
            _log.error("mongod ended", code=code)
            self.mongod.stop()
            self._fail()
        if self.mongod is None and time.monotonic() >= self.due and not cancelled():
            try:
                self.start(cancelled=cancelled)
            except (EmbeddedMongodError, OSError) as error:  # a full disk may be emptied yet
                _log.error("mongod does not start", reason=str(error))
                self._fail()
            else:
                _log.info("mongod is back")

    def _fail(self) -> None:
        now = time.monotonic()
        self.mongod = None
        self.due = now + self._backoff.delay(lived=now - self._started)

    def stop(self) -> None:
        """Stop mongod, if it runs."""
        if self.mongod is not None:
            self.mongod.stop()
            self.mongod = None
