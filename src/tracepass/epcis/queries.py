"""What a query asks for, as a tree of conditions: all of them must hold (EPCIS 2.0, 8.2.7.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Operator = Literal["EQ", "GT", "GE", "LT", "LE"]
Order = Literal["eventTime", "recordTime"]
Value = float | datetime


@dataclass(frozen=True, slots=True)
class HasTerm:
    """The event has one of these terms, or one that begins with one of the prefixes.

    ``near`` are terms of which every event that a prefix stands for has one; empty where that is not known.
    """

    terms: tuple[str, ...]
    prefixes: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AtTime:
    """The time of the event, or of its record, lies after (``GE``) or before (``LT``) a moment in UTC."""

    field: Order
    operator: Literal["GE", "LT"]
    value: str


@dataclass(frozen=True, slots=True)
class HasFact:
    """The event has, under one of the keys, a number or an instant that compares so with one of the values."""

    keys: tuple[str, ...]
    operator: Operator
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class HasDescendant:
    """The place is one of these or, by master data, below one of them."""

    tag: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HasAttribute:
    """The master data of what a field names has one of the attributes, with one of the values unless they are None."""

    tags: tuple[str, ...]
    attributes: tuple[str, ...]
    values: tuple[str, ...] | None = None


Condition = HasTerm | AtTime | HasFact | HasDescendant | HasAttribute


@dataclass(frozen=True, slots=True)
class EventQuery:
    """A whole query.

    ``by`` are the keys of a field of an extension whose values give the order instead of a time. ``limit`` is how many
    events are wanted at most; ``most`` how many there may be before the query is refused as too large; ``asked`` the
    parameters as they came, to recognise the query of a page.
    """

    conditions: tuple[Condition, ...] = ()
    order: Order = "eventTime"
    by: tuple[str, ...] = ()
    descending: bool = True
    limit: int | None = None
    most: int | None = None
    per_page: int = 30
    token: str | None = None
    asked: tuple[tuple[str, str], ...] = field(default=(), compare=False)
