"""What is known of a product without a captured event, told as events: a passport's own history.

Each event has an ``eventID`` that is a UUID of version 5 (RFC 9562, 5.5) of what it tells of, the same in every
export (docs/decisions/0037).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin
from uuid import UUID, uuid5

import orjson

from tracepass.core.canonical import canonical_json
from tracepass.epcis.identifiers import normal
from tracepass.epcis.vocabulary import Vocabulary, terms
from tracepass.gs1.epc.links import STEM
from tracepass.gs1.gln import InvalidGln, normalise_gln
from tracepass.gs1.keys import PassportKey

Json = dict[str, Any]
PREFIX: Final = "tracepass"
FIELD: Final = "supply_chain"
"""The field whose rows are steps of a supply chain, in the templates that have it."""
_NAMES: Final = UUID("6f1c1f0a-5b0e-5c0c-9a53-0d8b8a1a7f42")
_SERVICES: Final[Mapping[str, Json]] = {
    "inspection": {"bizStep": "inspecting"},
    "repair": {"bizStep": "repairing"},
    "part_replacement": {"bizStep": "replacing"},
    "recycling": {"bizStep": "destroying", "disposition": "destroyed", "action": "DELETE"},
}
"""What the vocabulary says of services; for the others it has no word."""
_TRANSFERS: Final[Mapping[str, Json]] = {"return": {"disposition": "returned"}, "trade_in": {"disposition": "returned"}}
_HELD: Final = frozenset({"lease", "lease_end"})
_PARTY: Final = ("legalName", "gln", "legacyOperatorId", "country", "url")
_DAY_START: Final = "T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a passport is about; ``names`` is the address that our terms begin with, ``files`` that of its files."""

    passport: Mapping[str, Any]
    names: str
    files: str

    @property
    def link(self) -> str:
        """Return the canonical link of the item, the lot or the model."""
        gs1, level = self.passport["gs1"], self.passport["granularity"]
        lot = gs1["lot"] if level == "batch" else None
        serial = gs1["serialNumber"] if level == "item" else None
        return normal(f"{STEM}/{PassportKey(gs1['gtin'], lot=lot, serial=serial).path}")

    @property
    def lot(self) -> str | None:
        """Return the canonical link of the lot that an item is of, if that is known."""
        gs1 = self.passport["gs1"]
        if self.passport["granularity"] != "item" or gs1["lot"] is None:
            return None
        return normal(f"{STEM}/{PassportKey(gs1['gtin'], lot=gs1['lot']).path}")

    @property
    def what(self) -> Json:
        """Return the members of an event that name it."""
        if self.passport["granularity"] == "item":
            return {"epcList": [self.link]}
        return {"quantityList": [{"epcClass": self.link}]}

    def event(self, name: str, time: str, recorded: str, members: Mapping[str, Any]) -> Json:
        """Return an event about it, in the form in which captured ones are stored; ``name`` tells it from the others.

        What is None among the members is left out.
        """
        event = {
            "type": "ObjectEvent",
            "eventTime": time,
            "eventTimeZoneOffset": "+00:00",
            "action": "OBSERVE",
            **self.what,
            **{member: value for member, value in members.items() if value is not None},
        }
        return {
            "eventTime": time,
            "eventID": uuid5(_NAMES, f"{self.passport['_id']}/{name}").urn,
            "recordTime": recorded,
            "namespaces": [[PREFIX, self.names]],
            "event": orjson.dumps(event),
        }


def states(subject: Subject) -> Iterator[Json]:
    """Yield commissioning, when the passport was published, and decommissioning, when it was archived.

    Suspension and expiry are no events: they say something of the document, and nothing of the product.
    """
    passport = subject.passport
    if "publishedAt" not in passport:
        return
    lot = passport["gs1"]["lot"] if passport["granularity"] == "item" else None
    ilmd = None if lot is None else {"cbvmda:lotNumber": lot}
    at = passport["publishedAt"]
    members: Json = {"action": "ADD", "bizStep": "commissioning", "disposition": "active", "ilmd": ilmd}
    yield subject.event("publish", at, at, members)
    if "archivedAt" in passport:
        at = passport["archivedAt"]
        members = {"action": "DELETE", "bizStep": "decommissioning", "disposition": "inactive"}
        yield subject.event("archive", at, at, members)


def steps(subject: Subject) -> Iterator[Json]:
    """Yield the rows of the field of the supply chain that have a day, if its value is approved."""
    state = subject.passport["fields"].get(FIELD)
    if state is None or state["status"] != "approved" or not isinstance(state["value"], list):
        return
    seen: dict[str, int] = {}
    for row in state["value"]:
        if row.get("date") is None:
            continue
        digest = hashlib.sha256(canonical_json(row)).hexdigest()
        seen[digest] = number = seen.get(digest, 0) + 1
        name = f"{FIELD}/{digest}/{number}"
        yield subject.event(name, f"{row['date'][:10]}{_DAY_START}", state["updatedAt"], _step(subject, row))


def _step(subject: Subject, row: Mapping[str, Any]) -> Json:
    word = row["step"].strip().lower().replace(" ", "_").replace("-", "_")
    place = _place(row.get("facility_id"))
    return {
        "bizStep": word if word in terms(Vocabulary.BIZ_STEP) else None,
        "readPoint": place,
        **_named(
            {
                "step": row["step"],
                "performedBy": _object({"legalName": row.get("operator"), "operatorId": row.get("operator_id")}),
                "facility": row.get("facility_id") if place is None else None,
                "country": row.get("country"),
                "documents": _documents(subject, [row["evidence"]]) if row.get("evidence") else None,
            }
        ),
    }


def life(subject: Subject, entry: Mapping[str, Any]) -> Iterator[Json]:
    """Yield what an entry tells; one that was declared wrong once more, with its declaration (EPCIS 2.0, 7.4.1.4)."""
    members = (_service if entry["type"] == "service" else _transfer)(subject, entry)
    name, at = _life_name(entry["_id"]), entry["at"]
    yield subject.event(name, at, entry["createdAt"], members)
    declared = entry.get("errorDeclaration")
    if declared is not None:
        ids = [uuid5(_NAMES, f"{subject.passport['_id']}/{_life_name(one)}").urn for one in declared["correctiveIds"]]
        error = {"declarationTime": declared["declaredAt"], "reason": declared["reason"]}
        told = {**error, "correctiveEventIDs": ids} if ids else error
        yield subject.event(name, at, declared["declaredAt"], {**members, "errorDeclaration": told})


def _life_name(identifier: object) -> str:
    return f"life/{identifier}"


def _service(subject: Subject, entry: Mapping[str, Any]) -> Json:
    place = entry.get("place", {})
    return {
        **_SERVICES.get(entry["kind"], {}),
        "readPoint": _place(place.get("gln")),
        **_named(
            {
                "kind": entry["kind"],
                "description": entry.get("description"),
                "performedBy": _party(entry.get("performedBy")),
                "place": _object({name: place.get(name) for name in ("name", "country")}),
                "parts": [_object(part) for part in entry["parts"]] or None,
                "reference": entry.get("reference"),
                "documents": _documents(subject, entry["documents"]),
            }
        ),
    }


def _transfer(subject: Subject, entry: Mapping[str, Any]) -> Json:
    """Return what a transfer says; of a private person no more than that they are one."""
    held = "possessing_party" if entry["kind"] in _HELD else "owning_party"
    ends = {"from": ("sourceList", "source"), "to": ("destinationList", "destination")}
    lists = {
        name: [{"type": held, member: f"{STEM}/417/{entry[end]['gln']}"}]
        for end, (name, member) in ends.items()
        if "gln" in entry[end]
    }
    sold = entry["kind"] == "sale" and entry["to"]["type"] == "private"
    usual = {"bizStep": "retail_selling", "disposition": "retail_sold"} if sold else {"bizStep": "accepting"}
    return {
        **usual,
        **_TRANSFERS.get(entry["kind"], {}),
        **lists,
        **_named(
            {
                "kind": entry["kind"],
                "fromOwner": _party(entry["from"]),
                "toOwner": _party(entry["to"]),
                "reference": entry.get("reference"),
                "documents": _documents(subject, entry["documents"]),
            }
        ),
    }


def _named(members: Mapping[str, Any]) -> Json:
    return {f"{PREFIX}:{name}": value for name, value in members.items() if value is not None}


def _object(members: Mapping[str, Any]) -> Json | None:
    return _named(members) or None


def _party(party: Mapping[str, Any] | None) -> Json | None:
    if party is None:
        return None
    return _object({"ownerType": party.get("type"), **{name: party.get(name) for name in _PARTY}})


def _place(name: str | None) -> Json | None:
    """Return a place that has a GLN or an address on the web; of others there is no name that all understand."""
    if name is None:
        return None
    if name.startswith("https://"):
        return {"id": name}
    try:
        return {"id": f"{STEM}/414/{normalise_gln(name)}"}
    except InvalidGln:
        return None


def _documents(subject: Subject, references: Sequence[Mapping[str, Any]]) -> list[str] | None:
    found = [one.get("url") or urljoin(subject.files, str(one["fileId"])) for one in references]
    return found or None
