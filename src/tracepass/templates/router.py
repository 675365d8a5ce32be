"""The routes of the templates: free of any budget, answered from memory."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator
from starlette.responses import Response

from tracepass.api import Call, Router, Segment, raw_answer
from tracepass.locale import check_locale
from tracepass.templates.service import Rendered, Templates

router = Router(prefix="/api/v1/templates")

READ = "templates:read"
Locale = Annotated[str, AfterValidator(check_locale)]


def _from_memory(call: Call, rendered: Rendered) -> Response:
    """Answer the ready bytes, or 304 to a reader who has them already (RFC 9110 15.4.5)."""
    headers = {"ETag": f'"{rendered.etag}"', "Cache-Control": "private, no-cache"}
    if call.has_fresh(headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return raw_answer(rendered.body, "application/json", headers=headers)


@router.operation("GET", "", scope=READ)
async def list_templates(call: Call, lang: Locale | None = None) -> Response:
    """List the latest template of every category."""
    return _from_memory(call, call.service(Templates).list_json(lang))


@router.operation("GET", "/{category}", scope=READ)
async def get_template(call: Call, category: Segment, lang: Locale | None = None) -> Response:
    """Read the latest template of a category, by its name or an alias."""
    templates = call.service(Templates)
    return _from_memory(call, templates.detail_json(templates.get(category), lang))
