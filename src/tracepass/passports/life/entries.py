"""From a request to an entry of a life, and from an entry to what everybody may see of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from tracepass.core.clock import timestamp
from tracepass.core.errors import Invalid
from tracepass.core.ids import Id, find_id, new_id
from tracepass.core.mongo import Document
from tracepass.passports.life.models import EntryCreate, ServiceCreate, TransferCreate
from tracepass.passports.life.repository import BOOKKEEPING

MOST_SHOWN = 50
"""Entries of ours, and captured events, that a page shows of each, the newest."""
_COMPANY = ("legalName", "country")
_SERVICE = ("kind", "at", "description", "sourceLocale")


def new_entry(body: EntryCreate, passport_id: Id, *, now: str, by: str) -> Document:
    """Return a new entry as its GET shows it.

    Raises:
        Invalid: it lies ahead, or a part of it says too little or too much.
    """
    at = timestamp(body.at)
    if at > now:
        raise Invalid({"at": ["must not lie in the future"]})
    content = _without_ids(body.content)
    faults = dict(entry_faults(body, content))
    if faults:
        raise Invalid(faults)
    lists = {"documents": content.pop("documents")}
    if isinstance(body, ServiceCreate):
        lists["parts"] = content.pop("parts")
    ends = {"version": 1, "recordedBy": by, "createdAt": now, "updatedAt": now}
    return {"_id": new_id(), "passportId": passport_id, "at": at, **content, **lists, **ends}


def _without_ids(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return content whose files are named by text, as JSON has them."""
    documents = [
        {**one, "fileId": str(one["fileId"])} if "fileId" in one else dict(one) for one in content["documents"]
    ]
    return {**content, "documents": documents}


def entry_faults(body: EntryCreate, content: Mapping[str, Any]) -> Iterable[tuple[str, list[str]]]:
    """Yield what is wrong with an entry beyond what its model says, by member."""
    for index, document in enumerate(content["documents"]):
        if ("fileId" in document) == ("url" in document):
            yield f"documents[{index}]", ["must have either fileId or url"]
        elif "fileId" in document and len(document) > 1:
            yield f"documents[{index}]", ["must have fileId alone: digest and title go with url"]
    if "place" in content and not content["place"]:
        yield "place", ["must say something: name, gln or country"]
    if isinstance(body, TransferCreate):
        yield from (fault for end in ("from", "to") for fault in _owner_faults(end, content[end]))


def _owner_faults(end: str, owner: Mapping[str, Any]) -> Iterable[tuple[str, list[str]]]:
    """Yield what is wrong with an owner: a company has a name, of a private person nothing is taken that names them."""
    if owner["type"] == "company":
        if "legalName" not in owner:
            yield f"{end}.legalName", ["is required of a company"]
        return
    for name in owner.keys() - {"type", "reference"}:
        yield f"{end}.{name}", ["is not taken of a private person; reference is yours alone"]


def file_refs(entry: Mapping[str, Any]) -> list[Id]:
    """Return the files of the workspace that an entry refers to."""
    found = (find_id(document["fileId"]) for document in entry["documents"] if "fileId" in document)
    return sorted({identifier for identifier in found if identifier is not None})


def shown(stored: Mapping[str, Any]) -> Document:
    """Return a stored entry as its GET shows it."""
    return {name: value for name, value in stored.items() if name not in BOOKKEEPING}


def public_part(entries: Iterable[Mapping[str, Any]]) -> Document:
    """Return what scanners see of entries that everybody may see, newest first; one more than shown says so."""
    told = [public_entry(entry) for entry in entries]
    return {"entries": orjson.dumps(told[:MOST_SHOWN]), "more": len(told) > MOST_SHOWN}


def public_entry(entry: Mapping[str, Any]) -> Document:
    """Return what everybody may see of an entry: no references, no serial numbers, of private persons their role."""
    told: Document = {"type": entry["type"], **{name: entry[name] for name in _SERVICE if name in entry}}
    if "performedBy" in entry:
        told["by"] = _company(entry["performedBy"])
    if "place" in entry:
        told["place"] = {name: entry["place"][name] for name in ("name", "country") if name in entry["place"]}
    if entry.get("parts"):
        told["parts"] = [part["name"] for part in entry["parts"]]
    for end in ("from", "to"):
        if end in entry:
            told[end] = _owner(entry[end])
    if entry["documents"]:
        told["documents"] = entry["documents"]
    return told


def _owner(owner: Mapping[str, Any]) -> Document:
    named = _company(owner) if owner["type"] == "company" else {}
    return {"type": owner["type"], **named}


def _company(party: Mapping[str, Any]) -> Document:
    return {name: party[name] for name in _COMPANY if name in party}
