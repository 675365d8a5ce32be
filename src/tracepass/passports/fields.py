"""What writing, translating and reviewing do to one field: plain functions from a field to a field.

A field is ``{value, source, status, accessLevel, sourceLocale, translations, inheritedFrom?, pending?, updatedAt,
updatedBy}``; one that was never written is absent from its passport.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracepass.core.canonical import whole
from tracepass.core.errors import Refusal
from tracepass.passports.models import FieldWrite, TranslationWrite
from tracepass.templates.models import Field

FieldState = dict[str, Any]
REVIEWED_SOURCES = frozenset({"ai_suggested", "supplier"})


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand writes, when, and whether another must approve."""

    label: str
    at: str
    needs_review: bool


class NothingToReview(Refusal):
    """No value waits for a verdict."""

    def __init__(self, key: str) -> None:
        super().__init__("nothing_to_review", f"No value of {key} waits for review.")


def empty(field: Field, hand: Hand) -> FieldState:
    """Return a field without a value."""
    return {
        "value": None,
        "source": "manual",
        "status": "empty",
        "accessLevel": field.access_level,
        "sourceLocale": None,
        "translations": {},
        "updatedAt": hand.at,
        "updatedBy": hand.label,
    }


def written(field: Field, before: FieldState | None, write: FieldWrite, hand: Hand) -> FieldState:
    """Return the field after a write.

    What needs review, null included, waits beside an approved value as ``pending``; without one it becomes the value,
    not yet approved. A new value drops the translations of the old one.
    """
    value, source = write.value, write.source
    needs_review = hand.needs_review or source in REVIEWED_SOURCES
    locale = write.source_locale if field.translatable else None
    if needs_review and before is not None and before["status"] == "approved":
        return {**before, "pending": _pending(write, locale, hand)}
    if value is None:
        return empty(field, hand)
    return {
        "value": value if type(value) is str else whole(value),
        "source": source,
        "status": "pending_review" if needs_review else "approved",
        "accessLevel": field.access_level,
        "sourceLocale": locale,
        "translations": {} if before is None or not _same_text(before, value, locale) else before["translations"],
        "updatedAt": hand.at,
        "updatedBy": hand.label,
    }


def _pending(write: FieldWrite, locale: str | None, hand: Hand) -> dict[str, Any]:
    return {
        "value": whole(write.value),
        "source": write.source,
        "sourceLocale": locale,
        "by": hand.label,
        "at": hand.at,
    }


def _same_text(before: FieldState, value: Any, locale: str | None) -> bool:
    return bool(before["value"] == value and before["sourceLocale"] == locale)


def inherited(field: Field, value: Any, *, locale: str | None, origin: Mapping[str, Any], hand: Hand) -> FieldState:
    """Return a field copied from its product; ``origin`` is ``{productId, version}``."""
    state = written(field, None, FieldWrite.model_construct(value=value, source="system", source_locale=locale), hand)
    return {**state, "status": "approved", "inheritedFrom": dict(origin)}


def translated(state: FieldState, locale: str, write: TranslationWrite, hand: Hand) -> FieldState:
    """Return the field with a translation added or replaced."""
    translation = {"value": write.value, "source": write.source, "generatedAt": hand.at}
    return {
        **state,
        "translations": {**state["translations"], locale: translation},
        "updatedAt": hand.at,
        "updatedBy": hand.label,
    }


def untranslated(state: FieldState, locale: str, hand: Hand) -> FieldState:
    """Return the field without one of its translations."""
    rest = {name: text for name, text in state["translations"].items() if name != locale}
    return {**state, "translations": rest, "updatedAt": hand.at, "updatedBy": hand.label}


def reviewed(field: Field, state: FieldState, action: str, hand: Hand) -> FieldState:
    """Return the field after a verdict.

    ``approve`` moves a pending value in, or approves the value there is; ``reject`` drops a pending value, or the
    value that was never approved, or marks an approved one as rejected; ``flag`` marks the value for another look.

    Raises:
        NothingToReview: there is no value, or it is approved and none waits.
    """
    if state["status"] == "empty":
        raise NothingToReview(field.key)
    stamp = {"updatedAt": hand.at, "updatedBy": hand.label}
    if action == "flag":
        return {**state, **stamp, "status": "flagged"}
    if action == "approve":
        return {**_approved(field, state, hand), **stamp}
    return _rejected(field, state, hand) | stamp


def _approved(field: Field, state: FieldState, hand: Hand) -> FieldState:
    pending = state.get("pending")
    if pending is None:
        if state["status"] == "approved":
            raise NothingToReview(field.key)
        return {**state, "status": "approved", "source": _approved_source(state["source"])}
    if pending["value"] is None:
        return empty(field, hand)
    rest = {name: value for name, value in state.items() if name not in {"pending", "inheritedFrom"}}
    return {
        **rest,
        "value": pending["value"],
        "source": _approved_source(pending["source"]),
        "sourceLocale": pending["sourceLocale"],
        "status": "approved",
        "translations": {},
    }


def _approved_source(source: str) -> str:
    return "ai_approved" if source == "ai_suggested" else source


def _rejected(field: Field, state: FieldState, hand: Hand) -> FieldState:
    if "pending" in state:
        return {name: value for name, value in state.items() if name != "pending"}
    if state["status"] == "pending_review":
        return empty(field, hand)
    return {**state, "status": "rejected"}
