"""One field through writes, translations and reviews."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tracepass.passports.fields import (
    FieldState,
    Hand,
    NothingToReview,
    empty,
    inherited,
    reviewed,
    translated,
    untranslated,
    written,
)
from tracepass.passports.models import FieldWrite, TranslationWrite
from tracepass.templates.service import Templates

TEMPLATE = Templates.load().get("battery")
NAME, MASS = TEMPLATE.fields["product_name"], TEMPLATE.fields["battery_mass"]
ADMIN = Hand("admin", "2027-01-01T00:00:00.000Z", needs_review=False)
EDITOR = Hand("editor", "2027-01-02T00:00:00.000Z", needs_review=True)


def write(value: Any, **members: Any) -> FieldWrite:
    return FieldWrite.model_validate({"value": value, **members})


def approved(value: Any = "Pack") -> FieldState:
    return written(NAME, None, write(value, sourceLocale="en"), ADMIN)


class TestWriting:
    @pytest.mark.parametrize("source", ["manual", "ai_suggested", "ai_approved", "reference_db", "supplier", "system"])
    @pytest.mark.parametrize("hand", [ADMIN, EDITOR], ids=["admin", "editor"])
    def test_who_writes_what_decides_whether_it_counts(self, source: str, hand: Hand) -> None:
        state = written(NAME, None, write("Pack", source=source), hand)
        waits = hand is EDITOR or source in {"ai_suggested", "supplier"}
        assert state["status"] == ("pending_review" if waits else "approved")
        assert (state["value"], state["source"], state["updatedBy"]) == ("Pack", source, hand.label)

    def test_what_needs_review_waits_beside_an_approved_value(self) -> None:
        before = translated(approved(), "de", TranslationWrite(value="Akku"), ADMIN)
        after = written(NAME, before, write("Other", sourceLocale="fr"), EDITOR)
        assert {name: value for name, value in after.items() if name != "pending"} == before
        assert after["pending"] == {
            "value": "Other",
            "source": "manual",
            "sourceLocale": "fr",
            "by": "editor",
            "at": EDITOR.at,
        }

    def test_an_editor_cannot_empty_what_is_approved(self) -> None:
        after = written(NAME, approved(), write(None), EDITOR)
        assert (after["value"], after["status"], after["pending"]["value"]) == ("Pack", "approved", None)
        assert reviewed(NAME, after, "reject", ADMIN)["value"] == "Pack"
        assert reviewed(NAME, after, "approve", ADMIN) == empty(NAME, ADMIN)

    @pytest.mark.parametrize("status", ["pending_review", "rejected", "flagged", "empty"])
    def test_what_is_not_approved_is_replaced(self, status: str) -> None:
        after = written(NAME, {**approved(), "status": status}, write("Other"), EDITOR)
        assert (after["value"], after["status"]) == ("Other", "pending_review")
        assert "pending" not in after

    def test_an_approved_write_drops_what_waits(self) -> None:
        waiting = written(NAME, approved(), write("Guess"), EDITOR)
        assert "pending" not in written(NAME, waiting, write("Final"), ADMIN)

    @pytest.mark.parametrize(
        ("value", "locale", "kept"),
        [("Pack", "en", True), ("Pack", "de", False), ("Pack 2", "en", False), (None, "en", False)],
    )
    def test_translations_stay_with_the_very_text_they_translate(
        self,
        value: Any,
        locale: str,
        kept: bool,  # noqa: FBT001 - a case of the table
    ) -> None:
        before = translated(approved(), "fr", TranslationWrite(value="Bloc"), ADMIN)
        after = written(NAME, before, write(value, sourceLocale=locale), ADMIN)
        assert bool(after["translations"]) is kept

    def test_only_translatable_values_have_a_language(self) -> None:
        assert written(MASS, None, write(5, sourceLocale="de"), ADMIN)["sourceLocale"] is None

    def test_a_default_counts_even_from_an_editor_and_says_where_from(self) -> None:
        state = inherited(NAME, "Pack", locale="de", origin={"productId": "p", "version": 3}, hand=EDITOR)
        assert (state["status"], state["source"], state["sourceLocale"]) == ("approved", "system", "de")
        assert state["inheritedFrom"] == {"productId": "p", "version": 3}
        assert "inheritedFrom" not in written(NAME, state, write("Own"), ADMIN)
        waiting = written(NAME, state, write("Own"), EDITOR)
        assert "inheritedFrom" in waiting
        assert "inheritedFrom" not in reviewed(NAME, waiting, "approve", ADMIN)


class TestReviewing:
    @pytest.mark.parametrize(
        ("status", "action", "after"),
        [
            ("approved", "approve", None),
            ("approved", "reject", "rejected"),
            ("approved", "flag", "flagged"),
            ("pending_review", "approve", "approved"),
            ("pending_review", "reject", "empty"),
            ("pending_review", "flag", "flagged"),
            ("rejected", "approve", "approved"),
            ("rejected", "reject", "rejected"),
            ("rejected", "flag", "flagged"),
            ("flagged", "approve", "approved"),
            ("flagged", "reject", "rejected"),
            ("flagged", "flag", "flagged"),
            ("empty", "approve", None),
            ("empty", "reject", None),
            ("empty", "flag", None),
        ],
    )
    def test_each_verdict_on_each_status(self, status: str, action: str, after: str | None) -> None:
        before = empty(NAME, ADMIN) if status == "empty" else {**approved(), "status": status}
        if after is None:
            with pytest.raises(NothingToReview):
                reviewed(NAME, before, action, EDITOR)
        else:
            state = reviewed(NAME, before, action, EDITOR)
            assert state["status"] == after
            assert state["value"] == (None if after == "empty" else "Pack")
            assert (state["updatedAt"], state["updatedBy"]) == (EDITOR.at, "editor")

    @pytest.mark.parametrize(("source", "after"), [("ai_suggested", "ai_approved"), ("supplier", "supplier")])
    def test_an_approved_suggestion_says_whose_it_was(self, source: str, after: str) -> None:
        waiting = written(NAME, approved(), write("Guess", source=source), ADMIN)
        assert reviewed(NAME, waiting, "approve", ADMIN)["source"] == after
        alone = written(NAME, None, write("Guess", source=source), ADMIN)
        assert reviewed(NAME, alone, "approve", ADMIN)["source"] == after


def test_translations_come_and_go() -> None:
    state = approved()
    for locale in ("de", "fr", "de"):
        state = translated(state, locale, TranslationWrite(value=f"x-{locale}", source="ai"), EDITOR)
    assert state["translations"]["de"] == {"value": "x-de", "source": "ai", "generatedAt": EDITOR.at}
    assert list(untranslated(state, "de", ADMIN)["translations"]) == ["fr"]


def test_no_step_changes_the_state_it_was_given() -> None:
    before = translated(written(NAME, approved(), write("Guess"), EDITOR), "de", TranslationWrite(value="x"), ADMIN)
    kept = repr(before)
    steps = [
        lambda: written(NAME, before, write("New"), ADMIN),
        lambda: written(NAME, before, write(None), EDITOR),
        lambda: translated(before, "fr", TranslationWrite(value="y"), ADMIN),
        lambda: untranslated(before, "de", ADMIN),
        *(lambda action=action: reviewed(NAME, before, action, ADMIN) for action in ("approve", "reject", "flag")),
    ]
    for step, _ in itertools.product(steps, range(2)):
        step()
    assert repr(before) == kept
