"""What is wrong with GS1 data, where, and in which words: one error for every reader of this package."""

from __future__ import annotations

from typing import NamedTuple

MESSAGES = {
    # the shape of the text
    "text_empty": "there is nothing to read",
    "text_too_long": "the text has more than {limit} characters",
    "fnc1_missing": "an element string begins with FNC1 (^ or GS)",
    "ai_data_empty": "no Application Identifier follows FNC1",
    "bracket_expected": "an Application Identifier in brackets is expected here",
    "bracket_not_closed": "the bracket of the Application Identifier is not closed",
    "ai_without_value": "the Application Identifier has no value",
    "ai_unknown": "({ai}) is no known Application Identifier",
    "ai_not_recognised": "no known Application Identifier begins here",
    "too_many_ais": "there are more than {limit} Application Identifiers",
    "value_empty": "the value of ({ai}) is empty",
    "value_too_short": "the value of ({ai}) is too short",
    "value_too_long": "the value of ({ai}) is too long, or FNC1 is missing after it",
    "value_length": "the value of ({ai}) has a length that its format does not allow",
    "value_has_fnc1": "the value of ({ai}) holds the character ^, which stands for FNC1",
    # how AIs go together
    "ais_exclude_each_other": "({ai}) must not stand beside ({other})",
    "ai_requires_others": "({ai}) needs {other}",
    "ai_repeated_differently": "({ai}) stands there more than once, with different values",
    "serial_required": "({ai}) needs its serial component when it is signed by (8030)",
    # Digital Link
    "uri_character": "a URI does not hold this character unencoded",
    "uri_scheme": "a GS1 Digital Link begins with http:// or https://, in small or in capital letters throughout",
    "uri_domain_missing": "a domain and a path are missing",
    "uri_domain_character": "a domain name does not hold this character",
    "link_key_missing": "the path holds no GS1 key with its value",
    "link_value_null": "the value of ({ai}) holds an encoded NUL character",
    "link_query_ai_unknown": "the query parameter {ai!r} is all digits but no known Application Identifier",
    "link_qualifiers": "these Application Identifiers, or their order, are no path that the standard knows",
    "link_ai_repeated": "({ai}) stands there more than once",
    "link_not_an_attribute": "({ai}) must not stand in the query of a GS1 Digital Link",
    "link_belongs_in_path": "({ai}) belongs into the path, not into the query",
    "link_no_key": "none of the Application Identifiers is the primary key of a GS1 Digital Link",
    "link_not_compressed": "the path holds no compressed GS1 Digital Link",
    # scan data
    "symbology_missing": "an AIM symbology identifier such as ]C1 is missing",
    "symbology_unsupported": "{symbology} is not among the symbologies of GS1 that are read here",
    "symbol_too_short": "the symbol holds fewer digits than its symbology asks for",
    "symbol_too_long": "the symbol holds more than its symbology asks for",
    "symbol_not_digits": "the symbol holds something else than digits",
    "symbol_check_digit": "the check digit of the symbol is wrong",
    "symbol_no_gtin": "the symbol holds a GTIN of its length, and ({ai}) is none",
    "scan_has_caret": "scan data separates by GS, so it does not hold ^",
    # the parts of a value
    "non_digit_character": "({ai}) holds a character that is no digit where only digits go",
    "invalid_cset82_character": "({ai}) holds a character outside the 82 characters of GS1",
    "invalid_cset39_character": "({ai}) holds a character outside the 39 characters of GS1",
    "invalid_cset64_character": "({ai}) holds a character outside the 64 characters of file-safe base64",
    "invalid_cset64_padding": "({ai}) is not padded as base64 is",
    "invalid_cset32_character": "({ai}) ends in a check character outside the 32 that there are",
    "incorrect_check_digit": "the check digit of ({ai}) is wrong",
    "incorrect_check_pair": "the two check characters of ({ai}) are wrong",
    "too_short_for_check_pair": "({ai}) is too short to end in two check characters",
    "too_short_for_gcp": "({ai}) is too short to begin with a GS1 Company Prefix",
    "invalid_gcp_prefix": "({ai}) does not begin with the four digits that every GS1 Company Prefix has",
    "invalid_import_idx_character": "({ai}) holds no valid importer index",
    "illegal_zero_value": "({ai}) holds a zero where none may be",
    "not_zero": "({ai}) holds something else than the zero that must be there",
    "illegal_zero_prefix": "({ai}) begins with a zero",
    "not_zero_or_one": "({ai}) holds neither 0 nor 1",
    "invalid_winding_direction": "({ai}) holds no winding direction: 0, 1 or 9",
    "not_iso3166": "({ai}) holds a number that is no country (ISO 3166-1)",
    "not_iso3166_or_999": "({ai}) holds a number that is neither a country (ISO 3166-1) nor 999",
    "not_iso3166_alpha2": "({ai}) holds two letters that are no country (ISO 3166-1)",
    "not_iso4217": "({ai}) holds a number that is no currency (ISO 4217)",
    "invalid_biological_sex_code": "({ai}) holds no code of ISO 5218: 0, 1, 2 or 9",
    "iban_too_short": "({ai}) is too short for an IBAN",
    "iban_too_long": "({ai}) is too long for an IBAN",
    "invalid_iban_character": "({ai}) holds a character that no IBAN has",
    "illegal_iban_country_code": "({ai}) begins with two letters that are no country",
    "incorrect_iban_checksum": "the check digits of the IBAN in ({ai}) are wrong",
    "illegal_month": "({ai}) holds a month that there is not",
    "illegal_day": "({ai}) holds a day that there is not",
    "illegal_hour": "({ai}) holds an hour that there is not",
    "illegal_minute": "({ai}) holds a minute that there is not",
    "illegal_second": "({ai}) holds a second that there is not",
    "zero_piece_number": "the number of the piece in ({ai}) is zero",
    "zero_total_pieces": "the total of the pieces in ({ai}) is zero",
    "piece_number_exceeds_total": "the number of the piece in ({ai}) is greater than their total",
    "position_in_sequence_malformed": "({ai}) is not of the form position/end",
    "position_exceeds_end": "the position in ({ai}) is greater than the end",
    "invalid_percent_sequence": "({ai}) holds a percent sign without two hexadecimal digits after it",
    "invalid_latitude": "({ai}) holds a latitude that there is not",
    "invalid_longitude": "({ai}) holds a longitude that there is not",
    "not_hyphen": "({ai}) ends in something else than the minus sign",
    "invalid_media_type": "({ai}) holds no AIDC media type",
    "invalid_package_type": "({ai}) holds no package type of UN/CEFACT or GS1",
    "requires_non_digit_character": "({ai}) must hold something else than digits",
}
COUPON = "the coupon in ({ai}) has a fault: {what}"


class Fault(NamedTuple):
    """A fault in one part of a value: its code, where in the part it begins, and how long it is."""

    code: str
    start: int
    length: int


class Gs1SyntaxError(ValueError):
    """GS1 data that the standard refuses.

    Attributes:
        code: a stable name of the fault.
        message: the fault in words.
        position: where in the text that was read the fault begins, counted in characters from 0.
        length: how many characters of the value are at fault, 0 where the fault is no run of characters.
        ai: the Application Identifier at fault, if it is known.
        markup: ``(ai)good|bad|rest`` for a fault inside a value: the part of the value up to the faulty component.
    """

    def __init__(
        self,
        code: str,
        *,
        position: int = 0,
        length: int = 0,
        ai: str | None = None,
        markup: str | None = None,
        **words: object,
    ) -> None:
        self.code = code
        self.message = describe(code, ai=ai, **words)
        self.position = position
        self.length = length
        self.ai = ai
        self.markup = markup
        super().__init__(self.message)

    def at_offset(self, offset: int) -> Gs1SyntaxError:
        """Move the fault to where it stands in the text around the one that was read, and return it."""
        self.position += offset
        return self


def describe(code: str, **words: object) -> str:
    """Return the sentence for a code."""
    if code.startswith("coupon_"):
        return COUPON.format(what=code.removeprefix("coupon_").replace("_", " "), **words)
    return MESSAGES[code].format(**words)
