"""The statements of a record are those of its expansion, whatever the values."""

from __future__ import annotations

import json
from typing import Any

import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld
from rdflib.compare import isomorphic

from tracepass.exports.context import context_of, vocabulary_of
from tracepass.exports.triples import Triples

ORIGIN = "https://api.example.test"
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
NUMBERS = WHOLE | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
PLAIN = TEXTS | NUMBERS | st.booleans()
STATES = st.fixed_dictionaries(
    {"value": JSON, "source": TEXTS, "translations": st.dictionaries(TEXTS, st.fixed_dictionaries({"value": JSON}))}
)
RECORDS = st.fixed_dictionaries(
    {
        "completionPercentage": NUMBERS,
        "name": TEXTS,
        "isReady": st.booleans(),
        "imageUrls": st.lists(TEXTS, max_size=3),
        "tags": st.lists(PLAIN, max_size=3),
        "gs1": st.fixed_dictionaries({"gtin": TEXTS, "nothing": st.none()}),
        "fields": st.dictionaries(TEXTS, STATES, max_size=3),
        "parties": st.dictionaries(TEXTS, st.dictionaries(st.sampled_from(["gln", "country"]), TEXTS), max_size=2),
        "documents": st.lists(st.fixed_dictionaries({"url": TEXTS}), max_size=2),
        "updatedAt": st.just("2026-11-20T08:15:30.000Z"),
    }
)


@settings(max_examples=30, deadline=None)
@given(RECORDS)
def test_the_statements_of_a_record_are_those_of_its_expansion(members: dict[str, Any]) -> None:
    record = {"@id": f"{ORIGIN}/api/v1/passports/1", "@type": "Passport", **members}
    document = json.loads(json.dumps({"@context": context_of(ORIGIN), **record}))

    quads = jsonld.to_rdf(document, {"format": "application/n-quads"})
    ours = Triples(vocabulary_of(ORIGIN)).of(record)

    assert isomorphic(_graph(ours), _graph(quads))


def _graph(statements: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=statements, format="nt")


def test_blank_nodes_of_one_export_are_never_the_same() -> None:
    triples = Triples(vocabulary_of(ORIGIN))
    lines = [triples.of({"@id": f"{ORIGIN}/{number}", "gs1": {"gtin": "1"}}) for number in range(3)]
    assert len({line.split(" ")[2] for text in lines for line in text.split("\n")[:1]}) == 3
