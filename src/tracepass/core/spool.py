"""What is too large for memory while it is looked at: a file without a name, which no crash leaves behind."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import tempfile
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from tracepass.core.errors import Refusal

HELD: Final = 1024 * 1024
"""So many bytes stay in memory."""
CHUNK: Final = 256 * 1024
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENFILE, errno.EMFILE})


class NoRoom(Refusal):
    """There is no place for so much."""

    def __init__(self) -> None:
        super().__init__(
            "service_unavailable",
            "There is no room for so large a body now; try again later.",
            headers={"Retry-After": "60"},
        )


class SpoolClosed(Exception):
    """Nobody waits for what is being read any more."""


class Spool:
    """Bytes that are added at the end and read anywhere; safe to use from several threads.

    A little stays in memory; more goes to a file in the folder for temporary files (``TMPDIR``) that has no name.
    """

    def __init__(self, *, held: int = HELD) -> None:
        self._held = held
        self._pending = bytearray()
        self._file: io.FileIO | None = None
        self._written = 0
        self._closed = False
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many bytes there are."""
        return self._written + len(self._pending)

    async def add(self, piece: bytes) -> None:
        """Add bytes, off the event loop where a file has to take them.

        Raises:
            NoRoom: the disk is full.
        """
        if len(self._pending) + len(piece) > self._held:
            await asyncio.to_thread(self.write, piece)
        else:
            self._pending += piece

    def write(self, piece: bytes) -> None:
        """Add bytes.

        Raises:
            NoRoom: the disk is full.
            SpoolClosed: nobody wants them any more.
        """
        with self._lock:
            self._check()
            self._pending += piece
            if len(self._pending) > self._held:
                self._put_down()

    def read(self, offset: int, size: int) -> bytes:
        """Return so many bytes from a place on, fewer at the end.

        Raises:
            NoRoom: the disk is full.
            SpoolClosed: nobody wants them any more.
        """
        with self._lock:
            self._check()
            if self._file is None:
                return bytes(self._pending[offset : offset + size])
            if self._pending:
                self._put_down()
            return _all_of(self._file.fileno(), offset, size)

    def whole(self) -> bytes:
        """Return all of it."""
        return self.read(0, len(self))

    def chunks(self) -> Iterator[bytes]:
        """Yield all of it, piece by piece."""
        for offset in range(0, len(self), CHUNK):
            yield self.read(offset, CHUNK)

    def opened(self) -> BinaryIO:
        """Return it as a file to read, from its beginning or anywhere."""
        return io.BufferedReader(_Reader(self), CHUNK)

    def close(self) -> None:
        """Forget it all; whoever still reads is told."""
        with self._lock:
            self._closed = True
            self._pending = bytearray()
            if self._file is not None:
                self._file.close()

    def _check(self) -> None:
        if self._closed:
            raise SpoolClosed

    def _put_down(self) -> None:
        """Write what is pending into the file."""
        try:
            if self._file is None:
                # Without a buffer of Python's: closing it must not try to write again what found no room.
                self._file = _unnamed()
            rest = memoryview(self._pending)
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            raise NoRoom from None
        self._written += len(self._pending)
        self._pending = bytearray()


class _Reader(io.RawIOBase):
    """A spool as Python's files are."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._offset = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read anywhere."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Read on from another place."""
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: len(self._spool)}
        self._offset = max(0, starts[whence] + offset)
        return self._offset

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer from where the last one ended."""
        piece = self._spool.read(self._offset, len(buffer))
        buffer[: len(piece)] = piece
        self._offset += len(piece)
        return len(piece)


def _unnamed() -> io.FileIO:
    """Open a file that is gone when its last holder is, however that ends."""
    # The spool closes it.
    return tempfile.TemporaryFile(buffering=0)


def _all_of(descriptor: int, offset: int, size: int) -> bytes:
    """Read until there are so many bytes, or no more."""
    pieces = []
    while size and (piece := os.pread(descriptor, size, offset)):
        pieces.append(piece)
        offset += len(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
