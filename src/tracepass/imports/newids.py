"""New ids for old ones: made anew by every import, the same by whoever does it, in the order of the old ones.

Kept ids would tell who else has them, and could be taken beforehand. A new id is the time of the import, a digest of
import and section, and the rank of the old one in its section. So what has to be remembered are the old ids, as bytes
in their order; and which ids an import has made follows from how many there are.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from string import ascii_letters
from typing import Any, Final, Self
from uuid import UUID

from tracepass.core.ids import Id
from tracepass.core.restores import Intake

_OBJECT_ID: Final = 12
_ID = re.compile(r"[0-9a-f]{24}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_REMEMBERED: Final = 4096
_HEX, _LETTER = b"h", b"z"
_MARKS: Final = bytes(
    _HEX[0] if one in b"0123456789abcdef" else _LETTER[0] if chr(one) in ascii_letters else one for one in range(256)
)
"""What is searched for ids, since a plain search is ten times faster than a regular expression."""
_WORD: Final = frozenset({_HEX, _LETTER})
_SHAPES: Final = (_HEX * 24, b"-".join(_HEX * length for length in (8, 4, 4, 4, 12)))


def key_of(text: Any) -> bytes | None:
    """Return the bytes of an id, or None if it is none."""
    if not isinstance(text, str) or not _ID.fullmatch(text):
        return None
    return bytes.fromhex(text.replace("-", ""))


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the ids of one section, of a width in bytes, that begin with the same."""

    width: int
    start: bytes

    @classmethod
    def of(cls, import_id: Id, section: str, width: int) -> Self:
        """Return what makes the ids of a section that an import brings."""
        moment = import_id.binary[:4]
        digest = hashlib.sha256(import_id.binary + section.encode()).digest()
        if width == _OBJECT_ID:
            return cls(width, moment + digest[:5])
        # UUID version 7 (RFC 9562 5.7): milliseconds, then what tells it from others.
        milliseconds = (int.from_bytes(moment, "big") * 1000).to_bytes(6, "big")
        marks = bytes([0x70 | digest[0] & 0x0F, digest[1], 0x80 | digest[2] & 0x3F])
        return cls(width, milliseconds + marks + digest[3:6])

    def text(self, rank: int) -> str:
        """Return the id of a rank."""
        return _shown(self.start + rank.to_bytes(self.width - len(self.start), "big"))

    def rank(self, key: bytes) -> int | None:
        """Return the rank of one of these ids, or None for another."""
        if len(key) != self.width or not key.startswith(self.start):
            return None
        return int.from_bytes(key[len(self.start) :], "big")


def _shown(key: bytes) -> str:
    return key.hex() if len(key) == _OBJECT_ID else str(UUID(bytes=key))


class Table:
    """The old ids of one section, in their order."""

    def __init__(self) -> None:
        self.width = 0
        self._keys = bytearray()
        self._is_sorted = True

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._keys) // self.width if self.width else 0

    def add(self, key: bytes) -> bool:
        """Add an id; tell whether it is of the kind of the others."""
        self.width = self.width or len(key)
        if len(key) != self.width:
            return False
        self._is_sorted = self._is_sorted and self._keys[-self.width :] < key
        self._keys += key
        return True

    def close(self) -> None:
        """Put them in order."""
        if not self._is_sorted:
            self._keys = bytearray().join(sorted(self))
            self._is_sorted = True

    def __iter__(self) -> Iterator[bytes]:
        """Give all of them."""
        return (bytes(self._keys[place : place + self.width]) for place in range(0, len(self._keys), self.width or 1))

    def find(self, key: bytes) -> int | None:
        """Return the rank of an id, or None if it is not there."""
        if len(key) != self.width:
            return None
        width, keys, low, high = self.width, self._keys, 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if keys[middle * width : middle * width + width] < key:
                low = middle + 1
            else:
                high = middle
        return low if keys[low * width : low * width + width] == key else None


@dataclass(slots=True)
class NewIds:
    """The ids of one import."""

    import_id: Id
    intakes: Mapping[str, Intake]
    counts: dict[str, int] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    _makers: dict[str, Maker] = field(default_factory=dict)
    _new_of: Any = None

    def add(self, section: str, old: Any) -> bool:
        """Remember the id of a record; tell whether it is one."""
        by_rows = self.intakes[section].order != "ids"
        key = bytes(_OBJECT_ID) if by_rows else key_of(old)
        if key is None or (section in self._makers and len(key) != self._makers[section].width):
            return False
        self.counts[section] = self.counts.get(section, 0) + 1
        if section not in self._makers:
            self._makers[section] = Maker.of(self.import_id, section, len(key))
        return by_rows or self.tables.setdefault(section, Table()).add(key)

    def close(self) -> frozenset[str]:
        """Be ready to give new ids; return those that two records have."""
        for table in self.tables.values():
            table.close()
        self._new_of = lru_cache(_REMEMBERED)(self._find)
        return frozenset(_twice(self.tables.values()))

    @property
    def widths(self) -> dict[str, int]:
        """Return how many bytes the ids of each section have."""
        return {section: maker.width for section, maker in self._makers.items()}

    def _find(self, token: bytes) -> bytes:
        key = bytes.fromhex(token.replace(b"-", b"").decode())
        for section, table in self.tables.items():
            rank = table.find(key)
            if rank is not None:
                return self._makers[section].text(rank).encode()
        return token

    def moved(self, raw: bytes) -> bytes:
        """Return a record in which all ids of records of the file are new ones, wherever they stand."""
        parts, done = [], 0
        for start, end in _tokens(raw):
            parts += [raw[done:start], self._new_of(raw[start:end])]
            done = end
        return b"".join([*parts, raw[done:]])

    def of_row(self, section: str, row: int) -> str:
        """Return the new id of a record of a section whose ids follow its rows, which count from 0."""
        rank = row if self.intakes[section].order == "rows" else self.counts[section] - 1 - row
        return self._makers[section].text(rank)

    def coming(self, section: str, new: Any) -> bool:
        """Tell whether a record of a section has a new id."""
        key, maker = key_of(str(new)), self._makers.get(section)
        rank = None if key is None or maker is None else maker.rank(key)
        return rank is not None and rank < self.counts[section]


def _tokens(raw: bytes) -> list[tuple[int, int]]:
    """Return where something stands that has the shape of an id, and is no part of anything longer."""
    marks, found = raw.translate(_MARKS), []
    for shape in _SHAPES:
        start = marks.find(shape)
        while start >= 0:
            end = start + len(shape)
            if marks[start - 1 : start] not in _WORD and marks[end : end + 1] not in _WORD:
                found.append((start, end))
            start = marks.find(shape, end)
    return sorted(found)


def _twice(tables: Iterable[Table]) -> Iterator[str]:
    for earlier, later in pairwise(heapq.merge(*tables)):
        if earlier == later:
            yield _shown(later)
