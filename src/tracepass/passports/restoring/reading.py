"""Records of passports read one by one, with the links they have here and within what the plan allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tracepass.core.arriving import CLOCKS_DIFFER
from tracepass.core.clock import timestamp
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.mongo import Document
from tracepass.core.restores import Arrival
from tracepass.passports.desk import Desk, key_path
from tracepass.passports.languages import refuse_languages
from tracepass.passports.making import digital_link
from tracepass.passports.restoring.rules import Problem, problems_of, read
from tracepass.passports.secondlife.links import read_item_link
from tracepass.passports.values import check_size
from tracepass.templates.models import Template

RENEWED, SHORTENED = "linksRenewed", "expiriesShortened"


@dataclass(slots=True)
class Arrived:
    """A record that is being taken in: its place, what it tells, the passport, and what will not be as it was."""

    index: int
    told: Document
    passport: Document
    template: Template
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PassportReader:
    """Reads records for any workspace."""

    desk: Desk

    def read_all(self, arrival: Arrival, records: Sequence[Document]) -> list[Arrived | list[Problem]]:
        """Return what came of each record, or what is wrong with it."""
        return [self._read(arrival, index, record) for index, record in enumerate(records)]

    def _read(self, arrival: Arrival, index: int, record: Document) -> Arrived | list[Problem]:
        now = self.desk.clock()
        reading = read(record, self.desk.templates, latest=timestamp(now + CLOCKS_DIFFER))
        if reading.problems or reading.passport is None or reading.template is None:
            return reading.problems
        one = Arrived(index, reading.told, reading.passport, reading.template)
        plan = self.desk.plans.of(arrival.caller.workspace.plan)
        self._renew_links(arrival, one)
        if plan.passport_days is not None and one.passport["status"] == "published":
            last = timestamp(now + timedelta(days=plan.passport_days))
            if one.passport.get("expiresAt", last) >= last:
                one.passport["expiresAt"] = last
                one.notes.append(SHORTENED)
        try:
            refuse_languages(plan, {"fields": {}}, one.passport)
            check_size(one.passport)
        except Refusal as refusal:
            return problems_of(refusal, "fields")
        return one

    def _renew_links(self, arrival: Arrival, one: Arrived) -> None:
        """Give the passport, and those of its lineage that come along, the links of this installation."""
        gs1 = one.passport["gs1"]
        path = key_path(gs1, one.passport["granularity"])
        gs1["digitalLinkUri"] = digital_link(arrival.caller, path, arrival.origins)
        if gs1["digitalLinkUri"] != one.told["gs1"].get("digitalLinkUri"):
            one.notes.append(RENEWED)
        lineage = one.passport.get("lineage", {})
        for link in (link for end in ("predecessors", "successors") for link in lineage.get(end, ())):
            if link["passportId"] is not None:
                item = read_item_link(link["digitalLinkUri"])
                named = {"gtin": item.gtin, "lot": None, "serialNumber": item.serial}
                link["digitalLinkUri"] = digital_link(arrival.caller, key_path(named, "item"), arrival.origins)


def missing(member: str, what: str) -> Problem:
    """Say that a record refers to something that is nowhere."""
    return Problem("validation_error", member, f"names a {what} that neither comes along nor is there")


def taken(passport: Document) -> Problem:
    """Say that another passport has the serial or the key."""
    gs1 = passport["gs1"]
    if gs1["serialNumber"] is not None:
        sentence = f"Serial {gs1['serialNumber']!r} is already used within GTIN {gs1['gtin']}."
        return Problem("duplicate_serial", "gs1.serialNumber", sentence)
    sentence = f"There already is a {passport['granularity']} passport under this key."
    return Problem("duplicate_identifier", "gs1", sentence)


def sound(one: Arrived | list[Problem], record: Document) -> Arrived:
    """Return a record that can be written.

    Raises:
        Refusal: it cannot; something may have changed since it was looked at.
    """
    if isinstance(one, Arrived):
        return one
    raise refused(one[0], record.get("_id"))


def refused(problem: Problem, passport_id: Any) -> Refusal:
    """Return the refusal of one passport; its details name it."""
    if problem.code == "validation_error":
        refusal: Refusal = Invalid({problem.member: [problem.message]})
    else:
        refusal = Refusal(problem.code, problem.message)
    refusal.details = {**(refusal.details or {}), "_id": str(passport_id)}
    return refusal
