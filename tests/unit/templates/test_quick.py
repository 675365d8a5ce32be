"""The quick way says yes only where the full check finds nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.values_factory import value_of

from tracepass.templates import values
from tracepass.templates.models import Field
from tracepass.templates.quick import is_surely_fine
from tracepass.templates.service import Templates

TEMPLATES = Templates.load()


def _fields() -> Iterator[Field]:
    for template in TEMPLATES.list_():
        yield from template.fields.values()


FIELDS = list(_fields())
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(["", " ", "\x00", "\ud800", "DE", "https://a.example", "1.0", "\u00a0"])
)
"""What JSON holds, and what is wrong with it most often."""
KEYS = sorted({column.key for field in FIELDS for column in field.columns})
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(FIELDS), VALUES)
def test_what_the_quick_way_takes_has_no_fault(field: Field, value: object) -> None:
    if is_surely_fine(field, value):
        assert not list(values._check(field, value))  # noqa: SLF001 - the two ways are compared


def test_the_quick_way_knows_most_good_values() -> None:
    known = sum(is_surely_fine(field, value_of(field)) for field in FIELDS)
    assert known > len(FIELDS) * 0.7


@pytest.mark.parametrize("value", [True, False, 1.5, "1", None, float("inf"), 2**53])
def test_a_whole_number_is_neither_true_nor_a_fraction_nor_beyond_what_is_exact(value: object) -> None:
    whole = next(field for field in FIELDS if field.data_type == "number" and field.integer)
    assert not is_surely_fine(whole, value)
