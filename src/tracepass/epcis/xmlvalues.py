"""Extension elements as JSON values: texts, numbers and truth values by ``xsi:type``, objects, lists by repetition.

An element with a text and attributes becomes an object whose text stands under ``#text``; what is nil is null.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from tracepass.epcis.xmlnames import XSD, Names
from tracepass.epcis.xmlnodes import Node, NodeFault

TEXT: Final = "#text"
_INTEGERS: Final = frozenset(
    {"integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger"}
    | {"negativeInteger", "unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte"}
)
_FRACTIONS: Final = frozenset({"double", "float", "decimal"})
_TRUTHS: Final[Mapping[str, bool]] = {"true": True, "false": False, "1": True, "0": False}
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


def value_of(node: Node, names: Names, *, skip: str | None = None) -> Any:
    """Return the JSON value of an extension element, but for the attribute to skip."""
    members: dict[str, Any] = {}
    type_ = None
    for name, value in node.items():
        key = names.of(name)
        if key == "xsi:type":
            type_ = _type(value, node)
        elif key == "xsi:nil":
            if _TRUTHS.get(value.strip()):
                return None
        elif key != skip and not key.startswith("xsi:"):
            members[key] = value
    for child in node.children:
        add(members, child.name, value_of(child, names))
    text = node.text.strip()
    if not members:
        return typed(text, type_)
    if text:
        members[TEXT] = typed(text, type_)
    return members


def add(members: dict[str, Any], name: str, value: Any) -> None:
    """Put a value into an object; a name that is there already becomes a list."""
    if name not in members:
        members[name] = value
    elif isinstance(members[name], list):
        members[name].append(value)
    else:
        members[name] = [members[name], value]


def typed(text: str, type_: str | None) -> Any:
    """Return a text as the JSON value that its XML Schema type asks for; itself where JSON has no such value."""
    if type_ in _INTEGERS and _INTEGER.fullmatch(text):
        return int(text)
    if type_ in _FRACTIONS and _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return _TRUTHS.get(text, text) if type_ == "boolean" else text


def number(text: str, node: Node, name: str) -> int | float:
    """Return a number as JSON has it: whole where it is written so.

    Raises:
        NodeFault: it is none, or infinite.
    """
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _NUMBER.fullmatch(text) or math.isinf(float(text)):
        raise NodeFault(node, f"{name} is a number, not {text[:40]!r}", "invalid_number")
    return float(text)


def truth(text: str, node: Node, name: str) -> bool:
    """Return a truth value.

    Raises:
        NodeFault: it is none.
    """
    found = _TRUTHS.get(text.strip())
    if found is None:
        raise NodeFault(node, f"{name} is true or false, not {text[:40]!r}", "invalid_boolean")
    return found


def _type(value: str, node: Node) -> str | None:
    prefix, colon, local = value.strip().rpartition(":")
    return local if node.scope.get(prefix if colon else "") == XSD else None
