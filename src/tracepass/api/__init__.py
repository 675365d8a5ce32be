"""The request pipeline that every route goes through; a route cannot exist without its policy.

The order is always: authenticate, scope, declared size and media type, parse and validate path, query and body,
gates (idempotency, then quota, as their packages are wired in), handler, headers.
"""

from tracepass.api.answers import answer, entity_answer, list_answer, raw_answer
from tracepass.api.call import Call, Segment, path_id
from tracepass.api.policy import Budget, Policy
from tracepass.api.routing import Router

__all__ = [
    "Budget",
    "Call",
    "Policy",
    "Router",
    "Segment",
    "answer",
    "entity_answer",
    "list_answer",
    "path_id",
    "raw_answer",
]
