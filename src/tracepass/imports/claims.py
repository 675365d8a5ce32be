"""Keys that records of a file have claimed so far, remembered in some twenty bytes each."""

from __future__ import annotations

from array import array
from hashlib import blake2b
from typing import Final

from tracepass.imports.exportfile import ExportFaulty

MOST: Final = 16_000_000
"""Keys of one file: eight for each record, if there are as many as may be; they take 256 MB."""
_SMALLEST: Final = 1024
_FULL: Final = 0.6


class Claims:
    """A set of keys of several kinds, told apart by 64 bits of a digest."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _SMALLEST))
        self._count = 0

    def claim(self, kind: str, key: str) -> bool:
        """Remember a key; tell whether it was there already.

        Raises:
            ExportFaulty: there are too many.
        """
        if self._count >= _FULL * len(self._slots):
            self._grow()
        mark = _mark(kind, key)
        place = self._place(mark)
        if self._slots[place]:
            return True
        if self._count == MOST:
            raise ExportFaulty("payload_too_large", f"The records of a file have at most {MOST} keys and bonds.")
        self._slots[place] = mark
        self._count += 1
        return False

    def claimed(self, kind: str, key: str) -> bool:
        """Tell whether a key is there."""
        return bool(self._slots[self._place(_mark(kind, key))])

    def _place(self, mark: int) -> int:
        """Return where a mark is, or would be."""
        slots, most = self._slots, len(self._slots) - 1
        place = mark & most
        while slots[place] and slots[place] != mark:
            place = (place + 1) & most
        return place

    def _grow(self) -> None:
        marks, self._slots = self._slots, array("Q", bytes(16 * len(self._slots)))
        for mark in marks:
            if mark:
                self._slots[self._place(mark)] = mark


def _mark(kind: str, key: str) -> int:
    # 0 is what an empty place holds.
    return int.from_bytes(blake2b(f"{kind}\0{key}".encode(), digest_size=8).digest(), "big") or 1
