"""The columns of the spreadsheet, one for each dimension of an event: what the reader takes and the template shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tracepass.epcis.schema import EVENT_TYPES
from tracepass.epcis.vocabulary import Vocabulary, terms


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: what stands in the first row.
        about: what goes into it, for the sheet of notes.
        is_list: whether a cell may hold several values, with line breaks or ``|`` between, and rows may go on.
        is_required: whether each event needs it.
        choices: what the drop-down offers.
        is_open: whether values beside the choices are taken.
        example: the value in the example row.
        width: in characters.
    """

    name: str
    about: str
    is_list: bool = False
    is_required: bool = False
    choices: tuple[str, ...] = ()
    is_open: bool = False
    example: str = ""
    width: int = 20


def _words(vocabulary: Vocabulary) -> tuple[str, ...]:
    return tuple(sorted(terms(vocabulary)))


_THING = "EPC URN, GS1 Digital Link, element string such as (01)09521321111110(21)A1, or SSCC of 18 digits"
_CLASS = "class as URN or Digital Link, element string such as (01)09521321111110(10)L1, or GTIN"
_PLACE = "GLN of 13 digits, URN, Digital Link or another URI"
_NUMBERS = "numbers, one for each class"
_UNITS = "units of UN/CEFACT (KGM, LTR...); empty counts pieces; one for all, or one for each class"

COLUMNS: Final = (
    Column(
        "eventType",
        "what kind of event",
        is_required=True,
        choices=EVENT_TYPES,
        example="ObjectEvent",
        width=22,
    ),
    Column(
        "eventTime",
        "when it happened: a date cell, or a text like 2026-06-01T12:00:00+02:00, 2026-06-01 12:00 or 01.06.2026 12:00",
        is_required=True,
        example="2026-06-01T12:00:00+02:00",
        width=28,
    ),
    Column(
        "eventTimeZoneOffset",
        "offset of the place from UTC, like +02:00; may be empty where eventTime says it",
        example="+02:00",
    ),
    Column("eventID", "id of the event as URI; without one its hash is taken", width=28),
    Column(
        "action",
        "ADD, OBSERVE or DELETE; not in a TransformationEvent",
        choices=("ADD", "OBSERVE", "DELETE"),
        example="ADD",
    ),
    Column(
        "bizStep",
        "business step, or URI of one of your own",
        choices=_words(Vocabulary.BIZ_STEP),
        is_open=True,
        example="commissioning",
    ),
    Column(
        "disposition",
        "state after the event, or URI of one of your own",
        choices=_words(Vocabulary.DISPOSITION),
        is_open=True,
        example="active",
    ),
    Column(
        "epcs",
        f"the things; in an aggregation or association the children: {_THING}",
        is_list=True,
        example="(01)09521321111110(21)A1\n(01)09521321111110(21)A2",
        width=40,
    ),
    Column("parentID", f"the parent of an aggregation, association or transaction: {_THING}", width=32),
    Column("epcClasses", f"what is counted and not told apart: {_CLASS}", is_list=True, width=32),
    Column("quantities", _NUMBERS, is_list=True),
    Column("uoms", _UNITS, is_list=True),
    Column("inputEPCs", f"what goes into a transformation: {_THING}", is_list=True, width=32),
    Column("inputClasses", f"classes that go into a transformation: {_CLASS}", is_list=True, width=32),
    Column("inputQuantities", _NUMBERS, is_list=True),
    Column("inputUoms", _UNITS, is_list=True),
    Column("outputEPCs", f"what comes out of a transformation: {_THING}", is_list=True, width=32),
    Column("outputClasses", f"classes that come out of a transformation: {_CLASS}", is_list=True, width=32),
    Column("outputQuantities", _NUMBERS, is_list=True),
    Column("outputUoms", _UNITS, is_list=True),
    Column("transformationID", "URI that joins the events of one transformation", width=28),
    Column("readPoint", f"where it happened: {_PLACE}", example="9521321000018", width=28),
    Column("bizLocation", f"where the things are afterwards: {_PLACE}", example="9521321000018", width=28),
    Column(
        "bizTransactionTypes",
        "types of the business transactions; one for all, or one for each",
        is_list=True,
        choices=_words(Vocabulary.BIZ_TRANSACTION_TYPE),
        is_open=True,
    ),
    Column("bizTransactions", "URIs of orders, delivery notes, ...", is_list=True, width=36),
    Column(
        "sourceTypes",
        "what the sources are; one for all, or one for each",
        is_list=True,
        choices=_words(Vocabulary.SOURCE_DESTINATION_TYPE),
        is_open=True,
    ),
    Column("sources", f"where or whom it comes from: {_PLACE}", is_list=True, width=28),
    Column(
        "destinationTypes",
        "what the destinations are; one for all, or one for each",
        is_list=True,
        choices=_words(Vocabulary.SOURCE_DESTINATION_TYPE),
        is_open=True,
    ),
    Column("destinations", f"where or whom it goes to: {_PLACE}", is_list=True, width=28),
    Column("lot", "lot of what comes into being (cbvmda:lotNumber), with ADD or in a transformation", example="L1"),
    Column("expirationDate", "last day of what comes into being (cbvmda:itemExpirationDate), like 2027-06-30"),
    Column("certificationInfo", "URIs of certificates", is_list=True, width=28),
    Column("errorDeclarationTime", "when the event with this eventID was declared wrong, as eventTime", width=28),
    Column("errorReason", "why it was wrong", choices=_words(Vocabulary.ERROR_REASON), is_open=True),
    Column("correctiveEventIDs", "ids of the events that are right", is_list=True, width=28),
)
BY_NAME: Final[Mapping[str, Column]] = {column.name: column for column in COLUMNS}
BY_LOWER_NAME: Final[Mapping[str, Column]] = {column.name.lower(): column for column in COLUMNS}
