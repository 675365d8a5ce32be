"""The names and values of the standard's query parameters, read into conditions (EPCIS 2.0, 8.2.7.1).

``FIXED`` is the table of the parameters that have one name; those whose name holds a unit, a type or a field of an
extension are found by their shape in ``_SHAPES``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tracepass.core.errors import Invalid
from tracepass.epcis import parameters as read
from tracepass.epcis.normalising import Scope, field_key
from tracepass.epcis.parameters import Faulty
from tracepass.epcis.queries import (
    AtTime,
    Condition,
    EventQuery,
    HasAttribute,
    HasDescendant,
    HasFact,
    HasTerm,
    Operator,
)
from tracepass.epcis.terms import MEASURES, SENSOR_TIMES, instant, measure, presence, term
from tracepass.epcis.vocabulary import Vocabulary

EPCS = ("epc", "parentID", "inputEPC", "outputEPC")
CLASSES = ("epcClass", "inputEPCClass", "outputEPCClass")
Namespaces = Mapping[str, Sequence[str]]
"""The namespaces a prefix may stand for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One parameter: its name, its values as they came, and what prefixes stand for."""

    name: str
    values: tuple[str, ...]
    namespaces: Namespaces


Reader = Callable[[Asked], Condition | None]


def _words(tag: str, word: Callable[[str], str]) -> Reader:
    """Return who reads a list of values of which the event has one."""

    def reader(asked: Asked) -> Condition:
        return read.any_of(term(tag, word(value)) for value in read.texts(asked.values))

    return reader


def _epcs(*tags: str) -> Reader:
    def reader(asked: Asked) -> Condition:
        return read.matching(tags, read.uris(asked.values))

    return reader


def _since(field: Any, operator: Any) -> Reader:
    return lambda asked: AtTime(field, operator, read.time(asked.values))


def _fact(key: str, operator: Operator, value: Callable[[Sequence[str]], Any]) -> Reader:
    return lambda asked: HasFact((key,), operator, (value(asked.values),))


def _numbers(key: str) -> Reader:
    return lambda asked: HasFact((key,), "EQ", read.numbers(asked.values))


def _presence(key: str) -> Reader:
    def reader(asked: Asked) -> Condition | None:
        return HasTerm((presence(key),)) if read.exists(asked.values) else None

    return reader


def _descendants(tag: str) -> Reader:
    return lambda asked: HasDescendant(tag, tuple(map(read.same, read.uris(asked.values))))


def _moment(values: Sequence[str]) -> Any:
    return instant(read.time(values))


def _sensor_texts() -> dict[str, Reader]:
    words = {"type": read.name_of(Vocabulary.MEASUREMENT), "deviceID": read.identifier, "hexBinaryValue": str.lower}
    names = ("dataProcessingMethod", "bizRules", "microorganism", "chemicalSubstance", "uriValue")
    words |= dict.fromkeys(names, read.identifier) | {"stringValue": str, "booleanValue": read.truth}
    return {f"EQ_{name}": _words(f"sensor.{name}", word) for name, word in words.items()}


def _vocabulary(tag: str, vocabulary: Vocabulary) -> Reader:
    return _words(tag, read.name_of(vocabulary))


FIXED: Mapping[str, Reader] = {
    "eventType": _words("type", read.event_type),
    "GE_eventTime": _since("eventTime", "GE"),
    "LT_eventTime": _since("eventTime", "LT"),
    "GE_recordTime": _since("recordTime", "GE"),
    "LT_recordTime": _since("recordTime", "LT"),
    "EQ_action": _words("action", read.action),
    "EQ_bizStep": _vocabulary("bizStep", Vocabulary.BIZ_STEP),
    "EQ_disposition": _vocabulary("disposition", Vocabulary.DISPOSITION),
    "EQ_persistentDisposition_set": _vocabulary("persistentDisposition.set", Vocabulary.DISPOSITION),
    "EQ_persistentDisposition_unset": _vocabulary("persistentDisposition.unset", Vocabulary.DISPOSITION),
    "EQ_readPoint": _epcs("readPoint"),
    "WD_readPoint": _descendants("readPoint"),
    "EQ_bizLocation": _epcs("bizLocation"),
    "WD_bizLocation": _descendants("bizLocation"),
    "EQ_transformationID": _epcs("transformationID"),
    "MATCH_epc": _epcs("epc"),
    "MATCH_parentID": _epcs("parentID"),
    "MATCH_inputEPC": _epcs("inputEPC"),
    "MATCH_outputEPC": _epcs("outputEPC"),
    "MATCH_anyEPC": _epcs(*EPCS),
    "MATCH_epcClass": _epcs("epcClass"),
    "MATCH_inputEPCClass": _epcs("inputEPCClass"),
    "MATCH_outputEPCClass": _epcs("outputEPCClass"),
    "MATCH_anyEPCClass": _epcs(*CLASSES),
    "EQ_quantity": _numbers("quantity"),
    "GT_quantity": _fact("quantity", "GT", read.one_number),
    "GE_quantity": _fact("quantity", "GE", read.one_number),
    "LT_quantity": _fact("quantity", "LT", read.one_number),
    "LE_quantity": _fact("quantity", "LE", read.one_number),
    "EQ_eventID": _words("eventID", read.uri),
    "EXISTS_errorDeclaration": _presence("errorDeclaration"),
    "GE_errorDeclarationTime": _fact("errorDeclarationTime", "GE", _moment),
    "LT_errorDeclarationTime": _fact("errorDeclarationTime", "LT", _moment),
    "GE_errorDeclaration_Time": _fact("errorDeclarationTime", "GE", _moment),
    "LT_errorDeclaration_Time": _fact("errorDeclarationTime", "LT", _moment),
    "EQ_errorReason": _vocabulary("errorReason", Vocabulary.ERROR_REASON),
    "EQ_correctiveEventID": _words("correctiveEventID", read.uri),
    "EXISTS_sensorElementList": _presence("sensorElementList"),
    **{f"GE_{name}": _fact(f"sensor.{name}", "GE", _moment) for name in SENSOR_TIMES},
    **{f"LT_{name}": _fact(f"sensor.{name}", "LT", _moment) for name in SENSOR_TIMES},
    **_sensor_texts(),
    "EQ_percRank": _numbers("sensor.percRank"),
    "GT_percRank": _fact("sensor.percRank", "GT", read.one_number),
    "GE_percRank": _fact("sensor.percRank", "GE", read.one_number),
    "LT_percRank": _fact("sensor.percRank", "LT", read.one_number),
    "LE_percRank": _fact("sensor.percRank", "LE", read.one_number),
}

MISSPELT = frozenset({"GE_errorDeclaration_Time", "LT_errorDeclaration_Time"})
"""As the published schema of queries has them."""
NAMES = frozenset({*FIXED, *read.SETTINGS}) - MISSPELT


def _measured(asked: Asked, match: re.Match[str]) -> Condition:
    """Read ``GE_value_CEL`` or ``EQ_quantity_KGM``."""
    name = match["name"] if match["name"] == "quantity" else f"sensor.{match['name']}"
    operator = cast("Operator", match["operator"])
    values = read.numbers(asked.values) if operator == "EQ" else (read.one_number(asked.values),)
    found = [measure(name, value, match["uom"]) for value in values]
    return HasFact((found[0][0],), operator, tuple(value for _, value in found))


def _typed(asked: Asked, match: re.Match[str]) -> Condition:
    """Read ``EQ_bizTransaction_po``, ``EQ_source_owning_party`` or ``EQ_destination_location``."""
    vocabulary = (
        Vocabulary.BIZ_TRANSACTION_TYPE if match["list"] == "bizTransaction" else Vocabulary.SOURCE_DESTINATION_TYPE
    )
    tag = f"{match['list']}:{read.name_of(vocabulary)(match['type'])}"
    return read.any_of(term(tag, read.identifier(value)) for value in read.uris(asked.values))


_SCOPES: Mapping[str, str] = {
    "": Scope.EVENT,
    "ILMD_": Scope.ILMD,
    "ERROR_DECLARATION_": Scope.ERROR,
    "SENSORELEMENT_": Scope.SENSOR_ELEMENT,
    "SENSORMETADATA_": Scope.SENSOR_METADATA,
    "SENSORREPORT_": Scope.SENSOR_REPORT,
    "readPoint_": Scope.READ_POINT,
    "bizLocation_": Scope.BIZ_LOCATION,
}


def _field(asked: Asked, match: re.Match[str]) -> Condition | None:
    """Read a comparison with a field of an extension, ``GE_INNER_ILMD_ex:weight``."""
    scope, inner = _SCOPES[match["scope"] or ""], bool(match["inner"] or match["inner_after"])
    names = read.field_names(match["field"], asked.namespaces)
    keys = tuple(field_key(scope, namespace, name, inner=inner) for namespace, name in names)
    if match["operator"] == "EXISTS":
        return HasTerm(tuple(map(presence, keys))) if read.exists(asked.values) else None
    if match["operator"] == "EQ":
        return _equal_field(keys, asked.values)
    value = read.comparable(asked.values)
    return HasFact(keys, cast("Operator", match["operator"]), (value,))


def _equal_field(keys: tuple[str, ...], values: Sequence[str]) -> Condition:
    """Return that a field has one of the values, in whichever form it was written."""
    forms = [form for value in read.texts(values) for form in (value, *read.other_forms(value))]
    return read.any_of(term(key, form) for key in keys for form in forms)


_ATTRIBUTED: Mapping[str, tuple[str, ...]] = {
    "readPoint": ("readPoint",),
    "bizLocation": ("bizLocation",),
    "bizStep": ("bizStep",),
    "disposition": ("disposition",),
    "parentID": ("parentID",),
    "epcList": ("epc",),
    "epc": ("epc",),
    "epcClass": CLASSES,
    "transformationID": ("transformationID",),
}


def _attributes(asked: Asked, match: re.Match[str]) -> Condition:
    """Read ``HASATTR_bizLocation`` or ``EQATTR_bizLocation_urn:epcglobal:cbv:mda#city``."""
    tags = _ATTRIBUTED.get(match["field"])
    if tags is None:
        message = f"has no field with master data; the fields are {', '.join(sorted(_ATTRIBUTED))}"
        raise Faulty(message)
    attribute = match.groupdict().get("attribute")
    if attribute is None:
        return HasAttribute(tags, read.texts(asked.values))
    return HasAttribute(tags, (attribute,), read.texts(asked.values))


_OPERATOR = "(?P<operator>EQ|GT|GE|LT|LE)"
_SHAPES: Sequence[tuple[re.Pattern[str], Callable[[Asked, re.Match[str]], Condition | None]]] = (
    (re.compile(rf"{_OPERATOR}_(?P<name>quantity|{'|'.join(MEASURES)})_(?P<uom>[A-Z0-9]{{2,3}})"), _measured),
    (re.compile(r"EQ_(?P<list>bizTransaction|source|destination)_(?P<type>.+)"), _typed),
    (re.compile(r"HASATTR_(?P<field>[A-Za-z]+)"), _attributes),
    (re.compile(r"EQ_?ATTR_(?P<field>[A-Za-z]+)_(?P<attribute>.+)"), _attributes),
    (
        re.compile(
            r"(?P<operator>EQ|GT|GE|LT|LE|EXISTS)_(?P<inner>INNER_)?"
            rf"(?P<scope>{'|'.join(filter(None, _SCOPES))})?(?P<inner_after>INNER_)?(?P<field>[A-Za-z][^|]*[:#].+)"
        ),
        _field,
    ),
)


def read_query(parameters: Mapping[str, Sequence[str]], namespaces: Namespaces) -> EventQuery:
    """Return the query that parameters ask; lists come with ``|`` between their values, or one by one.

    Raises:
        Invalid: names that the standard does not know, and values that are not what it wants, all of them named.
    """
    faults: dict[str, list[str]] = {}
    settings = read.settings(parameters, faults) | _order(parameters, namespaces, faults)
    conditions: list[Condition] = []
    for name, values in parameters.items():
        if name in read.SETTINGS:
            continue
        try:
            condition = condition_of(Asked(name, tuple(values), namespaces))
        except Faulty as fault:
            faults[name] = [str(fault)]
        else:
            conditions += [] if condition is None else [condition]
    if faults:
        raise Invalid(faults)
    asked = tuple(sorted((name, value) for name, values in parameters.items() for value in values))
    return EventQuery(tuple(conditions), asked=tuple(pair for pair in asked if pair[0] not in read.PLACES), **settings)


def _order(
    parameters: Mapping[str, Sequence[str]], namespaces: Namespaces, faults: dict[str, list[str]]
) -> dict[str, Any]:
    """Read by what the events are ordered: one of their times, or a field of an extension."""
    try:
        return {} if "orderBy" not in parameters else _ordering(read.one(parameters["orderBy"]), namespaces)
    except Faulty as fault:
        faults["orderBy"] = [str(fault)]
        return {}


def _ordering(text: str, namespaces: Namespaces) -> dict[str, Any]:
    if text in {"eventTime", "recordTime"}:
        return {"order": text}
    if not set(text) & set(":#/"):
        message = "must be eventTime, recordTime or the field of an extension"
        raise Faulty(message)
    return {"by": tuple(field_key(Scope.EVENT, *field) for field in read.field_names(text, namespaces))}


def condition_of(asked: Asked) -> Condition | None:
    """Return the condition of one parameter; None if it sets none (``EXISTS_errorDeclaration=false``).

    Raises:
        Faulty: there is no such parameter, or its value is none for it.
    """
    fixed = FIXED.get(asked.name)
    if fixed is not None:
        return fixed(asked)
    for shape, reader in _SHAPES:
        match = shape.fullmatch(asked.name)
        if match is not None:
            return reader(asked, match)
    message = "is not a parameter of EPCIS queries"
    raise Faulty(message)
