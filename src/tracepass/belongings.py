"""What a workspace has: how it leaves in an export, section by section, and how it is taken in again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.core.extracts import DELETIONS, Section, Source, without
from tracepass.core.restores import Intake
from tracepass.epcis.exporting import EVENTS_SECTION, MASTER_DATA_SECTION, VISIBILITY_SECTION
from tracepass.epcis.restoring import EventRestorer
from tracepass.epcis.restoringbeside import MasterDataRestorer, VisibilityRestorer
from tracepass.files.restoring import FileRestorer
from tracepass.files.service import TAKING, WAITING
from tracepass.links.restoring import LinkRestorer
from tracepass.measurements.exporting import MEASUREMENTS_SECTION
from tracepass.measurements.restoring import MeasurementRestorer
from tracepass.passports.exporting import LIFE_SECTION, passports_section
from tracepass.passports.life.restoring import LifeRestorer
from tracepass.passports.restoring.restorer import PassportRestorer
from tracepass.products.exporting import products_section
from tracepass.products.restoring import ProductRestorer
from tracepass.templates.service import Templates
from tracepass.traces.exporting import LOTS_SECTION, TRACES_SECTION
from tracepass.traces.restoring import LotRestorer, TraceRestorer


def export_sections(templates: Templates, origin: str) -> tuple[Section, ...]:
    """Return what an export of a workspace holds, in its order; what a feature adds is a row here."""
    return (
        products_section(origin),
        passports_section(templates),
        Section("files", "File", "/api/v1/files", (Source("files"),), without(WAITING, TAKING), changed="createdAt"),
        Section("links", "Link", "/api/v1/links", (Source("links"),), without("key")),
        LOTS_SECTION,
        TRACES_SECTION,
        LIFE_SECTION,
        MEASUREMENTS_SECTION,
        EVENTS_SECTION,
        MASTER_DATA_SECTION,
        VISIBILITY_SECTION,
        DELETIONS,
    )


def restorers(services: Mapping[type, Any]) -> tuple[Intake, ...]:
    """Return what can be taken in again, in the order of exports; ``services`` are those of the installation."""
    measurements, events = services[MeasurementRestorer], services[EventRestorer]
    return (
        Intake("products", "Product", "products:write", services[ProductRestorer]),
        Intake("passports", "Passport", "passports:write", services[PassportRestorer]),
        Intake("files", "File", "passports:write", services[FileRestorer]),
        Intake("links", "Link", "products:write", services[LinkRestorer]),
        Intake("lots", "Lot", "traces:write", services[LotRestorer]),
        Intake("traces", "Trace", "traces:write", services[TraceRestorer]),
        Intake("lifeEntries", "LifeEntry", "passports:write", services[LifeRestorer]),
        Intake("measurements", "Measurement", "passports:write", measurements, order="rows_back", a_write=500),
        Intake("epcisEvents", "EpcisEvent", "epcis:write", events, order="rows", is_opaque=True, a_write=500),
        Intake("epcisMasterData", "EpcisMasterData", "epcis:write", services[MasterDataRestorer], order="rows"),
        Intake("epcisVisibility", "EpcisVisibility", "workspace:manage", services[VisibilityRestorer], order="rows"),
    )
