"""Conditions of the templates that can be decided from a passport, by their wording; all others stay open."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tracepass.passports.compliance.facts import Facts

Predicate = Callable[[Facts], bool | None]


def holds(condition: str, facts: Facts) -> bool | None:
    """Tell whether a condition holds, or None if the passport does not say."""
    predicate = CONDITIONS.get(condition)
    return None if predicate is None else predicate(facts)


def _imported(facts: Facts) -> bool | None:
    return True if "importer" in facts.parties else facts.made_outside


def _outside(facts: Facts) -> bool | None:
    return facts.made_outside


def _representative(facts: Facts) -> bool | None:
    return "authorisedRepresentative" in facts.parties


def _granularity(*levels: str) -> Predicate:
    return lambda facts: facts.granularity in levels


def _subcategory(*keys: str) -> Predicate:
    return lambda facts: None if facts.subcategory is None else facts.subcategory in keys


def _value(key: str, *wanted: str) -> Predicate:
    return lambda facts: facts.fields[key]["value"] in wanted if facts.has(key) else None


def _flag(name: str) -> Predicate:
    return lambda facts: facts.flag(name)


CONDITIONS: Mapping[str, Predicate] = {
    "the maker is outside the Union": _outside,
    "the product is imported": _imported,
    "the battery is imported": _imported,
    "the toy is imported": _imported,
    "the packaging is imported": _imported,
    "imported": _imported,
    "one is appointed": _representative,
    "granularity is item": _granularity("item"),
    "granularity is batch or item": _granularity("batch", "item"),
    "light means of transport battery": _subcategory("lmt"),
    "chemistry is other": _value("battery_chemistry", "other"),
    "repurposed or remanufactured": _value("battery_status", "repurposed", "remanufactured"),
    "re-used, repurposed or remanufactured": _value("battery_status", "reused", "repurposed", "remanufactured"),
    "the data are recorded": _flag("hasBMS"),
    "energy efficiency applies to the battery": _flag("rechargeable"),
}
