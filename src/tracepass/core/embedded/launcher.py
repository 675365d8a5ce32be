"""Starting and stopping the local mongod."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from tracepass.core.embedded.binary import runnable
from tracepass.core.embedded.failures import DataDirectoryInUse, MongodFailed, explain_exit
from tracepass.core.embedded.home import MongodHome
from tracepass.core.embedded.locks import FileLock, wait_for
from tracepass.core.embedded.replica import REPLICA_SET, become_primary, socket_uri
from tracepass.core.embedded.tether import tethered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

# A predecessor that lost its launcher takes a second or two to write its last pages.
_PREDECESSOR_SECONDS = 30.0
# After a crash mongod replays its journal first, which may take a while on a big database.
_START_SECONDS = 180.0
_STOP_SECONDS = 30.0
_PAUSE = 0.02
# What mongod may see of our environment; the secrets among it are none of its business.
_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "GLIBC_TUNABLES", "TZ")


def never() -> bool:
    """Say that nobody wants the launch to be given up."""
    return False


class EmbeddedMongod:
    """A running mongod that this process started and that ends with it.

    `uri` is the connection string, `pid` its process id. Use it as a context manager, or call `stop`.
    """

    def __init__(self, home: MongodHome, process: subprocess.Popen[bytes], lock: FileLock) -> None:
        """Take over a started process and the launcher's lock; `launch` is the way to get here."""
        self._home = home
        self._process = process
        self._lock = lock
        self.uri = socket_uri(home.socket)
        self.pid = process.pid

    @classmethod
    def launch(
        cls,
        data_dir: Path,
        *,
        executable: Path,
        cache_gb: float = 0.25,
        patience: float = _PREDECESSOR_SECONDS,
        cancelled: Callable[[], bool] = never,
    ) -> Self:
        """Start mongod on `data_dir` and return when it is a writable primary (0.6 s on a fresh directory).

        Call it from the main thread: mongod is told to end when the starting thread does. `cache_gb` is WiredTiger's
        cache in GB (its minimum is 0.25), `patience` how many seconds to wait for a predecessor to let go of the
        directory, `cancelled` is asked while waiting. Raises DataDirectoryInUse or MongodFailed.
        """
        if threading.current_thread() is not threading.main_thread():
            message = "mongod must be started from the main thread: it ends when the thread that started it does"
            raise RuntimeError(message)
        home = MongodHome.of(data_dir)
        home.make()
        lock = _take_over(home, patience)
        try:
            process = _start(home, runnable(executable, spare_folder=home.folder), cache_gb)
        except BaseException:
            lock.release()
            raise
        mongod = cls(home, process, lock)
        try:
            mongod._await_primary(cancelled)
        except BaseException:
            mongod.stop()
            raise
        return mongod

    def poll(self) -> int | None:
        """Give None while mongod runs, else its exit code (negative for a signal)."""
        return self._process.poll()

    def stop(self) -> None:
        """End mongod (SIGTERM, and SIGKILL after half a minute), wait for it and free the data directory."""
        self._home.address.unlink(missing_ok=True)
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # The journal brings back every acknowledged write; a data directory that stays locked helps nobody.
            self._process.kill()
            self._process.wait()
        self._home.socket.unlink(missing_ok=True)
        if self._home.socket.parent != self._home.folder:
            with suppress(FileNotFoundError):  # whoever cleans the temporary directory may have been faster
                self._home.socket.parent.rmdir()
        self._lock.release()

    def _await_primary(self, cancelled: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        waiting_for: str | None = "its socket"
        while waiting_for:
            if self._home.socket.is_socket():
                waiting_for = become_primary(self._home.socket)
            if (code := self.poll()) is not None:
                raise MongodFailed(explain_exit(code, self._home.log))
            if waiting_for and cancelled():
                raise MongodFailed("the start of mongod was given up")
            if waiting_for and time.monotonic() > deadline:
                raise MongodFailed(
                    f"mongod did not become writable in {_START_SECONDS:.0f} s, it waits for: {waiting_for}. "
                    f"Read {self._home.log}, and start again."
                )
            time.sleep(_PAUSE if waiting_for else 0)
        self._home.address.write_text(self.uri)

    def __enter__(self) -> Self:
        """Give the running mongod."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        """Stop it."""
        self.stop()


def _take_over(home: MongodHome, patience: float) -> FileLock:
    """Become the directory's only launcher, and wait until the mongod of a launcher that died has let go as well."""
    deadline = time.monotonic() + patience
    lock = wait_for(lambda: FileLock.try_acquire(home.launcher_lock), seconds=patience)
    if lock is None:
        message = (
            f"{home.folder} is in use by another TracePass process, which has its own mongod there. End that one, or "
            "choose another --data-dir."
        )
        raise DataDirectoryInUse(message)
    left = max(deadline - time.monotonic(), 0.0)
    predecessor = wait_for(lambda: FileLock.try_acquire(home.mongod_lock), seconds=left)
    if predecessor is None:
        lock.release()
        message = (
            f"A mongod nobody waits for still uses {home.files}. Its process id is in {home.mongod_lock}: end it, and "
            "start again."
        )
        raise DataDirectoryInUse(message)
    predecessor.release()
    return lock


def _start(home: MongodHome, executable: Path, cache_gb: float) -> subprocess.Popen[bytes]:
    home.address.unlink(missing_ok=True)
    home.socket.unlink(missing_ok=True)
    if home.log.exists():
        home.log.rename(home.previous_log)
    with home.log.open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - the command is ours, there is no shell
            tethered(_command(home, executable, cache_gb), signal_number=signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home.folder,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | {"LC_ALL": "C"},
            # Ctrl-C goes to a whole process group; mongod must outlive the processes that still write to it.
            process_group=0,
        )


def _command(home: MongodHome, executable: Path, cache_gb: float) -> list[str]:
    """Give mongod's command line: nothing on TCP, and 18 MB instead of 300 on a fresh disk."""
    options = {
        "dbpath": str(home.files),
        "bind_ip": str(home.socket),
        "filePermissions": "0700",
        "replSet": REPLICA_SET,
        "networkMessageCompressors": "disabled",
        "wiredTigerCacheSizeGB": str(cache_gb),
        "oplogSize": "64",
        "wiredTigerEngineConfigString": "log=(file_max=16MB,prealloc=false)",
    }
    parameters = {
        "diagnosticDataCollectionEnabled": "false",
        # A web process that is killed leaves its open transaction behind, and until that ends whoever repeats the same
        # write conflicts with it. Ours take milliseconds; the default would let the dead hold on for a minute.
        "transactionLifetimeLimitSeconds": "5",
        # Told to end before it is a primary, it would stay 15 s for the other members to notice; there are none.
        "shutdownTimeoutMillisForSignaledShutdown": "0",
    }
    pairs = [part for name, value in options.items() for part in (f"--{name}", value)]
    settings = [part for name, value in parameters.items() for part in ("--setParameter", f"{name}={value}")]
    # Without --nounixsocket it would open a second socket, in /tmp, where everybody sees it.
    return [str(executable), "--nounixsocket", "--quiet", *pairs, *settings]
