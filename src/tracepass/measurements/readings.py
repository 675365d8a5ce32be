"""From what a gateway sends to what is kept: which readings are new, which are repeated, and which are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from pydantic import ValidationError

from tracepass.core.clock import timestamp
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Document
from tracepass.core.validation import invalid
from tracepass.measurements.models import MeasurementCreate
from tracepass.passports.usedata import Latest
from tracepass.templates.models import Field
from tracepass.templates.service import check_value

SKEW: Final = timedelta(minutes=5)
"""How far the clock of a gateway may be ahead of ours."""
LARGEST: Final = 16 * 1024
"""Bytes of a value as JSON: tables are readings too, and the newest of each field stands beside the passport."""
_SAME: Final = ("field", "value", "measuredAt", "source")


class ExternalIdTaken(Refusal):
    """Another reading has this external id."""

    def __init__(self, external_id: str) -> None:
        super().__init__(
            "external_id_taken",
            f"{external_id!r} names another measurement of this passport, with other content.",
            details={"externalId": external_id},
        )


Reading = Document | Refusal
"""A measurement as it will be stored, or why it will not."""


def read(items: Sequence[Any], fields: Mapping[str, Field], passport_id: Id, *, now: datetime) -> list[Reading]:
    """Return what becomes of each item, by the fields that the product in use fills."""
    return [_read(item, fields, passport_id, now) for item in items]


def _read(item: Any, fields: Mapping[str, Field], passport_id: Id, now: datetime) -> Reading:
    try:
        asked = MeasurementCreate.model_validate(item)
    except ValidationError as error:
        return invalid(error.errors(), skip=0)
    faults = _faults(asked, fields, now)
    if faults:
        return Invalid(faults)
    names = {"externalId": asked.external_id, "source": asked.source}
    return {
        "_id": new_id(),
        "passportId": passport_id,
        "field": asked.field,
        "value": asked.value,
        "measuredAt": timestamp(asked.measured_at),
        **{name: text for name, text in names.items() if text is not None},
        "recordedAt": timestamp(now),
    }


def _faults(asked: MeasurementCreate, fields: Mapping[str, Field], now: datetime) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    if asked.measured_at > now + SKEW:
        faults["measuredAt"] = [f"lies in the future; a clock may be {SKEW.seconds // 60} minutes ahead"]
    field = fields.get(asked.field)
    if field is None:
        return faults | {"field": [f"is not measured here; these are: {', '.join(fields)}"]}
    for problem in check_value(field, asked.value):
        inside = problem.within("value")
        faults.setdefault(inside.path, []).append(problem.message)
    if not faults and is_too_large(asked.value):
        faults["value"] = ["is too large: a table has 16 kB at most"]
    return faults


def is_too_large(value: Any) -> bool:
    """Tell whether a value has more bytes than one may have."""
    return not isinstance(value, int | float | str) and len(orjson.dumps(value)) > LARGEST


@dataclass(frozen=True, slots=True)
class Sorted:
    """The readings that are new, and what is told of each item."""

    new: list[Document]
    results: list[Document]

    @property
    def outcome(self) -> Document:
        """Return the answer to the call."""
        found = [result["status"] for result in self.results]
        summary = {"created": found.count("created"), "repeated": found.count("repeated")}
        return {"results": self.results, "summary": {**summary, "failed": found.count("error")}}


def sort_out(readings: Sequence[Reading], stored: Mapping[str, Document]) -> Sorted:
    """Hold readings against those that are stored, by external id; what came twice in one call counts once."""
    known, new, results = dict(stored), [], []
    for index, reading in enumerate(readings):
        result = _held_against(known, reading)
        if result["status"] == "created" and isinstance(reading, dict):
            new.append(reading)
            if "externalId" in reading:
                known[reading["externalId"]] = reading
        results.append({"index": index, **result})
    return Sorted(new, results)


def _held_against(known: Mapping[str, Document], reading: Reading) -> Document:
    if isinstance(reading, Refusal):
        return {"status": "error", **reading.envelope}
    other = known.get(reading.get("externalId", ""))
    if other is None:
        return {"status": "created", "_id": reading["_id"]}
    if any(reading.get(name) != other.get(name) for name in _SAME):
        return {"status": "error", **ExternalIdTaken(reading["externalId"]).envelope}
    return {"status": "repeated", "_id": other["_id"]}


def newest(readings: Sequence[Document]) -> dict[str, Latest]:
    """Return the newest reading of each field; of several of one moment, the last."""
    found: dict[str, Latest] = {}
    for one in readings:
        before = found.get(one["field"])
        if before is None or before.measured_at <= one["measuredAt"]:
            found[one["field"]] = Latest(one["field"], one["value"], one["measuredAt"], one["recordedAt"])
    return found


def external_ids(readings: Sequence[Reading]) -> list[str]:
    """Return the external ids that readings have."""
    return [one["externalId"] for one in readings if isinstance(one, dict) and "externalId" in one]
