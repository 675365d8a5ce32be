"""What a scan answers, made ready at each change so that a scan is one read by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from tracepass.core.canonical import plain
from tracepass.core.mongo import Document
from tracepass.identity.models import Caller
from tracepass.passports.audiences import EVERYBODY, is_open
from tracepass.passports.jsonld import public_jsonld
from tracepass.passports.secondlife.rules import public_lineage
from tracepass.passports.wire import shown, told_in_use
from tracepass.templates.models import Audience, Template

STATE_MEMBERS = ("suspendedAt", "suspensionReason", "archivedAt", "expiresAt")
SHOWN_MEMBERS = ("value", "sourceLocale", "translations", "updatedAt")


def scan_state(passport: Mapping[str, Any]) -> Document:
    """Return what decides how a scan is answered, before any content."""
    return {
        "status": passport["status"],
        "version": passport["version"],
        "category": passport["category"],
        "templateVersion": passport["templateVersion"],
        **{name: passport.get(name) for name in STATE_MEMBERS},
    }


def public_view(
    passport: Mapping[str, Any], product: Document, caller: Caller, template: Template, *, vocabulary: str
) -> Document:
    """Return the members of a claim that scans are answered from: state, page data and ready JSON-LD."""
    edition = f"{passport['version']}.{product['version']}"
    page = {**page_data(passport, product, caller, template), "edition": edition}
    jsonld = public_jsonld(page, template, vocabulary=vocabulary)
    return {
        **scan_state(passport),
        "edition": edition,
        "title": page["product"]["name"],
        "page": orjson.dumps(page, default=plain),
        "jsonld": orjson.dumps(jsonld, default=plain),
    }


def page_data(
    passport: Mapping[str, Any],
    product: Document,
    caller: Caller,
    template: Template,
    *,
    audiences: frozenset[Audience] = EVERYBODY,
) -> Document:
    """Return the data of the page: approved values that its readers are among the audiences of, and nothing else."""
    fields = {**shown(passport, template)["fields"], **told_in_use(passport)}
    return {
        "passportId": str(passport["_id"]),
        "gs1": passport["gs1"],
        "granularity": passport["granularity"],
        "category": passport["category"],
        "templateVersion": passport["templateVersion"],
        "version": passport["version"],
        "environment": caller.environment,
        "status": passport["status"],
        "product": {name: product.get(name) for name in ("name", "model", "description", "sourceLocale", "imageUrls")},
        "publisher": {
            "name": caller.workspace.name,
            "slug": caller.workspace.slug,
            "defaultLocale": caller.workspace.default_locale,
        },
        "fields": {
            key: {name: state[name] for name in SHOWN_MEMBERS}
            for key, state in fields.items()
            if is_open(template.fields[key], state, audiences)
        },
        "parties": passport["parties"],
        **public_lineage(passport, template, audiences),
        "publishedAt": passport.get("publishedAt"),
        "updatedAt": passport["updatedAt"],
        "expiresAt": passport.get("expiresAt"),
        "publishedIncomplete": passport.get("publishedIncomplete", False),
    }
