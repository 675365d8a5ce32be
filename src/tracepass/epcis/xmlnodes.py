"""Elements as they are read, the faults found in them, and the bounds that a document must keep.

EPCIS XML is read with expat: one pass over a stream, the place of every element known, no document type taken, hence
no entity there to expand and nothing to fetch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

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
    way = [(top, iter(top.children))]
    while way and way[-1][0] is not node:
        below = next(way[-1][1], None)
        if below is None:
            way.pop()
        else:
            way.append((below, iter(below.children)))
    steps = [step for step, _ in way]
    return "".join(_step(parent, child) for parent, child in pairwise(steps))


def _step(parent: Node, child: Node) -> str:
    same = [other for other in parent.children if other.name == child.name]
    number = next(index for index, other in enumerate(same, 1) if other is child)
    return f"/{child.name}[{number}]" if len(same) > 1 else f"/{child.name}"
