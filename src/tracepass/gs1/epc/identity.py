"""Pure identity: an EPC as a value, as a URN, and as the application identifiers it stands for (TDS 1.13, 6 and 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tracepass.gs1.checkdigit import check_digit
from tracepass.gs1.epc.characters import DIGITS, CharacterSet, escape, position_in_escaped, unescape
from tracepass.gs1.epc.errors import EpcError
from tracepass.gs1.epc.schemes import PREFIX_LENGTHS, SCHEMES, Scheme

_URN_PARTS = 5
_PIECE_DIGITS = 2
_WILDCARD = "*"


@dataclass(frozen=True, slots=True)
class Epc:
    """An EPC, its components unescaped. ``serial`` is None for a class: a pattern that stands for all its instances.

    ``reference`` holds the indicator or extension digit in front, as the URN does. ``piece`` and ``total`` belong to
    ITIP alone.
    """

    scheme: Scheme
    company_prefix: str
    reference: str
    serial: str | None = None
    piece: str = ""
    total: str = ""

    @property
    def is_class(self) -> bool:
        """Tell whether it names a class (a product, a lot) and not one instance."""
        return self.scheme.namespace == "class" or (self.scheme.serial is not None and self.serial is None)

    @property
    def components(self) -> dict[str, str]:
        """Return the components by name, in the order of the URN; a class has no serial."""
        pieces = (self.piece, self.total) if self.scheme.pieces else ()
        values = (self.company_prefix, self.reference, *pieces, self.serial)
        return {name: value for name, value in zip(self.scheme.components, values, strict=False) if value is not None}

    @property
    def key(self) -> str:
        """Return the GS1 key that the scheme rests on, check digit included, without its serial."""
        prefix, reference, scheme = self.company_prefix, self.reference, self.scheme
        if scheme.digits is None:
            return prefix + reference
        body = reference[0] + prefix + reference[1:] if scheme.moved else prefix + reference
        return scheme.lead + body + check_digit(body) + self.piece + self.total


def parse_urn(text: str) -> Epc:
    """Read ``urn:epc:id:...``, ``urn:epc:class:lgtin:...`` or a pattern ``urn:epc:idpat:...`` whose serial is ``*``.

    A reserved character that came unescaped is read as itself; ``to_urn`` writes it as the standard wants it.

    Raises:
        EpcError: the text is none of these; the position counts from the start of the text.
    """
    parts = text.split(":", _URN_PARTS - 1)
    if len(parts) != _URN_PARTS or parts[0] != "urn" or parts[1] != "epc":
        raise EpcError("not_an_epc", "an EPC URN begins with urn:epc:id:, urn:epc:class: or urn:epc:idpat:", None, 0)
    scheme = SCHEMES.get(parts[3])
    if scheme is None:
        raise EpcError("unknown_scheme", f"there is no EPC scheme {parts[3]!r}", "scheme", len(parts[2]) + 9)
    if parts[2] not in (scheme.namespace, "idpat") or (parts[2] == "idpat" and scheme.namespace == "class"):
        raise EpcError("unknown_scheme", f"{scheme.label} stands under urn:epc:{scheme.namespace}:", "namespace", 8)
    return parse_body(parts[4], scheme, pattern=parts[2] == "idpat", offset=len(text) - len(parts[4]))


def parse_body(body: str, scheme: Scheme, *, pattern: bool = False, offset: int = 0) -> Epc:
    """Read the part of a URN behind the scheme's name; ``offset`` is where it stands in the text that was given.

    Raises:
        EpcError: a component is missing, too long, too short, or holds another character.
    """
    names = scheme.components
    values = body.split(".", len(names) - 1)
    if len(values) != len(names):
        message = f"{scheme.label} has {len(names)} components divided by dots: {', '.join(names)}"
        raise EpcError("missing_component", message, names[len(values)], offset + len(body))
    try:
        return check(_read(scheme, values, pattern=pattern))
    except EpcError as fault:
        raise _placed(fault, names, values, offset) from None


def to_urn(epc: Epc) -> str:
    """Write the URN: ``urn:epc:id:``, ``urn:epc:class:`` for a lot, ``urn:epc:idpat:`` with ``*`` for a class."""
    scheme = epc.scheme
    namespace = "idpat" if scheme.serial is not None and epc.serial is None else scheme.namespace
    return f"urn:epc:{namespace}:{scheme.name}:{to_body(epc)}"


def to_body(epc: Epc) -> str:
    """Write the components as the URN divides and escapes them."""
    scheme = epc.scheme
    reference = epc.reference if scheme.characters is DIGITS else escape(epc.reference)
    pieces = f".{epc.piece}.{epc.total}" if scheme.pieces else ""
    serial = "" if scheme.serial is None else "." + (_WILDCARD if epc.serial is None else escape(epc.serial))
    return f"{epc.company_prefix}.{reference}{pieces}{serial}"


def to_values(epc: Epc) -> dict[str, str]:
    """Return the application identifiers and their values, the key first: ``{"01": "...", "21": "6789"}``."""
    scheme, serial = epc.scheme, epc.serial
    if scheme.serial is None or serial is None or serial == scheme.serial.none:
        return {scheme.ai: epc.key}
    if scheme.serial.ai is None:
        return {scheme.ai: epc.key + serial}
    return {scheme.ai: epc.key, scheme.serial.ai: serial}


def from_values(
    values: Mapping[str, str],
    company_prefix_length: int | None,
    *,
    scheme: Scheme | None = None,
    verify: bool = True,
) -> Epc:
    """Return the EPC of a GS1 key; identifiers that are no part of an EPC are passed over.

    An EPC tells company prefix and reference apart, which a key does not: hence ``company_prefix_length`` (6 to 12).
    Without a serial the EPC is a class. The identifiers say which scheme it is, unless ``scheme`` does. A URN carries
    no check digit; ``verify=False`` takes a wrong one as it comes.

    Raises:
        EpcError: there is no key, or it is none of the length, the characters or the check digit of its kind;
            ``component`` is the application identifier, ``position`` counts within its value.
    """
    scheme = scheme or _scheme_of(values)
    if company_prefix_length is None:
        message = f"the length of the company prefix is needed to split a {scheme.key.upper()}"
        raise EpcError("company_prefix_length", message, "companyPrefixLength")
    if company_prefix_length not in PREFIX_LENGTHS:
        message = f"a company prefix has 6 to 12 digits, not {company_prefix_length}"
        raise EpcError("company_prefix_length", message, "companyPrefixLength")
    split = _split_text if scheme.digits is None else _split_digits
    return split(scheme, values, company_prefix_length, verify=verify)


def check(epc: Epc) -> Epc:
    """Return the EPC if each component has the length and the characters that its scheme gives it.

    Raises:
        EpcError: it has not; the position counts within the component.
    """
    scheme, prefix, reference = epc.scheme, epc.company_prefix, epc.reference
    names = scheme.components
    _only(DIGITS, prefix, names[0])
    if len(prefix) not in PREFIX_LENGTHS:
        raise EpcError("invalid_length", f"has 6 to 12 digits, not {len(prefix)}", names[0], 0)
    if reference:
        _only(scheme.characters, reference, names[1])
    _check_reference(scheme, len(prefix), len(reference))
    for name, value in ("piece", epc.piece), ("total", epc.total):
        if scheme.pieces and (DIGITS.fault(value) is not None or len(value) != _PIECE_DIGITS):
            raise EpcError("invalid_length", "has two digits", name, 0)
    if epc.serial is not None:
        check_serial(scheme, epc.serial)
    return epc


def check_serial(scheme: Scheme, value: str) -> None:
    """Refuse a serial that its scheme does not allow.

    Raises:
        EpcError: it is empty, too long, holds another character, or leading zeros where there are none.
    """
    serial = scheme.serial
    if serial is None:
        raise EpcError("unexpected_component", f"{scheme.label} has no serial", "serial", 0)
    _only(serial.characters, value, serial.name)
    if not 1 <= len(value) <= serial.longest:
        message = f"has 1 to {serial.longest} characters, not {len(value)}"
        raise EpcError("invalid_length", message, serial.name, min(len(value), serial.longest))
    if not serial.padded and len(value) > 1 and value[0] == "0":
        raise EpcError("leading_zero", "has no leading zeros", serial.name, 0)


def _read(scheme: Scheme, values: list[str], *, pattern: bool) -> Epc:
    serial: str | None = None
    if scheme.serial is not None:
        if not pattern:
            serial = unescape(values[-1])
        elif values[-1] != _WILDCARD:
            raise EpcError("invalid_character", "is * in a pattern", scheme.serial.name, 0)
    elif pattern:
        raise EpcError("unknown_scheme", f"{scheme.label} has no serial to leave open in a pattern", "scheme", None)
    reference = values[1] if scheme.characters is DIGITS else unescape(values[1])
    if scheme.pieces:
        return Epc(scheme, values[0], reference, serial, values[2], values[3])
    return Epc(scheme, values[0], reference, serial)


def _check_reference(scheme: Scheme, prefix: int, reference: int) -> None:
    name = scheme.components[1]
    if scheme.digits is None:
        if prefix + reference > scheme.longest:
            message = f"has at most {scheme.longest - prefix} characters beside a prefix of {prefix} digits"
            raise EpcError("invalid_length", message, name, scheme.longest - prefix)
    elif prefix + reference != scheme.digits:
        message = f"has {scheme.digits - prefix} digits beside a prefix of {prefix}, not {reference}"
        raise EpcError("invalid_length", message, name, min(reference, max(scheme.digits - prefix, 0)))
    if reference < scheme.shortest:
        raise EpcError("invalid_length", "is empty", name, 0)


def _only(characters: CharacterSet, value: str, name: str) -> None:
    if not value:
        raise EpcError("invalid_length", "is empty", name, 0)
    position = characters.fault(value)
    if position is not None:
        message = f"{value[position]!r} is not one of {characters.name}"
        raise EpcError("invalid_character", message, name, position)


def _placed(fault: EpcError, names: tuple[str, ...], values: list[str], offset: int) -> EpcError:
    if fault.position is None or fault.component not in names:
        return fault
    index = names.index(fault.component)
    start = offset + sum(len(value) + 1 for value in values[:index])
    position = start + position_in_escaped(values[index], fault.position)
    return EpcError(fault.code, fault.message, fault.component, position)


def _scheme_of(values: Mapping[str, str]) -> Scheme:
    candidates = list(_resting_on(values))
    if not candidates:
        raise EpcError("no_key", f"none of {', '.join(values) or 'no values'} is a key that an EPC rests on")
    for scheme in candidates:
        if scheme.serial is not None and scheme.serial.ai in values:
            return scheme
    return candidates[0]


def _resting_on(values: Mapping[str, str]) -> Iterator[Scheme]:
    return (scheme for ai in values for scheme in _BY_AI.get(ai, ()))


def _split_digits(scheme: Scheme, values: Mapping[str, str], length: int, *, verify: bool) -> Epc:
    value = values[scheme.ai]
    digits, tail = value[: scheme.key_length], value[scheme.key_length :]
    body, serial = _check_key(scheme, digits, verify=verify), _serial_of(scheme, values, tail)
    moved = 1 if scheme.moved else 0
    prefix, reference = body[moved : moved + length], body[:moved] + body[moved + length :]
    if not scheme.pieces:
        return Epc(scheme, prefix, reference, serial)
    return Epc(scheme, prefix, reference, serial, digits[-4:-2], digits[-2:])


def _check_key(scheme: Scheme, digits: str, *, verify: bool) -> str:
    """Return what the company prefix and the reference share out between them."""
    if digits:
        _only(DIGITS, digits, scheme.ai)
    if len(digits) != scheme.key_length:
        message = f"has {scheme.key_length} digits, not {len(digits)}"
        raise EpcError("invalid_length", message, scheme.ai, len(digits))
    if not digits.startswith(scheme.lead):
        raise EpcError("invalid_character", f"begins with {scheme.lead}", scheme.ai, 0)
    start, end = len(scheme.lead), len(scheme.lead) + (scheme.digits or 0)
    if verify and (right := check_digit(digits[start:end])) != digits[end]:
        raise EpcError("check_digit", f"has check digit {digits[end]}, but {right} is right", scheme.ai, end)
    return digits[start:end]


def _serial_of(scheme: Scheme, values: Mapping[str, str], tail: str) -> str | None:
    serial = scheme.serial
    inside = serial is not None and serial.ai is None
    if tail and not inside:
        message = f"has {scheme.key_length} digits, not {scheme.key_length + len(tail)}"
        raise EpcError("invalid_length", message, scheme.ai, scheme.key_length)
    if serial is None:
        return None
    value = values.get(serial.ai, serial.none) if serial.ai is not None else tail or None
    if value is None:
        return None
    try:
        check_serial(scheme, value)
    except EpcError as fault:
        position = (fault.position or 0) + (scheme.key_length if inside else 0)
        raise EpcError(fault.code, fault.message, serial.ai or scheme.ai, position) from None
    return value


def _split_text(scheme: Scheme, values: Mapping[str, str], length: int, *, verify: bool) -> Epc:
    del verify  # a key of text has no check digit
    value = values[scheme.ai]
    if len(value) < length:
        message = f"has {len(value)} characters, fewer than its company prefix of {length} digits"
        raise EpcError("invalid_length", message, scheme.ai, len(value))
    try:
        return check(Epc(scheme, value[:length], value[length:], _serial_of(scheme, values, "")))
    except EpcError as fault:
        if fault.component not in scheme.components[:2]:
            raise
        start = 0 if fault.component == "companyPrefix" else length
        raise EpcError(fault.code, fault.message, scheme.ai, (fault.position or 0) + start) from None


_BY_AI: Mapping[str, tuple[Scheme, ...]] = {
    ai: tuple(scheme for scheme in SCHEMES.values() if scheme.ai == ai)
    for ai in {scheme.ai for scheme in SCHEMES.values()}
}
