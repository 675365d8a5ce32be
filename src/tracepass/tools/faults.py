"""Faults of GS1 data as refusals: where a request named the faulty part, and where in it the fault is."""

from __future__ import annotations

from typing import Any

from tracepass.core.errors import Invalid
from tracepass.gs1.epc import EpcError
from tracepass.gs1.faults import Gs1SyntaxError


class FaultyValue(Invalid):
    """A value that cannot be: 400 ``validation_error``, and in ``details.faults`` what, where and why."""

    def __init__(
        self,
        field: str,
        message: str,
        *,
        code: str = "invalid_value",
        component: str | None = None,
        position: int | None = None,
    ) -> None:
        super().__init__({field: [message]})
        fault: dict[str, Any] = {"code": code, "message": message, "field": field}
        fault |= {} if component is None else {"component": component}
        fault |= {} if position is None else {"position": position}
        self.details = {**(self.details or {}), "faults": [fault]}


def of_epc(fault: EpcError, field: str) -> FaultyValue:
    """Return the refusal of a request whose member ``field`` is at fault."""
    return FaultyValue(field, str(fault), code=fault.code, component=fault.component, position=fault.position)


def of_syntax(fault: Gs1SyntaxError, field: str) -> FaultyValue:
    """Return the refusal of a request whose member ``field`` is GS1 data that the standard refuses."""
    message = f"{fault.message} (position {fault.position})"
    return FaultyValue(field, message, code=fault.code, component=fault.ai, position=fault.position)
