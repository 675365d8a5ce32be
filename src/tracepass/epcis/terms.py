"""How an event is found: its terms, one text for each thing that can be asked for, and its facts to compare with.

A term is ``<tag>=<value>``, or ``?<key>`` for what is there at all. All terms of an event stand in one array, so that
one index serves every question of the standard (docs/decisions/0029).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from tracepass.epcis.measures import to_base

LONGEST = 300
DIGITS = 12
NAMES = (
    "type",
    "eventID",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "transformationID",
    "parentID",
)
LISTS = ("epc", "inputEPC", "outputEPC", "epcClass", "inputEPCClass", "outputEPCClass", "under")
PAIRS = (("bizTransactions", "bizTransaction"), ("sources", "source"), ("destinations", "destination"))
MEASURES = ("value", "minValue", "maxValue", "meanValue", "percValue", "sDev")
SENSOR_TIMES = ("time", "startTime", "endTime")
SENSOR_TEXTS = (
    "type",
    "deviceID",
    "dataProcessingMethod",
    "bizRules",
    "microorganism",
    "chemicalSubstance",
    "stringValue",
    "hexBinaryValue",
    "uriValue",
    "booleanValue",
)
Twin = Mapping[str, Any]
Fact = tuple[str, float | datetime]


def term(tag: str, value: str) -> str:
    """Return the term for a value; a long value is there by its digest."""
    if len(value) > LONGEST:
        value = "#" + hashlib.sha256(value.encode()).hexdigest()
    return f"{tag}={value}"


def presence(key: str) -> str:
    """Return the term of what is there at all."""
    return f"?{key}"


def text_of(value: Any) -> str:
    """Return the text of a value in a term: instants begin with ``@``, numbers with ``#``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return "@" + value.astimezone(UTC).isoformat(timespec="milliseconds")
    if isinstance(value, int | float):
        return f"#{number(value)!r}"
    return str(value)


def number(value: float) -> float:
    """Return a number as it is compared: twelve digits, so that converted units do not differ by their rounding."""
    return float(f"{value:.{DIGITS}g}")


def measure(name: str, value: float, uom: str | None) -> Fact:
    """Return key and number of a measured value, in the base unit where its unit is known.

    A standard deviation is a difference: the zero of its scale does not count.
    """
    found = None if uom is None else to_base(value, uom)
    if found is None or uom is None:
        return f"{name}:{uom or ''}", number(value)
    base, amount = found
    zero = to_base(0.0, uom) if name.endswith("sDev") else None
    return f"{name}:{base}", number(amount - (zero[1] if zero is not None else 0.0))


def terms_of(twin: Twin, facts: Iterable[Fact]) -> list[str]:
    """Return the terms of an event, each once."""
    found = _plain(twin)
    if "sensors" in twin:
        found.extend(_sensors(twin))
    if "fields" in twin:
        found.extend(_fields(twin))
    found.extend(presence(key) for key, _ in facts)
    return list(dict.fromkeys(found))


def facts_of(twin: Twin) -> list[Fact]:
    """Return the numbers and instants of an event, by key."""
    found: list[Fact] = []
    for name, facts in _FACTS.items():
        if name in twin:
            found.extend(facts(twin))
    return list(dict.fromkeys(found))


def _plain(twin: Twin) -> list[str]:
    found = [term(name, twin[name]) for name in NAMES if name in twin]
    for name in LISTS:
        if name in twin:
            values = twin[name]
            found += [f"{name}={value}" if len(value) <= LONGEST else term(name, value) for value in values]
    if "persistentDisposition" in twin:
        persistent = twin["persistentDisposition"]
        for name in ("set", "unset"):
            found += [term(f"persistentDisposition.{name}", value) for value in persistent.get(name, ())]
    for name, tag in PAIRS:
        if name in twin:
            found += [term(f"{tag}:{pair.get('type') or ''}", pair["id"]) for pair in twin[name]]
    found.extend(_error(twin.get("errorDeclaration")))
    return found


def _error(declaration: Mapping[str, Any] | None) -> Iterator[str]:
    if declaration is None:
        return
    yield presence("errorDeclaration")
    if "reason" in declaration:
        yield term("errorReason", declaration["reason"])
    yield from (term("correctiveEventID", value) for value in declaration.get("correctiveEventIDs", ()))


def _sensors(twin: Twin) -> Iterator[str]:
    if twin.get("sensors"):
        yield presence("sensorElementList")
    for part in _sensor_parts(twin):
        for name in SENSOR_TEXTS:
            if name in part:
                text = text_of(part[name])
                # A byte is the same in large and small letters.
                yield term(f"sensor.{name}", text.lower() if name == "hexBinaryValue" else text)


def _sensor_parts(twin: Twin) -> Iterator[Mapping[str, Any]]:
    for element in twin.get("sensors", ()):
        yield element.get("metadata") or {}
        yield from element.get("reports", ())


def _fields(twin: Twin) -> Iterator[str]:
    for entry in twin.get("fields", ()):
        yield presence(entry["k"])
        if entry["v"] is not None:
            yield term(entry["k"], text_of(entry["v"]))


def _quantities(twin: Twin) -> Iterator[Fact]:
    for element in twin.get("quantities", ()):
        if "quantity" in element:
            yield "quantity", number(element["quantity"])
            yield measure("quantity", element["quantity"], element.get("uom"))


def _error_time(twin: Twin) -> Iterator[Fact]:
    declared = twin.get("errorDeclaration", {}).get("declarationTime")
    if declared is not None:
        yield "errorDeclarationTime", instant(declared)


def _sensor_facts(twin: Twin) -> Iterator[Fact]:
    for part in _sensor_parts(twin):
        yield from ((f"sensor.{name}", instant(part[name])) for name in SENSOR_TIMES if name in part)
        yield from (measure(f"sensor.{name}", part[name], part.get("uom")) for name in MEASURES if name in part)
        if "percRank" in part:
            yield "sensor.percRank", number(part["percRank"])


def _field_facts(twin: Twin) -> Iterator[Fact]:
    for entry in twin.get("fields", ()):
        value = entry["v"]
        if isinstance(value, datetime):
            yield entry["k"], value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield entry["k"], number(value)


_FACTS: Final[Mapping[str, Callable[[Twin], Iterator[Fact]]]] = {
    "quantities": _quantities,
    "errorDeclaration": _error_time,
    "sensors": _sensor_facts,
    "fields": _field_facts,
}


def instant(text: str) -> datetime:
    """Return the instant of a timestamp."""
    return datetime.fromisoformat(text).astimezone(UTC)
