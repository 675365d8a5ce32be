"""Many items in one request, each of which is answered or refused by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from tracepass.core.errors import Invalid, Refusal
from tracepass.core.schema import WireModel
from tracepass.core.validation import invalid
from tracepass.tools.models import MAX_ITEMS, ToolBody

Item = TypeVar("Item", bound=WireModel)
Answer = dict[str, Any]


def answer_each(body: ToolBody, model: type[Item], answer: Callable[[Item], Answer]) -> Answer:
    """Answer the one item of a body, or each of its ``items``: ``{"results": [...], "summary": {...}}``.

    Raises:
        Refusal: the one item is refused, or the batch as a whole is none.
    """
    if "items" not in body.root:
        return answer(read_item(body.root, model))
    items = _items(body)
    results = [_answer_one(index, item, model, answer) for index, item in enumerate(items)]
    succeeded = sum(result["status"] == "ok" for result in results)
    return {"results": results, "summary": {"succeeded": succeeded, "failed": len(results) - succeeded}}


def read_item(value: Any, model: type[Item]) -> Item:
    """Return an item in the shape of its model.

    Raises:
        Invalid: it has another shape.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid(error.errors(), skip=0) from None


def _items(body: ToolBody) -> list[Any]:
    others = {name: ["cannot stand beside items"] for name in body.root if name != "items"}
    if others:
        raise Invalid(others)
    items = body.items
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_ITEMS:
        raise Invalid({"items": [f"must be an array of 1 to {MAX_ITEMS} items"]})
    return items


def _answer_one(index: int, item: Any, model: type[Item], answer: Callable[[Item], Answer]) -> Answer:
    try:
        return {"index": index, "status": "ok", "data": answer(read_item(item, model))}
    except Refusal as refusal:
        return {"index": index, "status": "error", **refusal.envelope}
