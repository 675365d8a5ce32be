"""EPCs of keys and keys of EPCs, in the shapes of the tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracepass.core.errors import Invalid
from tracepass.gs1 import checkdigit, epc
from tracepass.gs1.elements import Element, to_bracketed
from tracepass.gs1.epc import Epc, EpcError, Scheme, Tag
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.gtin import InvalidGtin, normalise_gtin
from tracepass.gs1.scandata import read_scan
from tracepass.tools.faults import FaultyValue, of_epc, of_syntax
from tracepass.tools.models import DecodeItem, EncodeItem

_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "sgcn": ("gcn", "sgcn"),
    "pgln": ("pgln", "gln"),
    "itip": ("itip", "gtin"),
}
_SETTINGS = {"type", "company_prefix_length", "class_level", "filter", "tag_scheme"}
_LEAST_MEMORY = 24


def encode(item: EncodeItem) -> dict[str, Any]:
    """Return a key as an EPC: URN, element string, Digital Link and, where there is one, tag.

    Raises:
        Invalid: the type is unknown, a member is missing, does not belong to it or is faulty, or no tag can hold it.
    """
    scheme = epc.SCHEMES.get(item.type.lower())
    if scheme is None:
        known = ", ".join(one.label for one in epc.SCHEMES.values())
        raise FaultyValue("type", f"is none of {known}", code="unknown_scheme")
    given = _members(item, scheme)
    source = _Source.of(scheme, given, class_level=item.class_level)
    try:
        found = epc.from_values(source.values, item.company_prefix_length, scheme=scheme)
    except EpcError as fault:
        raise of_epc(fault, source.fields.get(fault.component or "", fault.component or "type")) from None
    return {
        "type": scheme.label,
        "uri": epc.to_urn(found),
        "elementString": _element_string(found),
        "digitalLink": epc.to_link(found),
        "components": _keys(found),
        "tag": _tag(found, item),
    }


def decode(item: DecodeItem) -> dict[str, Any]:
    """Return the GS1 key and the components of an EPC given as URN, tag URI, tag memory, link or element string.

    Raises:
        Invalid: it is none of these, or the company prefix has another length than the request says.
    """
    notation, found, tag = _read(item)
    length = item.company_prefix_length
    if length is not None and length != len(found.company_prefix):
        message = f"is {length}, but the company prefix {found.company_prefix} has {len(found.company_prefix)} digits"
        raise FaultyValue("companyPrefixLength", message, code="company_prefix_length")
    keys = _keys(found)
    return {
        "type": found.scheme.label,
        **keys,
        "companyPrefix": found.company_prefix,
        "components": found.components | keys,
        "notation": notation,
        "level": "class" if found.is_class else "instance",
        "uri": epc.to_urn(found),
        "elementString": _element_string(found),
        "digitalLink": epc.to_link(found),
        "tag": _shown(tag) if tag is not None else _tag(found, None),
    }


@dataclass(frozen=True, slots=True)
class _Source:
    """The values of the application identifiers that a request spells out, and the member each came from."""

    values: Mapping[str, str]
    fields: Mapping[str, str]

    @classmethod
    def of(cls, scheme: Scheme, given: Mapping[str, str], *, class_level: bool) -> _Source:
        field, key = _key(scheme, given)
        fields = {scheme.ai: field, "companyPrefixLength": "companyPrefixLength"}
        serial = scheme.serial
        if serial is None or (value := _serial(scheme, given, key, class_level=class_level)) is None:
            return cls({scheme.ai: key}, fields)
        if serial.ai is None:
            return cls({scheme.ai: key + value}, fields)
        return cls({scheme.ai: key, serial.ai: value}, fields | {serial.ai: serial.name})


def _members(item: EncodeItem, scheme: Scheme) -> Mapping[str, str]:
    """Return the members that name the key and its serial; others belong to other types."""
    given = {name: value for name, value in item.model_dump(exclude=_SETTINGS).items() if value is not None}
    keys = _OTHER_NAMES.get(scheme.name, (scheme.key,))
    known = {*keys, *(() if scheme.serial is None else (scheme.serial.name,))}
    known |= {"piece", "total"} if scheme.pieces else set()
    strangers = {name: [f"is no part of {scheme.label}"] for name in given if name not in known}
    if strangers:
        raise Invalid(strangers)
    if not any(name in given for name in keys):
        raise Invalid({keys[0]: [f"is required for {scheme.label}"]})
    return given


def _key(scheme: Scheme, given: Mapping[str, str]) -> tuple[str, str]:
    """Return which member holds the key, and the key as its application identifier holds it."""
    field = next(name for name in _OTHER_NAMES.get(scheme.name, (scheme.key,)) if name in given)
    value = given[field]
    if field == "gtin":
        try:
            value = normalise_gtin(value)
        except InvalidGtin as error:
            raise FaultyValue(field, str(error), code="invalid_gtin") from None
        return field, value + given.get("piece", "") + given.get("total", "")
    separate = scheme.serial is not None and scheme.serial.name in given
    return field, _with_lead(scheme, value, separate=separate)


def _with_lead(scheme: Scheme, value: str, *, separate: bool) -> str:
    """Return a GRAI as AI (8003) has it: a caller may leave the leading zero to us, as the key itself has none."""
    if not scheme.lead:
        return value
    if separate:
        return value if len(value) == scheme.key_length else scheme.lead + value
    length = scheme.key_length - len(scheme.lead)
    has_lead = value.startswith(scheme.lead) and checkdigit.is_valid(value[len(scheme.lead) : scheme.key_length])
    if has_lead and checkdigit.is_valid(value[:length]) and len(value) > length:
        message = f"can be read with and without the {scheme.lead} of AI ({scheme.ai}); give its serial apart"
        raise FaultyValue(scheme.key, message, code="ambiguous")
    return value if has_lead else scheme.lead + value


def _serial(scheme: Scheme, given: Mapping[str, str], key: str, *, class_level: bool) -> str | None:
    """Return the serial that stands in a member of its own; None if it is part of the key or left open."""
    if scheme.serial is None:
        return None
    name = scheme.serial.name
    if name in given:
        if class_level:
            raise Invalid({name: ["cannot stand beside classLevel"]})
        return given[name]
    inside = scheme.serial.ai is None and len(key) > scheme.key_length
    if not (class_level or inside or scheme.serial.none is not None):
        raise Invalid({name: [f"is required for {scheme.label}, unless classLevel is true"]})
    if class_level and scheme.namespace == "class":
        raise Invalid({name: [f"is required: {scheme.label} is a class already"]})
    return None


def _keys(found: Epc) -> dict[str, str]:
    """Return the key and its serial under their own names."""
    scheme = found.scheme
    keys = {scheme.key: found.key.removeprefix(scheme.lead) if scheme.lead else found.key}
    if scheme.pieces:
        keys["gtin"] = found.key[:-4]
    if scheme.serial is not None and found.serial is not None:
        keys[scheme.serial.name] = found.serial
    return keys


def _element_string(found: Epc) -> str:
    return to_bracketed(Element(ai, value) for ai, value in epc.to_values(found).items())


def _tag(found: Epc, item: EncodeItem | None) -> dict[str, Any] | None:
    """Return the shortest tag of an EPC, or the one asked for; None where none was asked for and there is none."""
    name = item.tag_scheme if item is not None else None
    try:
        tag = epc.encode_tag(found, name, filter_value=0 if item is None else item.filter)
    except EpcError as fault:
        if name is None:
            return None
        raise of_epc(fault, "tagScheme") from None
    return _shown(tag)


def _shown(tag: Tag) -> dict[str, Any]:
    return {
        "scheme": tag.scheme.name,
        "filter": tag.filter,
        "filterName": tag.filter_name,
        "uri": tag.uri,
        "hex": epc.to_hex(tag),
    }


def _read(item: DecodeItem) -> tuple[str, Epc, Tag | None]:
    """Return the notation of a value, its EPC, and the tag if it is one."""
    value, length = item.value, item.company_prefix_length
    try:
        if value.startswith("urn:epc:tag:"):
            tag = epc.parse_tag_uri(value)
            return "tag-uri", tag.epc, tag
        if value.startswith("urn:"):
            return "urn", epc.parse_urn(value), None
        if value[:8].lower().startswith(("http://", "https://")):
            return "digital-link", _of_link(value, item), None
        if (memory := _memory(value)) is not None:
            return "tag-memory", memory.epc, memory
        values = {element.ai: element.value for element in read_scan(value).elements}
        return "element-string", epc.from_values(values, length), None
    except EpcError as fault:
        field = "companyPrefixLength" if fault.component == "companyPrefixLength" else "value"
        raise of_epc(fault, field) from None
    except Gs1SyntaxError as fault:
        raise of_syntax(fault, "value") from None


def _of_link(value: str, item: DecodeItem) -> Epc:
    """Return the EPC of a link; whoever sends a wrong check digit is told how to translate it all the same.

    Raises:
        EpcError: it has none.
    """
    try:
        return epc.from_link(value, item.company_prefix_length, verify=item.verify_check_digit)
    except EpcError as fault:
        if fault.code != "check_digit":
            raise
        message = f"{fault.message}; verifyCheckDigit: false passes over it"
        raise EpcError(fault.code, message, fault.component, fault.position) from None


def _memory(value: str) -> Tag | None:
    """Return the tag whose memory a text is; digits alone may as well be an element string, which is tried next."""
    if len(value) < _LEAST_MEMORY or len(value) % 4:
        return None
    try:
        return epc.parse_hex(value)
    except EpcError:
        if value.isdigit() or any(character not in "0123456789abcdefABCDEF" for character in value):
            return None
        raise
