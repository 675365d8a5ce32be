"""The normalised twin of an event: one notation for each thing, flat, typed, ready to be stored, indexed and asked for.

The twin is a dict of plain values (str, float, bool, datetime, list, dict); what an event does not have is absent::

    type                    "ObjectEvent" ...
    eventID                 as given
    eventTime, recordTime   "2005-04-05T02:33:31.116Z" (UTC, milliseconds: sortable text)
    eventTimeZoneOffset     "-06:00"
    action                  "ADD"
    bizStep, disposition    bare CBV name ("shipping") or another vocabulary's URI
    persistentDisposition   {"set": [...], "unset": [...]}, names as above
    readPoint, bizLocation, parentID, transformationID      canonical identifiers
    epc, inputEPC, outputEPC                                canonical identifiers; epc = epcList and childEPCs
    epcClass, inputEPCClass, outputEPCClass                 canonical identifiers of the quantity lists
    quantities              [{"in": "quantityList", "epcClass": ..., "quantity": 10, "uom": "KGM"}]
    under                   classes that the identifiers above belong to (GTINs, lots named beside a serial)
    bizTransactions, sources, destinations                  [{"type": "po" | None, "id": canonical}]
    errorDeclaration        {"declarationTime", "reason", "correctiveEventIDs"}
    certificationInfo       [uri]
    sensors                 [{"metadata": {...}, "reports": [{...}]}], times in UTC, identifiers canonical, terms bare;
                            values in the unit they came in (``measures.to_base`` makes them comparable)
    fields                  [{"k": "<scope>|<namespace><name>", "v": value}], see ``Scope``
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from tracepass.epcis.extensionfields import Fields, Scope, field_key
from tracepass.epcis.identifiers import ancestors, lot_beside, normal
from tracepass.epcis.times import timestamp
from tracepass.epcis.vocabulary import Vocabulary, bare

__all__ = ["EPC_LISTS", "NormalEvent", "Scope", "field_key", "normalised", "timestamp"]

NormalEvent = dict[str, Any]
_Form = Callable[[Any], Any]


def _as_it_is(value: Any) -> Any:
    return value


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


_biz_step: _Form = partial(bare, Vocabulary.BIZ_STEP)
_disposition: _Form = partial(bare, Vocabulary.DISPOSITION)
EPC_LISTS: Final[Mapping[str, str]] = {
    "epcList": "epc",
    "childEPCs": "epc",
    "inputEPCList": "inputEPC",
    "outputEPCList": "outputEPC",
}
"""Lists of EPCs, and how the things in them are asked for."""
_QUANTITIES: Final[Mapping[str, str]] = {
    "quantityList": "epcClass",
    "childQuantityList": "epcClass",
    "inputQuantityList": "inputEPCClass",
    "outputQuantityList": "outputEPCClass",
}
_PAIRS: Final[Mapping[str, tuple[str, str, Vocabulary]]] = {
    "bizTransactionList": ("bizTransactions", "bizTransaction", Vocabulary.BIZ_TRANSACTION_TYPE),
    "sourceList": ("sources", "source", Vocabulary.SOURCE_DESTINATION_TYPE),
    "destinationList": ("destinations", "destination", Vocabulary.SOURCE_DESTINATION_TYPE),
}
_PLACES: Final[Mapping[str, str]] = {"readPoint": Scope.READ_POINT, "bizLocation": Scope.BIZ_LOCATION}
_ID: Final = frozenset({"id"})
_SENSOR_PARTS: Final = frozenset({"sensorMetadata", "sensorReport"})
_ERROR_PARTS: Final = frozenset({"declarationTime", "reason", "correctiveEventIDs"})
_PLAIN: Final[Mapping[str, _Form]] = {
    "type": _as_it_is,
    "eventID": _as_it_is,
    "eventTime": timestamp,
    "recordTime": timestamp,
    "eventTimeZoneOffset": _as_it_is,
    "action": _as_it_is,
    "bizStep": _biz_step,
    "disposition": _disposition,
    "parentID": normal,
    "transformationID": normal,
    "certificationInfo": _listed,
}
_METADATA: Final[Mapping[str, _Form]] = {
    **dict.fromkeys(("time", "startTime", "endTime"), timestamp),
    **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), normal),
}
_REPORT: Final[Mapping[str, _Form]] = {
    "type": partial(bare, Vocabulary.MEASUREMENT),
    "exception": partial(bare, Vocabulary.ALERT),
    "component": partial(bare, Vocabulary.COMPONENT),
    "time": timestamp,
    **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules", "uriValue"), normal),
    **dict.fromkeys(("microorganism", "chemicalSubstance", "coordinateReferenceSystem"), normal),
    **dict.fromkeys(("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), _as_it_is),
    **dict.fromkeys(("stringValue", "booleanValue", "hexBinaryValue", "uom"), _as_it_is),
}


def normalised(event: Mapping[str, Any], namespaces: Mapping[str, str]) -> NormalEvent:
    """Return the twin of a valid event; ``namespaces`` as for ``hashing.event_hash``."""
    made = _Making({}, {}, Fields(namespaces))
    twin = made.twin
    for name, value in event.items():
        form = _PLAIN.get(name)
        if form is not None:
            twin[name] = form(value)
        else:
            _ADDERS.get(name, _add_extension)(made, name, value)
    if "parentID" in twin:
        made.under.update(dict.fromkeys(_classes(event["parentID"], twin["parentID"])))
    if made.under:
        twin["under"] = list(made.under)
    if made.fields.found:
        twin["fields"] = made.fields.found
    return twin


@dataclass(frozen=True, slots=True)
class _Making:
    """A twin on its way, the classes met so far, and the fields of extensions."""

    twin: NormalEvent
    under: dict[str, None]
    fields: Fields


def _add_extension(made: _Making, name: str, value: Any) -> None:
    made.fields.add(Scope.EVENT, name, value)


def _add_epcs(made: _Making, name: str, uris: list[str]) -> None:
    into = made.twin.setdefault(EPC_LISTS[name], [])
    for uri in uris:
        canonical = normal(uri)
        into.append(canonical)
        for above in _classes(uri, canonical):
            made.under[above] = None


def _classes(uri: str, canonical: str) -> tuple[str, ...]:
    """Return the classes of a thing, and the lot that its link names beside the serial."""
    lot = lot_beside(uri) if "/10/" in uri else None
    return ancestors(canonical) if lot is None else (*ancestors(canonical), lot)


def _add_quantities(made: _Making, name: str, elements: list[Any]) -> None:
    quantities = made.twin.setdefault("quantities", [])
    classes = made.twin.setdefault(_QUANTITIES[name], [])
    for element in elements:
        canonical = normal(element["epcClass"])
        quantities.append({**element, "in": name, "epcClass": canonical})
        classes.append(canonical)
        for above in ancestors(canonical):
            made.under[above] = None


def _add_pairs(made: _Making, name: str, items: list[Any]) -> None:
    target, member, vocabulary = _PAIRS[name]
    made.twin[target] = [_pair(item, member, vocabulary) for item in items]


def _pair(item: Mapping[str, Any], member: str, vocabulary: Vocabulary) -> dict[str, Any]:
    kind = item.get("type")
    return {"type": None if kind is None else bare(vocabulary, kind), "id": normal(item[member])}


def _add_place(made: _Making, name: str, value: Mapping[str, Any]) -> None:
    made.twin[name] = normal(value["id"])
    if len(value) > 1:
        made.fields.add_all(_PLACES[name], value, _ID)


def _add_persistent(made: _Making, name: str, value: Mapping[str, Any]) -> None:
    made.twin[name] = {member: list(map(_disposition, terms)) for member, terms in value.items()}


def _add_ilmd(made: _Making, _name: str, value: Mapping[str, Any]) -> None:
    made.fields.add_all(Scope.ILMD, value, frozenset())


def _add_error(made: _Making, name: str, value: Mapping[str, Any]) -> None:
    declared: dict[str, Any] = {"declarationTime": timestamp(value["declarationTime"])}
    if "reason" in value:
        declared["reason"] = bare(Vocabulary.ERROR_REASON, value["reason"])
    if "correctiveEventIDs" in value:
        declared["correctiveEventIDs"] = list(value["correctiveEventIDs"])
    made.twin[name] = declared
    made.fields.add_all(Scope.ERROR, value, _ERROR_PARTS)


def _add_sensors(made: _Making, _name: str, elements: list[Any]) -> None:
    fields, sensors = made.fields, []
    for element in elements:
        metadata = _formed(element.get("sensorMetadata") or {}, _METADATA, fields, Scope.SENSOR_METADATA)
        reports = [_formed(report, _REPORT, fields, Scope.SENSOR_REPORT) for report in element["sensorReport"]]
        fields.add_all(Scope.SENSOR_ELEMENT, element, _SENSOR_PARTS)
        sensors.append({"metadata": metadata, "reports": reports})
    made.twin["sensors"] = sensors


def _formed(owner: Mapping[str, Any], forms: Mapping[str, _Form], fields: Fields, scope: str) -> dict[str, Any]:
    formed: dict[str, Any] = {}
    for name, value in owner.items():
        form = forms.get(name)
        if form is None:
            fields.add(scope, name, value)
        else:
            formed[name] = form(value)
    return formed


_ADDERS: Final[Mapping[str, Callable[[_Making, str, Any], None]]] = {
    **dict.fromkeys(EPC_LISTS, _add_epcs),
    **dict.fromkeys(_QUANTITIES, _add_quantities),
    **dict.fromkeys(_PAIRS, _add_pairs),
    **dict.fromkeys(_PLACES, _add_place),
    "persistentDisposition": _add_persistent,
    "ilmd": _add_ilmd,
    "errorDeclaration": _add_error,
    "sensorElementList": _add_sensors,
}
