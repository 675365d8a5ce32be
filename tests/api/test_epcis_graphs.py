"""What we answer is the same graph as what was captured: JSON-LD is not only JSON.

Each of the standard's examples is captured; the events that come back are expanded with our rendering of the context,
the published ones with the published context, and both must be the same graph. Nothing is fetched. Skips where the
published examples are not there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld
from tests.api.test_epcis_examples import EPCIS, EXAMPLES, FOLDER, events_of, prefixes_of, read
from tests.conftest import Office

from tracepass.epcis.contexts import CONTEXT_URLS, load_context
from tracepass.epcis.hashing import event_hash

Event = dict[str, Any]
OURS_ALONE = frozenset({"recordTime"})
"""Members that we set ourselves."""
NO_GRAPH = "transformation_event_all_possible_fields"
"""The one example that declares a prefix anew which the standard's context protects: no processor takes it."""


def loader(context: Event | None) -> Any:
    """Return what gives a context under the standard's addresses: the published one, or ours; nothing is fetched."""

    def load(url: str, _options: Any = None) -> Event:
        assert url in CONTEXT_URLS, f"{url} is asked for"
        document = load_context(url) if context is None else context
        return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": document}

    return load


def graph_of(document: Event, event: Event, *, members: set[str], context: Event | None = None) -> str:
    """Return the graph of an event that stands in a document, in canonical form (RDFC-1.0, once URDNA2015)."""
    around, own = (one if isinstance(one, list) else [one] for one in (document["@context"], event.get("@context", [])))
    alone = {name: value for name, value in event.items() if name in members} | {"@context": [*around, *own]}
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": loader(context)}
    return str(jsonld.normalize(alone, options))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
async def test_an_example_comes_back_as_the_graph_that_it_was(path: Path, office: Office) -> None:
    client = await office.client(await office.workspace())
    document, published = read(path), read(FOLDER.parent / "epcis-context.jsonld")
    captured = await client.post(f"{EPCIS}/capture", json=document)
    assert captured.json()["success"], captured.text
    answer = (await client.get(f"{EPCIS}/events")).json()
    back = {event_hash(event, prefixes_of(answer, event)): event for event in events_of(answer)}
    for event in events_of(document):
        mine = back[event_hash(event, prefixes_of(document, event))]
        members = set(event) - OURS_ALONE
        if path.stem == NO_GRAPH:
            for one, context in ((document, published), (answer, None)):
                with pytest.raises(jsonld.JsonLdError):
                    graph_of(one, event, members=members, context=context)
            continue
        ours = graph_of(answer, mine, members=members)
        assert ours.strip()
        assert ours == graph_of(document, event, members=members, context=published)


@pytest.mark.parametrize("path", [path for path in EXAMPLES if path.stem != NO_GRAPH], ids=lambda path: path.stem)
async def test_what_comes_back_needs_no_context_but_the_published_one(path: Path, office: Office) -> None:
    client = await office.client(await office.workspace())
    await client.post(f"{EPCIS}/capture", json=read(path))
    published = read(FOLDER.parent / "epcis-context.jsonld")
    answer = (await client.get(f"{EPCIS}/events")).json()
    for event in events_of(answer):
        assert graph_of(answer, event, members=set(event)) == graph_of(
            answer, event, members=set(event), context=published
        )
