"""Field values made ready for a page: what is shown of each, in which language, and how it is laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from tracepass.locale import resolve
from tracepass.resolver.formats import NO_BREAK_SPACE, Formats
from tracepass.resolver.texts import Words
from tracepass.templates.models import Field, Option, ValueType
from tracepass.templates.service import Templates

FILES_PATH = "/api/v1/files/"
PERCENT = 100
MAX_COLUMNS = 5
MAX_CELL = 48
MAX_ADDRESS = 60
"""Characters of an address that are shown; the link has all of it."""
Json = Mapping[str, Any]
Kind = Literal["text", "code", "number", "choices", "list", "link", "file", "image", "party", "table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One value on a page.

    ``kind`` says which of the other members count. ``share`` is 0 to 100 where a number is a part of a whole.
    """

    kind: Kind
    text: str = ""
    unit: str = ""
    note: str = ""
    share: float | None = None
    href: str = ""
    items: tuple[str, ...] = ()
    party: Party | None = None
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[Shown | None, ...], ...] = ()

    @property
    def layout(self) -> str:
        """Return how its row is laid out: tables take the full width, tall things align with the label's top."""
        return {"table": "wide", "image": "tall"}.get(self.kind, "")

    @property
    def lengthy(self) -> bool:
        """Whether it is more text than a narrow column can hold well."""
        return len(self.text) > MAX_CELL

    @property
    def crowded(self) -> bool:
        """Whether a table has more columns than lines of text can stand side by side in."""
        return len(self.headings) > MAX_COLUMNS


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An economic operator or a place as a card; empty members are not shown."""

    name: str
    role: str = ""
    address: str = ""
    country: str = ""
    gln: str = ""
    operator_id: str = ""
    email: str = ""
    phone: str = ""
    url: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A labelled value; ``lang`` and ``language`` are filled where it is not in the reader's language."""

    key: str
    label: str
    shown: Shown
    lang: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Presenter:
    """Turns values into what is shown, for one language."""

    words: Words
    formats: Formats
    templates: Templates

    @property
    def locale(self) -> str:
        """Return the reader's language."""
        return self.words.locale

    def label(self, key: str, english: str) -> str:
        """Return a label of a template in the reader's language."""
        return self.templates.labels.text(self.locale, key, english)

    def entry(self, field: Field, stored: Json) -> Entry:
        """Return a field with its label and the value resolved for the reader."""
        resolved = resolve(stored, self.locale)
        language = self.foreign(resolved.locale)
        return Entry(
            key=field.key,
            label=self.label(field.key, field.label),
            shown=self.show(field, resolved.value),
            lang=resolved.locale if language else None,
            language=language,
        )

    def foreign(self, locale: str | None) -> str | None:
        """Return the name of a language that is not the reader's, else None."""
        return None if locale in {None, self.locale} else self.formats.language_name(locale or "")

    def show(self, kind: ValueType, value: Any) -> Shown:
        """Return a value as its type asks for."""
        if kind.columns:
            return self._table(kind, value)
        if kind.schema is not None:
            return Shown(kind="party", party=self.party(value)) if kind.schema == "Party" else self._range(kind, value)
        if kind.data_type == "file_reference":
            return self._file(kind, value)
        if isinstance(value, list):
            return self._several(kind, value)
        return self._single(kind, value)

    def _single(self, kind: ValueType, value: Any) -> Shown:
        if isinstance(value, bool):
            return Shown(kind="choices", items=(self.words("yes" if value else "no"),))
        if isinstance(value, int | float):
            return self._number(kind, value)
        if kind.data_type == "date":
            return Shown(kind="text", text=self.formats.date(value, kind.precision or "day"))
        if kind.data_type == "enum":
            return Shown(kind="choices", items=(self._option(kind.options, value),))
        return _link(value) if kind.data_type == "url" else self._text(kind, value)

    def _text(self, kind: ValueType, value: str) -> Shown:
        if kind.format == "country":
            return Shown(kind="text", text=self.formats.country(value))
        if kind.format == "identifier":
            return _link(value) if value.startswith("https://") else Shown(kind="code", text=value)
        return Shown(kind="text", text=value)

    def _number(self, kind: ValueType, value: float) -> Shown:
        shares = kind.unit == "%" and kind.validation.max == PERCENT
        return Shown(
            kind="number",
            text=self.formats.number(value),
            unit=self.formats.unit(kind.unit, value) if kind.unit else "",
            share=value if shares else None,
        )

    def _option(self, options: Sequence[Option], value: str) -> str:
        """Return the label of a choice; one that is only its value begins with a capital, as the others do."""
        label = next((self.label(option.value, option.label) for option in options if option.value == value), None)
        if label is None:
            return value
        return label[:1].upper() + label[1:] if label == value else label

    def _several(self, kind: ValueType, values: Sequence[str]) -> Shown:
        if kind.data_type == "multi_enum":
            return Shown(kind="choices", items=tuple(self._option(kind.options, value) for value in values))
        return Shown(kind="list", items=tuple(values))

    def _range(self, kind: ValueType, value: Json) -> Shown:
        low, high = value.get("min"), value.get("max")
        unit = value.get("unit") or kind.unit
        if low is not None and high is not None:
            text = f"{self.formats.number(low)} \N{EN DASH} {self.formats.number(high)}"
        else:
            edge, number = ("max", high) if low is None else ("min", low)
            text = f"{self.words(edge)}:{NO_BREAK_SPACE}{self.formats.number(number or 0)}"
        return Shown(
            kind="number", text=text, unit=self.formats.unit(unit) if unit else "", note=value.get("note") or ""
        )

    def _file(self, kind: ValueType, value: Json) -> Shown:
        href = value.get("url") or FILES_PATH + value["fileId"]
        title = value.get("title") or self.words("open_document")
        return Shown(kind="image" if kind.format == "image" else "file", href=href, text=title)

    def _table(self, table: ValueType, rows: Sequence[Json]) -> Shown:
        columns = [column for column in table.columns if any(row.get(column.key) is not None for row in rows)]
        return Shown(
            kind="table",
            headings=tuple(self.label(column.key, column.label) for column in columns),
            rows=tuple(tuple(self._cell(column, row.get(column.key)) for column in columns) for row in rows),
        )

    def _cell(self, column: ValueType, value: Any) -> Shown | None:
        if value is None:
            return None
        if column.precision == "day":
            return Shown(kind="text", text=self.formats.short_date(value))
        return self.show(column, value)

    def party(self, party: Json, role: str = "") -> Party:
        """Return a party as it is shown; ``role`` is the name of its role in the reader's language."""
        url = party.get("url") or ""
        return Party(
            name=party.get("legalName") or "",
            role=role,
            address=party.get("address") or "",
            country=self.formats.country(party["country"]) if party.get("country") else "",
            gln=party.get("gln") or "",
            operator_id=party.get("legacyOperatorId") or "",
            email=party.get("email") or "",
            phone=party.get("phone") or "",
            url=url,
            site=site_of(url),
        )


def site_of(url: str) -> str:
    """Return the host of an address, as people name a site."""
    return (urlsplit(url).hostname or url).removeprefix("www.")


def _link(url: str) -> Shown:
    """Return a link; anything but http(s) is shown as the text it is."""
    if not url.startswith(("https://", "http://")):
        return Shown(kind="code", text=url)
    parts = urlsplit(url)
    text = site_of(url) + parts.path.rstrip("/")
    return Shown(kind="link", href=url, text=text if len(text) <= MAX_ADDRESS else text[:MAX_ADDRESS] + "…")
