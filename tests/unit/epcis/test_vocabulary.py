from __future__ import annotations

import re

import pytest
from tests.unit.epcis.examples import FOLDER

from tracepass.epcis.vocabulary import Vocabulary, bare, terms, urn, web_uri


@pytest.mark.parametrize(
    "notation",
    [
        "shipping",
        "urn:epcglobal:cbv:bizstep:shipping",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "http://ref.gs1.org/cbv/BizStep-shipping",
        "cbv:BizStep-shipping",
    ],
)
def test_every_notation_of_a_term_is_the_same_term(notation: str) -> None:
    assert bare(Vocabulary.BIZ_STEP, notation) == "shipping"
    assert urn(Vocabulary.BIZ_STEP, notation) == "urn:epcglobal:cbv:bizstep:shipping"
    assert web_uri(Vocabulary.BIZ_STEP, notation) == "https://ref.gs1.org/cbv/BizStep-shipping"


def test_terms_of_other_vocabularies_stay_as_they_are() -> None:
    own = "https://example.com/steps/polishing"
    assert bare(Vocabulary.BIZ_STEP, own) == urn(Vocabulary.BIZ_STEP, own) == web_uri(Vocabulary.BIZ_STEP, own) == own


def test_a_term_of_one_list_is_none_of_another() -> None:
    assert bare(Vocabulary.DISPOSITION, "cbv:BizStep-shipping") == "cbv:BizStep-shipping"


def test_kinds_of_measurement_belong_to_the_web_vocabulary() -> None:
    assert web_uri(Vocabulary.MEASUREMENT, "Temperature") == "https://gs1.org/voc/Temperature"
    assert bare(Vocabulary.MEASUREMENT, "https://www.gs1.org/voc/Temperature") == "Temperature"
    assert bare(Vocabulary.ALERT, "gs1:ALARM_CONDITION") == "ALARM_CONDITION"


@pytest.mark.skipif(not FOLDER.exists(), reason="the published vocabulary is not there")
def test_the_lists_have_the_terms_that_are_published() -> None:
    known = set(re.findall(r"^cbv:([A-Za-z]+-\w+)", (FOLDER / "CBV.ttl").read_text(encoding="utf-8"), re.MULTILINE))
    cbv = [one for one in Vocabulary if one not in (Vocabulary.MEASUREMENT, Vocabulary.ALERT)]
    ours = {web_uri(one, term).removeprefix("https://ref.gs1.org/cbv/") for one in cbv for term in terms(one)}
    assert ours == known
