"""The files of the local mongod inside a data directory, and where its socket may live."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tracepass.core.embedded.failures import MongodFailed

# sockaddr_un.sun_path holds 108 bytes with its NUL (unix(7)); mongod wants a little room of its own.
_SOCKET_PATH_BYTES = 100
# A path goes into --bind_ip (commas part it), into a member's host (a colon parts it) and into a URI.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+@~-]+")


@dataclass(frozen=True)
class MongodHome:
    """Paths of one data directory's mongod; all of them lie in `<data directory>/mongodb`, mode 0700."""

    folder: Path

    @classmethod
    def of(cls, data_dir: Path) -> Self:
        """Give the home inside `data_dir`, which need not exist yet."""
        return cls(data_dir.expanduser().resolve() / "mongodb")

    @property
    def files(self) -> Path:
        """The dbpath of mongod."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What mongod and the dynamic loader print."""
        return self.folder / "mongod.log"

    @property
    def previous_log(self) -> Path:
        """The log of the start before this one."""
        return self.folder / "mongod.log.1"

    @property
    def launcher_lock(self) -> Path:
        """Held by the one process that may run a mongod here."""
        return self.folder / "launcher.lock"

    @property
    def guests_lock(self) -> Path:
        """Held, shared, by short commands that use a mongod they did not start."""
        return self.folder / "guests.lock"

    @property
    def address(self) -> Path:
        """Holds the URI of the running mongod."""
        return self.folder / "uri"

    @property
    def mongod_lock(self) -> Path:
        """The lock mongod itself holds until its last page is written, also when its launcher is long gone."""
        return self.files / "mongod.lock"

    @property
    def socket(self) -> Path:
        """The Unix socket: in the home, or in a private folder of the temporary directory if that path is too long."""
        near = self.folder / "mongod.sock"
        return near if _usable(near) else _private_folder(self.folder) / "mongod.sock"

    def make(self) -> None:
        """Make the folders, readable by their owner only. Raises MongodFailed if there is no place for a socket."""
        self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.mkdir(exist_ok=True, mode=0o700)
        self.files.mkdir(exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        if not _usable(self.socket):
            message = f"There is no usable path for mongod's socket: {self.socket}. Set TMPDIR to a short path."
            raise MongodFailed(message)
        _claim(self.socket.parent)


def _usable(path: Path) -> bool:
    return len(os.fsencode(path)) <= _SOCKET_PATH_BYTES and _PLAIN_PATH.fullmatch(str(path)) is not None


def _private_folder(folder: Path) -> Path:
    """Name the temporary folder of a home: one name per home, so that a restart finds the same socket path."""
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()).resolve() / f"tracepass-{os.getuid()}-{digest}"


def _claim(folder: Path) -> None:
    """Make the socket's folder, or refuse one that somebody else put there (/tmp is everybody's)."""
    folder.mkdir(exist_ok=True, mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        message = f"{folder} is not a private folder of this user; remove it, or set TMPDIR to a folder of your own."
        raise MongodFailed(message)
