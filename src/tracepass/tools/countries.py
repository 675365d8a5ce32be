"""What countries ask of the codes on medicines: one file a country in ``data/countries``.

Each rule speaks of one application identifier, cites where it comes from, and says whether breaking it is an error or
a warning. A source is ``primary``, the text of a law or of the authority itself, or ``second-hand``, what others say of
it; on hearsay alone no length and no set of characters is an error. Adding a country is adding a file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from tracepass.core.errors import Invalid

Severity = Literal["error", "warning"]
Confidence = Literal["primary", "second-hand"]
SERIAL, BATCH, WHOLE = "21", "10", "00"
_CHARACTERS: Mapping[str, re.Pattern[str]] = {
    "alphanumeric": re.compile("[0-9A-Za-z]+"),
    "digits": re.compile("[0-9]+"),
}
GS1_CHARACTERS = "gs1-82"
IN_FORCE = "in force"
AI_LONGEST = 20


class UnknownCountry(Invalid):
    """A country that there are no rules for; the details list those that there are."""

    def __init__(self, code: str, known: list[str]) -> None:
        message = f"There are no rules for the country {code}; there are for {', '.join(known)}."
        super().__init__({"countryCode": [message]}, code="unknown_country", message=message)
        self.details = {**(self.details or {}), "known": known}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from, and whether that is the text of a law or authority or what others say of it."""

    title: str
    url: str
    confidence: Confidence

    @property
    def shown(self) -> dict[str, str]:
        """Return the source as the tools answer it."""
        return {"title": self.title, "url": self.url, "confidence": self.confidence}


@dataclass(frozen=True, slots=True)
class Rule:
    """A demand on the value of one application identifier; exactly one of the members from ``required`` on says which.

    ``whole_day``: the day of a date is not 00. ``says`` puts ``pattern`` into words.
    """

    id: str
    ai: str
    severity: Severity
    source: Source
    required: bool = False
    length: tuple[int, int] | None = None
    characters: str | None = None
    pattern: re.Pattern[str] | None = None
    whole_day: bool = False
    says: str = ""

    @property
    def sentence(self) -> str:
        """Return the demand in words, to follow the name of what it is made on."""
        if self.required:
            return "is part of the code"
        if self.length is not None:
            least, most = self.length
            return f"has {most} characters" if least == most else f"has {least} to {most} characters"
        if self.characters is not None:
            return "holds letters and digits only" if self.characters == "alphanumeric" else "holds digits only"
        return "names a day, not 00" if self.whole_day else self.says

    def fault(self, value: str) -> int | None:
        """Return the position in the value from which on it breaks the rule, or None."""
        if self.length is not None and not self.length[0] <= len(value) <= self.length[1]:
            return min(len(value), self.length[1])
        if self.characters is not None:
            match = _CHARACTERS[self.characters].match(value)
            end = 0 if match is None else match.end()
            return None if end == len(value) else end
        if self.pattern is not None and self.pattern.fullmatch(value) is None:
            return 0
        return len(value) - 2 if self.whole_day and value.endswith(WHOLE) else None


@dataclass(frozen=True, slots=True)
class Country:
    """The rules of one country or union."""

    code: str
    country: str
    system: str
    authority: str
    status: str
    covers: str
    aggregation: str
    notes: tuple[str, ...]
    rules: tuple[Rule, ...]
    members: tuple[str, ...] = ()

    def bounds(self, ai: str) -> tuple[int, int]:
        """Return the least and most characters of a value; without a rule those of AI (10) and (21)."""
        return next((rule.length for rule in self.rules if rule.ai == ai and rule.length is not None), (1, AI_LONGEST))

    def characters(self, ai: str) -> str:
        """Return the name of the set a value is made of; without a rule GS1's 82 characters."""
        found = (rule.characters for rule in self.rules if rule.ai == ai and rule.characters is not None)
        return next(found, GS1_CHARACTERS)

    @property
    def required(self) -> tuple[str, ...]:
        """Return the application identifiers that the code must hold."""
        return tuple(rule.ai for rule in self.rules if rule.required)


def load_countries() -> Mapping[str, Country]:
    """Return the rules by country code, those of a union under each member as well.

    Raises:
        ValueError: a file breaks the form of rules, which a test would have told.
    """
    countries = [country for text in _texts() for country in [_country(tomllib.loads(text))]]
    members = {code: country for country in countries for code in country.members}
    return members | {country.code: country for country in countries}


def find_country(code: str, countries: Mapping[str, Country]) -> Country:
    """Return the rules of a country.

    Raises:
        UnknownCountry: there are none.
    """
    country = countries.get(code.strip().upper())
    if country is None:
        raise UnknownCountry(code, sorted(countries))
    return country


def _texts() -> Iterator[str]:
    folder = files("tracepass.tools").joinpath("data", "countries")
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.name.endswith(".toml"):
            yield entry.read_text("utf-8")


def _country(data: dict[str, Any]) -> Country:
    sources = {name: Source(**source) for name, source in data.pop("sources").items()}
    rules = tuple(_rule(rule, sources) for rule in data.pop("rule"))
    data |= {"notes": tuple(data["notes"]), "members": tuple(data.get("members", ()))}
    country = Country(**data, rules=rules)
    for rule in rules:
        if rule.severity == "error" and not _is_proven(rule, country):
            message = f"{country.code} makes {rule.id} an error on hearsay"
            raise ValueError(message)
    return country


def _is_proven(rule: Rule, country: Country) -> bool:
    """Tell whether a rule may be an error: its source is primary, or says what a system in force cannot do without."""
    return rule.source.confidence == "primary" or (rule.required and country.status == IN_FORCE)


def _rule(data: dict[str, Any], sources: Mapping[str, Source]) -> Rule:
    if "length" in data:
        data["length"] = tuple(data["length"])
    if "pattern" in data:
        data["pattern"] = re.compile(data["pattern"])
    if data["severity"] not in {"error", "warning"} or data.get("characters", "digits") not in _CHARACTERS:
        message = f"{data['id']} has a severity or a character set that there is not"
        raise ValueError(message)
    return Rule(**data | {"source": sources[data["source"]]})
