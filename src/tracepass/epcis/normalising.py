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
    quantities              [{"in": "quantityList", "epcClass": ..., "quantity": 10.0, "uom": "KGM"}]
    under                   classes that the identifiers above belong to (GTINs, lots named beside a serial)
    bizTransactions, sources, destinations                  [{"type": "po" | None, "id": canonical}]
    errorDeclaration        {"declarationTime", "reason", "correctiveEventIDs"}
    certificationInfo       [uri]
    sensors                 [{"metadata": {...}, "reports": [{...}]}], times in UTC, identifiers canonical, types bare;
                            a report with a known uom has also "base": {"uom": "KEL", "value": ..., "minValue": ...}
    fields                  [{"k": "<scope>|<namespace><name>", "v": value}], see ``Scope``
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

NormalEvent = dict[str, Any]


class Scope:
    """Where an extension field stands; the inner scopes are for what lies below a top-level extension field there.

    A field is there once for each form its value can be compared in: its text (str), a number (float) where it is or
    reads as one, an instant (datetime, UTC) where it reads as one, a truth value (bool) for JSON's. An object has an
    entry with ``v`` None, so that EXISTS finds it.
    """

    EVENT: Final = "event"
    ILMD: Final = "ilmd"
    ERROR: Final = "error"
    READ_POINT: Final = "readPoint"
    BIZ_LOCATION: Final = "bizLocation"
    SENSOR_ELEMENT: Final = "sensorElement"
    SENSOR_METADATA: Final = "sensorMetadata"
    SENSOR_REPORT: Final = "sensorReport"
    INNER: Final = "inner:"
    """Stands before one of the others: ``inner:ilmd|http://ns.example.com/lot``."""


def normalised(event: Mapping[str, Any], namespaces: Mapping[str, str]) -> NormalEvent:
    """Return the twin of a valid event; ``namespaces`` as for ``hashing.event_hash``."""
    raise NotImplementedError


def field_key(scope: str, namespace: str, name: str, *, inner: bool = False) -> str:
    """Return the ``k`` under which a field is found; E.g. for ``EQ_INNER_ILMD_ex:lot``."""
    raise NotImplementedError


def timestamp(text: str) -> str:
    """Return an ISO 8601 time with offset as UTC with milliseconds, ``2005-04-05T02:33:31.116Z``.

    Raises:
        ValueError: it is none.
    """
    raise NotImplementedError
