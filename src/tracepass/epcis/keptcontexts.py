"""What a document's ``@context`` declares beyond prefixes, kept with its events and given back with them.

Prefixes are enough to know what an event says. What else a context may hold (definitions of terms, languages, a base,
addresses of other contexts) decides which graph a reader of JSON-LD makes of the event, so it must come along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


def document_context(events: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Return the context for a document of stored events: what all of them declare in the same way, and no more.

    What one event declares must not reach another, where the same name may mean something else, or nothing.
    """
    kept, shared = set[bytes | None](), None
    for stored in events:
        kept.add(stored.get("context"))
        pairs = {(prefix, uri) for prefix, uri in stored["namespaces"]}
        shared = pairs if shared is None else shared & pairs
    if kept <= {None}:
        return context_for(dict(sorted(shared or ())))
    (only, *others) = kept
    return [EPCIS_CONTEXT_URL] if others or only is None else [EPCIS_CONTEXT_URL, *orjson.loads(only)]


def own_context(stored: Mapping[str, Any], around: Sequence[Any]) -> list[Any]:
    """Return what an event declares itself within a document with a context; empty if nothing is missing there."""
    whole = context_of(stored)
    if whole == list(around):
        return []
    if stored.get("context") is not None:
        return whole[1:]
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
