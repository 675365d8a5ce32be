"""The rules of the resolver that need no database."""

from __future__ import annotations

import pytest

from tracepass.gs1.keys import PassportKey
from tracepass.resolver.bodies import Body
from tracepass.resolver.models import LinkMalformed
from tracepass.resolver.service import PageCache, RenderedPage, check_gtin, check_syntax


def rendered(text: str) -> RenderedPage:
    return RenderedPage(Body(text.encode()), "en", "1.1")


def test_the_page_that_was_not_used_for_longest_makes_room() -> None:
    cache = PageCache(size=2)
    first, second, third = (("01/x", version, "published", "en") for version in ("1.1", "2.1", "3.1"))
    cache.keep(first, rendered("one"))
    cache.keep(second, rendered("two"))
    assert cache.find(first) is not None
    cache.keep(third, rendered("three"))
    assert cache.find(second) is None
    assert cache.find(first) is not None
    assert cache.find(third) is not None


@pytest.mark.parametrize(("gtin", "reason"), [("0401234500001x", "digits"), ("123", "3"), ("04012345000015", "6 is")])
def test_a_gtin_that_cannot_be_one_is_named_with_the_reason(gtin: str, reason: str) -> None:
    with pytest.raises(LinkMalformed, match=reason):
        check_gtin(gtin)


@pytest.mark.parametrize("key", [PassportKey("1", serial="x" * 21), PassportKey("1", lot="é")])
def test_a_serial_or_lot_that_no_code_could_hold_is_malformed(key: PassportKey) -> None:
    with pytest.raises(LinkMalformed, match="GS1"):
        check_syntax(key)


@pytest.mark.parametrize("key", [PassportKey("1"), PassportKey("1", serial="A/B"), PassportKey("1", lot="7")])
def test_a_serial_or_lot_that_a_code_can_hold_is_fine(key: PassportKey) -> None:
    check_syntax(key)
