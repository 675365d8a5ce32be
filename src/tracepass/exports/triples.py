"""Records of an export as RDF statements, one line each (N-Quads; N-Triples, since there is one graph).

What a JSON-LD processor makes of a record under `context` is known beforehand, so it is written down straight; tests
hold the outcome against PyLD's expansion of the same export.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, Final

from tracepass.core.canonical import canonical_json
from tracepass.core.ids import Id
from tracepass.exports.context import INDEXES, LISTS, LITERALS, MOMENTS, XSD

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_FIRST, _REST, _NIL = (f"<{RDF}{name}>" for name in ("first", "rest", "nil"))
_ESCAPED: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})
_LARGEST_EXACT: Final = 10**21


class Triples:
    """Writes the statements of one export; its blank nodes are numbered in their order."""

    def __init__(self, vocabulary: str) -> None:
        self._vocabulary = vocabulary
        self._numbers = count(1)
        self._predicates: dict[str, str] = {}

    def of(self, node: Mapping[str, Any], subject: str | None = None) -> Iterator[str]:
        """Give the lines of a record, which has an ``@id``, or of another object under a name it is given."""
        own = subject or f"<{node['@id']}>"
        for name, value in node.items():
            if name == "@id" or (value is None and name not in LITERALS):
                continue
            if name == "@type":
                yield f"{own} <{RDF}type> {self.term(value)} .\n"
            else:
                yield from self._member(own, name, value)

    def term(self, name: str) -> str:
        """Return a name of the context as RDF writes it."""
        known = self._predicates.get(name)
        if known is None:
            known = self._predicates[name] = f"<{self._vocabulary}{name}>"
        return known

    def _member(self, own: str, name: str, value: Any) -> Iterator[str]:
        predicate = self.term(name)
        if name in LITERALS:
            yield f"{own} {predicate} {_json(value)} .\n"
        elif name in INDEXES:
            yield from self._indexed(own, name, value)
        elif name in LISTS:
            yield from self._list(own, predicate, value)
        elif name in MOMENTS:
            yield f"{own} {predicate} {_text(value)}^^<{XSD}dateTime> .\n"
        else:
            for one in value if isinstance(value, list) else (value,):
                yield from self._one(own, predicate, one)

    def _one(self, own: str, predicate: str, value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{own} {predicate} {_literal(value)} .\n"
            return
        inner = f"<{value['@id']}>" if "@id" in value else self._blank()
        yield f"{own} {predicate} {inner} .\n"
        yield from self.of(value, inner)

    def _indexed(self, own: str, name: str, things: Mapping[str, Any]) -> Iterator[str]:
        predicate, key = self.term(name), self.term(INDEXES[name])
        for index, thing in things.items():
            inner = self._blank()
            yield f"{own} {predicate} {inner} .\n{inner} {key} {_text(index)} .\n"
            yield from self.of(thing, inner)

    def _list(self, own: str, predicate: str, items: list[Any]) -> Iterator[str]:
        for item in items:
            cell = self._blank()
            yield f"{own} {predicate} {cell} .\n{cell} {_FIRST} {_literal(item)} .\n"
            own, predicate = cell, _REST
        yield f"{own} {predicate} {_NIL} .\n"

    def _blank(self) -> str:
        return f"_:b{next(self._numbers)}"


def _text(value: str) -> str:
    return f'"{value.translate(_ESCAPED)}"'


def _json(value: Any) -> str:
    return f"{_text(canonical_json(value).decode())}^^<{RDF}JSON>"


def _of_number(value: float) -> str:
    """Write a number as JSON-LD does (JSON-LD 1.1 API 8.6)."""
    if isinstance(value, int) and abs(value) < _LARGEST_EXACT:
        return f'"{value}"^^<{XSD}integer>'
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
