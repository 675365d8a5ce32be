"""Global Location Numbers: AI (414), 13 digits with a check digit (GS1 General Specifications 3.7.9)."""

from __future__ import annotations

import re

from tracepass.gs1.checkdigit import check_digit, is_valid

GLN_WIDTH = 13
_LABEL = re.compile(r"^\s*GLN\s*:?", re.IGNORECASE)
_SPACING = re.compile(r"[\s-]+")


class InvalidGln(ValueError):
    """A text that is no GLN; the message says why."""


def normalise_gln(text: str) -> str:
    """Return the 13 digits of a GLN as people write it: a ``GLN:`` label, blanks and hyphens go, digits never change.

    Raises:
        InvalidGln: what is left is not 13 digits with the right check digit.
    """
    digits = _SPACING.sub("", _LABEL.sub("", text))
    if not (digits.isascii() and digits.isdigit() and len(digits) == GLN_WIDTH):
        raise InvalidGln("must be a GLN of 13 digits")
    if not is_valid(digits):
        raise InvalidGln(f"has check digit {digits[-1]}, but {check_digit(digits[:-1])} is right")
    return digits
