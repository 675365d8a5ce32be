"""What strings of a named format look like; each row is a test and the sentence for those that fail it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from tracepass.gs1 import checkdigit
from tracepass.templates.countries import is_country
from tracepass.templates.models import Format

GLN_DIGITS = 13
URL_MAX_LENGTH = 2048
_EMAIL = re.compile(r"[^@\s<>]{1,64}@[^@\s<>.]+(\.[^@\s<>.]+)+")
_NOT_IN_A_URL = re.compile(r"[\x00-\x20\x7f<>\"\\^`{|}\s]")
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def is_url(text: str, schemes: frozenset[str] = frozenset({"https", "http"})) -> bool:
    """Tell whether the text is an absolute web address with a host and without credentials (RFC 3986 3)."""
    if len(text) > URL_MAX_LENGTH or _NOT_IN_A_URL.search(text):
        return False
    try:
        parts = urlsplit(text)
        port_is_sane = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return port_is_sane and parts.scheme in schemes and bool(parts.hostname) and "@" not in parts.netloc


def is_https_url(text: str) -> bool:
    """Tell whether the text is an absolute address under https."""
    return is_url(text, frozenset({"https"}))


def is_gln(text: str) -> bool:
    """Tell whether the text is a Global Location Number (GS1 General Specifications 3.4.10 and 7.9.1)."""
    return len(text) == GLN_DIGITS and checkdigit.is_valid(text)


FORMATS: Mapping[Format, tuple[Callable[[str], object], str]] = {
    "country": (is_country, "must be a country code of ISO 3166-1 alpha-2, such as DE"),
    "email": (_EMAIL.fullmatch, "must be an email address"),
    "gln": (is_gln, "must be a GLN: 13 digits with a right check digit"),
    "https_url": (is_https_url, "must be an absolute https address"),
    "object_id": (_OBJECT_ID.fullmatch, "must be the id of an uploaded file: 24 hexadecimal digits"),
    "sha256": (_SHA256.fullmatch, "must be a SHA-256 digest: 64 hexadecimal digits"),
}
"""Formats that restrict a string; those of the models that are not here only tell a reader what it stands for."""
