"""Refusals and their envelope."""

from __future__ import annotations

import pytest

from tracepass.core.errors import CODES, Invalid, NotFound, Refusal


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_is_snake_case_and_has_a_status_of_refusal(code: str) -> None:
    assert code == code.lower().replace("-", "_")
    assert Refusal(code, "No.").status == CODES[code] in range(400, 600)


def test_the_envelope_has_details_only_where_they_say_something() -> None:
    assert Refusal("conflict", "No.").envelope == {"error": "conflict", "message": "No."}
    assert Refusal("gone", "No.", details={"a": 1}).envelope["details"] == {"a": 1}


def test_an_unknown_code_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        Refusal("made_up", "No.")


def test_not_found_never_tells_whose_it_is() -> None:
    assert NotFound("product").envelope == {
        "error": "not_found",
        "message": "There is no such product in this workspace.",
    }


def test_the_message_of_a_validation_error_says_the_first_fault_and_how_many_more() -> None:
    assert Invalid({"a": ["is bad"]}).message == "a: is bad"
    assert Invalid({"a": ["is bad"], "b": ["too"], "c": ["too"]}).message == "a: is bad (2 more in details)"
    assert Invalid(form_errors=["The body is bad."]).message == "The body is bad."
    assert Invalid().message == "The request is not valid."
    assert Invalid({"a": ["x"]}, code="too_large", message="Too much.").envelope["message"] == "Too much."


def test_validation_details_always_have_both_lists() -> None:
    assert Invalid({"a": ("x",)}).envelope["details"] == {"fieldErrors": {"a": ["x"]}, "formErrors": []}
    assert Invalid().envelope["details"] == {"fieldErrors": {}, "formErrors": []}
