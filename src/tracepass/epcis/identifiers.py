"""One thing, one text: EPC URNs and GS1 Digital Links of the same thing become the same canonical link.

Source: CBV 2.0, 8.2 (which URIs name objects, locations, parties); TDS 1.13, 7 (a URN and the application identifiers
it stands for); GS1 Digital Link 1.6, 4.11. The way from a URN to a link needs no company prefix, the way back does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product

from tracepass.gs1.checkdigit import check_digit
from tracepass.gs1.epc import EpcError, Pattern, from_values, parse_pattern, parse_urn, to_link, to_urn
from tracepass.gs1.epc.links import STEM, read_link
from tracepass.gs1.epc.schemes import SCHEMES
from tracepass.gs1.keys import encode_segment

LONGEST = 2048
"""A URI that is longer is taken for nobody's identifier; what was read is remembered, and must have bounds."""
_URN = "urn:epc:"
_GDTI, _GDTI_SERIAL = "urn:epc:id:gdti:", 17
"""Documents and how long their serials may be; those of items may be longer."""
_PLAIN_SERIAL = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_.-]{0,19}")
_PLAIN_LINK = re.compile(r"https?://[^/?#]+(/01/[0-9]{14})(?:/10/[\w.-]{1,20})?(/21/[0-9A-Za-z_-]{1,20})", re.ASCII)
_KEY_IN_PATH = re.compile(r"/[0-9]{2,4}/")
_LOT_AND_SERIAL = re.compile(r"(/01/[0-9]{8,14}/10/[^/?#]+)/21/")
_SERIAL_AIS: Mapping[str, tuple[str, ...]] = {
    "01": ("21", "235", "10"),
    "8006": ("21", "10"),
    "414": ("254",),
    "8010": ("8011",),
}
"""What may stand behind a key, the finest first: the finest that is there is kept (CBV 2.0, 8.9.2)."""
_GTIN_DIGITS = 14
_SHORT_GTINS = frozenset({8, 12, 13})
_SERIAL_PARTS = 3
# Where the digits of the class end in an application identifier that holds key and serial in one.
_KEY_DIGITS: Mapping[str, int] = {"8003": 14, "253": 13, "255": 13}
_DIGITS = "0123456789"


def normal(uri: str) -> str:
    """Return the one text that stands for what a URI names.

    EPC URNs, EPC classes, ``idpat`` patterns that end in one wildcard, and links of any domain become the canonical
    link (``https://id.gs1.org/01/80614141123458/21/6789``) with the finest level alone (a serial makes the lot
    superfluous) and without attributes. Any other URI stays as it is, and so does one longer than ``LONGEST``. Never
    raises.
    """
    return _normal(uri) if len(uri) <= LONGEST else uri


@lru_cache(maxsize=8192)
def _normal(uri: str) -> str:
    """Return the text for a URI: each is asked for several times, for its hash and for each way it is found."""
    if uri.startswith(_URN):
        return _from_urn(uri)
    if uri.startswith(("https://", "http://")):
        plain = _PLAIN_LINK.fullmatch(uri)
        if plain:
            return f"{STEM}{plain[1]}{plain[2]}"
        return _from_link(uri) if _KEY_IN_PATH.search(uri) else uri
    return uri


def _from_urn(uri: str) -> str:
    head, dot, rest = uri.partition(".")
    reference, _, serial = rest.partition(".")
    if dot and _PLAIN_SERIAL.fullmatch(serial) and (len(serial) <= _GDTI_SERIAL or not head.startswith(_GDTI)):
        beginning = _beginning(f"{head}.{reference}")
        if beginning is not None:
            return beginning + serial
    return _slowly(uri)


@lru_cache(maxsize=8192)
def _beginning(head: str) -> str | None:
    """Return what stands before the serial of an SGTIN, LGTIN or GDTI; None for others and faulty references."""
    if not head.startswith(("urn:epc:id:sgtin:", "urn:epc:class:lgtin:", _GDTI)):
        return None
    try:
        return to_link(parse_urn(f"{head}.1")).removesuffix("1")
    except EpcError:
        return None


@lru_cache(maxsize=8192)
def _slowly(uri: str) -> str:
    try:
        return to_link(parse_urn(uri))
    except EpcError:
        return uri


@lru_cache(maxsize=8192)
def _from_link(uri: str) -> str:
    try:
        values = read_link(uri)
    except EpcError:
        return uri
    key = next(iter(values))
    written = values.pop(key)
    value = written.zfill(_GTIN_DIGITS) if key == "01" and len(written) in _SHORT_GTINS else written
    if not _plausible(key, value):
        return uri
    finest = next((ai for ai in _SERIAL_AIS.get(key, ()) if ai in values), None)
    tail = "" if finest is None else f"/{finest}/{encode_segment(values[finest])}"
    return f"{STEM}/{key}/{encode_segment(value)}{tail}"


def _plausible(key: str, value: str) -> bool:
    """Tell whether a value may be one of its key; a path like ``/00/intro`` is none of GS1."""
    return _VALUES[key].fullmatch(value) is not None


def _values() -> Iterator[tuple[str, re.Pattern[str]]]:
    for scheme in SCHEMES.values():
        if scheme.digits is None:
            yield scheme.ai, re.compile(r"[0-9]{4}.{1,26}")
        else:
            inside = scheme.serial is not None and scheme.serial.ai is None
            yield scheme.ai, re.compile(f"[0-9]{{{scheme.key_length}}}" + (".{0,17}" if inside else ""))


_VALUES: Mapping[str, re.Pattern[str]] = dict(_values())


def ancestors(canonical: str) -> tuple[str, ...]:
    """Return the classes that a canonical identifier belongs to, itself left out.

    The GTIN of a serial or lot, the GLN of an extended location, the asset, document or coupon type of a serial.
    """
    if not canonical.startswith(STEM):
        return ()
    parts = canonical.split("/")
    if len(parts) > len(("https:", "", "host", "ai", "value")):
        return ("/".join(parts[:5]),)
    digits = _KEY_DIGITS.get(parts[3]) if len(parts) == len(("https:", "", "host", "ai", "value")) else None
    if digits is None or len(parts[4]) <= digits:
        return ()
    return (f"{STEM}/{parts[3]}/{parts[4][:digits]}",)


def lot_beside(uri: str) -> str | None:
    """Return the canonical lot that a link names beside a serial, and that its canonical form leaves out."""
    found = _LOT_AND_SERIAL.search(uri)
    return None if found is None else normal(STEM + found[1])


def is_pattern(uri: str) -> bool:
    """Tell whether a URI is an EPC pattern (which stands for many things) and not one name."""
    return uri.startswith("urn:epc:idpat:")


def prefixes(pattern: str) -> tuple[str, ...]:
    """Return with which texts the canonical forms begin that an EPC pattern stands for.

    ``urn:epc:idpat:sgtin:0614141.812345.*`` -> ``("https://id.gs1.org/01/80614141123458/21/",)``; a company's pattern
    ``urn:epc:idpat:sgtin:0614141.*.*`` gives ten of them, one for each indicator digit: GTINs begin so, whatever stands
    behind them. Of a pattern without wildcards the canonical form is given.

    Raises:
        tracepass.gs1.epc.EpcError: it is no pattern, or stands for everything of its scheme.
    """
    found = parse_pattern(pattern)
    scheme = found.scheme
    if not found.values:
        message = "a pattern names at least the company prefix"
        raise EpcError("missing_component", message, "companyPrefix", len("urn:epc:idpat:"))
    if len(found.values) == 1:
        return tuple(_of_company(found))
    if scheme.serial is None or len(found.values) == len(scheme.components):
        return (normal(pattern.replace(":idpat:", ":id:")),)
    whole = normal(pattern if found.uri == pattern else found.uri)
    if not whole.startswith(STEM):  # pieces of an ITIP left open: all that begins with its GTIN
        prefix, reference = found.values[:2]
        body = reference[0] + prefix + reference[1:]
        return (f"{STEM}/{scheme.ai}/{body}{check_digit(body)}",)
    open_ended = scheme.serial.ai is None or scheme.serial.none is not None  # a GLN is its own extension 0
    return (whole if open_ended else f"{whole}/{scheme.serial.ai}/",)


def _of_company(found: Pattern) -> Iterator[str]:
    scheme, prefix = found.scheme, found.values[0]
    leads = _DIGITS if scheme.moved else ("",)
    for lead, digit in product((scheme.lead,), leads):
        yield f"{STEM}/{scheme.ai}/{lead}{digit}{prefix}"


def as_urn(canonical: str, company_prefix_length: int) -> str | None:
    """Return the EPC URN of a canonical identifier, None where there is none."""
    try:
        return to_urn(from_values(read_link(canonical), company_prefix_length, verify=False))
    except EpcError:
        return None
