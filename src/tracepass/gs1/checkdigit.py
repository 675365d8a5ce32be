"""Check digits of GS1 keys (GS1 General Specifications 7.9.1)."""

from __future__ import annotations


def check_digit(body: str) -> str:
    """Return the check digit for the digits that precede it.

    Weights of 3 and 1 alternate from the right, starting with 3 (GS1 General Specifications 7.9.1).

    Raises:
        ValueError: ``body`` holds anything but the digits 0 to 9.
    """
    if not (body.isascii() and body.isdigit()):
        message = f"{body!r} must hold digits only"
        raise ValueError(message)
    weighted = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(body)))
    return str(-weighted % 10)


def is_valid(digits: str) -> bool:
    """Tell whether the last digit is the check digit of those before it."""
    return len(digits) > 1 and digits.isascii() and digits.isdigit() and check_digit(digits[:-1]) == digits[-1]
