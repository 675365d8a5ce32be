"""The JSON Schema (2020-12) of EPCIS 2.0 in JSON, written from the standard's tables (EPCIS 2.0, 7.2 to 7.4 and 9.3).

Each type of event has a schema of its own, so that a fault is told about the event at hand and not about the five that
it might have been. Extensions are names with a colon; whether their prefix is declared is no matter of a schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tracepass.epcis.vocabulary import Vocabulary, terms

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EVENT_TYPES: Final = (
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
)
EXTENSION_NAME: Final = r"^[A-Za-z][A-Za-z0-9+.\-]*:(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$"
"""The name of an extension: a URI, be it ``prefix:name`` or absolute (RFC 3986)."""

_URI: Schema = {"type": "string", "format": "uri"}
_URIS: Schema = {"type": "array", "items": _URI}
# Times are brought into UTC, and a calendar has its ends.
_TIME: Schema = {"type": "string", "format": "date-time", "pattern": "^(?!0000-|0001-01-01|9999-12-31)"}
_STRING: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
# A CBV term is bare in JSON; the URNs of older versions belong to XML (CBV 2.0, 7.1).
_NOT_CBV = "^(?!urn:epcglobal:cbv|https?://ns[.]gs1[.]org/cbv/)"
_NOT_WEB_VOCABULARY = r"^(?!https?://(?:www[.])?gs1[.]org/voc/)"


def _of(vocabulary: Vocabulary, other: str = _NOT_CBV) -> Schema:
    """A term of a vocabulary, or a URI of somebody else's."""
    return {"anyOf": [{"enum": sorted(terms(vocabulary))}, {**_URI, "pattern": other}]}


def _closed(properties: Mapping[str, Any], *required: str) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _open(properties: Mapping[str, Any], *required: str) -> Schema:
    """An object that takes extensions beside its own members."""
    return {**_closed(properties, *required), "patternProperties": {EXTENSION_NAME: True}}


def _list(item: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": item, **more}


_DISPOSITION = _of(Vocabulary.DISPOSITION)
_DISPOSITIONS = _list(_DISPOSITION, minItems=1, uniqueItems=True)
_PLACE: Schema = {"type": "object", "properties": {"id": _URI}, "required": ["id"]}
_QUANTITIES = _list(
    _closed(
        {"epcClass": _URI, "quantity": _NUMBER, "uom": {"type": "string", "pattern": "^[A-Z0-9]{2,3}$"}}, "epcClass"
    )
)
_TRANSACTION = _closed(
    {"type": _of(Vocabulary.BIZ_TRANSACTION_TYPE), "bizTransaction": _URI},
    "bizTransaction",
)
_END_TYPE = _of(Vocabulary.SOURCE_DESTINATION_TYPE)
_METADATA = _open(
    {
        **dict.fromkeys(("time", "startTime", "endTime"), _TIME),
        **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), _URI),
    }
)
_REPORT_URIS = (
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
    "microorganism",
    "chemicalSubstance",
    "coordinateReferenceSystem",
    "uriValue",
)
REPORT_NUMBERS: Final = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
_REPORT: Schema = _open(
    {
        "type": _of(Vocabulary.MEASUREMENT, _NOT_WEB_VOCABULARY),
        "exception": _of(Vocabulary.ALERT, _NOT_WEB_VOCABULARY),
        "component": _of(Vocabulary.COMPONENT),
        "time": _TIME,
        "booleanValue": {"type": "boolean"},
        "hexBinaryValue": {"type": "string", "pattern": "^[A-Fa-f0-9]+$"},
        **dict.fromkeys(_REPORT_URIS, _URI),
        **dict.fromkeys(REPORT_NUMBERS, _NUMBER),
        **dict.fromkeys(("stringValue", "uom"), _STRING),
    }
)
# An alarm may come without a measurement, as the XML schema and its examples have it.
_REPORT["anyOf"] = [{"required": ["type"]}, {"required": ["exception"]}]
_SENSOR_ELEMENT = _open({"sensorMetadata": _METADATA, "sensorReport": _list(_REPORT, minItems=1)}, "sensorReport")
_ERROR = _open(
    {"declarationTime": _TIME, "reason": _of(Vocabulary.ERROR_REASON), "correctiveEventIDs": _URIS},
    "declarationTime",
)
_ILMD: Schema = {"type": "object", "propertyNames": {"pattern": EXTENSION_NAME}}

_CONTEXT: Schema = {
    "anyOf": [
        _URI,
        {"type": "object"},
        _list({"anyOf": [_URI, {"type": "object"}]}, uniqueItems=True),
    ]
}
_COMMON: Mapping[str, Schema] = {
    "@context": _CONTEXT,
    "type": _STRING,
    "eventTime": _TIME,
    "recordTime": _TIME,
    "eventTimeZoneOffset": {"type": "string", "pattern": "^[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)$"},
    "eventID": _URI,
    "certificationInfo": {"anyOf": [_URI, _URIS]},
    "errorDeclaration": _ERROR,
}
_CONTEXTUAL: Mapping[str, Schema] = {
    "bizStep": _of(Vocabulary.BIZ_STEP),
    "disposition": _DISPOSITION,
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "bizTransactionList": _list(_TRANSACTION),
    "sourceList": _list(_closed({"type": _END_TYPE, "source": _URI}, "type", "source")),
    "destinationList": _list(_closed({"type": _END_TYPE, "destination": _URI}, "type", "destination")),
    "sensorElementList": _list(_SENSOR_ELEMENT),
    # The XML schema has it in every type of event, and so the standard's examples do.
    "persistentDisposition": {
        **_closed({"set": _DISPOSITIONS, "unset": _DISPOSITIONS}),
        "minProperties": 1,
    },
}
_ACTION: Mapping[str, Schema] = {"action": {"enum": ["ADD", "OBSERVE", "DELETE"]}}
_UNIQUE_EPCS: Schema = {**_URIS, "uniqueItems": True}
_CHILDREN: Mapping[str, Schema] = {"parentID": _URI, "childEPCs": _URIS, "childQuantityList": _QUANTITIES}


def _has(name: str, least: int = 1) -> Schema:
    return {"properties": {name: {"minItems": least}}, "required": [name]}


_DELETES: Schema = {"properties": {"action": {"const": "DELETE"}}}
# ILMD is what is said of things when they come into being (EPCIS 2.0, 7.3.6).
_ILMD_WITH_ADD: Schema = {
    "if": {"properties": {"action": {"const": "ADD"}}},
    "then": True,
    "else": {"properties": {"ilmd": False}},
}


def _event(*groups: Mapping[str, Schema], required: tuple[str, ...] = (), **rules: Any) -> Schema:
    properties = {name: schema for group in (_COMMON, *groups) for name, schema in group.items()}
    return {"$schema": DIALECT, **_open(properties, "type", "eventTime", "eventTimeZoneOffset", *required), **rules}


EVENT_SCHEMAS: Final[Mapping[str, Schema]] = {
    "ObjectEvent": _event(
        _CONTEXTUAL,
        _ACTION,
        {"epcList": _UNIQUE_EPCS, "quantityList": _QUANTITIES, "ilmd": _ILMD},
        required=("action",),
        anyOf=[
            _has("epcList", 0),
            _has("quantityList"),
            {"allOf": [_has("sensorElementList"), {"required": ["readPoint"]}]},
        ],
        **_ILMD_WITH_ADD,
    ),
    "AggregationEvent": _event(
        _CONTEXTUAL,
        _ACTION,
        _CHILDREN,
        required=("action",),
        anyOf=[_has("childEPCs"), _has("childQuantityList"), _DELETES],
    ),
    "TransactionEvent": _event(
        _CONTEXTUAL,
        _ACTION,
        {
            "bizTransactionList": _list(_TRANSACTION, minItems=1),
            "parentID": _URI,
            "epcList": _URIS,
            "quantityList": _QUANTITIES,
        },
        required=("action", "bizTransactionList"),
        anyOf=[_has("epcList", 0), _has("quantityList"), _DELETES],
    ),
    "TransformationEvent": _event(
        _CONTEXTUAL,
        {
            "inputEPCList": _UNIQUE_EPCS,
            "inputQuantityList": _QUANTITIES,
            "outputEPCList": _UNIQUE_EPCS,
            "outputQuantityList": _QUANTITIES,
            "transformationID": _URI,
            "ilmd": _ILMD,
        },
        anyOf=[
            {
                "allOf": [
                    {"anyOf": [_has("inputEPCList"), _has("inputQuantityList")]},
                    {"anyOf": [_has("outputEPCList"), _has("outputQuantityList")]},
                ]
            },
            {
                "required": ["transformationID"],
                "anyOf": [
                    _has(name) for name in ("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList")
                ],
            },
        ],
    ),
    "AssociationEvent": _event(
        _CONTEXTUAL,
        _ACTION,
        _CHILDREN,
        required=("action", "parentID"),
        anyOf=[_has("childEPCs"), _has("childQuantityList"), _DELETES],
    ),
}
"""The schema of each type of event."""

OTHER_EVENT_SCHEMA: Final[Schema] = {
    "$schema": DIALECT,
    "type": "object",
    "properties": {
        **{name: part for schema in EVENT_SCHEMAS.values() for name, part in schema["properties"].items()},
        "type": _URI,
    },
    "required": ["type", "eventTime", "eventTimeZoneOffset"],
}
"""An event of a type that an extension defines: what it shares with those of the standard has the standard's shape."""

_ATTRIBUTE: Schema = {
    "type": "object",
    "properties": {"id": _URI, "attribute": {"type": ["number", "string", "object"]}},
    "required": ["id"],
}
_MASTER_DATA_ELEMENT: Schema = {
    "type": "object",
    "properties": {"id": _URI, "attributes": _list(_ATTRIBUTE), "children": _URIS},
    "required": ["id"],
}
_VOCABULARIES = _list(
    {
        "type": "object",
        "properties": {"type": _URI, "vocabularyElementList": _list(_MASTER_DATA_ELEMENT)},
        "required": ["type"],
    }
)
_HEADER = _open({"epcisMasterData": {"type": "object", "properties": {"vocabularyList": _VOCABULARIES}}})
_VERSION: Schema = {"type": "string", "pattern": r"^\d+(\.\d+)*$"}
_ENVELOPE: Mapping[str, Schema] = {
    "@context": _CONTEXT,
    "id": _URI,
    "type": _STRING,
    "schemaVersion": _VERSION,
    "creationDate": _TIME,
}
_EVENTS: Schema = {"type": "array"}
_RESULTS = _open({"eventList": _EVENTS, "vocabularyList": _VOCABULARIES}, "eventList")
_QUERY_RESULTS = _open(
    {"queryName": _STRING, "subscriptionID": _STRING, "resultsBody": _RESULTS}, "queryName", "resultsBody"
)

ENVELOPE_SCHEMAS: Final[Mapping[str, Schema]] = {
    "EPCISDocument": {
        "$schema": DIALECT,
        **_open(
            {
                **_ENVELOPE,
                **dict.fromkeys(("instanceIdentifier", "sender", "receiver"), _STRING),
                "epcisHeader": _HEADER,
                "epcisBody": {"type": "object", "properties": {"eventList": _EVENTS}, "required": ["eventList"]},
            },
            "@context",
            "type",
            "schemaVersion",
            "creationDate",
            "epcisBody",
        ),
    },
    "EPCISQueryDocument": {
        "$schema": DIALECT,
        **_open(
            {**_ENVELOPE, "epcisBody": _open({"queryResults": _QUERY_RESULTS}, "queryResults")},
            "@context",
            "type",
            "epcisBody",
        ),
    },
}
"""The schema of each kind of document, its events left out."""
