"""The four shapes in which events arrive: a document, the answer of a query, one event, an array of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from jsonschema_rs import Draft202012Validator

from tracepass.epcis.contexts import namespaces_of
from tracepass.epcis.problems import EpcisInvalid, Problem
from tracepass.epcis.schema import ENVELOPE_SCHEMAS
from tracepass.epcis.sentences import problem_of

Kind = Literal["EPCISDocument", "EPCISQueryDocument", "event", "events"]

_ENVELOPES: Final[Mapping[str, Draft202012Validator]] = {
    name: Draft202012Validator(schema, validate_formats=True) for name, schema in ENVELOPE_SCHEMAS.items()
}


@dataclass(frozen=True, slots=True)
class Document:
    """What was read.

    Attributes:
        kind: which of the four shapes it was.
        context: the ``@context`` of the document as a list; empty where each event has its own.
        namespaces: prefix -> namespace of the extensions that the document's context declares.
        header: all of the document but its context and its events: ``epcisHeader`` (master data), ``sender``,
            ``receiver``, ``instanceIdentifier``, ``creationDate``, ``schemaVersion``, ``id``, extensions.
        events: the events as they were written.
        paths: the JSON pointer of each event.
        query_name: of an EPCISQueryDocument.
        subscription_id: of an EPCISQueryDocument.
    """

    kind: Kind
    context: list[Any]
    namespaces: Mapping[str, str]
    header: dict[str, Any]
    events: list[Any]
    paths: list[str] = field(default_factory=list)
    query_name: str | None = None
    subscription_id: str | None = None


def read_document(value: Any) -> Document:
    """Read one of the four shapes; the events themselves are not looked at here.

    Raises:
        EpcisInvalid: it is none of them, or its envelope breaks a rule.
    """
    if isinstance(value, list):
        return Document("events", [], {}, {}, value, [f"/{index}" for index in range(len(value))])
    if not isinstance(value, dict):
        raise EpcisInvalid([Problem("", "a document is an object, or an array of events", "invalid_type")])
    kind = value.get("type")
    if kind == "EPCISDocument":
        return _document(value)
    if kind == "EPCISQueryDocument":
        return _query_document(value)
    if isinstance(kind, str) and "epcisBody" not in value:
        return _event(value)
    message = "its type is EPCISDocument, EPCISQueryDocument, or the type of an event"
    code = "missing_property" if kind is None else "invalid_value"
    raise EpcisInvalid([Problem("" if kind is None else "/type", message, code)])


def check_envelope(value: Mapping[str, Any]) -> None:
    """Hold an EPCISDocument or EPCISQueryDocument against its rules, its events left out of account.

    Raises:
        EpcisInvalid: it breaks one.
    """
    kind = value["type"]
    validator = _ENVELOPES[kind]
    if not validator.is_valid(value):
        raise EpcisInvalid([problem for error in validator.iter_errors(value) for problem in problem_of(error, kind)])


def _document(value: dict[str, Any]) -> Document:
    check_envelope(value)
    events = value["epcisBody"]["eventList"]
    header = {name: part for name, part in value.items() if name not in ("@context", "type", "epcisBody")}
    context = _as_list(value["@context"])
    paths = [f"/epcisBody/eventList/{index}" for index in range(len(events))]
    return Document("EPCISDocument", context, namespaces_of(context), header, events, paths)


def _query_document(value: dict[str, Any]) -> Document:
    check_envelope(value)
    results = value["epcisBody"]["queryResults"]
    body = results["resultsBody"]
    events, context = body["eventList"], _as_list(value["@context"])
    header = {name: part for name, part in value.items() if name not in ("@context", "type", "epcisBody")}
    if "vocabularyList" in body:
        header["vocabularyList"] = body["vocabularyList"]
    return Document(
        kind="EPCISQueryDocument",
        context=context,
        namespaces=namespaces_of(context),
        header=header,
        events=events,
        paths=[f"/epcisBody/queryResults/resultsBody/eventList/{index}" for index in range(len(events))],
        query_name=results["queryName"],
        subscription_id=results.get("subscriptionID"),
    )


def _event(value: dict[str, Any]) -> Document:
    if "@context" not in value:
        message = "an event that stands alone has an @context"
        raise EpcisInvalid([Problem("", message, "missing_property")])
    context = _as_list(value["@context"])
    return Document("event", context, namespaces_of(context), {}, [value], [""])


def alone(document: Document) -> Any:
    """Return the only event of a document, with its context; what was sent else stays none.

    In XML no event stands alone.
    """
    is_single = len(document.events) == 1 and isinstance(document.events[0], dict)
    return {"@context": document.context, **document.events[0]} if is_single else document.events


def _as_list(context: Any) -> list[Any]:
    return context if isinstance(context, list) else [context]
