"""The words of the pages in 24 languages; ``texts/<language>.json`` holds them, English completes what is missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from tracepass.locale import LOCALES

SOURCE = "en"
Catalogue = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    locale: str
    catalogue: Catalogue

    def __call__(self, key: str, **parts: object) -> str:
        """Return a text with its ``{parts}`` filled in.

        Raises:
            KeyError: there is no such text, or it names a part that was not given.
        """
        return self.catalogue[key].format_map(parts) if parts else self.catalogue[key]


class Texts:
    """The words of every language."""

    def __init__(self, catalogues: Mapping[str, Catalogue]) -> None:
        source = catalogues[SOURCE]
        self._words = {
            locale: Words(locale, {**source, **{key: text for key, text in catalogue.items() if text}})
            for locale, catalogue in catalogues.items()
        }

    @classmethod
    def load(cls) -> Texts:
        """Read the catalogues that the package carries."""
        folder = resources.files("tracepass.resolver") / "texts"
        return cls({locale: json.loads((folder / f"{locale}.json").read_text("utf-8")) for locale in LOCALES})

    def words(self, locale: str) -> Words:
        """Return the words of one of the 24 languages."""
        return self._words[locale]
