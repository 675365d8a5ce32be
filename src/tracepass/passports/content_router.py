"""The routes that fill a passport: fields, translations, reviews, parties."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer
from tracepass.core.completion import answering
from tracepass.core.errors import Invalid
from tracepass.core.mongo import Document
from tracepass.locale import UnknownLocale, check_locale
from tracepass.passports.addresses import locator, on_passport, role, segment
from tracepass.passports.fieldwork import PassportFields
from tracepass.passports.models import FieldsWrite, FieldWrite, PartyPatch, Review, TranslationWrite
from tracepass.passports.router import PREFIX, WRITE
from tracepass.passports.wire import with_counts

content_router = Router(prefix=PREFIX)


def _field(key: str) -> Callable[[Document], Response]:
    """Return how a write to one field is answered."""
    return answering(lambda passport: answer(with_counts(passport, key), headers={"ETag": f'"{passport["version"]}"'}))


def _locale(call: Call) -> str:
    try:
        return check_locale(segment(call, "locale"))
    except UnknownLocale as error:
        raise Invalid({"locale": [str(error)]}) from None


@on_passport(content_router, "PATCH", "/fields/{key}", scope=WRITE, budget=Budget.WRITES)
async def patch_field(call: Call, body: FieldWrite) -> Response:
    """Write one field."""
    key = segment(call, "key")
    render, fields = _field(key), call.service(PassportFields)
    return render(await fields.write(call.caller, locator(call), {key: body}, expected=call.expected_versions))


@on_passport(content_router, "PATCH", "/fields", scope=WRITE, budget=Budget.WRITES)
async def patch_fields(call: Call, body: FieldsWrite) -> Response:
    """Write many fields: all or none."""

    def render(passport: Document) -> Response:
        members = {name: passport[name] for name in ("completionPercentage", "fieldCounts", "version")}
        written = {key: passport["fields"][key] for key in body.fields}
        return answer({"fields": written, **members}, headers={"ETag": f'"{passport["version"]}"'})

    answering(render)
    return render(
        await call.service(PassportFields).write(
            call.caller, locator(call), body.fields, expected=call.expected_versions, inside="fields"
        )
    )


@on_passport(content_router, "PUT", "/fields/{key}/translations/{locale}", scope=WRITE, budget=Budget.WRITES)
async def put_translation(call: Call, body: TranslationWrite) -> Response:
    """Add or replace a translation."""
    key = segment(call, "key")
    render, fields = _field(key), call.service(PassportFields)
    return render(
        await fields.translate(call.caller, locator(call), key, _locale(call), body, expected=call.expected_versions)
    )


@on_passport(content_router, "DELETE", "/fields/{key}/translations/{locale}", scope=WRITE, budget=Budget.WRITES)
async def delete_translation(call: Call) -> Response:
    """Take a translation away."""
    key = segment(call, "key")
    render, fields = _field(key), call.service(PassportFields)
    return render(
        await fields.drop_translation(call.caller, locator(call), key, _locale(call), expected=call.expected_versions)
    )


@on_passport(content_router, "POST", "/fields/{key}/review", scope=WRITE, budget=Budget.WRITES)
async def review_field(call: Call, body: Review) -> Response:
    """Give a verdict on a field."""
    key = segment(call, "key")
    render, fields = _field(key), call.service(PassportFields)
    return render(await fields.review(call.caller, locator(call), key, body, expected=call.expected_versions))


@on_passport(content_router, "PATCH", "/parties/{role}", scope=WRITE, budget=Budget.WRITES)
async def patch_party(call: Call, body: PartyPatch) -> Response:
    """Set members of a party."""
    name = role(call)
    render, fields = _party(name), call.service(PassportFields)
    return render(await fields.set_party(call.caller, locator(call), name, body, expected=call.expected_versions))


@on_passport(content_router, "DELETE", "/parties/{role}", scope=WRITE, budget=Budget.WRITES)
async def delete_party(call: Call) -> Response:
    """Take a party away."""
    name = role(call)
    render, fields = _party(name), call.service(PassportFields)
    return render(await fields.remove_party(call.caller, locator(call), name, expected=call.expected_versions))


def _party(name: str) -> Callable[[Document], Response]:
    """Return how a change of a party is answered."""

    def render(passport: Document) -> Response:
        parties = passport["parties"]
        body = {"role": name, "party": parties.get(name), "parties": parties, "version": passport["version"]}
        return answer(body, headers={"ETag": f'"{passport["version"]}"'})

    return answering(render)
