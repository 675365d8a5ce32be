"""The names of business steps: every one of the vocabulary has one, in every language."""

from __future__ import annotations

import pytest

from tracepass.epcis.vocabulary import Vocabulary, terms
from tracepass.locale import LOCALES
from tracepass.resolver.timelines import step_name

STEPS = sorted(terms(Vocabulary.BIZ_STEP))


@pytest.mark.parametrize("locale", LOCALES)
def test_every_step_has_a_name_of_its_language(locale: str) -> None:
    names = {step: step_name(step, locale) for step in STEPS}
    assert all(name and name == name.strip() and "_" not in name for name in names.values())
    english = {step: step_name(step, "en") for step in STEPS}
    if locale != "en":
        assert [step for step in STEPS if names[step] == english[step]] == []


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("https://ns.example.com/steps/dry_cleaning", "dry cleaning"),
        ("https://ns.example.com/steps#dyeing", "dyeing"),
        ("urn:example:step:dyeing", "dyeing"),
    ],
)
def test_steps_of_others_are_named_by_the_end_of_their_address(step: str, name: str) -> None:
    assert step_name(step, "de") == name
