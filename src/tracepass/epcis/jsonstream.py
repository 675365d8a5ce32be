"""A document in JSON that is too large to be parsed whole: its events as pieces of text, and the rest without them.

The text is divided where the list of events says, by brackets and strings alone; whether the pieces are JSON says the
parser that reads all other bodies, piece by piece. A text whose pieces and rest are JSON is JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tracepass.api.bodies import MalformedJson, read_json
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.spool import Spool

CHUNK: Final = 1024 * 1024
EVENT_BYTES: Final = 4 * 1024 * 1024
"""An event as it is stored must fit into one document of the database (16 MB), with all it is found by."""
AROUND_BYTES: Final = 10 * 1024 * 1024
"""How long may be what stands around the events."""

_LIST: Final = "list"
_WAYS: Final[Mapping[str, Any]] = {
    "epcisBody": {"eventList": _LIST, "queryResults": {"resultsBody": {"eventList": _LIST}}}
}
_SPACE: Final = re.compile(rb"[ \t\n\r]*+")
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_TO_BRACKET: Final = re.compile(rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+', re.DOTALL)
_PLAIN: Final = re.compile(rb'[^ \t\n\r,:"{}\[\]]++')
_OPENING: Final = frozenset(b"{[")
_CONTINUED: Final = bytes(range(0x80, 0xC0))
"""Bytes of UTF-8 that begin no character."""


class EventTooLarge(Refusal):
    """An event that has no room in the database."""

    def __init__(self, index: int) -> None:
        super().__init__(
            "payload_too_large",
            f"Event {index} is larger than the {EVENT_BYTES} bytes that one may have.",
            details={"limit": EVENT_BYTES, "index": index},
        )


class AroundTooLarge(Refusal):
    """A document with more around its events than is taken."""

    def __init__(self) -> None:
        super().__init__(
            "payload_too_large",
            f"What stands around the events is larger than the {AROUND_BYTES} bytes taken there.",
            details={"limit": AROUND_BYTES},
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one event, and where it begins, in bytes."""

    offset: int
    text: bytes


@dataclass(slots=True)
class JsonStream:
    """A document to iterate over once, for its events.

    Attributes:
        source: its text.
        around: after the last event: the document with an empty list of events, the event that stands alone, or the
            empty array.
    """

    source: Spool
    around: Any = None
    _count: int | None = None
    _listing: bool = False
    _window: bytes = b""
    _base: int = 0
    _kept: int = 0
    _rest: list[tuple[int, bytes]] = field(default_factory=list)

    def __iter__(self) -> Iterator[Piece]:
        """Yield the events.

        Raises:
            MalformedJson, Invalid: as for any body, with the place in the whole text.
            EventTooLarge, AroundTooLarge: something has no room.
        """
        at = self._space(0)
        if self._peek(at) == b"[":
            at = yield from self._list(at)
        elif self._peek(at) == b"{":
            at = yield from self._object(at, _WAYS)
        else:
            at = self._value(at)
        at = self._space(at)
        if self._peek(at):
            raise self._broken(at, "unexpected content after document")
        self._around(at)

    def _around(self, end: int) -> None:
        """Read what stands around the events."""
        self._rest.append((self._kept, self._text(self._kept, end)))
        text = b"".join(part for _, part in self._rest)
        if len(text) > AROUND_BYTES:
            raise AroundTooLarge
        try:
            self.around = read_json(text)
        except MalformedJson as fault:
            raise self._broken(self._before(_bytes_before(text, fault)), _reason(fault)) from None

    def _before(self, at: int) -> int:
        """Return the place in the whole of a place in what stands around the events."""
        for offset, part in self._rest:
            if at <= len(part):
                return offset + at
            at -= len(part)
        return len(self.source)

    def _object(self, at: int, ways: Mapping[str, Any]) -> Any:
        """Go through an object that may hold the events; return where it ends."""
        at = self._space(at + 1)
        while self._peek(at) != b"}":
            at, name = self._name(at)
            way = ways.get(name)
            if way is _LIST and self._peek(at) == b"[":
                at = yield from self._list(at)
            elif isinstance(way, Mapping) and self._peek(at) == b"{":
                at = yield from self._object(at, way)
            else:
                at = self._value(at)
            at = self._space(at)
            if self._peek(at) == b",":
                at = self._space(at + 1)
            elif self._peek(at) != b"}":
                raise self._broken(at, "expected a comma or the end of the object")
        return at + 1

    def _name(self, at: int) -> tuple[int, str]:
        """Read a name and its colon; return where the value begins."""
        if self._peek(at) != b'"':
            raise self._broken(at, "expected a name")
        end = self._value(at)
        text = self._text(at, end)
        at = self._space(end)
        if self._peek(at) != b":":
            raise self._broken(at, "expected a colon")
        try:
            return self._space(at + 1), str(read_json(text))
        except MalformedJson as fault:
            raise self._broken(end, _reason(fault)) from None

    def _list(self, at: int) -> Any:
        """Yield the events of a list; return where it ends."""
        if self._count is not None:
            raise Invalid(form_errors=["The document holds more than one list of events."])
        self._rest.append((self._kept, self._text(self._kept, at) + b"[]"))
        self._count, self._listing = 0, True
        at = self._space(at + 1)
        more = self._peek(at) != b"]"
        while more:
            end = self._value(at)
            if end - at > EVENT_BYTES:
                raise EventTooLarge(self._count)
            yield Piece(at, self._text(at, end))
            self._count += 1
            at = self._space(end)
            more = self._peek(at) == b","
            if more:
                at = self._space(at + 1)
            elif self._peek(at) != b"]":
                raise self._broken(at, "expected a comma or the end of the list")
        self._kept, self._listing = at + 1, False
        return at + 1

    def _value(self, at: int) -> int:
        """Return where a value ends: a bracket its own, a string, or what reads as one word."""
        first = self._peek(at)
        if first in {b"{", b"["}:
            return self._nested(at)
        pattern = _STRING if first == b'"' else _PLAIN
        while True:
            found = pattern.match(self._window, at - self._base)
            if found is not None and (first == b'"' or found.end() < len(self._window)):
                return self._base + found.end()
            if not self._more():
                if found is None:
                    raise self._broken(at, "expected a value" if first else "unexpected end of data")
                return self._base + found.end()

    def _nested(self, at: int) -> int:
        depth, match = 0, _TO_BRACKET.match
        while True:
            window, base = self._window, self._base
            begin, size = at - base, len(window)
            # The pattern matches everywhere, be it nothing; a quote begins a string that the window cuts off.
            while (end := match(window, begin).end()) < size and window[end] != ord('"'):  # type: ignore[union-attr]
                depth += 1 if window[end] in _OPENING else -1
                begin = end + 1
                if not depth:
                    return base + begin
            at = base + begin
            if not self._more():
                raise self._broken(base + size, "unexpected end of data")

    def _space(self, at: int) -> int:
        """Return where something begins again; between events nothing before it is needed any more."""
        while True:
            found = _SPACE.match(self._window, at - self._base)
            at = self._base + (0 if found is None else found.end())
            if self._listing:
                self._kept = at
            if at - self._base < len(self._window) or not self._more():
                return at

    def _peek(self, at: int) -> bytes:
        """Return the byte at a place, nothing at the end."""
        if at - self._base >= len(self._window):
            self._more()
        return self._window[at - self._base : at - self._base + 1]

    def _text(self, start: int, end: int) -> bytes:
        return self._window[start - self._base : end - self._base]

    def _more(self) -> bool:
        """Read on, and forget what is before all that is still needed; tell whether there was more."""
        window = self._window[self._kept - self._base :]
        if len(window) > (EVENT_BYTES if self._listing else AROUND_BYTES):
            raise EventTooLarge(self._count or 0) if self._listing else AroundTooLarge
        # Twice as much each time, so that what is long is not looked at more than twice.
        piece = self.source.read(self._base + len(self._window), max(CHUNK, len(window)))
        self._window, self._base = window + piece, self._kept
        return bool(piece)

    def _broken(self, at: int, reason: str) -> MalformedJson:
        line, column, position = place_of(self.source, at)
        return MalformedJson(reason, line=line, column=column, position=position)


def place_of(source: Spool, at: int) -> tuple[int, int, int]:
    """Return line and column of a byte, from 1, and how many characters are before it."""
    lines = characters = begun = 0
    for offset in range(0, at, CHUNK):
        chunk = source.read(offset, min(CHUNK, at - offset))
        lines += chunk.count(b"\n")
        last = chunk.rfind(b"\n")
        if last >= 0:
            begun = characters + _characters(chunk[: last + 1])
        characters += _characters(chunk)
    return lines + 1, characters - begun + 1, characters


def read_piece(source: Spool, piece: Piece, index: int) -> Any:
    """Return the value of an event's text.

    Raises:
        MalformedJson: it is none; the place is that in the whole text.
        Invalid: as for any body, of this event.
    """
    try:
        return read_json(piece.text)
    except MalformedJson as fault:
        line, column, position = place_of(source, piece.offset + _bytes_before(piece.text, fault))
        raise MalformedJson(_reason(fault), line=line, column=column, position=position) from None
    except Invalid as fault:
        raise Invalid({f"event[{index}]": [fault.message]}) from None


def _characters(text: bytes) -> int:
    return len(text.translate(None, _CONTINUED))


def _bytes_before(text: bytes, fault: MalformedJson) -> int:
    """Return how many bytes stand before the place of a fault."""
    position = (fault.details or {}).get("position", 0)
    return len(text.decode("utf-8", "replace")[:position].encode())


def _reason(fault: MalformedJson) -> str:
    """Return what is wrong, without the place."""
    return fault.message.removeprefix("The body is not valid JSON: ").partition(" at line ")[0]
