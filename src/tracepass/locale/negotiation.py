"""Which of the 24 languages a reader gets (RFC 9110 12.5.4, RFC 4647 3.4)."""

from __future__ import annotations

LOCALES = (
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr",
    "hu", "it", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv",
)  # fmt: skip
FALLBACK = "en"
_KNOWN = frozenset(LOCALES)


class UnknownLocale(ValueError):
    """A language that is none of the 24."""


def check_locale(text: str) -> str:
    """Return the locale, or refuse it.

    Raises:
        UnknownLocale: it is none of the 24 official languages of the Union.
    """
    if text not in _KNOWN:
        raise UnknownLocale(f"must be one of {', '.join(LOCALES)}")
    return text


def negotiate(lang: str | None, accept_language: str | None, default: str | None) -> str:
    """Choose the reader's language: the one asked for, the best accepted one, the workspace's, English.

    Raises:
        UnknownLocale: ``lang`` is given and none of the 24.
    """
    if lang is not None:
        return check_locale(lang)
    if accept_language:
        for tag in _by_preference(accept_language):
            primary = tag.split("-", 1)[0]
            if primary in _KNOWN:
                return primary
    return default if default in _KNOWN else FALLBACK


def _by_preference(header: str) -> list[str]:
    """Return the language tags of the header, most wanted first; those with q=0 are left out."""
    weighted = [_weigh(part) for part in header.split(",")]
    wanted = [(quality, tag) for tag, quality in weighted if quality > 0 and tag]
    return [tag for _, tag in sorted(wanted, key=lambda pair: -pair[0])]


def _weigh(part: str) -> tuple[str, float]:
    """Return tag and quality of one member of the header; a quality that is no number counts as 0."""
    tag, *parameters = part.split(";")
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            quality = _quality(value.strip())
    return tag.strip().lower(), quality


def _quality(text: str) -> float:
    """Read a quality value; what is no number, or beyond 0 to 1, is not wanted."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 <= value <= 1 else 0.0
