"""The events that EPCIS is measured with: items that are made, packed, shipped, received and sold, in documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

Event = dict[str, Any]
CONTEXT: Final = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"ex": "http://ns.example.com/epcis/"},
]
STEPS: Final = ("commissioning", "inspecting", "shipping", "receiving", "retail_selling")
ITEMS: Final = 3
"""Items that an event is about."""
STEM: Final = "urn:epc:id:sgtin:0614141.107346."


def event(number: int) -> Event:
    """Return an event: the step of a group of items that its number says."""
    group, step = divmod(number, len(STEPS))
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012x}",
        "eventTime": _time(number),
        "eventTimeZoneOffset": "+02:00",
        "action": "ADD" if step == 0 else "OBSERVE",
        "bizStep": STEPS[step],
        "disposition": "in_progress",
        "epcList": [f"{STEM}{group * ITEMS + item}" for item in range(ITEMS)],
        "readPoint": {"id": f"urn:epc:id:sgln:0614141.{group % 90:05d}.0"},
        "bizLocation": {"id": f"urn:epc:id:sgln:0614141.{group % 70:05d}.0"},
        "bizTransactionList": [{"type": "po", "bizTransaction": f"urn:epc:id:gdti:0614141.00002.PO-{group}"}],
        "ex:lot": f"LOT-{group % 500}",
    }


def _time(number: int) -> str:
    """Return a time for an event: one a second, day after day."""
    days, seconds = divmod(number, 86_400)
    minutes, second = divmod(seconds, 60)
    return f"2026-06-{1 + days % 28:02d}T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}.000Z"


def document(first: int, count: int) -> bytes:
    """Return a document of events with the numbers from one on."""
    events = ",".join(json.dumps(event(number), separators=(",", ":")) for number in range(first, first + count))
    return f"{_head()}{events}]}}}}".encode()


def large_document(first: int, size: int) -> Iterator[bytes]:
    """Yield the pieces of a document of about so many bytes."""
    yield _head().encode()
    sent, number = 0, first
    while sent < size:
        piece = ",".join(json.dumps(event(number + one), separators=(",", ":")) for one in range(100))
        piece = piece if number == first else f",{piece}"
        yield piece.encode()
        sent, number = sent + len(piece), number + 100
    yield b"]}}"


def large_xml(first: int, size: int) -> Iterator[bytes]:
    """Yield the pieces of such a document in XML."""
    yield (
        b'<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:ex="http://ns.example.com/epcis/"'
        b' schemaVersion="2.0" creationDate="2026-06-01T12:00:00.000Z"><EPCISBody><EventList>'
    )
    sent, number = 0, first
    while sent < size:
        piece = "".join(_xml(event(number + one)) for one in range(100)).encode()
        yield piece
        sent, number = sent + len(piece), number + 100
    yield b"</EventList></EPCISBody></epcis:EPCISDocument>"


def _head() -> str:
    members = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-06-01T12:00:00.000Z",
    }
    return f'{json.dumps(members)[:-1]},"epcisBody":{{"eventList":['


def _xml(one: Event) -> str:
    epcs = "".join(f"<epc>{epc}</epc>" for epc in one["epcList"])
    order = one["bizTransactionList"][0]
    return (
        f"<ObjectEvent><eventTime>{one['eventTime']}</eventTime><eventID>{one['eventID']}</eventID>"
        f"<eventTimeZoneOffset>{one['eventTimeZoneOffset']}</eventTimeZoneOffset><epcList>{epcs}</epcList>"
        f"<action>{one['action']}</action><bizStep>urn:epcglobal:cbv:bizstep:{one['bizStep']}</bizStep>"
        f"<disposition>urn:epcglobal:cbv:disp:{one['disposition']}</disposition>"
        f"<readPoint><id>{one['readPoint']['id']}</id></readPoint>"
        f"<bizLocation><id>{one['bizLocation']['id']}</id></bizLocation><bizTransactionList>"
        f'<bizTransaction type="urn:epcglobal:cbv:btt:{order["type"]}">{order["bizTransaction"]}</bizTransaction>'
        f"</bizTransactionList><ex:lot>{one['ex:lot']}</ex:lot></ObjectEvent>"
    )
