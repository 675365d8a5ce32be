"""Events to try things with, and the standard's own examples where they are at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("TRACEPASS_CONFORMANCE", Path(__file__).parents[4] / "shared" / "conformance")) / "epcis"
DOCUMENTS = sorted((FOLDER / "examples-json").rglob("*.jsonld"))
NAMES = [str(path.relative_to(FOLDER / "examples-json")) for path in DOCUMENTS]
EX = {"ex": "http://ns.example.com/epcis/"}


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def published(name: str) -> dict[str, Any]:
    return read(FOLDER / name)


def object_event(**changes: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": "2024-05-17T09:30:00.000+02:00",
        "eventTimeZoneOffset": "+02:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
        **changes,
    }


def aggregation_event(**changes: Any) -> dict[str, Any]:
    return {
        "type": "AggregationEvent",
        "eventTime": "2024-05-17T09:30:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "ADD",
        "parentID": "urn:epc:id:sscc:0614141.1234567890",
        "childEPCs": ["urn:epc:id:sgtin:4012345.011111.1", "urn:epc:id:sgtin:4012345.011111.2"],
        **changes,
    }


def transaction_event(**changes: Any) -> dict[str, Any]:
    return {
        "type": "TransactionEvent",
        "eventTime": "2024-05-17T09:30:00Z",
        "eventTimeZoneOffset": "-05:00",
        "action": "ADD",
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000009:77"}],
        "epcList": ["urn:epc:id:sgtin:4012345.011111.1"],
        **changes,
    }


def transformation_event(**changes: Any) -> dict[str, Any]:
    return {
        "type": "TransformationEvent",
        "eventTime": "2024-05-17T09:30:00Z",
        "eventTimeZoneOffset": "+01:00",
        "inputQuantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.011111.4444", "quantity": 10, "uom": "KGM"}],
        "outputEPCList": ["urn:epc:id:sgtin:4012345.077889.25"],
        **changes,
    }


def association_event(**changes: Any) -> dict[str, Any]:
    return {**aggregation_event(**changes), "type": "AssociationEvent"}


EVENTS = (object_event, aggregation_event, transaction_event, transformation_event, association_event)


def document(*events: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", dict(EX)],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2024-05-17T10:00:00Z",
        "epcisBody": {"eventList": list(events)},
        **changes,
    }


def sensor_element() -> dict[str, Any]:
    return {
        "sensorMetadata": {
            "time": "2024-05-17T09:00:00+02:00",
            "deviceID": "urn:epc:id:giai:4000001.111",
            "bizRules": "https://example.com/253/4012345000054987",
        },
        "sensorReport": [
            {"type": "Temperature", "value": 26.0, "uom": "CEL", "ex:probe": "7"},
            {"type": "ex:Wobble", "stringValue": "much", "booleanValue": True, "component": "x"},
        ],
        "ex:remark": "quiet",
    }
