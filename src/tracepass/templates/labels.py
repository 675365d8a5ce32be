"""Labels in the languages of the Union: catalogues keyed by key and English text.

The same key may carry more than one meaning (``importer`` is a field and an option), so the English text is
part of the key. Files: ``data/labels/<language>.json``, ``{"<key>": {"<English text>": "<translation>"}}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tracepass.templates.models import Template, ValueType

Catalogue = Mapping[str, Mapping[str, str]]
ENGLISH = "en"


class Labels:
    """Every catalogue in memory; English needs none, since it is what the templates hold."""

    def __init__(self, catalogues: Mapping[str, Catalogue], helps: Mapping[str, Catalogue] | None = None) -> None:
        self._catalogues = catalogues
        self._helps = helps or {}

    @classmethod
    def load(cls, folder: Path, helps: Path | None = None) -> Labels:
        """Read the catalogues of a folder; a language without a file falls back to English throughout."""
        return cls(_catalogues(folder), {} if helps is None else _catalogues(helps))

    def find(self, locale: str, key: str, english: str) -> str | None:
        """Return the label in the language, or None where the catalogue has none; English is always there."""
        if locale == ENGLISH:
            return english
        return self._catalogues.get(locale, {}).get(key, {}).get(english) or None

    def text(self, locale: str, key: str, english: str) -> str:
        """Return the label in the language, in English where there is none."""
        return self.find(locale, key, english) or english

    def help(self, locale: str, key: str, english: str) -> tuple[str, str]:
        """Return the help text of a field and the language it is in: English where there is no translation."""
        translated = self._helps.get(locale, {}).get(key, {}).get(english)
        return (translated, locale) if translated else (english, ENGLISH)


def _catalogues(folder: Path) -> dict[str, Catalogue]:
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))}


def template_label_key(category: str) -> str:
    """Return the key under which a category's own name stands in the catalogues."""
    return f"template:{category}"


def labels_of(template: Template) -> Iterator[tuple[str, str]]:
    """Yield key and English text of every label of a template: what a translation must cover."""
    yield template_label_key(template.category), template.label
    for sub in template.subcategories:
        yield sub.key, sub.label
    for section in template.sections:
        yield section.key, section.label
    yield from _labels_of_types(template.fields.values())


def _labels_of_types(types: Iterable[ValueType]) -> Iterator[tuple[str, str]]:
    for typed in types:
        yield typed.key, typed.label
        for option in typed.options:
            yield option.value, option.label
        yield from _labels_of_types(typed.columns)
