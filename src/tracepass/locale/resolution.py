"""Which text of a translatable field a reader of one language gets.

The chain: the reader's language, the language it was written in, English, the first translation made, and last a
value that names no language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ResolvedValue:
    """A value and the language it is in; ``locale`` is None where the value belongs to no language."""

    value: Any
    locale: str | None


def resolve(field: Mapping[str, Any], lang: str) -> ResolvedValue:
    """Resolve one field for one of the 24 languages.

    ``field`` holds ``value``, ``sourceLocale`` and ``translations`` (locale -> ``{value, generatedAt}``); members may
    be absent. Numbers, booleans, dates and codes carry neither and come back as they are.
    """
    translations: Mapping[str, Any] = field.get("translations") or {}
    source = field.get("sourceLocale")
    if lang in translations:
        return ResolvedValue(translations[lang]["value"], lang)
    if source is not None:
        return ResolvedValue(field.get("value"), source)
    if "en" in translations:
        return ResolvedValue(translations["en"]["value"], "en")
    if translations:
        first = min(translations, key=lambda locale: (translations[locale].get("generatedAt") or "", locale))
        return ResolvedValue(translations[first]["value"], first)
    return ResolvedValue(field.get("value"), None)
