"""From a request to a draft: key, defaults, values, parties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.core.clock import timestamp
from tracepass.core.errors import Invalid
from tracepass.core.ids import new_id
from tracepass.core.mongo import Document
from tracepass.core.origins import Origins
from tracepass.core.schema import WireId
from tracepass.core.trigrams import search_terms
from tracepass.gs1.keys import is_ai_value
from tracepass.identity.models import Caller
from tracepass.passports.desk import key_path
from tracepass.passports.fields import Hand, inherited, written
from tracepass.passports.models import FieldWrite, Granularity, Gs1, PartyPatch, PassportCreate
from tracepass.passports.parties import merged
from tracepass.passports.values import check, is_surely_small, refuse_large, writable
from tracepass.templates.models import Template
from tracepass.templates.service import quick_checks


class NamedPassport(PassportCreate):
    """A new passport that is given its id, so that whoever makes it twice can tell."""

    own_id: WireId


def draft(
    caller: Caller, body: PassportCreate, product: Document, template: Template, *, hand: Hand, origins: Origins
) -> Document:
    """Return a new draft with the defaults of its product, then the values of the request.

    Raises:
        Invalid: key, values or parties do not fit.
    """
    granularity = granularity_of(body.gs1, body.granularity)
    gs1: Document = {"gtin": body.gs1.gtin, "lot": body.gs1.lot, "serialNumber": body.gs1.serial_number}
    gs1["digitalLinkUri"] = digital_link(caller, key_path(gs1, granularity), origins)
    passport: Document = {
        "_id": body.own_id if isinstance(body, NamedPassport) else new_id(),
        "productId": product["_id"],
        "category": template.category,
        "templateVersion": template.version,
        "granularity": granularity,
        "gs1": gs1,
        "status": "draft",
        "fields": {**_defaults(product, template, hand), **_written(body.fields, template, hand)},
        "parties": _parties(body.parties),
        "version": 1,
        "createdAt": hand.at,
        "updatedAt": hand.at,
    }
    if body.expires_at is not None:
        passport["expiresAt"] = _future(timestamp(body.expires_at), hand.at)
    return passport


def _future(moment: str, now: str) -> str:
    if moment <= now:
        raise Invalid({"expiresAt": ["must lie in the future"]})
    return moment


def granularity_of(gs1: Gs1, asked: Granularity | None) -> Granularity:
    """Return the level of a passport: the one asked for, else the finest its key names.

    Raises:
        Invalid: an item has no serial, or a batch no lot.
    """
    level = asked or ("item" if gs1.serial_number is not None else "batch" if gs1.lot is not None else "model")
    if level == "item" and gs1.serial_number is None:
        raise Invalid({"gs1.serialNumber": ["is required for a passport of an item"]})
    if level == "batch" and gs1.lot is None:
        raise Invalid({"gs1.lot": ["is required for a passport of a batch"]})
    return level


def digital_link(caller: Caller, path: str, origins: Origins) -> str:
    """Return the link that is printed in the code."""
    if caller.environment == "test":
        return f"{origins.resolver}/test/{caller.workspace.slug}/p/{path}"
    return f"{origins.resolver}/p/{path}"


def key_warnings(gs1: Mapping[str, Any]) -> list[dict[str, str]]:
    """List what GS1 would say against serial and lot: they are taken, but are no valid AI 21 or 10."""
    names = {"serialNumber": ("serial", "21"), "lot": ("lot", "10")}
    return [
        {
            "code": f"{name}_not_gs1",
            "message": f"The {name} is no valid GS1 application identifier ({ai}), which has at most 20 characters "
            "of GS1's set of 82. The link works all the same.",
        }
        for member, (name, ai) in names.items()
        if gs1[member] is not None and not is_ai_value(gs1[member])
    ]


def search_of(gs1: Mapping[str, Any]) -> list[str]:
    """Return the terms a passport is found by."""
    texts = (gs1["gtin"], gs1["gtin"].lstrip("0"), gs1["serialNumber"], gs1["lot"])
    return search_terms(text for text in texts if text)


def _defaults(product: Document, template: Template, hand: Hand) -> Document:
    origin = {"productId": product["_id"], "version": product["version"]}
    return {
        key: inherited(template.fields[key], value, locale=product["sourceLocale"], origin=origin, hand=hand)
        for key, value in product["defaultFieldValues"].items()
        if key in template.fields
    }


def _written(writes: Mapping[str, FieldWrite], template: Template, hand: Hand) -> Document:
    fields: Document = {}
    checks = quick_checks(template)
    for key, write in writes.items():
        field, is_fine = checks.get(key) or (writable(template, key, path=f"fields.{key}"), _never)
        value = write.value
        if not is_fine(value):
            check(field, value, path=f"fields.{key}.value")
        elif not is_surely_small(value):
            refuse_large(value, path=f"fields.{key}.value")
        fields[key] = written(field, None, write, hand)
    return fields


def _never(_: object) -> bool:
    return False


def _parties(parties: Mapping[Any, PartyPatch]) -> Document:
    return {role: merged(None, party, path=f"parties.{role}") for role, party in parties.items()}
