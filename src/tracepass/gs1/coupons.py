"""Coupon codes of North America: AI 8110 and AI 8112.

Source: North American Coupon Application Guideline (AI 8110), GS1 AI (8112) Coupon Data Specification.
"""

from __future__ import annotations

from collections.abc import Callable

from tracepass.gs1.dates import date
from tracepass.gs1.faults import Fault

_DATE = 6
_OFFER = 6
_FAMILY = 3
_PREFIX_BASE = 6
_PREFIX = "0123456"
_PREFIX_OR_NONE = "01234569"
_REQUIREMENT_CODES = "012349"


class _Broken(Exception):
    """Carries the first fault out of the reader."""

    def __init__(self, code: str, start: int, length: int) -> None:
        super().__init__(code)
        self.fault = Fault(f"coupon_{code}", start, length)


class _Reader:
    """Walks over the digits of a coupon."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def ended(self) -> bool:
        return self.at == len(self.text)

    def choose(self, allowed: str, *, missing: str, invalid: str) -> str:
        """Take one digit that must be among the allowed."""
        if self.ended:
            raise _Broken(missing, 0, len(self.text))
        digit = self.text[self.at]
        if digit not in allowed:
            raise _Broken(invalid, self.at, 1)
        self.at += 1
        return digit

    def counted(self, allowed: str, base: int, *, names: tuple[str, str, str]) -> str:
        """Take a digit that says how many digits follow (on top of ``base``), and these; 9 may mean none at all."""
        missing, invalid, truncated = names
        digit = self.choose(allowed, missing=missing, invalid=invalid)
        none = digit == "9" and allowed == _PREFIX_OR_NONE
        return self.take(0 if none else base + int(digit), truncated=truncated)

    def take(self, count: int, *, truncated: str) -> str:
        """Take that many digits."""
        rest = len(self.text) - self.at
        if rest < count:
            raise _Broken(truncated, self.at if rest else 0, rest or len(self.text))
        self.at += count
        return self.text[self.at - count : self.at]

    def opens(self, field: str) -> bool:
        """Tell whether the optional field with this number begins here, and step into it."""
        if self.text[self.at : self.at + 1] != field:
            return False
        self.at += 1
        return True


def coupon(text: str) -> Fault | None:
    """Hold AI 8110 against its layout."""
    return _read(text, _coupon)


def positive_offer(text: str) -> Fault | None:
    """Hold AI 8112 against its layout."""
    return _read(text, _positive_offer)


def _read(text: str, layout: Callable[[_Reader], None]) -> Fault | None:
    stray = next((at for at, digit in enumerate(text) if digit not in "0123456789"), None)
    if stray is not None:
        return Fault("non_digit_character", stray, 1)
    reader = _Reader(text)
    try:
        layout(reader)
    except _Broken as broken:
        return broken.fault
    return None if reader.ended else Fault("coupon_excess_data", reader.at, len(text) - reader.at)


def _names(what: str) -> tuple[str, str, str]:
    return f"missing_{what}_vli", f"invalid_{what}_length", f"truncated_{what}"


def _coupon(reader: _Reader) -> None:
    reader.counted(_PREFIX, _PREFIX_BASE, names=_names("gcp"))
    reader.take(_OFFER, truncated="truncated_offer_code")
    reader.counted("12345", 0, names=_names("save_value"))
    _purchase(reader, "1st")
    if reader.opens("1"):
        what = "additional_purchase_rules_code"
        reader.choose("0123", missing=f"missing_{what}", invalid=f"invalid_{what}")
        _purchase(reader, "2nd")
        reader.counted(_PREFIX_OR_NONE, _PREFIX_BASE, names=_names("2nd_purchase_gcp"))
    if reader.opens("2"):
        _purchase(reader, "3rd")
        reader.counted(_PREFIX_OR_NONE, _PREFIX_BASE, names=_names("3rd_purchase_gcp"))
    _dates(reader)
    if reader.opens("5"):
        _serial_number(reader)
    if reader.opens("6"):
        reader.counted("1234567", _PREFIX_BASE, names=_names("retailer_gcp_or_gln"))
    if reader.opens("9"):
        _flags(reader)


def _purchase(reader: _Reader, which: str) -> None:
    requirement = f"{which}_purchase_requirement"
    reader.counted("12345", 0, names=_names(requirement))
    reader.choose(_REQUIREMENT_CODES, missing=f"missing_{requirement}_code", invalid=f"invalid_{requirement}_code")
    reader.take(_FAMILY, truncated=f"truncated_{which}_purchase_family_code")


def _dates(reader: _Reader) -> None:
    expires = _day(reader, "expiration") if reader.opens("3") else None
    if not reader.opens("4"):
        return
    starts = _day(reader, "start")
    if expires is not None and starts > expires:
        raise _Broken("expiration_before_start", reader.at - 14, 14)


def _day(reader: _Reader, which: str) -> str:
    text = reader.take(_DATE, truncated=f"too_short_for_{which}_date")
    if date(text) is not None:
        raise _Broken(f"invalid_{which}_date", reader.at - _DATE, _DATE)
    return text


def _serial_number(reader: _Reader) -> None:
    reader.counted("0123456789", _PREFIX_BASE, names=_names("serial_number"))


def _flags(reader: _Reader) -> None:
    for what, allowed in (
        ("save_value_code", "01256"),
        ("save_value_applies_to_item", "012"),
        ("store_coupon_flag", "0123456789"),
        ("dont_multiply_flag", "01"),
    ):
        reader.choose(allowed, missing=f"missing_{what}", invalid=f"invalid_{what}")


def _positive_offer(reader: _Reader) -> None:
    reader.choose("01", missing="missing_format_code", invalid="invalid_format_code")
    reader.counted(_PREFIX, _PREFIX_BASE, names=_names("funder"))
    reader.take(_OFFER, truncated="truncated_offer_code")
    _serial_number(reader)
