"""Records of an export as RDF statements, one line each (N-Quads; N-Triples, since there is one graph).

What a JSON-LD processor makes of a record under `context` is known beforehand, so it is written down straight; tests
hold the outcome against PyLD's expansion of the same export.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final

import orjson

from tracepass.core.canonical import canonical_json
from tracepass.core.ids import Id
from tracepass.exports.context import INDEXES, LISTS, LITERALS, MOMENTS, XSD

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_FIRST, _REST, _NIL = (f"<{RDF}{name}>" for name in ("first", "rest", "nil"))
_SPECIAL: Final = re.compile(r'[\\"\n\r]')
_ESCAPED: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})
_LARGEST_WHOLE: Final = 10**21

Write = Callable[[list[str], str, str, Any], None]
"""Adds the lines that say a value of a member: to which lines, of which subject, under which predicate."""


class Triples:
    """Writes the statements of one export; its blank nodes are numbered in their order."""

    def __init__(self, vocabulary: str) -> None:
        self._vocabulary = vocabulary
        self._numbers = count(1)
        self._ways: dict[str, tuple[str, Write]] = {}

    def of(self, node: Mapping[str, Any], subject: str | None = None) -> str:
        """Return the lines of a record, which has an ``@id``, or of another object under a name it is given."""
        lines: list[str] = []
        self._node(lines, subject or f"<{node['@id']}>", node)
        return "".join(lines)

    def term(self, name: str) -> str:
        """Return a name of the context as RDF writes it."""
        return f"<{self._vocabulary}{name}>"

    def _node(self, lines: list[str], own: str, node: Mapping[str, Any]) -> None:
        for name, value in node.items():
            predicate, write = self._ways.get(name) or self._way(name)
            if value is not None or name in LITERALS:
                write(lines, own, predicate, value)

    def _way(self, name: str) -> tuple[str, Write]:
        """Return how a member is written; it is the same at every record."""
        if name == "@id":
            way: tuple[str, Write] = "", _nothing
        elif name == "@type":
            way = f"<{RDF}type>", self._type
        elif name in INDEXES:
            way = self.term(name), self._indexed_by(self.term(INDEXES[name]))
        else:
            kinds = ((LITERALS, _literal_json), (LISTS, self._list), (MOMENTS, _moment))
            way = self.term(name), next((write for names, write in kinds if name in names), self._values)
        self._ways[name] = way
        return way

    def _type(self, lines: list[str], own: str, predicate: str, value: str) -> None:
        lines.append(f"{own} {predicate} {self.term(value)} .\n")

    def _values(self, lines: list[str], own: str, predicate: str, value: Any) -> None:
        if type(value) is str:
            lines.append(f"{own} {predicate} {_text(value)} .\n")
            return
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, dict):
                inner = f"<{one['@id']}>" if "@id" in one else self._blank()
                lines.append(f"{own} {predicate} {inner} .\n")
                self._node(lines, inner, one)
            else:
                lines.append(f"{own} {predicate} {_literal(one)} .\n")

    def _indexed_by(self, key: str) -> Write:
        def write(lines: list[str], own: str, predicate: str, things: Mapping[str, Any]) -> None:
            for index, thing in things.items():
                inner = self._blank()
                lines.append(f"{own} {predicate} {inner} .\n{inner} {key} {_text(index)} .\n")
                self._node(lines, inner, thing)

        return write

    def _list(self, lines: list[str], own: str, predicate: str, items: list[Any]) -> None:
        for item in items:
            cell = self._blank()
            lines.append(f"{own} {predicate} {cell} .\n{cell} {_FIRST} {_literal(item)} .\n")
            own, predicate = cell, _REST
        lines.append(f"{own} {predicate} {_NIL} .\n")

    def _blank(self) -> str:
        return f"_:b{next(self._numbers)}"


def _nothing(lines: list[str], own: str, predicate: str, value: Any) -> None:
    """Say nothing: the name of a node is in each of its lines."""


def _moment(lines: list[str], own: str, predicate: str, value: str) -> None:
    lines.append(f'{own} {predicate} "{value}"^^<{XSD}dateTime> .\n')


def _literal_json(lines: list[str], own: str, predicate: str, value: Any) -> None:
    text = orjson.dumps(value) if type(value) is str else canonical_json(value)
    lines.append(f"{own} {predicate} {_text(text.decode())}^^<{RDF}JSON> .\n")


def _text(value: str) -> str:
    return f'"{value.translate(_ESCAPED) if _SPECIAL.search(value) else value}"'


def _of_number(value: float) -> str:
    """Write a number as JSON-LD does (JSON-LD 1.1 API 8.6)."""
    if abs(value) < _LARGEST_WHOLE and value == int(value):
        return f'"{int(value)}"^^<{XSD}integer>'
    mantissa, exponent = f"{value:.15E}".split("E")
    return f'"{_shortest(mantissa)}E{int(exponent)}"^^<{XSD}double>'


def _shortest(mantissa: str) -> str:
    stripped = mantissa.rstrip("0")
    return stripped + "0" if stripped.endswith(".") else stripped


_WRITERS: Final[Mapping[type, Callable[[Any], str]]] = {
    str: _text,
    bool: lambda value: f'"{str(value).lower()}"^^<{XSD}boolean>',
    int: _of_number,
    float: _of_number,
    Id: lambda value: f'"{value}"',
}


def _literal(value: Any) -> str:
    return _WRITERS[type(value)](value)
