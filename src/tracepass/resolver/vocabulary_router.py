"""The route that the addresses of our terms lead to."""

from __future__ import annotations

import orjson
from starlette.responses import Response

from tracepass.api import Call, Router, raw_answer
from tracepass.resolver.vocabulary import Vocabulary

vocabulary_router = Router()
HEADERS = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=86400"}


@vocabulary_router.operation("GET", "/vocab/{name}", public=True)
async def get_vocabulary(call: Call) -> Response:
    """Describe the terms of a category."""
    description = call.service(Vocabulary).describe(call.path_params["name"])
    return raw_answer(orjson.dumps(description), "application/ld+json", headers=HEADERS)
