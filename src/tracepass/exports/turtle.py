"""An export as Turtle, which is written by rdflib from a graph in memory, and so for few records only."""

from __future__ import annotations

from typing import Final

from rdflib import Graph

from tracepass.core.errors import Refusal
from tracepass.exports.context import XSD, vocabulary_of
from tracepass.exports.triples import RDF

MOST: Final = 500
"""Records; a passport is several hundred statements."""


class TooMuchForTurtle(Refusal):
    """There is more than fits into a graph in memory."""

    def __init__(self, records: int) -> None:
        super().__init__(
            "export_too_large",
            f"Turtle is written for at most {MOST} records, and there are {records}; "
            "ask for application/n-quads, which says the same, or for application/ld+json.",
            details={"limit": MOST, "records": records},
        )


def turtle_of(statements: bytes, *, origin: str) -> bytes:
    """Write the statements of an export as Turtle, without the last, which is a digest of how they were written."""
    graph = Graph(bind_namespaces="none")
    graph.bind("tp", vocabulary_of(origin))
    graph.bind("xsd", XSD)
    graph.bind("rdf", RDF)
    graph.parse(data=statements[: statements.rstrip().rfind(b"\n") + 1], format="nt")
    return graph.serialize(format="turtle", encoding="utf-8")
