"""Ids: 24 hexadecimal characters and nothing else."""

from __future__ import annotations

import pytest

from tracepass.core.ids import find_id, new_id


def test_an_id_reads_back() -> None:
    identifier = new_id()
    assert find_id(str(identifier)) == identifier
    assert find_id("0123456789ABCDEF01234567") is not None


@pytest.mark.parametrize(
    "text",
    ["", "abc", "0123456789abcdef0123456", "0123456789abcdef012345678", "0123456789abcdef0123456g",
     "0123456789abcdef 1234 67", "twelve bytes", "\uff10123456789abcdef0123456", "../../../../etc/passwd1"],
)  # fmt: skip
def test_anything_else_is_no_id(text: str) -> None:
    assert find_id(text) is None
