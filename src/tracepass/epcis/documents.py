"""The four shapes in which events arrive: a document, the answer of a query, one event, an array of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["EPCISDocument", "EPCISQueryDocument", "event", "events"]


@dataclass(frozen=True, slots=True)
class Document:
    """What was read.

    Attributes:
        kind: which of the four shapes it was.
        context: the ``@context`` of the document as it was written; an empty list where each event has its own.
        namespaces: prefix -> namespace of the extensions that the document's context declares.
        header: ``epcisHeader`` (master data) and the fields beside it (``sender``, ``receiver``,
            ``instanceIdentifier``, ``creationDate``, ``schemaVersion``, ``id``, extensions), without the events.
        events: the events as they were written.
        paths: the JSON pointer of each event.
        query_name: of an EPCISQueryDocument.
        subscription_id: of an EPCISQueryDocument.
    """

    kind: Kind
    context: list[Any]
    namespaces: Mapping[str, str]
    header: dict[str, Any]
    events: list[dict[str, Any]]
    paths: list[str] = field(default_factory=list)
    query_name: str | None = None
    subscription_id: str | None = None


def read_document(value: Any) -> Document:
    """Read one of the four shapes; of the events only that they are objects is checked here.

    Raises:
        EpcisInvalid: it is none of them, or its envelope breaks a rule.
    """
    raise NotImplementedError
