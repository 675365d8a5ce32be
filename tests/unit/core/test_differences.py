"""What changed between two states, and a state rebuilt from it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.core.differences import apply, differences, same, update_of

NAMES = st.sampled_from(["a", "b", "c", "$set", "a.b", "", "ä", "0"])
SCALARS = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([0.0, 1.0, 2.5]) | st.sampled_from(["", "x"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
STATES = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), VALUES, max_size=4)


@given(STATES, STATES)
def test_the_differences_lead_from_one_state_to_the_other(old: Any, new: Any) -> None:
    untouched = copy.deepcopy(old)
    rebuilt = apply(old, differences(old, new))
    assert same(rebuilt, new)
    assert same(old, untouched)


@given(STATES)
def test_a_state_does_not_differ_from_its_copy(state: Any) -> None:
    assert differences(state, copy.deepcopy(state)) == []


def test_the_deepest_member_that_differs_is_named() -> None:
    old = {"fields": {"mass": {"value": 1, "status": "approved"}, "kept": {"value": 3}}, "gone": 1}
    new = {"fields": {"mass": {"value": 2, "status": "approved"}, "kept": {"value": 3}}, "come": None}
    assert differences(old, new) == [
        {"path": "come", "new": None},
        {"path": "fields.mass.value", "old": 1, "new": 2},
        {"path": "gone", "old": 1},
    ]


def test_arrays_are_compared_whole() -> None:
    assert differences({"a": [{"b": 1}, 2]}, {"a": [{"b": 2}, 2]}) == [
        {"path": "a", "old": [{"b": 1}, 2], "new": [{"b": 2}, 2]}
    ]


@pytest.mark.parametrize(("one", "other"), [(True, 1), ([False], [0]), ({"a": True}, {"a": 1}), ("1", 1), (None, 0)])
def test_values_of_other_json_types_differ(one: Any, other: Any) -> None:
    (difference,) = differences({"v": one}, {"v": other})
    assert difference["path"].split(".")[0] == "v"


@pytest.mark.parametrize("name", ["", "a.b", "$inc", "$", "."])
def test_an_object_with_a_name_that_no_path_can_hold_is_one_value(name: str) -> None:
    old, new = {"v": {name: 1, "x": 1}}, {"v": {name: 2, "x": 1}}
    assert differences(old, new) == [{"path": "v", "old": old["v"], "new": new["v"]}]
    assert update_of(differences(old, new)) == {"$set": {"v": {name: 2, "x": 1}}}


def test_an_update_sets_what_is_new_and_unsets_what_is_gone() -> None:
    changes = differences({"a": {"b": 1}, "gone": 1}, {"a": {"b": {"$inc": 1}}})
    assert update_of(changes) == {"$set": {"a.b": {"$inc": 1}}, "$unset": {"gone": ""}}
    assert update_of([]) == {}


def test_a_change_below_a_member_that_is_not_there_makes_it() -> None:
    assert apply({}, [{"path": "a.b.c", "new": 1}]) == {"a": {"b": {"c": 1}}}
    assert apply({"a": {}}, [{"path": "a.b", "old": 1}]) == {"a": {}}
