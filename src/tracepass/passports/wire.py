"""A stored passport as readers of the API see it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tracepass.core.mongo import Document
from tracepass.locale import resolve
from tracepass.passports.secondlife.rules import battery_status
from tracepass.templates.models import Template
from tracepass.templates.service import SystemFacts, Templates, system_values

USE_DATA = ("dynamic", "measuredFields", "measuredOn")
"""What the product in use told, as it is kept beside a passport, outside its version: `passports.usedata`."""
INTERNAL = frozenset(
    {
        "workspaceId",
        "environment",
        "search",
        "stateHash",
        "fileRefs",
        "publicFileRefs",
        "everPublished",
        "complianceKey",
        *USE_DATA,
    }
)


def entity(stored: Mapping[str, Any]) -> Document:
    """Return a stored passport without what is kept for the platform alone: the state that hashes speak of."""
    return {name: value for name, value in stored.items() if name not in INTERNAL}


def shown(stored: Mapping[str, Any], template: Template) -> Document:
    """Return a passport as its GET shows it: with the fields that the platform fills, computed now."""
    passport = entity(stored)
    passport["fields"] = {**passport["fields"], **system_fields(passport, template)}
    if "lineage" in passport:
        passport["lineage"] = {**passport["lineage"], "batteryStatus": battery_status(passport)}
    if "dynamic" in stored:
        passport["dynamic"] = latest_values(stored)
    return passport


def use_data(stored: Mapping[str, Any]) -> Document:
    """Return what is kept beside a stored passport of what the product in use told."""
    return {name: stored[name] for name in USE_DATA if name in stored}


def told_in_use(stored: Mapping[str, Any]) -> Document:
    """Return the newest values of a stored passport in the form of its fields, by key."""
    rest: Document = {"status": "approved", "sourceLocale": None, "translations": {}}
    return {
        name: {"value": one["value"], "updatedAt": one["measuredAt"], **rest}
        for name, one in stored.get("dynamic", {}).items()
    }


def latest_values(stored: Mapping[str, Any]) -> Document:
    """Return the newest value of each field that the product in use told, by key."""
    kept = sorted(stored.get("dynamic", {}).items())
    return {name: {"value": one["value"], "measuredAt": one["measuredAt"]} for name, one in kept}


def system_fields(passport: Mapping[str, Any], template: Template) -> dict[str, Any]:
    """Compute the fields that the platform fills."""
    facts = SystemFacts(
        granularity=passport["granularity"],
        digital_link_uri=passport["gs1"]["digitalLinkUri"],
        status=passport["status"],
        template_version=passport["templateVersion"],
        updated_at=passport["updatedAt"],
    )
    values = system_values(_system_keys(template), facts)
    return {key: _system_field(value, template, key, passport) for key, value in values.items()}


@lru_cache
def _system_keys(template: Template) -> tuple[str, ...]:
    return template.system_keys


def _system_field(value: Any, template: Template, key: str, passport: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "value": value,
        "source": "system",
        "status": "approved",
        "accessLevel": template.fields[key].access_level,
        "sourceLocale": None,
        "translations": {},
        "updatedAt": passport["updatedAt"],
        "updatedBy": "system",
    }


def localised(passport: Document, lang: str) -> Document:
    """Return a passport with one value per field, the best for a language."""
    return {**passport, "fields": {key: _resolved(field, lang) for key, field in passport["fields"].items()}}


def _resolved(field: Mapping[str, Any], lang: str) -> dict[str, Any]:
    found = resolve(field, lang)
    rest = {name: value for name, value in field.items() if name not in {"value", "sourceLocale", "translations"}}
    return {"value": found.value, "locale": found.locale, **rest}


def labelled(passport: Document, template: Template, templates: Templates, lang: str) -> Document:
    """Return a passport whose fields carry their label, unit and section."""

    def dress(key: str, field: Mapping[str, Any]) -> dict[str, Any]:
        known = template.fields[key]
        label = templates.labels.text(lang, key, known.label)
        return {**field, "label": label, "unit": known.unit, "section": known.section}

    return {**passport, "fields": {key: dress(key, field) for key, field in passport["fields"].items()}}


def with_counts(passport: Mapping[str, Any], key: str) -> Document:
    """Return one field with the counts of its passport: the answer to a field write."""
    return {
        "key": key,
        **passport["fields"][key],
        "completionPercentage": passport["completionPercentage"],
        "fieldCounts": passport["fieldCounts"],
        "version": passport["version"],
    }
