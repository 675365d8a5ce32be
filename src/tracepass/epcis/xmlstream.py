"""A document in XML as it goes by: its envelope first, then event after event, memory flat however long it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from tracepass.epcis.contexts import EPCIS_CONTEXT_URL
from tracepass.epcis.xmlheader import read_header, read_vocabularies
from tracepass.epcis.xmlnames import VERSIONS, Names
from tracepass.epcis.xmlnodes import Bounds, Node, NodeFault, XmlInvalid, path_of
from tracepass.epcis.xmlparsing import Parser
from tracepass.epcis.xmlreading import read_event, unwrapped
from tracepass.epcis.xmlvalues import add, value_of

Members = dict[str, Any]
DOCUMENTS: Final = frozenset({"EPCISDocument", "EPCISQueryDocument", "EPCISMasterDataDocument"})
_RESULTS: Final = ("queryName", "subscriptionID")


@dataclass(frozen=True, slots=True)
class XmlEvent:
    """One event of a document.

    Attributes:
        index: which of the document's events it is, from 0.
        event: as JSON has it, with an ``@context`` of its own for namespaces that are declared only in it; None if
            it cannot be read.
        problem: why it cannot; the other events are read all the same.
        line, column: where it begins, from 1.
        path: ``/EPCISDocument/EPCISBody/EventList/ObjectEvent[3]``; the number counts all events.
    """

    index: int
    event: Members | None
    problem: XmlInvalid | None
    line: int
    column: int
    path: str


class XmlStream:
    """An opened document; iterate over it once for its events.

    Attributes:
        version: ``"2.0"`` or ``"1.2"``, by the namespace of the root.
        names: the prefixes of its namespaces.
    """

    def __init__(self, stream: BinaryIO, bounds: Bounds | None = None) -> None:
        """Read up to the first event.

        Raises:
            XmlInvalid: the beginning is not well-formed, or this is no document of EPCIS.
        """
        self._parser = Parser(bounds)
        self.names: Names = self._parser.names
        self._nodes = self._parser.events(stream)
        self._first = next(self._nodes, None)
        self._root = self._parser.root.children[0]
        known = self._parser.declared_before
        self._known = len(self.names) if known is None else known
        found = VERSIONS.get(self._parser.uri)
        if found is None:
            message = f"the root {self._root.name} is of no EPCIS namespace, 1.x or 2.0"
            raise _at(NodeFault(self._root, message, "no_epcis_document"), self._root, f"/{self._root.name}")
        self.version = found

    @property
    def root(self) -> Node:
        """What stands around the events."""
        return self._root

    @property
    def kind(self) -> str:
        """The local name of the root."""
        return self._root.name

    @property
    def context(self) -> list[Any]:
        """The ``@context`` of the document; what only an event declares stands in the context of that event."""
        return self._context(dict(list(self.names.context.items())[: self._known]))

    @property
    def whole_context(self) -> list[Any]:
        """The ``@context`` with all namespaces of what was read so far."""
        return self._context(self.names.context)

    def __iter__(self) -> Iterator[XmlEvent]:
        """Yield the events.

        Raises:
            XmlInvalid: the document is not well-formed from here on, or refused.
        """
        node, index = self._first, 0
        self._first = None
        while node is not None:
            yield self._read(node, index)
            node, index = next(self._nodes, None), index + 1

    def envelope(self) -> Members:
        """Return the document without events, as far as it was read: the body is whole after the last event.

        Raises:
            XmlInvalid: it holds what EPCIS does not know, or JSON cannot say.
        """
        try:
            return self._envelope()
        except NodeFault as fault:
            raise _at(fault, self._root, f"/{self._root.name}") from fault

    def _read(self, node: Node, index: int) -> XmlEvent:
        path = f"/{self.kind}/EPCISBody/EventList/{node.name}[{index + 1}]"
        try:
            event: Members | None = read_event(node, self.names)
            problem = None
        except NodeFault as fault:
            event, problem = None, _at(fault, node, path, index)
        if event is not None and len(self.names) > self._known:
            self._declare(event)
        return XmlEvent(index, event, problem, node.line, node.column, path)

    def _declare(self, event: Members) -> None:
        """Give an event the declarations that are in no context before it."""
        fresh = list(self.names.context.items())[self._known :]
        used = _prefixes(event)
        own = {prefix: uri for prefix, uri in fresh if prefix in used}
        if own:
            event["@context"] = [own]

    def _context(self, declared: dict[str, str]) -> list[Any]:
        return [EPCIS_CONTEXT_URL, declared] if declared else [EPCIS_CONTEXT_URL]

    def _envelope(self) -> Members:
        if self.kind not in DOCUMENTS:
            raise NodeFault(self._root, f"{self.kind} is no document with events or master data", "no_epcis_document")
        document: Members = {"@context": self.context, "type": self.kind, "schemaVersion": "2.0"}
        for name, value in self._root.items():
            key = self.names.of(name)
            if key == "creationDate" or (":" in key and not key.startswith("xsi:")):
                document[key] = value.strip()
        for child in unwrapped(self._root):
            self._part(child, document)
        if self.kind == "EPCISMasterDataDocument":
            document["type"] = "EPCISDocument"
        document.setdefault("epcisBody", {"eventList": []})
        return document

    def _part(self, node: Node, document: Members) -> None:
        if node.name == "EPCISHeader":
            document.update(read_header(node, self.names))
        elif node.name == "EPCISBody":
            document["epcisBody"] = self._body(node, document)
        else:
            self._extension(node, document)

    def _body(self, node: Node, document: Members) -> Members:
        body: Members = {} if self.kind == "EPCISQueryDocument" else {"eventList": []}
        for child in unwrapped(node):
            if child.name == "QueryResults" and self.kind == "EPCISQueryDocument":
                body["queryResults"] = self._results(child)
            elif child.name == "VocabularyList" and self.kind == "EPCISMasterDataDocument":
                header = document.setdefault("epcisHeader", {})
                header["epcisMasterData"] = {"vocabularyList": read_vocabularies(child, self.names)}
            elif child.name == "EventList":
                unwrapped(child)
            else:
                self._extension(child, body)
        if self.kind == "EPCISQueryDocument" and "queryResults" not in body:
            raise NodeFault(node, "of query documents, those with QueryResults are read", "no_query_results")
        return body

    def _results(self, node: Node) -> Members:
        results: Members = {}
        for child in unwrapped(node):
            if child.name in _RESULTS:
                results[child.name] = child.text.strip()
            elif child.name == "resultsBody":
                results["resultsBody"] = self._results_body(child)
            else:
                self._extension(child, results)
        return results

    def _results_body(self, node: Node) -> Members:
        for child in unwrapped(node):
            if child.name == "VocabularyList":
                return {"vocabularyList": read_vocabularies(child, self.names)}
        return {"eventList": []}

    def _extension(self, node: Node, members: Members) -> None:
        if ":" not in node.name:
            raise NodeFault(node, f"there is no {node.name} here", "unknown_element")
        add(members, node.name, value_of(node, self.names))


def _at(fault: NodeFault, top: Node, path: str, index: int | None = None) -> XmlInvalid:
    node = fault.node
    whole = path + path_of(node, top)
    return XmlInvalid(fault.message, fault.code, whole, line=node.line, column=node.column, index=index)


def _prefixes(value: Any) -> set[str]:
    """Return what stands before a colon in the names and texts of a value."""
    if isinstance(value, str):
        return {value.partition(":")[0]} if ":" in value else set()
    if isinstance(value, list):
        return {prefix for item in value for prefix in _prefixes(item)}
    if isinstance(value, dict):
        return {prefix for key, item in value.items() for prefix in _prefixes(key) | _prefixes(item)}
    return set()
