"""What stands around the events in XML: the business header and master data, as the members JSON has for them.

JSON knows sender, receiver and instance identifier of the Standard Business Document Header; a header that says more
is kept whole under ``sbdh:StandardBusinessDocumentHeader`` of ``epcisHeader``, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tracepass.epcis.xmlnames import Names
from tracepass.epcis.xmlnodes import Node, NodeFault
from tracepass.epcis.xmlreading import unwrapped
from tracepass.epcis.xmlvalues import add, value_of

_HEADER: Final = "StandardBusinessDocumentHeader"
Members = dict[str, Any]


def read_header(node: Node, names: Names) -> Members:
    """Return the members that an EPCISHeader gives a document.

    Raises:
        NodeFault: it holds something that JSON has no place for.
    """
    members: Members = {}
    header: Members = {}
    for child in unwrapped(node):
        if child.name == "EPCISMasterData":
            header["epcisMasterData"] = {"vocabularyList": _master_data(child, names)}
        elif child.name.endswith(f":{_HEADER}"):
            business = value_of(child, names)
            told = _told(business, child.name.partition(":")[0])
            members.update(told)
            if not _is_plain(business, child.name.partition(":")[0]):
                header[child.name] = business
        elif ":" in child.name:
            add(header, child.name, value_of(child, names))
        else:
            raise NodeFault(child, f"there is no {child.name} in a header", "unknown_element")
    if header:
        members["epcisHeader"] = header
    return members


def read_vocabularies(node: Node, names: Names) -> list[Members]:
    """Return the vocabularies of a VocabularyList."""
    return [_vocabulary(child, names) for child in unwrapped(node)]


def business_header(document: Mapping[str, Any], created: str) -> Members | None:
    """Return the header that says what a document's JSON members say; None where they say nothing."""
    names = ("sender", "receiver", "instanceIdentifier")
    if not any(document.get(name) for name in names):
        return None
    sender, receiver, identifier = (str(document.get(name) or "") for name in names)
    return {
        "HeaderVersion": "1.0",
        "Sender": {"Identifier": sender},
        "Receiver": {"Identifier": receiver},
        "DocumentIdentification": {
            "Standard": "EPCglobal",
            "TypeVersion": "2.0",
            "InstanceIdentifier": identifier,
            "Type": "Events",
            "CreationDateAndTime": created,
        },
    }


def _told(business: Any, prefix: str) -> Members:
    found = {
        "sender": _at(business, prefix, "Sender", "Identifier"),
        "receiver": _at(business, prefix, "Receiver", "Identifier"),
        "instanceIdentifier": _at(business, prefix, "DocumentIdentification", "InstanceIdentifier"),
    }
    return {name: value for name, value in found.items() if value}


def _at(value: Any, prefix: str, *way: str) -> str | None:
    for name in way:
        value = value[0] if isinstance(value, list) else value
        value = value.get(f"{prefix}:{name}") if isinstance(value, dict) else None
    text = value.get("#text") if isinstance(value, dict) else value
    return text if isinstance(text, str) else None


def _is_plain(business: Any, prefix: str) -> bool:
    """Tell whether a header says no more than ``business_header`` would write for it."""
    created = _at(business, prefix, "DocumentIdentification", "CreationDateAndTime") or ""
    plain = business_header(_told(business, prefix), created)
    return plain is not None and business == _prefixed(plain, prefix)


def _prefixed(members: Members, prefix: str) -> Members:
    return {
        f"{prefix}:{name}": _prefixed(value, prefix) if isinstance(value, dict) else value
        for name, value in members.items()
    }


def _master_data(node: Node, names: Names) -> list[Members]:
    found: list[Members] = []
    for child in unwrapped(node):
        if child.name != "VocabularyList":
            raise NodeFault(child, f"there is no {child.name} in master data", "unknown_element")
        found.extend(read_vocabularies(child, names))
    return found


def _vocabulary(node: Node, names: Names) -> Members:
    members = _attributes_of(node, names, "Vocabulary")
    for child in unwrapped(node):
        if child.name == "VocabularyElementList":
            members["vocabularyElementList"] = [_element(element, names) for element in unwrapped(child)]
        else:
            add(members, child.name, value_of(child, names))
    return members


def _element(node: Node, names: Names) -> Members:
    members = _attributes_of(node, names, "VocabularyElement")
    for child in unwrapped(node):
        if child.name == "attribute":
            members.setdefault("attributes", []).append(_attribute(child, names))
        elif child.name == "children":
            members["children"] = [grandchild.text.strip() for grandchild in unwrapped(child)]
        else:
            add(members, child.name, value_of(child, names))
    return members


def _attribute(node: Node, names: Names) -> Members:
    own = {name: value for name, value in node.items() if name == "id"}
    return {**own, "attribute": value_of(node, names, skip="id")}


def _attributes_of(node: Node, names: Names, expected: str) -> Members:
    if node.name != expected:
        raise NodeFault(node, f"there is no {node.name} here", "unknown_element")
    return {names.of(name): value for name, value in node.items()}
