"""Global Trade Item Numbers: AI (01), always kept in their 14-digit form (GS1 General Specifications 3.3.2)."""

from __future__ import annotations

from tracepass.gs1.checkdigit import check_digit, is_valid

GTIN_LENGTHS = (8, 12, 13, 14)
GTIN_WIDTH = 14


class InvalidGtin(ValueError):
    """A text that is no GTIN; the message says why and, for a wrong check digit, which one is right."""


def normalise_gtin(text: str) -> str:
    """Return a GTIN-8, -12, -13 or -14 in its 14-digit form.

    Raises:
        InvalidGtin: the text holds other characters, has another length, or its check digit is wrong.
    """
    if not (text.isascii() and text.isdigit()):
        raise InvalidGtin("must hold digits only")
    if len(text) not in GTIN_LENGTHS:
        raise InvalidGtin(f"must have 8, 12, 13 or 14 digits, it has {len(text)}")
    if not is_valid(text):
        raise InvalidGtin(f"has check digit {text[-1]}, but {check_digit(text[:-1])} is right")
    return text.zfill(GTIN_WIDTH)
