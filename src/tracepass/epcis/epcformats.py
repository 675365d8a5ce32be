"""``GS1-EPC-Format``: the identifiers of an event as EPC URNs or as GS1 Digital Links, as a client asks for them.

The REST binding's default is ``Always_GS1_Digital_Link``. A link tells nothing of where the company prefix ends, which
a URN needs: ``Always_EPC_URN`` therefore asks for its length, and leaves a link as it is where nobody knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from tracepass.epcis.identifiers import as_urn, normal
from tracepass.epcis.xmlfields import EPC_LISTS, PLACES, QUANTITY_LISTS, TYPED_LISTS

EpcFormat = Literal["No_Preference", "Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates"]
PrefixLength = Callable[[str], int | None]
_SINGLE: Final = frozenset({"parentID", "transformationID"})
_DEVICES: Final = ("sensorMetadata", "sensorReport")


def unknown_prefix(_canonical: str) -> int | None:
    """Say of any identifier that the length of its company prefix is not known."""
    return None


def formatted_uri(uri: str, form: EpcFormat, prefix_length: PrefixLength = unknown_prefix) -> str:
    """Return an identifier in the notation asked for; itself where it has none there, or is no identifier of GS1.

    ``prefix_length`` is asked with the canonical link.
    """
    if form == "Always_GS1_Digital_Link":
        return normal(uri) if uri.startswith("urn:epc:") else uri
    if form == "Always_EPC_URN" and uri.startswith(("https://", "http://")):
        canonical = normal(uri)
        length = prefix_length(canonical)
        return uri if length is None else as_urn(canonical, length) or uri
    return uri


def formatted_event(
    event: Mapping[str, Any], form: EpcFormat, prefix_length: PrefixLength = unknown_prefix
) -> dict[str, Any]:
    """Return an event with its identifiers in the notation asked for; extensions stay as they are."""
    if form in {"No_Preference", "Never_Translates"}:
        return dict(event)

    def one(uri: Any) -> Any:
        return formatted_uri(uri, form, prefix_length) if isinstance(uri, str) else uri

    return {name: _field(name, value, one) for name, value in event.items()}


def _field(name: str, value: Any, one: Callable[[Any], Any]) -> Any:
    if name in EPC_LISTS:
        return [one(item) for item in value] if isinstance(value, list) else one(value)
    if name in _SINGLE:
        return one(value)
    if name in PLACES:
        return _member(value, "id", one)
    if name in QUANTITY_LISTS:
        return _each(value, "epcClass", one)
    if name in TYPED_LISTS:
        return _each(value, TYPED_LISTS[name][0], one)
    return [_sensor(item, one) for item in value] if name == "sensorElementList" else value


def _each(value: Any, member: str, one: Callable[[Any], Any]) -> Any:
    return [_member(item, member, one) for item in value] if isinstance(value, list) else value


def _member(value: Any, member: str, one: Callable[[Any], Any]) -> Any:
    return {**value, member: one(value[member])} if isinstance(value, Mapping) and member in value else value


def _sensor(element: Any, one: Callable[[Any], Any]) -> Any:
    if not isinstance(element, Mapping):
        return element
    found = dict(element)
    for name in _DEVICES:
        value = found.get(name)
        found_value = _each(value, "deviceID", one) if isinstance(value, list) else _member(value, "deviceID", one)
        if name in found:
            found[name] = found_value
    return found
