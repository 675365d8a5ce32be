"""`tracepass demo` as a process of its own, as `make run` starts it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.faults.installation import environment

LAST_LINE = "Ctrl-C ends it."


@dataclass
class Demo:
    """A context manager: the demo runs inside, and has ended after."""

    data_dir: Path
    port: int = 0
    printed: str = ""
    exit_code: int | None = None
    _process: subprocess.Popen[str] | None = None

    @property
    def log(self) -> str:
        """What it wrote to stderr."""
        return self._log.read_text()

    @property
    def url(self) -> str:
        """Where the server answers."""
        return self._row("API").removesuffix("/api/v1")

    @property
    def key(self) -> str:
        """The API key it printed."""
        return self._row("API key")

    @property
    def link(self) -> str:
        """The scan link it printed."""
        return self._row("Scan link")

    def _row(self, name: str) -> str:
        found = re.search(rf"^  {name}  +(\S+)$", self.printed, re.MULTILINE)
        assert found, self.printed
        return found.group(1)

    @property
    def _log(self) -> Path:
        return self.data_dir.with_name(f"{self.data_dir.name}.log")

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tracepass", "demo", "--port", str(self.port), "--data-dir", str(self.data_dir)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment(),
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.printed += line
            if line.startswith(LAST_LINE):
                self.port = int(self.url.rsplit(":", 1)[1])
                return self
        self._process.wait()
        raise AssertionError(self.log[-4000:])

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, wait, and give its exit code."""
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.send_signal(number)
        self.exit_code = self._process.wait()
        self._process.stdout.close()
        return self.exit_code

    def __exit__(self, *_: object) -> None:
        if self.exit_code is None:
            self.stop()
