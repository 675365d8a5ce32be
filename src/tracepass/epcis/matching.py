"""The same question, answered without a database: what subscriptions and tests hold events against."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tracepass.epcis.queries import AtTime, Condition, EventQuery, HasFact, HasTerm, Value

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "GT": operator.gt,
    "GE": operator.ge,
    "LT": operator.lt,
    "LE": operator.le,
}


def matches(query: EventQuery, event: Mapping[str, Any]) -> bool:
    """Tell whether an event, as it is stored, is one that a query asks for."""
    return all(_holds(condition, event) for condition in query.conditions)


def select(query: EventQuery, events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return all events that a query asks for, in its order."""
    found = [event for event in events if matches(query, event)]
    found.sort(key=lambda event: (event[query.order], event["_id"]), reverse=query.descending)
    return found[: query.limit]


def _holds(condition: Condition, event: Mapping[str, Any]) -> bool:
    if isinstance(condition, AtTime):
        return _COMPARE[condition.operator](event[condition.field], condition.value)
    if isinstance(condition, HasFact):
        facts = [fact["v"] for fact in event["facts"] if fact["k"] in condition.keys]
        return any(_compares(condition.operator, fact, value) for fact in facts for value in condition.values)
    if isinstance(condition, HasTerm):
        terms = event["terms"]
        return not set(condition.terms).isdisjoint(terms) or any(
            text.startswith(condition.prefixes) for text in terms if condition.prefixes
        )
    message = f"master data was not looked up for {condition}"
    raise TypeError(message)


def _compares(name: str, fact: Value, value: Value) -> bool:
    """Compare numbers with numbers and instants with instants, as MongoDB does."""
    return isinstance(fact, float) == isinstance(value, float) and _COMPARE[name](fact, value)
