"""What is written in one transaction, encoded for the database before it meets what others write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import bson
from bson.raw_bson import RawBSONDocument

from tracepass.core.writes import Document, Insert, Write


def encoded(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document in the form of the database, for one that is written in several places."""
    return RawBSONDocument(bson.encode(document))


class Apart(Exception):
    """Bundles cannot be written together, because one of them does not hold; none was. ``member`` is its place."""

    def __init__(self, member: int | None = None) -> None:
        super().__init__(member)
        self.member = member


@dataclass(frozen=True, slots=True)
class Bundle:
    """The writes of one transaction, in order, and the statement of each for an insert or update command."""

    writes: Sequence[Write]
    statements: Sequence[RawBSONDocument]
    shape: tuple[tuple[str, bool], ...]
    """For each write its collection, and whether it is an insert."""
    size: int
    """Bytes of the statements."""

    @classmethod
    def of(cls, writes: Sequence[Write]) -> Self:
        """Encode writes.

        Raises:
            BSONError: one cannot be encoded.
        """
        encodings = [bson.encode(_statement(write)) for write in writes]
        return cls(
            writes,
            [RawBSONDocument(encoding) for encoding in encodings],
            tuple((write.collection, isinstance(write, Insert)) for write in writes),
            sum(map(len, encodings)),
        )

    @property
    def is_simple(self) -> bool:
        """Tell whether it writes each collection once: two such of one shape do the same side by side as in turns."""
        return len({collection for collection, _ in self.shape}) == len(self.shape)


@dataclass(frozen=True, slots=True)
class Column:
    """What bundles of one shape write at the same place: one command."""

    collection: str
    writes: Sequence[Write]
    statements: Sequence[RawBSONDocument]

    @property
    def is_insert(self) -> bool:
        """Tell whether it adds documents."""
        return isinstance(self.writes[0], Insert)

    @property
    def command(self) -> Document:
        """Return the command."""
        if self.is_insert:
            return {"insert": self.collection, "ordered": True, "documents": self.statements}
        return {"update": self.collection, "ordered": True, "updates": self.statements}


def columns(bundles: Sequence[Bundle]) -> Iterator[Column]:
    """Give the commands that write bundles of one shape; what only looks whether a document matches looks once."""
    for place, (collection, _) in enumerate(bundles[0].shape):
        writes: list[Write] = []
        statements: list[RawBSONDocument] = []
        looks: set[bytes | memoryview] = set()
        for bundle in bundles:
            write, statement = bundle.writes[place], bundle.statements[place]
            if not isinstance(write, Insert) and write.only_looks:
                if statement.raw in looks:
                    continue
                looks.add(statement.raw)
            writes.append(write)
            statements.append(statement)
        yield Column(collection, writes, statements)


def _statement(write: Write) -> Document:
    if isinstance(write, Insert):
        return write.document
    return {"q": write.query, "u": write.change, "multi": False, "upsert": False}
