"""Serial numbers held against the standard and against what a country asks of the code on a medicine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracepass.core.errors import Invalid
from tracepass.gs1.checkdigit import check_digit
from tracepass.gs1.epc.characters import SET_82
from tracepass.gs1.examination import examine
from tracepass.gs1.gtin import GTIN_LENGTHS, GTIN_WIDTH
from tracepass.tools.barcodes import shown_fault
from tracepass.tools.countries import AI_LONGEST, BATCH, SERIAL, Country, Rule, find_country
from tracepass.tools.models import SerialItem

GTIN, EXPIRY = "01", "17"
_NAMES: Mapping[str, str] = {GTIN: "gtin", SERIAL: "serial", BATCH: "batch", EXPIRY: "expirationDate"}
_DAY = re.compile(r"[0-9]{2}([0-9]{2})-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01]))?", re.ASCII)

Finding = dict[str, Any]


@dataclass(slots=True)
class _Verdict:
    """What was found; ``values`` by application identifier, ``whole`` if they are all that the code holds."""

    values: dict[str, str]
    whole: bool = False
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    def add(self, code: str, message: str, ai: str, *, position: int | None = None, rule: Rule | None = None) -> None:
        """Note a finding; without a rule of a country it is an error."""
        finding: Finding = {"code": code, "message": message, "field": _NAMES.get(ai, ai), "ai": ai}
        finding |= {} if position is None else {"position": position}
        if rule is not None:
            finding |= {"rule": rule.id, "source": rule.source.shown}
        found = self.errors if rule is None or rule.severity == "error" else self.warnings
        found.append(finding)


def validate_serial(item: SerialItem, countries: Mapping[str, Country]) -> dict[str, Any]:
    """Return whether a serial number is good, with every error and warning, and the rules it was held against.

    AI (21) allows 20 of the 82 characters of GS1; what is beyond that is an error everywhere. What a country asks
    beyond the standard is an error or a warning as its rule says. Which identifiers must be there can only be told of
    a whole code (``data``).

    Raises:
        Invalid: neither ``data`` nor ``gtin`` and ``serial`` are there, or both.
        UnknownCountry: there are no rules for the country.
    """
    country = None if item.country_code is None else find_country(item.country_code, countries)
    verdict = _of_parts(item) if item.data is None else _of_data(item)
    if country is not None:
        _hold(verdict, country)
    return {
        "valid": not verdict.errors,
        "errors": verdict.errors,
        "warnings": verdict.warnings,
        "countryRules": None if country is None else shown_rules(country),
    }


def shown_rules(country: Country) -> dict[str, Any]:
    """Return the rules of a country as the tools answer them."""
    shortest, longest = country.bounds(SERIAL)
    return {
        "country": country.code,
        "name": country.country,
        "system": country.system,
        "authority": country.authority,
        "status": country.status,
        "covers": country.covers,
        "serialMinLength": shortest,
        "serialMaxLength": longest,
        "allowedChars": country.characters(SERIAL),
        "batchMaxLength": country.bounds(BATCH)[1],
        "requiredAis": list(country.required),
        "aggregation": country.aggregation,
        "notes": list(country.notes),
        "rules": [_shown_rule(rule) for rule in country.rules],
    }


def _shown_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "ai": rule.ai,
        "severity": rule.severity,
        "text": f"({rule.ai}) {rule.sentence}",
        "source": rule.source.shown,
    }


def _of_data(item: SerialItem) -> _Verdict:
    """Return the verdict of the standard on a whole code."""
    others = [name for name in ("gtin", "serial", "batch", "expiration_date") if getattr(item, name) is not None]
    if others:
        raise Invalid({"data": ["cannot stand beside gtin, serial, batch or expirationDate"]})
    reading = examine(item.data or "")
    verdict = _Verdict({element.ai: element.value for element in reading.elements}, whole=True)
    verdict.errors += [{**shown_fault(fault), "field": "data"} for fault in reading.faults]
    for ai in (GTIN, SERIAL):
        if ai not in verdict.values:
            verdict.add("missing", f"the code holds no ({ai})", ai)
    return verdict


def _of_parts(item: SerialItem) -> _Verdict:
    """Return the verdict of the standard on a GTIN, a serial and what else is given."""
    missing = {name: ["is required"] for name in ("gtin", "serial") if getattr(item, name) is None}
    if missing:
        raise Invalid(missing)
    verdict = _Verdict({GTIN: item.gtin or "", SERIAL: item.serial or ""})
    if item.batch is not None:
        verdict.values[BATCH] = item.batch
    _check_gtin(verdict, item.gtin or "")
    for ai in (SERIAL, BATCH):
        if ai in verdict.values:
            _check_text(verdict, ai, verdict.values[ai])
    if item.expiration_date is not None:
        _check_expiry(verdict, item.expiration_date)
    return verdict


def _check_gtin(verdict: _Verdict, gtin: str) -> None:
    position = next((at for at, digit in enumerate(gtin) if digit not in "0123456789"), None)
    if position is not None:
        verdict.add("invalid_character", "a GTIN holds digits only", GTIN, position=position)
    elif len(gtin) not in GTIN_LENGTHS:
        verdict.add("invalid_length", f"a GTIN has 8, 12, 13 or 14 digits, not {len(gtin)}", GTIN, position=0)
    elif (right := check_digit(gtin[:-1])) != gtin[-1]:
        message = f"has check digit {gtin[-1]}, but {right} is right"
        verdict.add("check_digit", message, GTIN, position=len(gtin) - 1)
    else:
        verdict.values[GTIN] = gtin.zfill(GTIN_WIDTH)


def _check_text(verdict: _Verdict, ai: str, value: str) -> None:
    """Hold a serial or batch against AI (21) or (10) (GS1 General Specifications 3.4.1 and 3.5.2)."""
    if not 1 <= len(value) <= AI_LONGEST:
        message = f"({ai}) has 1 to {AI_LONGEST} characters, not {len(value)}"
        verdict.add("invalid_length", message, ai, position=min(len(value), AI_LONGEST))
    position = SET_82.fault(value)
    if position is not None:
        message = f"{value[position]!r} is not one of {SET_82.name}"
        verdict.add("invalid_character", message, ai, position=position)


def _check_expiry(verdict: _Verdict, text: str) -> None:
    """Take ``YYYY-MM-DD``, or ``YYYY-MM`` for a month, which AI (17) writes with day 00."""
    match = _DAY.fullmatch(text)
    if match is None:
        verdict.add("invalid_date", "a date is written YYYY-MM-DD, a month YYYY-MM", EXPIRY, position=0)
        return
    year, month, day = match.groups()
    verdict.values[EXPIRY] = f"{year}{month}{day or '00'}"


def _hold(verdict: _Verdict, country: Country) -> None:
    """Hold the values against the rules of a country; what the standard refused already is not told twice."""
    refused = {(finding.get("ai"), finding["code"]) for finding in verdict.errors}
    for rule in country.rules:
        value = verdict.values.get(rule.ai)
        if rule.required and value is None and verdict.whole and (rule.ai, "missing") not in refused:
            verdict.add("missing", f"{country.system} asks for ({rule.ai})", rule.ai, rule=rule)
        if rule.required or value is None:
            continue
        code, position = _code_of(rule), rule.fault(value)
        if position is not None and (rule.ai, code) not in refused:
            message = f"({rule.ai}) {rule.sentence} in {country.system}"
            verdict.add(code, message, rule.ai, position=position, rule=rule)


def _code_of(rule: Rule) -> str:
    if rule.length is not None:
        return "invalid_length"
    return "invalid_character" if rule.characters is not None else "country_rule"
