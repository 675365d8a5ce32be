"""What happened to a product, as linked data beside the rest of its passport (JSON-LD 1.1).

The history has a context of its own, so that documents that were made ready before there was any can hold it as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urljoin

import orjson

from tracepass.resolver.timelines import Timeline
from tracepass.resolver.values import FILES_PATH

Json = Mapping[str, Any]
CONTEXT: Final = {
    "at": {"@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
    "bizStep": {"@type": "@id"},
    "entries": {"@container": "@list"},
}
_STEP: Final = "https://ref.gs1.org/cbv/BizStep-"


def with_history(document: bytes, timeline: Timeline, *, link: str) -> bytes:
    """Return a ready JSON-LD document with the member ``history``, if there is anything to tell.

    ``link`` is the passport's own, against which addresses of files become absolute.
    """
    if not timeline.entries:
        return document
    entries = [_entry(entry, link) for entry in timeline.entries]
    history = {"@context": CONTEXT, "entries": entries, "hasOlderEntries": timeline.more}
    return document[:-1] + b',"history":' + orjson.dumps(history) + b"}"


def _entry(entry: Json, link: str) -> dict[str, Any]:
    told: dict[str, Any] = {"entryType": entry["type"], "at": entry["at"]}
    if "kind" in entry:
        told["kind"] = entry["kind"]
    if "bizStep" in entry:
        told["bizStep"] = entry["bizStep"] if ":" in entry["bizStep"] else _STEP + entry["bizStep"]
    if "description" in entry:
        told["description"] = {entry.get("sourceLocale") or "@none": entry["description"]}
    if "by" in entry:
        told["performedBy"] = _company(entry["by"])
    if entry.get("place"):
        told["place"] = entry["place"]
    if entry.get("parts"):
        told["parts"] = entry["parts"]
    told |= {name: _owner(entry[end]) for end, name in (("from", "fromOwner"), ("to", "toOwner")) if end in entry}
    if entry.get("documents"):
        told["documents"] = [_document(one, link) for one in entry["documents"]]
    return told


def _company(party: Json) -> dict[str, Any]:
    named: dict[str, Any] = {"@type": "Organization", "legalName": party["legalName"]}
    if "country" in party:
        named["address"] = {"@type": "PostalAddress", "addressCountry": party["country"]}
    return named


def _owner(owner: Json) -> dict[str, Any]:
    return {"ownerType": "private"} if owner["type"] == "private" else {**_company(owner), "ownerType": "company"}


def _document(reference: Json, link: str) -> dict[str, Any]:
    address = reference.get("url") or urljoin(link, FILES_PATH + reference["fileId"])
    texts = {"name": reference.get("title"), "sha256": reference.get("sha256")}
    return {"@type": "MediaObject", "contentUrl": address, **{name: text for name, text in texts.items() if text}}
