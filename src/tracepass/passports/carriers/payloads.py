"""What a symbol of a passport says: its link, or its GS1 element string."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.core.errors import Invalid
from tracepass.gs1.keys import is_ai_value
from tracepass.passports.carriers.kinds import KINDS, Symbology

Elements = tuple[tuple[str, str], ...]
"""Application identifiers and their values, in the order of the symbol."""

_TITLES = {"01": "GTIN", "10": "LOT", "21": "SN"}


def elements_of(passport: Mapping[str, Any]) -> Elements:
    """Return what identifies a passport at its level: a model its GTIN, a batch the lot too, an item all three.

    The order is that of the key qualifiers in a link (GS1 Digital Link URI Syntax 1.6, 4.3).
    """
    gs1, level = passport["gs1"], passport["granularity"]
    lot = gs1["lot"] if level in {"batch", "item"} else None
    serial = gs1["serialNumber"] if level == "item" else None
    found = (("01", gs1["gtin"]), ("10", lot), ("21", serial))
    return tuple((code, value) for code, value in found if value is not None)


def bracketed(elements: Elements) -> str:
    """Return an element string as people read it (GS1 General Specifications 4.14): ``(01)04012345000016(21)A1``."""
    return "".join(f"({code}){value}" for code, value in elements)


def captions(elements: Elements, symbology: Symbology) -> list[str]:
    """Return what stands below a symbol, a line an element: bracketed where the symbol holds just that."""
    if KINDS[symbology].gs1:
        return [f"({code}){value}" for code, value in elements]
    return [f"{_TITLES[code]} {value}" for code, value in elements]


def check_elements(elements: Elements) -> None:
    """Refuse what no GS1 symbol can hold.

    Raises:
        Invalid: a lot or serial is longer than 20 characters, or has others than the 82 of GS1.
    """
    for code, value in elements:
        if code != "01" and not is_ai_value(value):
            message = (
                f"{value!r} is no valid AI ({code}), at most 20 of the 82 characters of GS1; "
                "choose qr or datamatrix, which say the link"
            )
            raise Invalid({"symbology": [message]})
