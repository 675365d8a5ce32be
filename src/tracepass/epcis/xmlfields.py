"""The fields of the events in the order that the XML schema gives them (EPCglobal-epcis-2_0.xsd), and their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tracepass.epcis.vocabulary import Vocabulary

_COMMON = ("eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "errorDeclaration", "certificationInfo")
_STEP = ("action", "bizStep", "disposition", "readPoint", "bizLocation")
_PARTIES = ("sourceList", "destinationList", "sensorElementList", "persistentDisposition")

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "ObjectEvent": (*_COMMON, "epcList", *_STEP, "bizTransactionList", "quantityList", *_PARTIES, "ilmd"),
    "AggregationEvent": (
        *_COMMON,
        "parentID",
        "childEPCs",
        *_STEP,
        "bizTransactionList",
        "childQuantityList",
        *_PARTIES,
    ),
    "TransactionEvent": (*_COMMON, "bizTransactionList", "parentID", "epcList", *_STEP, "quantityList", *_PARTIES),
    "TransformationEvent": (
        *_COMMON,
        "inputEPCList",
        "inputQuantityList",
        "outputEPCList",
        "outputQuantityList",
        "transformationID",
        *_STEP[1:],
        "bizTransactionList",
        *_PARTIES,
        "ilmd",
    ),
    "AssociationEvent": (
        *_COMMON,
        "parentID",
        "childEPCs",
        "childQuantityList",
        *_STEP,
        "bizTransactionList",
        *_PARTIES,
    ),
}
# Events of other vocabularies (``example:PaintingEvent``) may have any of the fields.
ANY_FIELD: Final = tuple(dict.fromkeys(field for fields in FIELDS.values() for field in fields))

TEXTS: Final = frozenset(
    {"eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "action", "parentID", "transformationID"}
)
EPC_LISTS: Final = frozenset({"epcList", "childEPCs", "inputEPCList", "outputEPCList"})
QUANTITY_LISTS: Final = frozenset({"quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"})
PLACES: Final = frozenset({"readPoint", "bizLocation"})
WORDS: Final[Mapping[str, Vocabulary]] = {"bizStep": Vocabulary.BIZ_STEP, "disposition": Vocabulary.DISPOSITION}
# List -> its element, and the vocabulary of the element's type.
TYPED_LISTS: Final[Mapping[str, tuple[str, Vocabulary]]] = {
    "bizTransactionList": ("bizTransaction", Vocabulary.BIZ_TRANSACTION_TYPE),
    "sourceList": ("source", Vocabulary.SOURCE_DESTINATION_TYPE),
    "destinationList": ("destination", Vocabulary.SOURCE_DESTINATION_TYPE),
}
NUMBERS: Final = frozenset(
    {"value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"},
)

# The words of a sensor report; those of the GS1 Web Vocabulary are written with its prefix.
READINGS: Final[Mapping[str, Vocabulary]] = {
    "type": Vocabulary.MEASUREMENT,
    "exception": Vocabulary.ALERT,
    "component": Vocabulary.COMPONENT,
}

# What EPCIS 1.2 holds in the extension of an event; what came with 2.0 stands one extension deeper.
EXTENDED_IN_1_2: Final[Mapping[str, tuple[str, ...]]] = {
    "ObjectEvent": ("quantityList", "sourceList", "destinationList", "ilmd"),
    "AggregationEvent": ("childQuantityList", "sourceList", "destinationList"),
    "TransactionEvent": ("quantityList", "sourceList", "destinationList"),
    "TransformationEvent": (),
    "AssociationEvent": (),
}
SINCE_2_0: Final = ("sensorElementList", "persistentDisposition")
