"""Where a finding is: a JSON pointer, or the path that the same thing has in XML."""

from __future__ import annotations

from typing import Any, Final

from tracepass.epcis.analysis.rule import Hit
from tracepass.epcis.xmlfields import EPC_LISTS, QUANTITY_LISTS, TYPED_LISTS

_ITEMS: Final = {
    **dict.fromkeys(EPC_LISTS, "epc"),
    **dict.fromkeys(QUANTITY_LISTS, "quantityElement"),
    **{name: element for name, (element, _) in TYPED_LISTS.items()},
    "correctiveEventIDs": "correctiveEventID",
    "sensorElementList": "sensorElement",
}
_ABOVE_EVENTS: Final = {"/creationDate": "/*/@creationDate"}
_ATTRIBUTES: Final = frozenset({*TYPED_LISTS, "sensorElementList"})


def place_of(hit: Hit, *, is_xml: bool) -> dict[str, Any]:
    """Return ``{"pointer"}`` in JSON, ``{"xpath", "line", "column"}`` in XML: line and column are the event's."""
    given = None if hit.happening is None else hit.happening.given
    stem = "" if given is None else given.place
    if not is_xml:
        return {"pointer": stem + hit.at}
    line, column = (hit.line, hit.column) if given is None else (given.line, given.column)
    path = _ABOVE_EVENTS.get(hit.at, hit.at) if given is None else stem + xml_path(hit.at)
    return {"xpath": path, "line": line, "column": column}


def xml_path(pointer: str) -> str:
    """Return the path in XML of a place in an event; what XML 1.x has in ``extension`` is named without that.

    ``/epcList/0`` -> ``/epcList/epc[1]``, ``/sourceList/0/type`` -> ``/sourceList/source[1]/@type``.
    """
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    path, owner = "", ""
    for part in parts:
        if part.isdecimal():
            item = _ITEMS.get(owner)
            path += f"[{int(part) + 1}]" if item is None else f"/{item}[{int(part) + 1}]"
        elif part in {"source", "destination", "bizTransaction"} and owner in TYPED_LISTS:
            continue
        else:
            path += f"/@{part}" if part == "type" and owner in _ATTRIBUTES else f"/{part}"
        owner = owner if part.isdecimal() else part
    return path
