"""A query in MongoDB's language, and the one index that serves it (docs/decisions/0029).

The index gives the order in every case, so nothing is sorted after it was found: where a condition names terms, the
index of terms with the time after them; else the index of the times alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.epcis.queries import AtTime, Condition, EventQuery, HasFact, HasTerm
from tracepass.epcis.terms import presence

TENANT = (("workspaceId", 1), ("environment", 1))
BY_TERM = (*TENANT, ("terms", 1), ("eventTime", -1), ("_id", -1))
BY_EVENT_TIME = (*TENANT, ("eventTime", -1), ("_id", -1))
BY_RECORD_TIME = (*TENANT, ("recordTime", -1), ("_id", -1))
_OPERATORS = {"EQ": "$in", "GT": "$gt", "GE": "$gte", "LT": "$lt", "LE": "$lte"}


def filter_of(query: EventQuery) -> dict[str, Any]:
    """Return the filter; of conditions on master data nothing may be left (``masterdata.resolved``)."""
    parts = [part for condition in query.conditions for part in _parts(condition)]
    return {"$and": parts} if parts else {}


def finds_nothing(query: EventQuery) -> bool:
    """Tell whether no event can lie between the times of a query: MongoDB would sort what it does not find."""
    times = [condition for condition in query.conditions if isinstance(condition, AtTime)]
    return any(
        one.field == other.field and one.operator == "GE" and other.operator == "LT" and one.value >= other.value
        for one in times
        for other in times
    )


def index_of(query: EventQuery) -> tuple[tuple[str, int], ...]:
    """Return the index that a query goes by."""
    if query.order == "recordTime":
        return BY_RECORD_TIME
    return BY_TERM if any(map(_is_narrow, query.conditions)) else BY_EVENT_TIME


def sort_of(query: EventQuery) -> list[tuple[str, int]]:
    """Return the order; ties are broken by id."""
    direction = -1 if query.descending else 1
    return [(query.order, direction), ("_id", direction)]


def beyond(query: EventQuery, time: str, identifier: Any) -> dict[str, Any]:
    """Return the condition for what comes after a place in the order.

    It says what is not wanted of the same moment: of two alternatives the planner might read each by itself, and sort.
    """
    less, same = ("$lte", "$gte") if query.descending else ("$gte", "$lte")
    return {"$and": [{query.order: {less: time}}, {"$nor": [{query.order: time, "_id": {same: identifier}}]}]}


def _is_narrow(condition: Condition) -> bool:
    if isinstance(condition, HasTerm):
        return bool(condition.near) or not condition.prefixes
    return isinstance(condition, HasFact)


def _parts(condition: Condition) -> list[Mapping[str, Any]]:
    if isinstance(condition, AtTime):
        return [{condition.field: {_OPERATORS[condition.operator]: condition.value}}]
    if isinstance(condition, HasFact):
        values = list(condition.values)
        compared = {_OPERATORS[condition.operator]: values if condition.operator == "EQ" else values[0]}
        there = {"terms": {"$in": [presence(key) for key in condition.keys]}}
        return [there, {"facts": {"$elemMatch": {"k": {"$in": list(condition.keys)}, "v": compared}}}]
    if isinstance(condition, HasTerm):
        return _term_parts(condition)
    message = f"master data was not looked up for {condition}"
    raise TypeError(message)


def _term_parts(condition: HasTerm) -> list[Mapping[str, Any]]:
    exact = {"terms": {"$in": list(condition.terms)}}
    if not condition.prefixes:
        return [exact]
    begins = {"$anyElementTrue": [{"$map": {"input": "$terms", "in": _begins(condition.prefixes)}}]}
    whole = {"$expr": begins} if not condition.terms else {"$or": [exact, {"$expr": begins}]}
    return [{"terms": {"$in": list(condition.near)}}, whole] if condition.near else [whole]


def _begins(prefixes: tuple[str, ...]) -> Mapping[str, Any]:
    """Return that a term begins so, in a form that no index is tried for: it would lose the order."""
    return {"$or": [{"$eq": [{"$indexOfBytes": ["$$this", prefix]}, 0]} for prefix in prefixes]}
