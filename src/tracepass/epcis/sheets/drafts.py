"""A row, and the rows that go on with it, become an event; what cannot be read is told with its cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from tracepass.core.tables import CellError
from tracepass.epcis.sheets import values
from tracepass.epcis.sheets.columns import BY_NAME
from tracepass.epcis.sheets.tables import Formula
from tracepass.epcis.sheets.values import ValueFaulty
from tracepass.epcis.validation import problems_of
from tracepass.epcis.vocabulary import Vocabulary

Event = dict[str, Any]
_FAMILIES: Final = frozenset({"AggregationEvent", "AssociationEvent"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not empty: what it holds and where it is."""

    value: Any
    row: int
    address: str
    column: str


Cells = Mapping[str, Cell]
"""The cells of a row by the names of their columns."""


@dataclass(slots=True)
class Draft:
    """An event on its way out of its rows; ``places`` knows the cell of each pointer that was filled."""

    number: int
    start: str
    rows: Sequence[Cells]
    event: Event = field(default_factory=dict)
    places: dict[str, Cell] = field(default_factory=dict)
    errors: list[CellError] = field(default_factory=list)

    def fault(self, cell: Cell, message: str, code: str = "invalid_value") -> None:
        """Note what is wrong with a cell."""
        self.errors.append(CellError(cell.row, cell.address, cell.column, code, f"{cell.column} {message}"))

    def one(self, column: str, read: Callable[[Any], Any]) -> Any:
        """Return what a column of one value says, None where it is empty or faulty."""
        cell = self.rows[0].get(column)
        return None if cell is None else self._read(cell, cell.value, read)

    def many(self, column: str, read: Callable[[str], Any]) -> list[tuple[Any, Cell]]:
        """Return what a column of several values says, over all rows, without what is faulty."""
        return [pair for row in self.rows for pair in self.in_row(row, column, read)]

    def in_row(self, row: Cells, column: str, read: Callable[[str], Any]) -> list[tuple[Any, Cell]]:
        """Return what one cell of several values says."""
        cell = row.get(column)
        parts = [] if cell is None else self._read(cell, cell.value, values.parts_of) or []
        found = [(self._read(cell, part, read), cell) for part in parts if cell is not None]
        return [(value, cell) for value, cell in found if value is not None]

    def _read(self, cell: Cell, value: Any, read: Callable[[Any], Any]) -> Any:
        if isinstance(value, Formula):
            self.fault(cell, "holds a formula: write its value instead", "formula")
            return None
        try:
            return read(value)
        except ValueFaulty as fault:
            self.fault(cell, str(fault))
            return None

    def put(self, name: str, column: str, value: Any) -> None:
        """Give the event a member that a column says."""
        if value is not None:
            self.event[name] = value
            self.places[f"/{name}"] = self.rows[0][column]

    def put_list(self, name: str, pairs: Sequence[tuple[Any, Cell]]) -> None:
        """Give the event a member that is a list."""
        if pairs:
            self.event[name] = [value for value, _ in pairs]
            self.places[f"/{name}"] = pairs[0][1]
            self.places |= {f"/{name}/{index}": cell for index, (_, cell) in enumerate(pairs)}


def drafted(number: int, start: str, rows: Sequence[Cells]) -> Draft:
    """Return the event of some rows; it is whole if there are no ``errors``.

    ``number`` is the first row, ``start`` the address of its first cell.
    """
    draft = Draft(number, start, rows)
    _refuse_more(draft)
    _say_what(draft)
    _say_when(draft)
    _say_things(draft)
    _say_amounts(draft)
    _say_where_and_why(draft)
    _say_the_rest(draft)
    if not draft.errors:
        _check(draft)
    return draft


def _text(reader: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda value: reader(values.text_of(value))


def _refuse_more(draft: Draft) -> None:
    for row in draft.rows[1:]:
        for cell in row.values():
            if not BY_NAME[cell.column].is_list:
                draft.fault(cell, "stands in a row without eventType and eventTime, which only goes on with lists")


def _say_what(draft: Draft) -> None:
    for column in ("eventType", "eventTime"):
        if column not in draft.rows[0]:
            message = f"{column} is empty"
            draft.errors.append(CellError(draft.number, draft.start, column, "missing_value", message))
    kinds, actions = BY_NAME["eventType"].choices, BY_NAME["action"].choices
    draft.put("type", "eventType", draft.one("eventType", _text(partial(values.choice_of, kinds))))
    draft.put("eventID", "eventID", draft.one("eventID", _text(values.uri_of)))
    draft.put("action", "action", draft.one("action", _text(partial(values.choice_of, actions))))
    for name, vocabulary in (("bizStep", Vocabulary.BIZ_STEP), ("disposition", Vocabulary.DISPOSITION)):
        draft.put(name, name, draft.one(name, _text(partial(values.word_of, vocabulary))))


def _say_when(draft: Draft) -> None:
    offset = draft.one("eventTimeZoneOffset", values.offset_of)
    if offset is None and "eventTimeZoneOffset" in draft.rows[0]:
        return
    found = draft.one("eventTime", lambda value: values.time_of(value, offset))
    if found is not None:
        draft.put("eventTime", "eventTime", found[0])
        draft.event["eventTimeZoneOffset"] = found[1]
    declared = draft.one("errorDeclarationTime", lambda value: values.time_of(value, offset))
    if declared is not None:
        declaration: Event = {"declarationTime": declared[0]}
        reason = draft.one("errorReason", _text(partial(values.word_of, Vocabulary.ERROR_REASON)))
        corrective = [value for value, _ in draft.many("correctiveEventIDs", values.uri_of)]
        declaration |= {} if reason is None else {"reason": reason}
        declaration |= {"correctiveEventIDs": corrective} if corrective else {}
        draft.put("errorDeclaration", "errorDeclarationTime", declaration)
    else:
        _alone(draft, ("errorReason", "correctiveEventIDs"), "needs errorDeclarationTime beside it")


def _alone(draft: Draft, columns: Sequence[str], message: str) -> None:
    for column in columns:
        for row in draft.rows:
            if column in row:
                draft.fault(row[column], message)


def _say_things(draft: Draft) -> None:
    is_family = draft.event.get("type") in _FAMILIES
    draft.put("parentID", "parentID", draft.one("parentID", _text(values.thing_of)))
    draft.put_list("childEPCs" if is_family else "epcList", draft.many("epcs", values.thing_of))
    draft.put_list("inputEPCList", draft.many("inputEPCs", values.thing_of))
    draft.put_list("outputEPCList", draft.many("outputEPCs", values.thing_of))
    draft.put("transformationID", "transformationID", draft.one("transformationID", _text(values.uri_of)))


def _say_amounts(draft: Draft) -> None:
    own = "childQuantityList" if draft.event.get("type") in _FAMILIES else "quantityList"
    for name, classes, quantities, uoms in (
        (own, "epcClasses", "quantities", "uoms"),
        ("inputQuantityList", "inputClasses", "inputQuantities", "inputUoms"),
        ("outputQuantityList", "outputClasses", "outputQuantities", "outputUoms"),
    ):
        pairs = [pair for row in draft.rows for pair in _amounts(draft, row, classes, quantities, uoms)]
        draft.put_list(name, pairs)


def _amounts(draft: Draft, row: Cells, classes: str, quantities: str, uoms: str) -> list[tuple[Event, Cell]]:
    named = draft.in_row(row, classes, values.thing_of)
    counts = _beside(draft, named, draft.in_row(row, quantities, values.number_of), is_shared=False)
    units = _beside(draft, named, draft.in_row(row, uoms, str.upper), is_shared=True)
    found = []
    for (uri, cell), count, unit in zip(named, counts, units, strict=True):
        element = {"epcClass": uri, "quantity": count, "uom": unit}
        found.append(({name: value for name, value in element.items() if value is not None}, cell))
    return found


def _beside(
    draft: Draft, named: Sequence[tuple[Any, Cell]], others: Sequence[tuple[Any, Cell]], *, is_shared: bool
) -> list[Any]:
    """Return the values that belong to others, one for each; a shared one for all of them."""
    if len(others) == len(named):
        return [value for value, _ in others]
    if is_shared and len(others) == 1 and named:
        return [others[0][0]] * len(named)
    if others and not draft.errors:
        draft.fault(others[0][1], f"has {len(others)} values, for {len(named)} that they belong to", "uneven_lists")
    return [None] * len(named)


def _say_where_and_why(draft: Draft) -> None:
    for name in ("readPoint", "bizLocation"):
        place = draft.one(name, _text(values.place_of))
        draft.put(name, name, None if place is None else {"id": place})
    for name, member, columns, vocabulary, read in (
        ("bizTransactionList", "bizTransaction", "bizTransaction", Vocabulary.BIZ_TRANSACTION_TYPE, values.uri_of),
        ("sourceList", "source", "source", Vocabulary.SOURCE_DESTINATION_TYPE, values.place_of),
        ("destinationList", "destination", "destination", Vocabulary.SOURCE_DESTINATION_TYPE, values.place_of),
    ):
        pairs = []
        for row in draft.rows:
            named = draft.in_row(row, f"{columns}s", read)
            words = draft.in_row(row, f"{columns}Types", partial(values.word_of, vocabulary))
            kinds = _beside(draft, named, words, is_shared=True)
            pairs += [
                ({**({} if kind is None else {"type": kind}), member: uri}, cell)
                for (uri, cell), kind in zip(named, kinds, strict=True)
            ]
        draft.put_list(name, pairs)


def _say_the_rest(draft: Draft) -> None:
    lot, last = draft.one("lot", values.text_of), draft.one("expirationDate", values.day_of)
    ilmd = {"cbvmda:lotNumber": lot, "cbvmda:itemExpirationDate": last}
    said = {name: value for name, value in ilmd.items() if value is not None}
    draft.put("ilmd", "lot" if lot is not None else "expirationDate", said or None)
    draft.put_list("certificationInfo", draft.many("certificationInfo", values.uri_of))


def _check(draft: Draft) -> None:
    """Hold the event against the standard; faults are told at the cell that the nearest part of it came from."""
    for problem in problems_of(draft.event, {}):
        way = problem.path
        while way and way not in draft.places:
            way = way.rpartition("/")[0]
        cell = draft.places.get(way)
        row, place, column = (
            (draft.number, draft.start, None) if cell is None else (cell.row, cell.address, cell.column)
        )
        draft.errors.append(CellError(row, place, column, problem.code, problem.message))
