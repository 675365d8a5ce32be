"""Documents in JSON-LD as XML, in the order that the XML schemas want.

EPCIS 1.2 has its own places: ``eventID`` and ``errorDeclaration`` stand in ``baseExtension``, what came with 1.1 in
the ``extension`` of the event, and what came with 2.0 in the extension of that one, which 1.2 leaves open for what
follows it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal

from lxml import etree

from tracepass.epcis.contexts import namespaces_of
from tracepass.epcis.xmlelements import Element, Elements, Unwritable, items, members_of, refusal, text_of
from tracepass.epcis.xmlevents import CbvFormat, EventWriter
from tracepass.epcis.xmlheader import business_header
from tracepass.epcis.xmlnames import SBDH

__all__ = ["CbvFormat", "Version", "write_xml"]

Version = Literal["2.0", "1.2"]
_NUMBERS: Final[Mapping[str, str]] = {"2.0": "2", "1.2": "1"}
_HEADER: Final = "StandardBusinessDocumentHeader"
_DOCUMENT: Final = frozenset(
    {"@context", "id", "type", "schemaVersion", "creationDate", "epcisHeader", "epcisBody"}
    | {"sender", "receiver", "instanceIdentifier"}
)


def write_xml(document: Mapping[str, Any], version: Version = "2.0", *, cbv: CbvFormat = "No_Preference") -> bytes:
    """Return an EPCISDocument or EPCISQueryDocument in XML, UTF-8, namespaces declared once at the root.

    ``cbv`` is the header ``GS1-CBV-XML-Format``: the notation of the CBV's terms; without preference bare names become
    URNs and the rest stays as it is. EPCIS 1.2 knows URNs only. The ``id`` of a document has no place in XML.

    Raises:
        XmlInvalid: something in it has no form in XML; its path is a JSON pointer into the document.
    """
    try:
        return _Writer(document, version, "Always_URN" if version == "1.2" else cbv).written()
    except Unwritable as fault:
        raise refusal(fault, "") from fault


class _Writer:
    def __init__(self, document: Mapping[str, Any], version: Version, cbv: CbvFormat) -> None:
        self.document = document
        self.version = version
        self.body = members_of(document.get("epcisBody") or {})
        results = self.body.get("queryResults")
        self.results = None if results is None else members_of(results)
        self.make = Elements(namespaces_of(document.get("@context")))
        self.events = EventWriter(self.make, version, cbv)

    def written(self) -> bytes:
        root = self._root()
        self.make.clean(root)
        return etree.tostring(root, encoding="UTF-8", xml_declaration=True)

    def _events(self) -> list[Any]:
        body = self.body if self.results is None else members_of(self.results.get("resultsBody") or {})
        return list(items(body.get("eventList", body.get("event"))))

    def _root(self) -> Element:
        kind = str(self.document.get("type"))
        stem = {"EPCISDocument": "epcis", "EPCISQueryDocument": "epcis-query"}.get(kind)
        if stem is None:
            raise Unwritable("documents in XML are EPCISDocument and EPCISQueryDocument", "type")
        uri = f"urn:epcglobal:{stem}:xsd:{_NUMBERS[self.version]}"
        prefix = "epcis" if stem == "epcis" else "epcisq"
        for event in self._events():
            if isinstance(event, Mapping) and "@context" in event:
                self.make.declare(namespaces_of(event["@context"]))
        try:
            root: Element = etree.Element(f"{{{uri}}}{kind}", nsmap={**self.make.map, prefix: uri})
        except ValueError as error:
            raise Unwritable(f"XML has no such namespace: {str(error)[:120]}", "@context") from error
        self.make.set(root, "schemaVersion", self.version)
        self.make.set(root, "creationDate", self._created())
        self._header(root)
        body = self.make.add(root, "EPCISBody")
        if self.results is None:
            self._list(body, self._events(), ("epcisBody", "eventList"))
            self._others(body, self.body, {"eventList", "event"})
        else:
            self._results(body, uri, self.results)
        self._others(root, self.document, _DOCUMENT)
        return root

    def _created(self) -> str:
        created = self.document.get("creationDate")
        if not isinstance(created, str):
            raise Unwritable("a document in XML needs a creationDate", "creationDate")
        return created

    def _others(self, parent: Element, members: Mapping[str, Any], known: Collection[str]) -> None:
        for name, value in members.items():
            if name not in known:
                self.make.value(parent, name, value, inner=False)

    def _results(self, body: Element, uri: str, results: Mapping[str, Any]) -> None:
        parent = self.make.add(body, f"{{{uri}}}QueryResults")
        self.make.add(parent, "queryName", text_of(results.get("queryName", "SimpleEventQuery")))
        if results.get("subscriptionID") is not None:
            self.make.add(parent, "subscriptionID", text_of(results["subscriptionID"]))
        content = members_of(results.get("resultsBody") or {})
        place = self.make.add(parent, "resultsBody")
        if "vocabularyList" in content:
            self._vocabularies(place, content["vocabularyList"])
        else:
            self._list(place, self._events(), ("epcisBody", "queryResults", "resultsBody", "eventList"))
        self._others(parent, results, {"queryName", "subscriptionID", "resultsBody"})

    def _list(self, parent: Element, events: list[Any], way: tuple[str, ...]) -> None:
        place = self.make.add(parent, "EventList")
        for index, event in enumerate(events):
            try:
                self.events.write(place, event)
            except Unwritable as fault:
                raise fault.below(*way, index) from fault

    def _header(self, root: Element) -> None:
        header = members_of(self.document.get("epcisHeader") or {})
        kept = next((name for name in header if name.endswith(f":{_HEADER}")), None)
        business = header[kept] if kept else business_header(self.document, self._created())
        master = header.get("epcisMasterData")
        others = header.keys() - {kept, "epcisMasterData"}
        if business is None and master is None and not others:
            return
        place = self.make.add(root, "EPCISHeader")
        if kept:
            self.make.value(place, kept, business)
        elif business is not None:
            self._business(self.make.add(place, f"{{{SBDH}}}{_HEADER}"), business)
        if others:
            raise Unwritable("a header in XML has no place for it", "epcisHeader", min(map(str, others)))
        if master is not None:
            extension = self.make.add(place, "extension")
            data = self.make.add(extension, "EPCISMasterData")
            self._vocabularies(data, members_of(master).get("vocabularyList"))

    def _business(self, parent: Element, members: Mapping[str, Any]) -> None:
        for name, value in members.items():
            inner = isinstance(value, dict)
            element = self.make.add(parent, f"{{{SBDH}}}{name}", None if inner else value)
            if inner:
                self._business(element, value)

    def _vocabularies(self, parent: Element, vocabularies: Any) -> None:
        place = self.make.add(parent, "VocabularyList")
        for vocabulary in map(members_of, items(vocabularies)):
            element = self.make.add(place, "Vocabulary")
            self._attributes(element, vocabulary, {"type", "vocabularyElementList"})
            elements = list(items(vocabulary.get("vocabularyElementList")))
            if elements:
                list_ = self.make.add(element, "VocabularyElementList")
                for item in map(members_of, elements):
                    self._vocabulary_element(list_, item)
            self._others(element, vocabulary, {"type", "vocabularyElementList"})

    def _attributes(self, element: Element, members: Mapping[str, Any], known: Collection[str]) -> None:
        for name in ("type", "id"):
            if name in members and name in known:
                self.make.set(element, name, text_of(members[name]))

    def _vocabulary_element(self, parent: Element, members: Mapping[str, Any]) -> None:
        element = self.make.add(parent, "VocabularyElement")
        self._attributes(element, members, {"id"})
        for attribute in map(members_of, items(members.get("attributes"))):
            child = self.make.add(element, "attribute")
            self._attributes(child, attribute, {"id"})
            self.make.fill(child, attribute.get("attribute", ""))
        if members.get("children"):
            children = self.make.add(element, "children")
            for identifier in items(members["children"]):
                self.make.add(children, "id", text_of(identifier))
        self._others(element, members, {"id", "attributes", "children"})
