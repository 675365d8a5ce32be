"""The public pages of the templates: no key, no script, in the reader's language."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator
from starlette.responses import Response

from tracepass.api import Call, Router, Segment, raw_answer
from tracepass.contract.template_pages import TEMPLATE_POLICY, Page, TemplatePages
from tracepass.locale import check_locale, negotiate

template_router = Router()
Locale = Annotated[str, AfterValidator(check_locale)]
HEADERS = {
    "Content-Security-Policy": TEMPLATE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "public, max-age=300",
    "Vary": "Accept-Language",
}


def _locale(call: Call, lang: str | None) -> str:
    return negotiate(lang, call.headers.get("accept-language"), None)


def _shown(call: Call, page: Page) -> Response:
    headers = {**HEADERS, "ETag": f'"{page.etag}"', "Content-Language": page.locale}
    if call.has_fresh(headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return raw_answer(page.body, "text/html; charset=utf-8", headers=headers)


@template_router.operation("GET", "/templates", public=True)
async def list_template_pages(call: Call, lang: Locale | None = None) -> Response:
    """Show all categories."""
    return _shown(call, call.service(TemplatePages).list_(_locale(call, lang)))


@template_router.operation("GET", "/templates/{category}", public=True)
async def get_template_page(call: Call, category: Segment, lang: Locale | None = None) -> Response:
    """Show what a passport of a category is asked."""
    return _shown(call, call.service(TemplatePages).one(category, _locale(call, lang)))
