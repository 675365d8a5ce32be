"""What a barcode says, in the shape of the tools."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tracepass.core.errors import Invalid
from tracepass.gs1.elements import Element, to_bracketed
from tracepass.gs1.examination import Examination, examine
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.link import build_link
from tracepass.gs1.scandata import SYMBOLOGIES, Kind
from tracepass.tools.models import BarcodeItem
from tracepass.tools.typed import typed

_NAMES: Mapping[Kind, str] = {
    Kind.ELEMENT_STRING: "GS1 element string",
    Kind.BRACKETED: "GS1 element string",
    Kind.DIGITAL_LINK: "GS1 Digital Link URI",
    Kind.GTIN: "EAN-13, UPC-A or UPC-E",
    Kind.TEXT: "plain text",
}
_BARCODES = {one.name.lower(): one.name for one in SYMBOLOGIES.values()}
_MEMBERS: Mapping[str, str] = {"gtin": "01", "serial": "21", "batch": "10", "expirationDate": "17", "sscc": "00"}


def decode_barcode(item: BarcodeItem, *, today: date) -> dict[str, Any]:
    """Return what a scan holds and whether the standard accepts it; ``today`` settles centuries.

    The symbology is named where an AIM identifier tells it or the caller does: the data alone cannot.

    Raises:
        Invalid: the caller names a symbology that does not exist.
    """
    asked = item.barcode_type
    if asked is not None and asked.lower() not in _BARCODES:
        raise Invalid({"barcodeType": [f"is none of {', '.join(sorted(_BARCODES.values()))}"]})
    reading = examine(item.data)
    named = _BARCODES[asked.lower()] if asked is not None else None
    shown = [_shown(element, today) for element in reading.elements]
    values = {one["code"]: one["value"] for one in reversed(shown)}
    first = {name: values.get(ai) for name, ai in _MEMBERS.items()}
    message = _message(reading)
    return {
        "isValid": _is_valid(reading),
        "barcodeType": reading.symbology.name if reading.symbology else named or _NAMES[reading.kind],
        **first,
        "gtin": first["gtin"] or reading.gtin,
        "applicationIdentifiers": shown,
        "errors": [shown_fault(fault) for fault in reading.faults] or _no_gs1_data(reading),
        "elementString": to_bracketed(message) if message else None,
        "digitalLink": None if reading.faults else _link(message),
    }


def shown_fault(fault: Gs1SyntaxError) -> dict[str, Any]:
    """Return a fault of GS1 data with its place in the text that was read."""
    return {
        "code": fault.code,
        "message": fault.message,
        "ai": fault.ai,
        "position": fault.position,
        "length": fault.length,
    }


def _is_valid(reading: Examination) -> bool:
    return not reading.faults and (bool(reading.elements) or reading.gtin is not None)


def _no_gs1_data(reading: Examination) -> list[dict[str, Any]]:
    if _is_valid(reading):
        return []
    message = "the symbol holds plain text, which is neither an element string nor a GS1 Digital Link"
    return [{"code": "no_gs1_data", "message": message, "ai": None, "position": 0, "length": 0}]


def _shown(element: Element, today: date) -> dict[str, Any]:
    meaning = typed(element.ai, element.value, today=today)
    return {
        "code": element.ai,
        "title": element.title,
        "raw": element.value,
        "type": meaning.type,
        "value": meaning.value,
        "position": element.position,
        **(meaning.more or {}),
    }


def _message(reading: Examination) -> tuple[Element, ...]:
    """Return the elements, before them the number of an EAN or UPC symbol, which is a GTIN (GS1 GS 3.3.2)."""
    number = () if reading.gtin is None else (Element(_MEMBERS["gtin"], reading.gtin),)
    return (*number, *reading.elements)


def _link(message: tuple[Element, ...]) -> str | None:
    """Return the canonical Digital Link of a message, if one of its elements is a key."""
    try:
        return build_link(message)
    except Gs1SyntaxError:
        return None
