"""Refusals: every way in which a request is turned down, as one exception with a stable code.

The envelope is ``{"error": code, "message": sentence, "details": {...}}``; ``CODES`` is the whole list and
``docs/errors.md`` explains each one (a test keeps the two equal).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

CODES: Mapping[str, int] = {
    "validation_error": 400,
    "malformed_json": 400,
    "too_large": 400,
    "unknown_field": 400,
    "read_only_field": 400,
    "not_translatable": 400,
    "unknown_category": 400,
    "unknown_country": 400,
    "invalid_request": 400,
    "invalid_grant": 400,
    "invalid_scope": 400,
    "invalid_target": 400,
    "unauthorized_client": 400,
    "unsupported_grant_type": 400,
    "invalid_redirect_uri": 400,
    "invalid_client_metadata": 400,
    "unauthorized": 401,
    "invalid_client": 401,
    "overage_required": 402,
    "epcis_events_overage_required": 402,
    "epcis_events_hard_block": 402,
    "forbidden": 403,
    "insufficient_scope": 403,
    "plan_required": 403,
    "not_found": 404,
    "template_not_found": 404,
    "file_not_uploaded": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "request_timeout": 408,
    "conflict": 409,
    "duplicate_model": 409,
    "duplicate_serial": 409,
    "duplicate_identifier": 409,
    "ambiguous_serial": 409,
    "gtin_registered_elsewhere": 409,
    "too_many_gtin_claims": 409,
    "gtin_not_firm": 409,
    "key_registered_elsewhere": 409,
    "duplicate_default_link": 409,
    "too_many_links": 409,
    "duplicate_domain": 409,
    "domain_not_verified": 409,
    "domain_registered_elsewhere": 409,
    "product_archived": 409,
    "product_has_passports": 409,
    "product_in_use": 409,
    "product_has_lots": 409,
    "duplicate_lot": 409,
    "lot_in_use": 409,
    "lineage_cycle": 409,
    "lineage_too_large": 409,
    "too_many_images": 409,
    "invalid_transition": 409,
    "publish_blocked": 409,
    "passport_archived": 409,
    "passport_published": 409,
    "passport_not_published": 409,
    "passport_has_successors": 409,
    "nothing_to_review": 409,
    "not_measurable": 409,
    "external_id_taken": 409,
    "file_in_use": 409,
    "email_taken": 409,
    "already_member": 409,
    "last_owner": 409,
    "event_id_taken": 409,
    "duplicate_query": 409,
    "too_many_queries": 409,
    "too_many_subscriptions": 409,
    "idempotency_in_flight": 409,
    "idempotency_answer_lost": 409,
    "too_many_webhooks": 409,
    "too_many_exports": 409,
    "import_under_way": 409,
    "too_many_signing_keys": 409,
    "signing_key_in_use": 409,
    "webhook_disabled": 409,
    "gone": 410,
    "precondition_failed": 412,
    "payload_too_large": 413,
    "query_too_large": 413,
    "export_too_large": 413,
    "unsupported_media_type": 415,
    "range_not_satisfiable": 416,
    "idempotency_key_reuse": 422,
    "locked": 423,
    "rate_limited": 429,
    "internal_error": 500,
    "not_implemented": 501,
    "service_unavailable": 503,
}


class Refusal(Exception):
    """An answer other than success: a stable code, a sentence for a person, and what else helps."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = CODES[code]
        self.message = message
        self.details = details
        self.headers = headers

    @property
    def envelope(self) -> dict[str, Any]:
        """Return the body of the answer."""
        body: dict[str, Any] = {"error": self.code, "message": self.message}
        if self.details is not None:
            body["details"] = dict(self.details)
        return body


class NotFound(Refusal):
    """The thing does not exist, or belongs to another workspace: the answer never tells which."""

    def __init__(self, what: str) -> None:
        super().__init__("not_found", f"There is no such {what} in this workspace.")


class Invalid(Refusal):
    """A request that breaks a rule of its schema: 400 with the offending paths."""

    def __init__(
        self,
        field_errors: Mapping[str, Sequence[str]] | None = None,
        *,
        form_errors: Sequence[str] = (),
        code: str = "validation_error",
        message: str | None = None,
    ) -> None:
        fields = {path: list(sentences) for path, sentences in (field_errors or {}).items()}
        details = {"fieldErrors": fields, "formErrors": list(form_errors)}
        super().__init__(code, message or _first_sentence(fields, form_errors), details=details)


def _first_sentence(fields: Mapping[str, Sequence[str]], form_errors: Sequence[str]) -> str:
    """Say the first fault in the message, so that a log line alone is enough to act on."""
    if fields:
        path, sentences = next(iter(fields.items()))
        more = len(fields) - 1
        tail = f" ({more} more in details)" if more else ""
        return f"{path}: {sentences[0]}{tail}"
    return form_errors[0] if form_errors else "The request is not valid."
