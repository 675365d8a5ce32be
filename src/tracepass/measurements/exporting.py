"""Measurements as exports tell them: as they are listed, with the passport each is of."""

from __future__ import annotations

from tracepass.core.extracts import Section, Source, without
from tracepass.measurements.repository import BY_TIME
from tracepass.passports.usedata import MEASUREMENTS

MEASUREMENTS_SECTION = Section(
    "measurements",
    "Measurement",
    "/api/v1/passports/measurements",
    (Source(MEASUREMENTS, ("passportId", "field", "-measuredAt", "-_id"), BY_TIME),),
    without(),
    changed="recordedAt",
)
"""What products in use told, by passport and field, the newest first."""
