"""A passport has two addresses, ``/passports/{id}`` and ``/passports/by-serial/{serial}``; every operation has both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec

from tracepass.api import Call, Router, path_id
from tracepass.api.call import decode_segment
from tracepass.api.routing import Endpoint
from tracepass.core.errors import Invalid
from tracepass.gs1.gtin import InvalidGtin, normalise_gtin
from tracepass.passports.models import ROLES, ById, BySerial, Locator

Params = ParamSpec("Params")
BY_SERIAL = "/by-serial/{serial}"
BY_ID = "/{id}"


def on_passport(
    router: Router, method: str, tail: str = "", **demands: Any
) -> Callable[[Endpoint[Params]], Endpoint[Params]]:
    """Declare an operation on one passport under both of its addresses."""

    def register(endpoint: Endpoint[Params]) -> Endpoint[Params]:
        twin = router.operation(method, f"{BY_SERIAL}{tail}", **demands, also_query=frozenset({"gtin"}))
        router.operation(method, f"{BY_ID}{tail}", **demands)(endpoint)
        return twin(endpoint)

    return register


def locator(call: Call) -> Locator:
    """Return which passport a call speaks of.

    Raises:
        Invalid: the id, the serial's escapes or the GTIN are malformed.
    """
    if "serial" not in call.path_params:
        return ById(path_id(call, "id"))
    gtin = call.query_params.get("gtin")
    try:
        return BySerial(segment(call, "serial"), None if gtin is None else normalise_gtin(gtin))
    except InvalidGtin as error:
        raise Invalid({"gtin": [str(error)]}) from None


def segment(call: Call, name: str) -> str:
    """Return a decoded path segment.

    Raises:
        Invalid: it is no percent-encoded UTF-8 text.
    """
    try:
        return decode_segment(call.path_params[name])
    except ValueError as error:
        raise Invalid({name: [str(error)]}) from None


def role(call: Call) -> str:
    """Return the role of a party.

    Raises:
        Invalid: there is no such role.
    """
    name = segment(call, "role")
    if name not in ROLES:
        raise Invalid({"role": [f"must be one of {', '.join(ROLES)}"]})
    return name
