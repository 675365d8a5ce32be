"""The audit chain, as pure functions: how a record is sealed to the one before it, and how a broken chain shows.

Every workspace has one chain in each environment. An entry's hash covers its number, the hash before it and the hash
of its record, so nothing can be altered, taken out, put in or moved without breaking it from there on. Both hashes are
SHA-256 of canonical JSON (RFC 8785), in hexadecimal; anyone who has the entries can compute them anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tracepass.core.canonical import state_hash
from tracepass.core.changes import IMPORT

BOOKKEEPING = frozenset({"seal", "unsealed", "outbox", "dispatched"})
"""Members of a record that say what became of it, which its hash leaves out: they may change after it is sealed."""

FaultKind = Literal["altered", "missing", "displaced", "truncated", "unchained", "head"]


@dataclass(frozen=True, slots=True)
class Seal:
    """The place of a record in its chain: ``prev_hash`` is the hash of the entry before, None for the first."""

    seq: int
    prev_hash: str | None
    record_hash: str
    hash: str

    @property
    def stored(self) -> dict[str, Any]:
        """Return the seal as a record carries it."""
        return {"seq": self.seq, "prevHash": self.prev_hash, "recordHash": self.record_hash, "hash": self.hash}


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain, kept apart, so that cutting the end off shows."""

    seq: int = 0
    hash: str | None = None


def read_head(stored: Mapping[str, Any]) -> Head | None:
    """Read a head as it is stored, or None if it is not one that we wrote."""
    seq, own = stored.get("seq"), stored.get("hash")
    return Head(seq, own) if isinstance(seq, int) and isinstance(own, str) else None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a chain; ``seq`` is where, ``record`` the id of the record in question if known."""

    kind: FaultKind
    seq: int | None
    record: str | None
    message: str


def record_hash(record: Mapping[str, Any]) -> str:
    """Return the hash of all that a record says; there is one for whatever the database may hold."""
    said = {name: value for name, value in record.items() if name not in BOOKKEEPING}
    try:
        return state_hash(said)
    except (TypeError, ValueError):
        return state_hash(_described(said))


def _described(value: Any) -> Any:
    """Return a value with a description of each part that JSON has no form for, which none of our records holds."""
    if isinstance(value, Mapping):
        return {str(name): _described(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_described(member) for member in value]
    return (
        value if isinstance(value, str | int | float | None) else {"$kind": type(value).__name__, "text": repr(value)}
    )


def entry_hash(seq: int, prev_hash: str | None, digest: str | None) -> str:
    """Return the hash of an entry: its number, the hash before it, the hash of its record."""
    return state_hash({"prevHash": prev_hash, "recordHash": digest, "seq": seq})


def seal(head: Head, digest: str) -> tuple[Seal, Head]:
    """Put a record's hash behind a chain's head; return its seal and the new head."""
    seq = head.seq + 1
    own = entry_hash(seq, head.hash, digest)
    return Seal(seq, head.hash, digest, own), Head(seq, own)


class ChainReader:
    """Reads the sealed records of one chain in the order of their numbers and tells what is wrong.

    After a fault it goes on from the entry as it stands, so that each wrong entry is named once.
    """

    def __init__(self, anchor: Head | None = None) -> None:
        self.last = Head()
        self._anchor = anchor

    def read(self, record: Mapping[str, Any]) -> Iterator[Fault]:
        """Take the next record; give its faults."""
        stored, name = record["seal"], str(record["_id"])
        seq, expected = stored["seq"], self.last.seq + 1
        if seq > expected:
            yield Fault("missing", expected, None, _span("missing", expected, seq - 1))
        elif seq < expected:
            yield Fault("displaced", seq, name, f"entry {seq} is there more than once")
        elif stored.get("prevHash") != self.last.hash:
            yield Fault("displaced", seq, name, f"entry {seq} does not follow the entry before it")
        yield from self._look_into(record, stored, name)
        if seq >= expected:
            self.last = Head(seq, stored.get("hash"))

    def _look_into(self, record: Mapping[str, Any], stored: Mapping[str, Any], name: str) -> Iterator[Fault]:
        seq, digest, own = stored["seq"], stored.get("recordHash"), stored.get("hash")
        if record_hash(record) != digest:
            yield Fault("altered", seq, name, f"the record of entry {seq} is not the one that was sealed")
        if entry_hash(seq, stored.get("prevHash"), digest) != own:
            yield Fault("altered", seq, name, f"the seal of entry {seq} was altered")
        if self._anchor is not None and seq == self._anchor.seq and own != self._anchor.hash:
            yield Fault("altered", seq, name, f"entry {seq} has another hash than the one noted down")

    def close(self, head: Head | None) -> Iterator[Fault]:
        """Compare the end of the chain with its head, None if that is gone; give what is wrong."""
        if head is None and self.last.seq:
            yield Fault(
                "head", None, None, f"the head of the chain is gone or unreadable; the last entry is {self.last.seq}"
            )
        elif head is not None and head.seq > self.last.seq:
            yield Fault("truncated", head.seq, None, _span("cut off at the end", self.last.seq + 1, head.seq))
        elif head is not None and head != self.last:
            yield Fault("head", head.seq, None, f"the head names entry {head.seq}, which is not how the chain ends")
        if self._anchor is not None and self._anchor.seq > self.last.seq:
            message = f"the chain ends before entry {self._anchor.seq}, which was noted down"
            yield Fault("truncated", self._anchor.seq, None, message)


def _span(what: str, first: int, last: int) -> str:
    return f"entry {first} is {what}" if first == last else f"entries {first} to {last} are {what}"


class VersionReader:
    """Reads the records of changes, each entity's newest first, and tells which versions are not there."""

    def __init__(self) -> None:
        self._newer: Mapping[str, Any] | None = None

    def read(self, record: Mapping[str, Any]) -> Iterator[Fault]:
        """Take the next record; give its faults."""
        newer, self._newer = self._newer, record
        if newer is not None and newer["entity"] != record["entity"]:
            yield from _first(newer)
        elif newer is not None:
            yield from _between(newer, record)
        if not record.get("unsealed") and not record.get("seal"):
            yield Fault("unchained", None, str(record["_id"]), f"{_named(record)} stands outside the chain")

    def close(self) -> Iterator[Fault]:
        """Give what is wrong with the end."""
        if self._newer is not None:
            yield from _first(self._newer)
        self._newer = None


def _first(oldest: Mapping[str, Any]) -> Iterator[Fault]:
    """Give what is missing before the oldest version that is there; what was imported begins where it was."""
    if oldest["version"] != 1 and oldest.get("action") != IMPORT:
        yield Fault("missing", None, str(oldest["_id"]), f"{_named(oldest)} is the oldest that is there")


def _between(newer: Mapping[str, Any], older: Mapping[str, Any]) -> Iterator[Fault]:
    name = str(newer["_id"])
    if newer["version"] != older["version"] + 1:
        yield Fault("missing", None, name, f"{_named(newer)} is next to version {older['version']}")
    elif newer.get("prevHash") != older.get("stateHash"):
        yield Fault("altered", None, name, f"{_named(newer)} was not made from the version before it")


def _named(record: Mapping[str, Any]) -> str:
    return f"version {record['version']} of {record['entity']['type']} {record['entity']['id']}"
