"""In which order an event's properties are hashed, and what kind of value each of them is (CBV 2.0, 8.9.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tracepass.epcis.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Leaf:
    """A property with a plain value, or with several: a time, a term of a vocabulary, or any other text."""

    time: bool = False
    vocabulary: Vocabulary | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A property with members; a list of such stands for the property repeated."""

    order: Mapping[str, Step]


@dataclass(frozen=True, slots=True)
class Listed:
    """A property that is a list whose items have a name of their own in XML, which JSON leaves out."""

    item: str
    step: Leaf | Group


Step = Leaf | Group | Listed
Order = Mapping[str, Step]

_PLAIN = Leaf()
_TIME = Leaf(time=True)
_EPCS = Listed("epc", _PLAIN)
_QUANTITIES = Listed("quantityElement", Group(dict.fromkeys(("epcClass", "quantity", "uom"), _PLAIN)))
_DISPOSITION = Leaf(vocabulary=Vocabulary.DISPOSITION)
_PLACE = Group({"id": _PLAIN})

_METADATA: Order = {
    "time": _TIME,
    "startTime": _TIME,
    "endTime": _TIME,
    "deviceID": _PLAIN,
    "deviceMetadata": _PLAIN,
    "rawData": _PLAIN,
    "dataProcessingMethod": _PLAIN,
    "bizRules": _PLAIN,
}
_REPORT: Order = {
    "type": Leaf(vocabulary=Vocabulary.MEASUREMENT),
    "exception": Leaf(vocabulary=Vocabulary.ALERT),
    "deviceID": _PLAIN,
    "deviceMetadata": _PLAIN,
    "rawData": _PLAIN,
    "dataProcessingMethod": _PLAIN,
    "time": _TIME,
    "microorganism": _PLAIN,
    "chemicalSubstance": _PLAIN,
    "value": _PLAIN,
    "component": Leaf(vocabulary=Vocabulary.COMPONENT),
    "stringValue": _PLAIN,
    "booleanValue": _PLAIN,
    "hexBinaryValue": _PLAIN,
    "uriValue": _PLAIN,
    "minValue": _PLAIN,
    "maxValue": _PLAIN,
    "meanValue": _PLAIN,
    "sDev": _PLAIN,
    "percRank": _PLAIN,
    "percValue": _PLAIN,
    "uom": _PLAIN,
    "coordinateReferenceSystem": _PLAIN,
}
EVENT_ORDER: Final[Order] = {
    "eventTime": _TIME,
    "eventTimeZoneOffset": _PLAIN,
    "certificationInfo": _PLAIN,
    "parentID": _PLAIN,
    "epcList": _EPCS,
    "inputEPCList": _EPCS,
    "childEPCs": _EPCS,
    "quantityList": _QUANTITIES,
    "childQuantityList": _QUANTITIES,
    "inputQuantityList": _QUANTITIES,
    "outputEPCList": _EPCS,
    "outputQuantityList": _QUANTITIES,
    "action": _PLAIN,
    "transformationID": _PLAIN,
    "bizStep": Leaf(vocabulary=Vocabulary.BIZ_STEP),
    "disposition": _DISPOSITION,
    "persistentDisposition": Group({"set": _DISPOSITION, "unset": _DISPOSITION}),
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "sensorElementList": Listed(
        "sensorElement", Group({"sensorMetadata": Group(_METADATA), "sensorReport": Group(_REPORT)})
    ),
}
"""What is hashed in place, in this order; transactions, sources, destinations, ILMD and extensions follow behind."""

PAIRS: Final[Mapping[str, tuple[str, Vocabulary]]] = {
    "bizTransactionList": ("bizTransaction", Vocabulary.BIZ_TRANSACTION_TYPE),
    "sourceList": ("source", Vocabulary.SOURCE_DESTINATION_TYPE),
    "destinationList": ("destination", Vocabulary.SOURCE_DESTINATION_TYPE),
}
"""Lists of something with a type, which is said first."""
LEFT_OUT: Final = frozenset({"eventID", "recordTime", "errorDeclaration", "type", "@context"})
"""What does not make an event another event."""
COMMENTS: Final = frozenset({"#text", "comment", "rdfs:comment"})
"""Members that are no element of their own."""
