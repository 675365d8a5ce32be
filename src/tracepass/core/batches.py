"""Batches: many items in one request, each of which stands or falls alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tracepass.core.errors import Refusal
from tracepass.core.mongo import Document
from tracepass.core.validation import invalid

Item = TypeVar("Item", bound=BaseModel)


async def create_each(
    items: Sequence[Any], model: type[Item], create: Callable[[Item], Awaitable[Document]]
) -> dict[str, Any]:
    """Create item after item; return what became of each and how many succeeded.

    A refusal is that item's own; a fault of ours ends the whole request, what was created stays.
    """
    results = [await _create_one(index, item, model, create) for index, item in enumerate(items)]
    created = sum(result["status"] == "created" for result in results)
    return {"results": results, "summary": {"created": created, "failed": len(results) - created}}


async def _create_one(
    index: int, item: Any, model: type[Item], create: Callable[[Item], Awaitable[Document]]
) -> dict[str, Any]:
    try:
        return {"index": index, "status": "created", "data": await create(_read(item, model))}
    except Refusal as refusal:
        return {"index": index, "status": "error", **refusal.envelope}


def _read(item: Any, model: type[Item]) -> Item:
    try:
        return model.model_validate(item)
    except ValidationError as error:
        raise invalid(error.errors(), skip=0) from None
