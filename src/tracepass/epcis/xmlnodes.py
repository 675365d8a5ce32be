"""Elements as they are read, the faults found in them, and the bounds that a document must keep.

EPCIS XML is read with expat: one pass over a stream, the place of every element known, no document type taken, hence
no entity there to expand and nothing to fetch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tracepass.epcis.problems import EpcisInvalid, Problem


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a document may not exceed; each stands far above what EPCIS documents have.

    Attributes:
        depth: how deep elements nest.
        attributes: of one element.
        text: characters of one element or attribute value.
        token: bytes of one tag, comment or processing instruction.
        elements: of one event, and of all that stands around the events.
        names: different element and attribute names.
        namespaces: different namespaces.
    """

    depth: int = 64
    attributes: int = 128
    text: int = 1_000_000
    token: int = 2_000_000
    elements: int = 250_000
    names: int = 10_000
    namespaces: int = 500


class Node:
    """One element: its name as JSON writes it, flat attributes (name, value, name, value), children, text, place."""

    __slots__ = ("attributes", "children", "column", "line", "name", "scope", "text")

    def __init__(self, name: str, attributes: list[str], scope: Mapping[str, str], line: int, column: int) -> None:
        self.name = name
        self.attributes = attributes
        self.scope = scope
        self.children: list[Node] = []
        self.text = ""
        self.line = line
        self.column = column

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield the attributes, names as expat gives them."""
        pairs = iter(self.attributes)
        return zip(pairs, pairs, strict=True)


class NodeFault(Exception):
    """Something in an element that EPCIS does not know or JSON cannot say."""

    def __init__(self, node: Node, message: str, code: str) -> None:
        super().__init__(message)
        self.node = node
        self.message = message
        self.code = code


class XmlInvalid(EpcisInvalid):
    """A document that cannot be read.

    Attributes:
        line: of the source, from 1; None when writing.
        column: in that line, from 1; None when writing.
        path: where it is, as an XPath (``/EPCISDocument/EPCISBody/EventList/ObjectEvent[2]/action``).
        code: stable, in snake_case.
        message: a sentence for a person, without the place.
    """

    def __init__(
        self,
        message: str,
        code: str,
        path: str,
        *,
        line: int | None = None,
        column: int | None = None,
        index: int | None = None,
    ) -> None:
        place = "" if line is None else f" (line {line}, column {column})"
        super().__init__([Problem(path, message + place, code, index)])
        self.message = message
        self.code = code
        self.path = path
        self.line = line
        self.column = column


def path_of(node: Node, top: Node) -> str:
    """Return the way from an element to one below it, itself left out: ``/epcList/epc[3]``; empty for itself."""
    return next(_ways(node, top), "")


def _ways(node: Node, top: Node) -> Iterator[str]:
    if node is top:
        yield ""
    counts: dict[str, int] = {}
    for child in top.children:
        counts[child.name] = counts.get(child.name, 0) + 1
        for way in _ways(node, child):
            several = sum(1 for other in top.children if other.name == child.name) > 1
            yield f"/{child.name}{f'[{counts[child.name]}]' if several else ''}{way}"
