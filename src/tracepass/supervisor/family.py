"""The parent process: starts its children in order, watches them, ends them in the opposite order."""

from __future__ import annotations

import base64
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from tracepass.api.health import SHARED_METRICS
from tracepass.core.embedded import EmbeddedMongodError
from tracepass.core.secretkey import load_secret_key
from tracepass.settings import Settings
from tracepass.supervisor.child import Child
from tracepass.supervisor.database import OwnDatabase
from tracepass.supervisor.listening import Listener
from tracepass.supervisor.signals import Signals

# uvicorn gives open requests ten seconds; the rest is for the interpreter to end.
_GRACE_SECONDS = 15.0
_READY_PAUSE = 0.05
_WATCH_SECONDS = 5.0

_log = structlog.get_logger("tracepass.supervisor")


@dataclass
class Family:
    """One installation on one machine: `workers` web processes, `background` or no worker, and perhaps mongod.

    `prepare` is called before the first web process starts, with the settings the children will read (the place to
    create indexes), `on_ready` once, when /readyz has answered 200 for the first time.
    """

    settings: Settings
    listener: Listener
    workers: int
    prepare: Callable[[Settings], None]
    on_ready: Callable[[Listener], None]
    background: bool = True
    _web: list[Child] = field(default_factory=list)
    _background: list[Child] = field(default_factory=list)
    _database: OwnDatabase | None = None
    _ready: bool = False

    def run(self) -> int:
        """Run until a signal says to end; give the exit code (1: a process ended before all were ready).

        Call it from the main thread. Raises EmbeddedMongodError, SecretKeyMissing and whatever `prepare` raises.
        """
        with Signals.watched() as signals, self._ended(signals):
            try:
                self._start(signals)
            except EmbeddedMongodError:
                if signals.stopping:  # the start was given up because we were told to
                    return 0
                raise
            while not signals.stopping:
                if not self._watch(signals):
                    return 1
                signals.wait(self._pause())
        return 0

    def _start(self, signals: Signals) -> None:
        inherited = {
            "TRACEPASS_DATA_DIR": str(self.settings.data_dir.resolve()),
            "TRACEPASS_BOUND_URL": self.listener.url,
            "TRACEPASS_SECRET_KEY": base64.b64encode(load_secret_key(self.settings)).decode(),
        }
        if self.settings.embedded:
            self._database = OwnDatabase.of(self.settings)
            inherited["TRACEPASS_MONGODB_URI"] = self._database.start(cancelled=lambda: signals.stopping)
        told = {name.removeprefix("TRACEPASS_").lower(): value for name, value in inherited.items()}
        self.prepare(Settings(**(self.settings.model_dump() | told)))
        environment = dict(os.environ) | inherited | {SHARED_METRICS: str(_empty_folder(self.settings.data_dir))}
        descriptor = self.listener.socket.fileno()
        self._web = [
            Child(f"web {number}", own_command("_web", "--fd", str(descriptor)), environment, [descriptor])
            for number in range(1, self.workers + 1)
        ]
        if self.background:
            self._background = [Child("worker", own_command("_worker"), environment)]

    def _watch(self, signals: Signals) -> bool:
        """Look after everybody once; give False if one ended before the family was ever ready."""
        for child in self._children:
            if (code := child.reap()) is not None:
                _log.error("a process ended", process=child.name, code=code)
                if not self._ready:
                    return False
        if self._database is not None:
            self._database.revive(cancelled=lambda: signals.stopping)
        for child in self._children:
            if child.wanted and not signals.stopping:
                child.start()
        if not self._ready and self.listener.answers("/readyz"):
            self._ready = True
            self.on_ready(self.listener)
        return True

    def _pause(self) -> float:
        """Give the seconds until somebody has to be looked after, should no signal come before."""
        if not self._ready:
            return _READY_PAUSE
        due = [child.due for child in self._children if child.process is None]
        if self._database is not None and self._database.mongod is None:
            due.append(self._database.due)
        return min([_WATCH_SECONDS, *(max(moment - time.monotonic(), 0.0) for moment in due)])

    @property
    def _children(self) -> list[Child]:
        return [*self._background, *self._web]

    @contextmanager
    def _ended(self, signals: Signals) -> Iterator[None]:
        """End everybody after the block: first who takes requests, then who works on, last the database."""
        try:
            yield
        finally:
            self.listener.close()
            _end(self._web, signals)
            _end(self._background, signals)
            if self._database is not None:
                self._database.stop()


def _empty_folder(data_dir: Path) -> Path:
    """Give a folder where the processes of this run put their counters together; those of earlier runs are gone."""
    folder = data_dir.resolve() / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _end(children: Sequence[Child], signals: Signals) -> None:
    """Ask the children to end and wait for them; kill them after their grace, or at the second request to stop."""
    deadline = time.monotonic() + _GRACE_SECONDS
    for child in children:
        child.ask_to_end()
    while _any_runs(children) and signals.stop_requests <= 1 and (left := deadline - time.monotonic()) > 0:
        signals.wait(left)
    for child in children:
        child.kill()


def _any_runs(children: Sequence[Child]) -> bool:
    for child in children:
        child.reap()
    return any(child.process is not None for child in children)


def own_command(*arguments: str) -> list[str]:
    """Return a command line of this program; what lies in the working directory is never imported for it."""
    return [sys.executable, "-P", "-m", "tracepass", *arguments]
