"""Which AIs go together."""

from __future__ import annotations

import pytest

from tracepass.gs1.elements import parse_bracketed
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.rules import Rules

GTIN = "(01)04012345000016"
CONTENT = "(02)04012345000016"
SSCC = "(00)952012345678912345"


def refusal(text: str) -> Gs1SyntaxError:
    with pytest.raises(Gs1SyntaxError) as refused:
        parse_bracketed(text)
    return refused.value


@pytest.mark.parametrize(
    ("text", "code", "ai", "position"),
    [
        (f"{GTIN}{CONTENT}(37)1{SSCC}", "ais_exclude_each_other", "01", 1),
        (f"{GTIN}(21)A(235)B", "ais_exclude_each_other", "21", 19),
        (f"{GTIN}(3100)000001(3101)000001", "ais_exclude_each_other", "3100", 19),
        ("(10)A", "ai_requires_others", "10", 1),
        (CONTENT, "ai_requires_others", "02", 1),
        (f"{GTIN}(250)A", "ai_requires_others", "250", 19),
        (f"{GTIN}(8041)123456789012345(21)A", "ai_requires_others", "8041", 19),
        (f"{GTIN}(10)A(10)B", "ai_repeated_differently", "10", 24),
        ("(253)9521234567899(8030)AB", "serial_required", "253", 1),
    ],
)
def test_a_message_whose_ais_do_not_go_together_is_refused(text: str, code: str, ai: str, position: int) -> None:
    refused = refusal(text)
    assert (refused.code, refused.ai, refused.position) == (code, ai, position)


@pytest.mark.parametrize(
    "text",
    [
        f"{GTIN}(10)A(10)A",
        f"{SSCC}{CONTENT}(37)12(10)A",
        f"{GTIN}(21)A(250)B",
        f"{GTIN}(3922)0299(3103)000195",
        f"{GTIN}(21)A(8040)123456789012345(8041)123456789012345",
        "(253)9521234567899X(8030)AB",
        f"{GTIN}(21)A(8030)AB",
        "(90)A(91)B",
    ],
)
def test_a_message_whose_ais_go_together_passes(text: str) -> None:
    assert parse_bracketed(text)


def test_the_refusal_lists_what_is_lacking() -> None:
    assert refusal("(7004)1234").message == "(7004) needs (01) with (10)"
    assert refusal("(21)A").message == "(21) needs (01) or (03) or (8006)"


def test_the_refusal_names_both_ais_that_exclude_each_other() -> None:
    assert refusal(f"{GTIN}(37)1").message == "(01) must not stand beside (37)"


def test_unknown_ais_need_nothing_and_exclude_nothing() -> None:
    assert parse_bracketed(f"{GTIN}(89)A", Rules(unknown_ais=True))
