"""The tools: which operation of the contract stands behind each action, and nothing that the contract says itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_API: Final = "/api/v1"
_PRODUCT: Final = ("_id", "name", "model", "category", "status", "passportCount", "version", "updatedAt")
_PASSPORT: Final = (
    "_id", "productId", "category", "granularity", "gs1", "status", "completionPercentage", "fieldCounts", "version",
    "updatedAt",
)  # fmt: skip
_MADE: Final = ("_id", "name", "model", "gs1", "status", "warnings")
_STATE: Final = (
    *_PASSPORT, "publishedAt", "publishedIncomplete", "suspendedAt", "suspensionReason", "archivedAt", "expiresAt",
    "warnings",
)  # fmt: skip
_FIELD: Final = (
    "key", "label", "description", "section", "dataType", "format", "unit", "enumOptions", "columns", "schema",
    "validation", "integer", "precision", "translatable", "required", "obligation", "obligationBy", "condition",
    "accessLevel", "level", "lifecycle", "filledBy", "regulationRef",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """One action: the operation it calls, and, if not all, which members of things are worth an assistant's time."""

    method: str
    path: str
    brief: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolPlan:
    """One tool; the hints are the worst that any of its actions does."""

    title: str
    description: str
    actions: Mapping[str, Action]
    destructive: bool = False
    idempotent: bool = False

    @property
    def reads_only(self) -> bool:
        """Tell whether no action changes anything; the stateless tools are POSTs that store nothing."""
        return all(action.method == "GET" or action.path in STATELESS for action in self.actions.values())


def _get(path: str, brief: tuple[str, ...] = ()) -> Action:
    return Action("GET", f"{_API}{path}", brief)


def _post(path: str, brief: tuple[str, ...] = ()) -> Action:
    return Action("POST", f"{_API}{path}", brief)


def _patch(path: str) -> Action:
    return Action("PATCH", f"{_API}{path}")


def _delete(path: str) -> Action:
    return Action("DELETE", f"{_API}{path}")


STATELESS: Final = frozenset(
    f"{_API}{path}" for path in ("/epc/encode", "/epc/decode", "/barcode/decode", "/serial/validate", "/epcis/analyze")
)

TOOLS: Final[Mapping[str, ToolPlan]] = {
    "tracepass_products": ToolPlan(
        "Products",
        "The catalogue: a product holds what all passports of one model share. Archiving takes it out of use.",
        {
            "list": _get("/products", _PRODUCT),
            "get": _get("/products/{id}"),
            "create": _post("/products"),
            "update": _patch("/products/{id}"),
            "create_batch": _post("/products/batch", _MADE),
            "archive": _post("/products/{id}/archive"),
        },
        destructive=True,
    ),
    "tracepass_passports": ToolPlan(
        "Passports",
        "Digital product passports: find, make, judge and publish them. `publish` shows a passport to everybody; "
        "`suspend` and `archive` take it away. Ask the person before any of the three, and before `acknowledgeGaps` or "
        "`confirmOverage`. `list`, `create_batch` and changes of state answer in brief, `get` tells all.",
        {
            "list": _get("/passports", _PASSPORT),
            "get": _get("/passports/{id}"),
            "get_by_serial": _get("/passports/by-serial/{serial}"),
            "create": _post("/passports"),
            "create_batch": _post("/passports/batch", _MADE),
            "compliance": _get("/passports/{id}/compliance"),
            "registry_readiness": _get("/passports/{id}/registry-readiness"),
            "submit": _post("/passports/{id}/submit", _STATE),
            "publish": _post("/passports/{id}/publish", _STATE),
            "suspend": _post("/passports/{id}/suspend", _STATE),
            "archive": _post("/passports/{id}/archive", _STATE),
            "qr": _get("/passports/{id}/qr"),
            "snapshots": _get("/passports/{id}/snapshots"),
        },
        destructive=True,
    ),
    "tracepass_passport_fields": ToolPlan(
        "Fields of a passport",
        "Write the values of a passport, one or many at once, and review those that wait for it. "
        "Which keys and values there are is in the template of its category.",
        {
            "update": _patch("/passports/{id}/fields/{key}"),
            "update_many": _patch("/passports/{id}/fields"),
            "review": _post("/passports/{id}/fields/{key}/review"),
        },
        destructive=True,
    ),
    "tracepass_passport_parties": ToolPlan(
        "Parties of a passport",
        "The economic operators of a passport, by role: set one, or remove it.",
        {
            "set": _patch("/passports/{id}/parties/{role}"),
            "remove": _delete("/passports/{id}/parties/{role}"),
        },
        destructive=True,
    ),
    "tracepass_templates": ToolPlan(
        "Templates",
        "What a passport of each product group must say, field by field, with the law behind each field; the resource "
        "tracepass://template/{category} cites every law and guidance of a field.",
        {"list": _get("/templates"), "get": _get("/templates/{category}", _FIELD)},
        idempotent=True,
    ),
    "tracepass_epcis": ToolPlan(
        "Supply-chain events",
        "EPCIS 2.0: export the history of a passport, capture events, look after a capture job, query events, and "
        "analyse a document without storing it. Captured events cannot be taken back.",
        {
            "export": _get("/passports/{id}/epcis"),
            "capture": _post("/epcis/capture"),
            "capture_job": _get("/epcis/capture/{id}"),
            "query": _get("/epcis/events"),
            "analyze": _post("/epcis/analyze"),
        },
    ),
    "tracepass_gs1": ToolPlan(
        "GS1 tools",
        "EPCs, barcodes and serial numbers, written, read and checked; nothing is stored.",
        {
            "encode": _post("/epc/encode"),
            "decode": _post("/epc/decode"),
            "barcode": _post("/barcode/decode"),
            "validate_serial": _post("/serial/validate"),
        },
        idempotent=True,
    ),
    "tracepass_traces": ToolPlan(
        "Traces",
        "Keys of deliveries, orders and lots: where something comes from.",
        {
            "list": _get("/traces"),
            "get": _get("/traces/{id}"),
            "create": _post("/traces"),
            "update": _patch("/traces/{id}"),
            "delete": _delete("/traces/{id}"),
        },
        destructive=True,
    ),
}
