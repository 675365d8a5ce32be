"""What a rule is: a row of a table, with a pure function that looks at a chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tracepass.epcis.analysis.chain import Chain
from tracepass.epcis.analysis.happenings import Amount, Happening, Mention

Subject = Literal[
    "document",
    "identifiers",
    "vocabulary",
    "order",
    "serials",
    "aggregation",
    "shipment",
    "quantities",
    "corrections",
]
Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where a rule is broken.

    Attributes:
        happening: the event; None where it is the document.
        at: JSON pointer below the event, or from the root of the document.
        epc: the identifier it is about, as it is written there.
        words: what fills the sentences of the rule.
        line: in XML, where the problem of a document is.
        column: in that line.
    """

    happening: Happening | None
    at: str = ""
    epc: str | None = None
    words: Mapping[str, Any] = field(default_factory=dict)
    line: int | None = None
    column: int | None = None


Look = Callable[[Chain], Iterable[Hit]]
"""Where a chain breaks a rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table.

    Attributes:
        code: stable, in snake_case.
        subject: the class of its findings.
        severity: how bad it is. An ``error`` cannot be true as it stands, a ``warning`` may be a mistake.
        says: the finding in words, with the names of ``Hit.words`` in braces.
        fix: what a person can do.
        look: where a chain breaks it.
        more: words that are dear to find, asked for only where they are told.
    """

    code: str
    subject: Subject
    severity: Severity
    says: str
    fix: str
    look: Look
    more: Callable[[Hit], Mapping[str, Any]] | None = None


def on(happening: Happening, thing: Mention | Amount, **words: Any) -> Hit:
    """Return a hit on a thing in an event."""
    return Hit(happening, thing.at, thing.uri, words)


def within(happening: Happening, at: str, **words: Any) -> Hit:
    """Return a hit on a member of an event."""
    return Hit(happening, at, None, words)


def named(happening: Happening) -> str:
    """Return how an event is called in a sentence: by its number, from 0 as in ``index``."""
    return f"event {happening.index}"
