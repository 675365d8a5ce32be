"""The audit chain: whatever is done to a sealed record, the reader finds it and says which it was."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import pytest
from bson import Decimal128
from hypothesis import given
from hypothesis import strategies as st

from tracepass.core.canonical import canonical_json
from tracepass.core.chain import BOOKKEEPING, ChainReader, Fault, Head, VersionReader, entry_hash, record_hash, seal
from tracepass.core.ids import new_id

WORKSPACE = new_id()


def record(number: int, **members: Any) -> dict[str, Any]:
    return {
        "_id": new_id(),
        "workspaceId": WORKSPACE,
        "environment": "live",
        "entity": {"type": "thing", "id": new_id()},
        "version": 1,
        "action": "create",
        "actor": {"type": "api_key", "id": "1", "label": "via API key tp_live_x"},
        "at": f"2027-01-01T00:00:0{number % 10}.000Z",
        "diff": [{"path": "name", "new": f"n{number}"}],
        "stateHash": "0" * 64,
        "prevHash": None,
        "dispatched": False,
        "full": {"name": f"n{number}", "weight": 1.5, "tags": [1, 2, None]},
    } | members


def chain(length: int) -> tuple[list[dict[str, Any]], Head]:
    head, records = Head(), []
    for number in range(length):
        made = record(number)
        placed, head = seal(head, record_hash(made))
        records.append({**made, "seal": placed.stored})
    return records, head


def faults(records: list[dict[str, Any]], head: Head | None, anchor: Head | None = None) -> list[Fault]:
    reader = ChainReader(anchor)
    found = [fault for one in records for fault in reader.read(one)]
    return found + list(reader.close(head))


def kinds(found: list[Fault]) -> list[tuple[str, int | None]]:
    return [(fault.kind, fault.seq) for fault in found]


@given(length=st.integers(0, 12))
def test_a_chain_left_alone_has_no_fault(length: int) -> None:
    records, head = chain(length)
    assert faults(records, head) == []
    assert head.seq == length


def test_the_hashes_are_those_that_the_documentation_describes() -> None:
    (first, second), _ = chain(2)
    said = {name: value for name, value in second.items() if name not in {"seal", "unsealed", "dispatched"}}
    digest = hashlib.sha256(canonical_json(said)).hexdigest()
    link = {"seq": 2, "prevHash": first["seal"]["hash"], "recordHash": digest}
    assert second["seal"] == link | {"hash": hashlib.sha256(canonical_json(link)).hexdigest()}
    assert first["seal"]["prevHash"] is None


@pytest.mark.parametrize("member", sorted(record(0)))
def test_a_change_of_any_member_is_found(member: str) -> None:
    records, head = chain(5)
    records[2][member] = "tampered"
    expected = [] if member in BOOKKEEPING else [("altered", 3)]
    found = faults(records, head)
    assert kinds(found) == expected
    assert all(fault.record == str(records[2]["_id"]) for fault in found)


@pytest.mark.parametrize("member", sorted(record(0).keys() - {"_id"}))
def test_a_member_taken_away_is_found(member: str) -> None:
    records, head = chain(3)
    del records[1][member]
    assert kinds(faults(records, head)) == ([] if member in BOOKKEEPING else [("altered", 2)])


def test_a_member_put_in_is_found() -> None:
    records, head = chain(3)
    records[1]["note"] = "x"
    assert kinds(faults(records, head)) == [("altered", 2)]


@pytest.mark.parametrize("member", ["prevHash", "recordHash", "hash"])
@pytest.mark.parametrize("value", ["f" * 64, None, 7])
def test_a_change_of_the_seal_itself_is_found(member: str, value: Any) -> None:
    records, head = chain(5)
    records[2]["seal"][member] = value
    assert {seq for _, seq in kinds(faults(records, head))} <= {3, 4}
    assert ("altered", 3) in kinds(faults(records, head))


def test_an_altered_record_with_a_seal_made_to_fit_breaks_the_chain_behind_it() -> None:
    records, head = chain(5)
    records[2]["action"] = "delete"
    stored = records[2]["seal"]
    stored["recordHash"] = record_hash(records[2])
    stored["hash"] = entry_hash(3, stored["prevHash"], stored["recordHash"])
    assert kinds(faults(records, head)) == [("displaced", 4)]


def test_a_last_record_with_a_seal_made_to_fit_differs_from_the_head() -> None:
    records, head = chain(3)
    records[2]["action"] = "delete"
    stored = records[2]["seal"]
    stored["recordHash"] = record_hash(records[2])
    stored["hash"] = entry_hash(3, stored["prevHash"], stored["recordHash"])
    assert kinds(faults(records, head)) == [("head", 3)]


@pytest.mark.parametrize(
    ("gone", "message"),
    [({1}, "entry 2 is missing"), ({0}, "entry 1 is missing"), ({1, 2}, "entries 2 to 3 are missing")],
)
def test_a_missing_entry_is_named(gone: set[int], message: str) -> None:
    records, head = chain(5)
    left = [one for number, one in enumerate(records) if number not in gone]
    assert [fault.message for fault in faults(left, head)] == [message]


def test_entries_cut_off_at_the_end_are_named() -> None:
    records, head = chain(5)
    found = faults(records[:3], head)
    assert [(fault.kind, fault.message) for fault in found] == [("truncated", "entries 4 to 5 are cut off at the end")]
    assert kinds(faults([], head)) == [("truncated", 5)]


def test_swapped_entries_are_found_both() -> None:
    records, head = chain(5)
    records[1]["seal"], records[3]["seal"] = records[3]["seal"], records[1]["seal"]
    in_order = sorted(records, key=lambda one: int(one["seal"]["seq"]))
    assert kinds(faults(in_order, head)) == [("altered", 2), ("altered", 4)]


def test_renumbered_entries_are_found() -> None:
    records, head = chain(5)
    records[1]["seal"]["seq"], records[2]["seal"]["seq"] = 3, 2
    in_order = sorted(records, key=lambda one: int(one["seal"]["seq"]))
    assert {seq for _, seq in kinds(faults(in_order, head))} == {2, 3, 4}


def test_an_entry_that_is_there_twice_is_found() -> None:
    records, head = chain(3)
    assert ("displaced", 2) in kinds(faults([*records[:2], copy.deepcopy(records[1]), records[2]], head))


def test_the_head_gone_or_turned_back_is_found() -> None:
    records, _ = chain(4)
    assert kinds(faults(records, None)) == [("head", None)]
    assert kinds(faults(records, Head(2, records[1]["seal"]["hash"]))) == [("head", 2)]
    assert faults([], None) == []


def test_a_whole_chain_made_anew_differs_from_what_was_noted_down() -> None:
    records, head = chain(4)
    anchor = Head(3, records[2]["seal"]["hash"])
    assert faults(records, head, anchor) == []
    others, other_head = chain(4)
    assert kinds(faults(others, other_head, anchor)) == [("altered", 3)]
    shorter, short_head = chain(2)
    assert kinds(faults(shorter, short_head, anchor)) == [("truncated", 3)]


def test_what_became_of_a_record_is_no_part_of_its_hash() -> None:
    made = record(1)
    assert record_hash(made) == record_hash({**made, "dispatched": True, "unsealed": True, "seal": {"seq": 9}})


def test_even_what_is_no_json_has_a_hash_that_tells_values_apart() -> None:
    one, other = (record(1, _id=1, entity={}, full={"x": [Decimal128(text)]}) for text in ("1.5", "1.6"))
    assert record_hash(one) != record_hash(other)
    assert record_hash(one) == record_hash(copy.deepcopy(one))


def versions(*numbers: int, thing: Any = "t") -> list[dict[str, Any]]:
    return [
        {
            "_id": f"{thing}{number}",
            "entity": {"type": "thing", "id": thing},
            "version": number,
            "stateHash": f"h{number}",
            "prevHash": f"h{number - 1}",
            "unsealed": True,
        }
        for number in numbers
    ]


def version_faults(records: list[dict[str, Any]]) -> list[str]:
    reader = VersionReader()
    return [fault.message for one in records for fault in reader.read(one)] + [f.message for f in reader.close()]


def test_versions_that_are_missing_are_found_wherever_they_were() -> None:
    assert version_faults([*versions(3, 2, 1), *versions(1, thing="u")]) == []
    assert version_faults(versions(3, 1)) == ["version 3 of thing t is next to version 1"]
    assert version_faults([*versions(3, 2), *versions(2, thing="u")]) == [
        "version 2 of thing t is the oldest that is there",
        "version 2 of thing u is the oldest that is there",
    ]


def test_what_was_imported_begins_where_it_was_elsewhere() -> None:
    records = versions(8, 7)
    records[1]["action"] = "import"
    assert version_faults(records) == []
    records[0]["action"] = "import"
    assert version_faults(records[:1]) == []
    assert version_faults([*records[:1], *versions(5)]) == [
        "version 8 of thing t is next to version 5",
        "version 5 of thing t is the oldest that is there",
    ]


def test_a_version_not_made_from_the_one_before_is_found() -> None:
    records = versions(2, 1)
    records[0]["prevHash"] = "other"
    assert version_faults(records) == ["version 2 of thing t was not made from the version before it"]


def test_a_version_outside_the_chain_is_found() -> None:
    records = versions(2, 1)
    del records[1]["unsealed"]
    assert version_faults(records) == ["version 1 of thing t stands outside the chain"]
