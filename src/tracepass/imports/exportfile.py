"""The documents of exports, read again line by line, as `tracepass.exports.writers` has written them.

A file is what a stranger sends: packed lines are unpacked piece by piece and within bounds, and nothing is believed
before counts and digest at its end have been held against what stands before them.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import orjson
import zstandard

from tracepass.core.mongo import Document
from tracepass.core.spool import Spool

MOST_UNPACKED: Final = 32 * 1024**3
LONGEST_LINE: Final = 32 * 1024 * 1024
"""A document of MongoDB has 16 MB, and its escapes some more."""
MOST_RECORDS: Final = 2_000_000
TEMPLATES: Final = "templates"
_PIECE: Final = 256 * 1024
_WINDOW: Final = 32 * 1024 * 1024
"""What unpacking zstd may hold in memory; exports are packed with 2 MB."""
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_STARTS: Final = (_GZIP, _ZSTD, b"{", b"_:", b"@prefix ")
_HEAD: Final = frozenset({"@context", "@type", "exportedAt", "environment", "company"})
_OPENING: Final = re.compile(rb'"([A-Za-z]{1,40})":\[(\],)?')
_KIND: Final = re.compile(rb'"@type":"([A-Za-z]{1,40})"')
_DIGEST: Final = re.compile(rb'"digest":"sha-256:([0-9a-f]{64})"\}')
_AS_IT_CAME: Final = "Send the file as it was downloaded: one record stands on each line."


class ExportFaulty(ValueError):
    """A file that is no export, or not a whole one; ``code`` is told as the error of the import."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def is_export(start: bytes) -> bool:
    """Tell whether a file that begins so is meant as an export, and not as a spreadsheet."""
    return start.startswith(_STARTS)


def unreadable(message: str) -> ExportFaulty:
    """Return what is raised for a file that is no export, or none that can be taken in."""
    return ExportFaulty("import_unreadable", message)


def truncated() -> ExportFaulty:
    """Return what is raised for a file that lacks its end."""
    return ExportFaulty(
        "import_truncated", "The file breaks off: counts and digest at its end are not there. Download it again."
    )


def altered(what: str) -> ExportFaulty:
    """Return what is raised for a file that is not what was written."""
    return ExportFaulty("import_altered", f"{what}: the file was damaged or changed. Download it again.")


@dataclass(frozen=True, slots=True)
class Line:
    """One record as it stands in the file; lines count from 1."""

    number: int
    section: str
    raw: bytes


@dataclass(slots=True)
class ExportFile:
    """One reading of a file; ``kinds`` are the sections there may be, in their order, with the types of their records.

    ``head`` is there from the first record on. Once all records were read, they were as many as the file says, and the
    file is what was written.
    """

    spool: Spool
    kinds: Mapping[str, str]
    head: Document = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    _source: BinaryIO | None = None
    _digest: Any = field(default_factory=hashlib.sha256)
    _lines: Iterator[tuple[int, bytes]] = field(default_factory=lambda: iter(()))

    @property
    def share(self) -> float:
        """Tell which part of the file was read."""
        return 0.0 if self._source is None else self._source.tell() / max(len(self.spool), 1)

    def records(self) -> Iterator[Line]:
        """Give the records, one after the other.

        Raises:
            ExportFaulty: the file is no export, or not a whole one.
        """
        self._source = self.spool.opened()
        self._lines = enumerate(_lines(_unpacked(self._source)), start=1)
        _, line = next(self._lines, (0, b""))
        self.head = _head_of(line)
        self._take(line)
        yield from self._members() if line.endswith(b",") else self._loose()

    def _take(self, line: bytes) -> None:
        self._digest.update(line)
        self._digest.update(b"\n")

    def _members(self) -> Iterator[Line]:
        """Read on in a JSON-LD document."""
        section, told = None, b""
        for number, line in self._lines:
            opening = _OPENING.fullmatch(line) if section is None else None
            if section is not None and line.startswith(b"{"):
                yield self._record(number, section, line.removesuffix(b","))
            elif section is not None and line in {b"]", b"],"}:
                section = None
            elif opening is not None:
                section = self._begun(opening[1].decode(), number)
                section = None if opening[2] else section
            elif section is None and line.startswith(b'"counts":'):
                told = line.removeprefix(b'"counts":').removesuffix(b",")
            elif section is None and line.startswith(b'"digest":'):
                self._check_end(told, _DIGEST.fullmatch(line))
                return
            else:
                raise self._astray(number)
            self._take(line)
        raise truncated()

    def _loose(self) -> Iterator[Line]:
        """Read on in lines of JSON."""
        sections = {kind.encode(): section for section, kind in self.kinds.items()}
        for number, line in self._lines:
            if line.startswith(b'{"counts":'):
                before, _, _ = line.rpartition(b'"digest":')
                self._digest.update(before)
                told = before.removeprefix(b'{"counts":').removesuffix(b",")
                self._check_end(told, _DIGEST.fullmatch(line[len(before) :]))
                return
            kind = _KIND.search(line, 0, 4096)
            if kind is None:
                raise self._astray(number)
            section = self._begun(sections.get(kind[1], kind[1].decode()), number)
            yield self._record(number, section, line)
            self._take(line)
        raise truncated()

    def _begun(self, section: str, number: int) -> str:
        """Look whether a section may begin, or go on, where it does."""
        if section not in self.kinds:
            later = f"Line {number} has {section!r}, which this installation does not know"
            raise unreadable(f"{later}: the export was made by a later version of the software. Update it first.")
        order = list(self.kinds)
        if any(order.index(one) > order.index(section) for one in self.counts):
            raise unreadable(f"Line {number} has {section!r} behind what follows it in exports. {_AS_IT_CAME}")
        self.counts.setdefault(section, 0)
        return section

    def _record(self, number: int, section: str, raw: bytes) -> Line:
        self.counts[section] += 1
        if sum(self.counts.values()) > MOST_RECORDS:
            raise ExportFaulty("payload_too_large", f"At most {MOST_RECORDS} records are taken in at once.")
        return Line(number, section, raw)

    def _astray(self, number: int) -> ExportFaulty:
        if next(self._lines, None) is None:
            return truncated()
        return unreadable(f"Line {number} is nothing that exports have there. {_AS_IT_CAME}")

    def _check_end(self, counts: bytes, digest: re.Match[bytes] | None) -> None:
        if digest is None:
            raise truncated()
        if next(self._lines, None) is not None:
            raise altered("Something stands behind the end of the export")
        if digest[1].decode() != self._digest.hexdigest():
            raise altered("The digest at its end is not that of the file")
        told = _json(counts)
        if told is None or _something(told) != _something(self.counts):
            raise altered("The counts at its end are not those of the file")


def _head_of(line: bytes) -> Document:
    """Read the first line.

    Raises:
        ExportFaulty: it is none of an export that can be taken in.
    """
    if line.startswith((b"_:", b"@prefix ")):
        raise unreadable("N-Quads and Turtle are not taken in: export as JSON-LD (jsonld) or NDJSON (ndjson).")
    head = _json(line.removesuffix(b",") + b"}" if line.endswith(b",") else line)
    if head is None or head.get("@type") != "TenantExport":
        raise unreadable(f"The first line is not that of an export. {_AS_IT_CAME}")
    if "since" in head:
        raise unreadable("The export has only what changed since a moment (`since`): send one of the whole workspace.")
    if "counts" in head:
        raise unreadable(f"All of the export stands on one line. {_AS_IT_CAME}")
    unknown = sorted(head.keys() - _HEAD)
    if unknown:
        raise unreadable(
            f"The first line has {unknown[0]!r}: the export was made by a later version of the software. Update first."
        )
    return head


def _json(raw: bytes) -> Document | None:
    """Return a JSON object, or None if it is none."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _something(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections that have records: what has none need not be there."""
    return {section: count for section, count in counts.items() if count}


def _unpacked(source: BinaryIO) -> Iterator[bytes]:
    """Give the bytes of a file, unpacked if it is packed."""
    start = source.read(4)
    source.seek(0)
    stream: Any = source
    if start.startswith(_GZIP):
        stream = gzip.GzipFile(fileobj=source)
    elif start == _ZSTD:
        unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        stream = unpacker.stream_reader(source, read_across_frames=True, closefd=False)
    total = 0
    try:
        while piece := stream.read(_PIECE):
            total += len(piece)
            if total > MOST_UNPACKED:
                raise ExportFaulty("payload_too_large", f"The file unpacks to more than {MOST_UNPACKED} bytes.")
            yield piece
    except EOFError:
        raise truncated() from None
    except (gzip.BadGzipFile, zlib.error, zstandard.ZstdError):
        raise altered("The file cannot be unpacked") from None


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Part pieces into lines, none of them longer than may be."""
    held: list[bytes] = []
    for piece in pieces:
        first, *others = piece.split(b"\n")
        held.append(first)
        if sum(map(len, held)) > LONGEST_LINE:
            raise ExportFaulty("payload_too_large", f"A line has more than {LONGEST_LINE} bytes. {_AS_IT_CAME}")
        if others:
            yield b"".join(held)
            yield from others[:-1]
            held = [others[-1]]
    if last := b"".join(held):
        yield last


def kinds_of(sections: Sequence[tuple[str, str]], *, after: str) -> dict[str, str]:
    """Return sections with the types of their records, and that of templates where it stands."""
    kinds: dict[str, str] = {}
    for name, kind in sections:
        kinds[name] = kind
        if name == after:
            kinds[TEMPLATES] = "Template"
    return kinds
