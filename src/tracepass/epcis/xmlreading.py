"""Events in XML, of EPCIS 2.0 and 1.x, as events in JSON.

What 1.x puts into ``extension`` and ``baseExtension`` is read as if it stood beside them, at any depth, and elements
may come in any order: what is written is what counts here, whether it is valid says ``tracepass.epcis.validation``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tracepass.epcis.vocabulary import BARE, Vocabulary
from tracepass.epcis.xmlfields import (
    ANY_FIELD,
    EPC_LISTS,
    FIELDS,
    NUMBERS,
    PLACES,
    QUANTITY_LISTS,
    READINGS,
    TEXTS,
    TYPED_LISTS,
    WORDS,
)
from tracepass.epcis.xmlnames import Names, expanded
from tracepass.epcis.xmlnodes import Node, NodeFault
from tracepass.epcis.xmlvalues import add, number, truth, value_of

WRAPPERS: Final = frozenset({"extension", "baseExtension"})
_ALLOWED: Final = {name: frozenset(fields) for name, fields in FIELDS.items()}
_ANY: Final = frozenset(ANY_FIELD)
# GS1's own sensor example 14 writes the stem of a business step so.
_MISSPELT: Final = ("https://ref.gs1.org/cbv/Bizstep-", "https://ref.gs1.org/cbv/BizStep-")


def read_event(node: Node, names: Names) -> dict[str, Any]:
    """Return an event as JSON has it.

    Raises:
        NodeFault: an element or attribute is unknown, stands twice, or has a value that is none.
    """
    fields = _ALLOWED.get(node.name)
    if fields is None:
        if ":" not in node.name:
            raise NodeFault(node, _no_event(node.name), "unknown_event_type")
        fields = _ANY
    event: dict[str, Any] = {"type": node.name}
    _attributes(node, event, names)
    for child in unwrapped(node):
        name = child.name
        if name in fields:
            if name == "certificationInfo":
                add(event, name, child.text.strip())
                continue
            if name in event:
                raise NodeFault(child, f"{name} stands twice", "duplicate_element")
            event[name] = _READERS[name](child, names)
        else:
            _extend(event, child, names)
    return event


def unwrapped(node: Node) -> list[Node]:
    """Return the children of an element, those of its extension wrappers in their place.

    Raises:
        NodeFault: it has a text between its elements.
    """
    if node.text and not node.text.isspace():
        raise NodeFault(node, f"{node.name} holds elements, no text", "unexpected_text")
    children = node.children
    if any(child.name in WRAPPERS for child in children):
        parts = (unwrapped(child) if child.name in WRAPPERS else [child] for child in children)
        return [child for part in parts for child in part]
    return children


def _no_event(name: str) -> str:
    if name == "QuantityEvent":
        return "QuantityEvent left the standard with EPCIS 2.0: an ObjectEvent with a quantityList says the same"
    return f"{name} is no event of EPCIS"


def _attributes(node: Node, members: dict[str, Any], names: Names) -> None:
    """Take over the attributes of other namespaces, which any element of EPCIS may have."""
    for name, value in node.items():
        key = names.of(name)
        if ":" in key and not key.startswith("xsi:"):
            add(members, key, value)


def _extend(members: dict[str, Any], child: Node, names: Names) -> None:
    if ":" not in child.name:
        raise NodeFault(child, f"there is no {child.name} here", "unknown_element")
    add(members, child.name, value_of(child, names))


def _text(node: Node, _names: Names) -> str:
    if node.children:
        raise NodeFault(node.children[0], f"{node.name} holds a text, no elements", "unexpected_element")
    return node.text.strip()


def _word(vocabulary: Vocabulary, node: Node, names: Names) -> str:
    return _term(vocabulary, _text(node, names), node, names)


def _term(vocabulary: Vocabulary, text: str, node: Node, names: Names) -> str:
    known = BARE[vocabulary]
    found = known.get(text)
    if found is None:
        full = expanded(text, node.scope).replace(*_MISSPELT)
        found = known.get(full) or names.value(text, node.scope)
    return found


def _texts(node: Node, names: Names, *, of: str) -> list[str]:
    return [_text(child, names) for child in _only(node, of)]


def _only(node: Node, name: str) -> list[Node]:
    children = unwrapped(node)
    for child in children:
        if child.name != name:
            raise NodeFault(child, f"{node.name} holds {name}, not {child.name}", "unknown_element")
    return children


def _epcs(node: Node, names: Names) -> list[str]:
    return _texts(node, names, of="epc")


def _quantities(node: Node, names: Names) -> list[dict[str, Any]]:
    return [_quantity(child, names) for child in _only(node, "quantityElement")]


def _quantity(node: Node, names: Names) -> dict[str, Any]:
    element: dict[str, Any] = {}
    for child in unwrapped(node):
        if child.name in element:
            raise NodeFault(child, f"{child.name} stands twice", "duplicate_element")
        if child.name == "quantity":
            if not _nil(child, names):
                element["quantity"] = number(_text(child, names), child, "quantity")
        elif child.name in {"epcClass", "uom"}:
            element[child.name] = _text(child, names)
        else:
            raise NodeFault(child, f"there is no {child.name} in a quantityElement", "unknown_element")
    return element


def _nil(node: Node, names: Names) -> bool:
    return any(names.of(name) == "xsi:nil" and value.strip() in {"true", "1"} for name, value in node.items())


def _place(node: Node, names: Names) -> dict[str, Any]:
    place: dict[str, Any] = {}
    _attributes(node, place, names)
    for child in unwrapped(node):
        if child.name == "id":
            place["id"] = _text(child, names)
        else:
            _extend(place, child, names)
    return place


def _typed_list(node: Node, names: Names) -> list[dict[str, Any]]:
    element, vocabulary = TYPED_LISTS[node.name]
    return [_typed(child, vocabulary, names) for child in _only(node, element)]


def _typed(node: Node, vocabulary: Vocabulary, names: Names) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in node.items():
        if name != "type":
            raise NodeFault(node, f"{node.name} has no attribute {names.of(name)}", "unknown_attribute")
        members["type"] = _term(vocabulary, value.strip(), node, names)
    members[node.name] = _text(node, names)
    return members


def _persistent(node: Node, names: Names) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for child in unwrapped(node):
        if child.name not in {"set", "unset"}:
            raise NodeFault(child, f"there is no {child.name} in a persistentDisposition", "unknown_element")
        members.setdefault(child.name, []).append(_word(Vocabulary.DISPOSITION, child, names))
    return members


def _declaration(node: Node, names: Names) -> dict[str, Any]:
    members: dict[str, Any] = {}
    _attributes(node, members, names)
    for child in unwrapped(node):
        if child.name in {"declarationTime", "reason", "correctiveEventIDs"}:
            if child.name in members:
                raise NodeFault(child, f"{child.name} stands twice", "duplicate_element")
            members[child.name] = _DECLARATION[child.name](child, names)
        else:
            _extend(members, child, names)
    return members


def _master(node: Node, names: Names) -> dict[str, Any]:
    """Read instance or lot master data."""
    members: dict[str, Any] = {}
    _attributes(node, members, names)
    for child in unwrapped(node):
        _extend(members, child, names)
    return members


def _sensors(node: Node, names: Names) -> list[dict[str, Any]]:
    return [_sensor(child, names) for child in _only(node, "sensorElement")]


def _sensor(node: Node, names: Names) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for child in unwrapped(node):
        if child.name == "sensorReport":
            members.setdefault("sensorReport", []).append(_readings(child, names))
        elif child.name == "sensorMetadata":
            if "sensorMetadata" in members:
                raise NodeFault(child, "sensorMetadata stands twice", "duplicate_element")
            members["sensorMetadata"] = _readings(child, names)
        else:
            _extend(members, child, names)
    return members


def _readings(node: Node, names: Names) -> dict[str, Any]:
    """Read a sensorReport or sensorMetadata, all of whose members are attributes."""
    if node.children or (node.text and not node.text.isspace()):
        raise NodeFault(node, f"{node.name} has attributes only", "unexpected_content")
    members: dict[str, Any] = {}
    for name, value in node.items():
        key = names.of(name)
        if not key.startswith("xsi:"):
            members[key] = _reading(key, value, node, names)
    return members


def _reading(key: str, value: str, node: Node, names: Names) -> Any:
    if key in NUMBERS:
        return number(value, node, key)
    if key == "booleanValue":
        return truth(value, node, key)
    vocabulary = READINGS.get(key)
    return value.strip() if vocabulary is None else _term(vocabulary, value.strip(), node, names)


_Reader = Callable[[Node, Names], Any]


def _words(vocabulary: Vocabulary) -> _Reader:
    return lambda node, names: _word(vocabulary, node, names)


_DECLARATION: Final[Mapping[str, _Reader]] = {
    "declarationTime": _text,
    "reason": _words(Vocabulary.ERROR_REASON),
    "correctiveEventIDs": lambda node, names: _texts(node, names, of="correctiveEventID"),
}
_READERS: Final[Mapping[str, _Reader]] = {
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(EPC_LISTS, _epcs),
    **dict.fromkeys(QUANTITY_LISTS, _quantities),
    **dict.fromkeys(PLACES, _place),
    **dict.fromkeys(TYPED_LISTS, _typed_list),
    **{name: _words(vocabulary) for name, vocabulary in WORDS.items()},
    "errorDeclaration": _declaration,
    "persistentDisposition": _persistent,
    "sensorElementList": _sensors,
    "ilmd": _master,
}
