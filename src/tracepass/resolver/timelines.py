"""What happened to a product, as everybody may see it: read from its claim, and made ready for a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import orjson

from tracepass.resolver.values import FILES_PATH, Presenter

Json = Mapping[str, Any]
PARTS: Final = ("life", "captured")
"""What the publisher wrote down, and what it captured as events."""
_STEPS: Final[Mapping[str, Mapping[str, str]]] = json.loads(
    (resources.files("tracepass.resolver") / "data" / "bizsteps.json").read_text("utf-8")
)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Entries, the latest first; ``more`` says that there are older ones."""

    entries: tuple[Json, ...] = ()
    more: bool = False


NOTHING: Final = Timeline()


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One entry on a page.

    ``facts`` are labels and texts, ``documents`` addresses and titles; ``lang`` and ``language`` are filled where the
    text is not in the reader's language.
    """

    at: str
    day: str
    title: str
    text: str = ""
    lang: str | None = None
    language: str | None = None
    facts: tuple[tuple[str, str], ...] = ()
    documents: tuple[tuple[str, str], ...] = ()


def edition_of(claim: Json) -> str:
    """Return what changes with whatever a claim shows."""
    parts = claim.get("timeline") or {}
    editions = [str(parts.get(name, {}).get("edition", 0)) for name in PARTS] if parts else []
    return ".".join([claim.get("edition", ""), *editions])


def timeline_of(claim: Json) -> Timeline:
    """Return what a claim holds of the life of a product."""
    parts = [part for name in PARTS if (part := (claim.get("timeline") or {}).get(name))]
    entries = [entry for part in parts for entry in orjson.loads(part["entries"])]
    entries.sort(key=lambda entry: str(entry["at"]), reverse=True)
    return Timeline(tuple(entries), any(part["more"] for part in parts))


def happenings(timeline: Timeline, page: Json, presenter: Presenter) -> list[Happening]:
    """Return the entries of a page, the publishing of the passport among them; none if there is nothing but that."""
    if not timeline.entries:
        return []
    published = {"type": "published", "at": page["publishedAt"]}
    whole = sorted((*timeline.entries, published), key=lambda entry: str(entry["at"]), reverse=True)
    return [_happening(entry, presenter) for entry in whole]


def _happening(entry: Json, presenter: Presenter) -> Happening:
    language = presenter.foreign(entry.get("sourceLocale"))
    return Happening(
        at=entry["at"][:10],
        day=presenter.formats.day_of(entry["at"]),
        title=_title(entry, presenter),
        text=entry.get("description", ""),
        lang=entry["sourceLocale"] if language else None,
        language=language,
        facts=tuple(_facts(entry, presenter)),
        documents=tuple(_documents(entry.get("documents", ()), presenter)),
    )


def _title(entry: Json, presenter: Presenter) -> str:
    if entry["type"] == "published":
        return presenter.words("history_published")
    if entry["type"] == "event":
        return step_name(entry["bizStep"], presenter.locale)
    return presenter.words(f"{entry['type']}_{entry['kind']}")


def step_name(step: str, locale: str) -> str:
    """Return the name of a business step; of one from another vocabulary, the end of its address."""
    known = _STEPS.get(step)
    if known is not None:
        return known[locale]
    tail = step.rstrip("/#:").replace("#", "/").replace(":", "/").rpartition("/")[2]
    return tail.replace("_", " ")


def _facts(entry: Json, presenter: Presenter) -> Iterator[tuple[str, str]]:
    words = presenter.words
    if "by" in entry:
        yield words("done_by"), _named(entry["by"]["legalName"], entry["by"], presenter)
    if entry.get("place"):
        yield words("done_at"), _named(entry["place"].get("name"), entry["place"], presenter)
    if entry.get("parts"):
        yield words("parts_new"), ", ".join(entry["parts"])
    for end in ("from", "to"):
        if end in entry:
            owner = entry[end]
            name = owner["legalName"] if owner["type"] == "company" else words("owner_private")
            yield words(f"owner_{end}"), _named(name, owner, presenter)


def _named(name: str | None, what: Json, presenter: Presenter) -> str:
    country = presenter.formats.country(what["country"]) if "country" in what else None
    return ", ".join(text for text in (name, country) if text)


def _documents(references: Sequence[Json], presenter: Presenter) -> Iterator[tuple[str, str]]:
    for one in references:
        yield one.get("url") or FILES_PATH + one["fileId"], one.get("title") or presenter.words("open_document")
