"""New ids for old ones: in their order, the same for whoever asks, and found wherever they stand."""

from __future__ import annotations

from typing import Any, Literal, cast
from uuid import UUID, uuid4

import pytest

from tracepass.core.ids import Id, new_id
from tracepass.core.restores import Intake
from tracepass.imports.claims import Claims
from tracepass.imports.newids import Maker, NewIds


def intake(name: str, order: Literal["ids", "rows", "rows_back"] = "ids") -> Intake:
    return Intake(name, name, "scope", cast("Any", None), order)


@pytest.fixture
def ids() -> NewIds:
    """The ids of an import with four sections."""
    rows = intake("events", "rows"), intake("readings", "rows_back")
    intakes = [intake("products"), intake("lots"), *rows]
    return NewIds(new_id(), {one.section: one for one in intakes})


def new_of(ids: NewIds, old: str) -> str:
    return ids.moved(f'"{old}"'.encode()).decode().strip('"')


def test_keep_the_order_of_the_old_ones(ids: NewIds) -> None:
    products, lots = [str(new_id()) for _ in range(500)], [str(uuid4()) for _ in range(500)]
    products = products[250:] + products[:250]
    for product, lot in zip(products, lots, strict=True):
        assert ids.add("products", product)
        assert ids.add("lots", lot)
    assert ids.close() == frozenset()
    for olds in (products, lots):
        news = [new_of(ids, old) for old in sorted(olds)]
        assert news == sorted(set(news))
        assert not set(news) & set(olds)
    assert {UUID(new_of(ids, lot)).version for lot in lots} == {7}
    again = NewIds(ids.import_id, ids.intakes)
    for product in sorted(products):
        again.add("products", product)
    again.close()
    assert [new_of(again, one) for one in products] == [new_of(ids, one) for one in products]


def test_what_is_coming_and_what_an_import_has_made_follow_from_the_counts(ids: NewIds) -> None:
    old = str(new_id())
    ids.add("products", old)
    ids.close()
    new = new_of(ids, old)
    assert ids.coming("products", new)
    assert ids.coming("products", Id(new))
    assert [ids.coming(name, one) for name, one in (("lots", new), ("products", old), ("products", "x"))] == [False] * 3
    assert Maker.of(ids.import_id, "products", ids.widths["products"]).text(0) == new
    assert not ids.coming("products", Maker.of(ids.import_id, "products", 12).text(1))


def test_are_found_as_words_and_nowhere_else(ids: NewIds) -> None:
    old, lot, other = str(new_id()), str(uuid4()), str(new_id())
    ids.add("products", old)
    ids.add("lots", lot)
    ids.close()
    new, newer = new_of(ids, old), new_of(ids, lot)
    text = f'{{"@id":"https://x/{old}?a={lot}#","a":["{old}"],"b":"{old}{old}","c":"x{old}","d":"{other}"}}'
    moved = f'{{"@id":"https://x/{new}?a={newer}#","a":["{new}"],"b":"{old}{old}","c":"x{old}","d":"{other}"}}'
    assert ids.moved(text.encode()).decode() == moved
    assert ids.moved(old.encode()) == new.encode()
    assert ids.moved(b"") == b""


def test_of_rows_follow_their_order(ids: NewIds) -> None:
    for _ in range(3):
        ids.add("events", "anything")
        ids.add("readings", None)
    ids.close()
    events = [ids.of_row("events", row) for row in range(3)]
    readings = [ids.of_row("readings", row) for row in range(3)]
    assert events == sorted(set(events))
    assert readings == sorted(set(readings), reverse=True)
    assert all(ids.coming("readings", one) for one in readings)


def test_two_of_a_kind_are_told(ids: NewIds) -> None:
    old = str(new_id())
    for one in (str(new_id()), old, str(new_id()), old):
        ids.add("products", one)
    assert ids.close() == {old}


@pytest.mark.parametrize("wrong", [None, 1, "", "x" * 24, "6650A1B2C3D4E5F6A7B8C9D0", "6650a1b2", {"$oid": "1"}])
def test_what_is_no_id_is_refused(ids: NewIds, wrong: object) -> None:
    assert not ids.add("products", wrong)
    assert ids.add("lots", str(uuid4()))
    assert not ids.add("lots", str(new_id()))


def test_claims_know_what_they_were_told_and_nothing_else() -> None:
    claims = Claims()
    keys = [f"key {number}" for number in range(5000)]
    assert not any(claims.claim("serial", key) for key in keys)
    assert all(claims.claim("serial", key) for key in keys)
    assert all(claims.claimed("serial", key) for key in keys)
    assert not any(claims.claimed("model", key) for key in keys)
