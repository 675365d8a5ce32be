"""Pages by number and by cursor."""

from __future__ import annotations

import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.core.errors import Invalid
from tracepass.core.ids import new_id
from tracepass.core.paging import Position, offset, read_cursor, write_cursor


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_cursor_reads_back_and_fits_into_a_link(value: str) -> None:
    position = Position(value, new_id())
    text = write_cursor(position)
    assert read_cursor(text) == position
    assert text.isascii()
    assert not set(text) & set("+/=&?#% ")


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "????", "é", "=" * 8, encoded(None), encoded([]), encoded(["", "x"]), encoded({"a": 1, "b": 2}),
        encoded([1, "6650b2c3d4e5f6a7b8c9d0e1"]), encoded(["", 5]), encoded(["", ["a"] * 24]),
        encoded(["", "6650b2c3d4e5f6a7b8c9d0e1", 1]),
        encoded("ab"), base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)  # fmt: skip
def test_what_no_list_gave_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="cursor: is not a cursor"):
        read_cursor(text)


def test_an_offset_counts_what_comes_before_the_page() -> None:
    assert [offset(1, 20), offset(2, 20), offset(1000, 100)] == [0, 20, 99_900]


@pytest.mark.parametrize(("page", "limit"), [(1001, 100), (100_001, 1), (10**30, 20)])
def test_a_page_beyond_the_deepest_is_refused_and_points_to_the_cursor(page: int, limit: int) -> None:
    with pytest.raises(Invalid, match=r"\?cursor="):
        offset(page, limit)
