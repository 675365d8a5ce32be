"""What a document's ``@context`` declares beyond prefixes, kept with its events and given back with them.

Prefixes are enough to know what an event says. What else a context may hold (definitions of terms, languages, a base,
addresses of other contexts) decides which graph a reader of JSON-LD makes of the event, so it must come along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from tracepass.epcis.contexts import CONTEXT_URLS, EPCIS_CONTEXT_URL, context_for, load_context


def kept_context(*contexts: Any) -> bytes | None:
    """Return the parts of contexts that apply one after the other, as JSON; None if they only declare prefixes.

    The standard's own context is left out, as well as terms that it protects: nobody can define those anew.
    """
    parts = [part for context in contexts for part in _parts(context)]
    return None if all(map(_is_plain, parts)) else orjson.dumps([_lawful(part) for part in parts])


def contexts_for(events: Sequence[Mapping[str, Any]]) -> tuple[list[Any], list[list[Any]]]:
    """Return the context for a document of stored events, and what each of them declares itself; empty where nothing.

    The document declares what all of them declare in the same way, and no more: what one event declares must not reach
    another, where the same name may mean something else, or nothing.
    """
    if not events:
        return [EPCIS_CONTEXT_URL], []
    first = events[0]
    if all(_is_alike(stored, first) for stored in events):
        return context_of(first), [[]] * len(events)
    around = [EPCIS_CONTEXT_URL]
    if all(stored.get("context") is None for stored in events):
        around = context_for(dict(sorted(_shared(events))))
    return around, [_own(stored, around) for stored in events]


def _is_alike(stored: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return stored["namespaces"] == other["namespaces"] and stored.get("context") == other.get("context")


def _shared(events: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    pairs = ({(prefix, uri) for prefix, uri in stored["namespaces"]} for stored in events)
    return set.intersection(*pairs)


def _own(stored: Mapping[str, Any], around: Sequence[Any]) -> list[Any]:
    """Return what an event declares beyond the context of its document."""
    if stored.get("context") is not None:
        return context_of(stored)[1:]
    declared = around[-1] if isinstance(around[-1], Mapping) else {}
    missing = {prefix: uri for prefix, uri in stored["namespaces"] if declared.get(prefix) != uri}
    return [missing] if missing else []


def context_of(stored: Mapping[str, Any]) -> list[Any]:
    """Return the whole context of a stored event."""
    kept = stored.get("context")
    if kept is not None:
        return [EPCIS_CONTEXT_URL, *orjson.loads(kept)]
    return context_for(dict(sorted((prefix, uri) for prefix, uri in stored["namespaces"])))


def _parts(context: Any) -> list[Any]:
    parts = context if isinstance(context, list) else [context]
    return [part for part in parts if part is not None and not (isinstance(part, str) and part in CONTEXT_URLS)]


def _is_plain(part: Any) -> bool:
    """Tell whether a part does no more than bind names to namespaces."""
    return isinstance(part, Mapping) and all(
        isinstance(value, str) and ":" not in name and not name.startswith("@") and not value.startswith("@")
        for name, value in part.items()
    )


def _lawful(part: Any) -> Any:
    if not isinstance(part, Mapping):
        return part
    protected = _protected()
    return {name: value for name, value in part.items() if name.startswith("@") or name not in protected}


@lru_cache(maxsize=1)
def _protected() -> frozenset[str]:
    standard = load_context(EPCIS_CONTEXT_URL) or {}
    return frozenset(standard["@context"])
