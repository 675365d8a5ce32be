"""The values of query parameters: lists, times, numbers, URIs, words of vocabularies."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tracepass.epcis.identifiers import normal, prefixes
from tracepass.epcis.normalising import timestamp
from tracepass.epcis.queries import HasTerm
from tracepass.epcis.terms import instant, number, term, text_of
from tracepass.epcis.vocabulary import Vocabulary, bare
from tracepass.gs1.epc import EpcError

PATTERN = "urn:epc:idpat:"
TYPES = frozenset({"ObjectEvent", "AggregationEvent", "AssociationEvent", "TransformationEvent", "TransactionEvent"})
ACTIONS = frozenset({"ADD", "OBSERVE", "DELETE"})
LARGEST_PAGE, MOST_VALUES, MOST_TERMS = 1000, 50, 200
"""MongoDB merges the sorted parts of an index for up to 200 terms; of more it would sort what it found."""
SETTINGS = frozenset({"orderBy", "orderDirection", "eventCountLimit", "maxEventCount", "perPage", "nextPageToken"})
PLACES = frozenset({"nextPageToken", "perPage"})
"""What differs from one page of a query to the next."""
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SAME: dict[str, str] = {}


class Faulty(Exception):
    """A parameter that is none, or a value that is none for it; the text says why."""


def texts(values: Sequence[str]) -> tuple[str, ...]:
    """Return the values of a list.

    Raises:
        Faulty: there is none, an empty one, or more than fifty.
    """
    found = tuple(part for value in values for part in value.split("|"))
    if not found or not all(found):
        message = "must be one or more values with | between them"
        raise Faulty(message)
    if len(found) > MOST_VALUES:
        message = f"must be at most {MOST_VALUES} values"
        raise Faulty(message)
    return found


def one(values: Sequence[str]) -> str:
    """Return the only value."""
    if len(values) != 1 or not values[0]:
        message = "must be one value"
        raise Faulty(message)
    return values[0]


def time(values: Sequence[str]) -> str:
    """Return a time as it is stored: UTC, with milliseconds."""
    text = one(values)
    try:
        # In a query a plus sign stands for a space (URL Standard, 5.1), and many forget to escape it.
        return timestamp(text.replace(" ", "+"))
    except ValueError:
        message = "must be a time with its offset, like 2027-02-18T00:00:00.000Z"
        raise Faulty(message) from None


def numbers(values: Sequence[str]) -> tuple[float, ...]:
    """Return numbers."""
    return tuple(map(_number, texts(values)))


def one_number(values: Sequence[str]) -> float:
    """Return the only number."""
    return _number(one(values))


def _number(text: str) -> float:
    found = _find_number(text)
    if found is None:
        message = "must be a number"
        raise Faulty(message)
    return found


def _find_number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return number(found) if math.isfinite(found) and "_" not in text else None


def _find_time(text: str) -> datetime | None:
    try:
        return instant(timestamp(text))
    except ValueError:
        return None


def comparable(values: Sequence[str]) -> float | datetime:
    """Return a number or an instant to compare with."""
    text = one(values)
    found = _find_number(text)
    moment = _find_time(text.replace(" ", "+")) if found is None else None
    if found is None and moment is None:
        message = "must be a number or a time with its offset"
        raise Faulty(message)
    return found if found is not None else moment  # type: ignore[return-value]  # one of them is


def other_forms(text: str) -> list[str]:
    """Return in which other forms a field may have a value: as a number, as an instant."""
    found: list[Any] = [_find_number(text), _find_time(text)]
    return [text_of(value) for value in found if value is not None]


def exists(values: Sequence[str]) -> bool:
    """Read the value of ``EXISTS_``: none, or a truth value; ``false`` sets no condition."""
    text = values[0].lower() if values else ""
    if len(values) > 1 or text not in {"", "true", "false", "1", "0"}:
        message = "must be true, false or empty"
        raise Faulty(message)
    return text not in {"false", "0"}


def truth(text: str) -> str:
    """Return a truth value in the notation of terms."""
    if text.lower() not in {"true", "false"}:
        message = "must be true or false"
        raise Faulty(message)
    return text.lower()


def uri(text: str) -> str:
    """Return a URI as it is."""
    try:
        is_uri = bool(urlsplit(text).scheme) and " " not in text
    except ValueError:
        is_uri = False
    if not is_uri:
        message = f"must be URIs; {text[:80]!r} is none"
        raise Faulty(message)
    return text


def uris(values: Sequence[str]) -> tuple[str, ...]:
    """Return URIs."""
    return tuple(map(uri, texts(values)))


def identifier(text: str) -> str:
    """Return the one text for what a URI names."""
    return normal(uri(text))


same: Callable[[str], str] = normal


def event_type(text: str) -> str:
    """Return the name of an event type, of the standard or as a URI."""
    return text if text in TYPES else _word_or_uri(text, TYPES)


def _word_or_uri(text: str, known: frozenset[str]) -> str:
    if ":" not in text:
        message = f"must be {', '.join(sorted(known))} or a URI"
        raise Faulty(message)
    return uri(text)


def action(text: str) -> str:
    """Return an action."""
    if text not in ACTIONS:
        message = "must be ADD, DELETE or OBSERVE"
        raise Faulty(message)
    return text


def name_of(vocabulary: Vocabulary) -> Callable[[str], str]:
    """Return who brings a word of a vocabulary, in any notation, into ours."""

    def word(text: str) -> str:
        found = bare(vocabulary, text)
        if not _WORD.fullmatch(found):
            uri(found)
        return found

    return word


def matching(tags: Sequence[str], values: Sequence[str]) -> HasTerm:
    """Return that one of some fields names one of some things; EPC patterns stand for all of their kind."""
    exact = [term(tag, normal(value)) for tag in tags for value in values if not _is_open(tag, value)]
    beginnings = [begin for value in values if value.startswith(PATTERN) for begin in _beginnings(value)]
    open_tags = [tag for tag in tags if not tag.endswith("Class")]
    patterns = [f"{tag}={begin}" for tag in open_tags for begin in beginnings]
    near = tuple(dict.fromkeys(term("under", _class_of(begin)) for begin in beginnings))
    known = bool(beginnings) and all(begin.endswith("/") for begin in beginnings)
    near = near if known and patterns and not exact and len(near) <= MOST_TERMS else ()
    return HasTerm(tuple(dict.fromkeys(exact)), tuple(patterns), near)


def any_of(terms: Iterable[str]) -> HasTerm:
    """Return that the event has one of some terms.

    Raises:
        Faulty: they are more than two hundred.
    """
    found = tuple(dict.fromkeys(terms))
    if len(found) > MOST_TERMS:
        message = "asks for too many things at once; ask for fewer values"
        raise Faulty(message)
    return HasTerm(found)


def _is_open(tag: str, value: str) -> bool:
    return value.startswith(PATTERN) and not tag.endswith("Class")


def _beginnings(pattern: str) -> tuple[str, ...]:
    try:
        return prefixes(pattern)
    except EpcError as error:
        message = f"{pattern[:80]!r} is no EPC pattern: {error}"
        raise Faulty(message) from None


def _class_of(beginning: str) -> str:
    """Return the class whose instances begin so: without the name of the serial's level."""
    return beginning.rstrip("/").rpartition("/")[0]


def field_names(text: str, namespaces: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return the namespaces and names that a field may have: a prefixed name, or a namespace, ``#`` and a name."""
    prefix, colon, name = text.partition(":")
    if prefix in namespaces and colon and not name.startswith("//"):
        return [(namespace, name) for namespace in namespaces[prefix]]
    namespace, hash_, local = text.rpartition("#")
    if hash_:
        return [(namespace, local), (namespace + "#", local)]
    if "//" in text:
        namespace, slash, local = text.rpartition("/")
        return [(namespace + slash, local)]
    if _WORD.fullmatch(prefix.replace("-", "_")):
        message = f"the prefix {prefix} is not known; say what it stands for in GS1-Extensions ({prefix}=<namespace>)"
        raise Faulty(message)
    message = "must name a field as prefix:name or namespace#name"
    raise Faulty(message)


def settings(parameters: Mapping[str, Sequence[str]], faults: dict[str, list[str]]) -> dict[str, Any]:
    """Read order, limits and page; what is wrong is added to the faults."""
    found: dict[str, Any] = {}
    readers: tuple[tuple[str, str, Callable[[Sequence[str]], Any]], ...] = (
        ("orderDirection", "descending", _direction),
        ("eventCountLimit", "limit", _count),
        ("maxEventCount", "most", _count),
        ("perPage", "per_page", _page),
        ("nextPageToken", "token", one),
    )
    for name, member, reader in readers:
        if name in parameters:
            try:
                found[member] = reader(parameters[name])
            except Faulty as fault:
                faults[name] = [str(fault)]
    _agree(parameters, faults)
    return found


def _agree(parameters: Mapping[str, Sequence[str]], faults: dict[str, list[str]]) -> None:
    if "eventCountLimit" in parameters and "maxEventCount" in parameters:
        faults.setdefault("maxEventCount", ["must not stand beside eventCountLimit"])
    for name in ("eventCountLimit", "orderDirection"):
        if name in parameters and "orderBy" not in parameters:
            faults.setdefault(name, ["needs orderBy"])


def _direction(values: Sequence[str]) -> bool:
    text = one(values)
    if text not in {"ASC", "DESC"}:
        message = "must be ASC or DESC"
        raise Faulty(message)
    return text == "DESC"


def _count(values: Sequence[str]) -> int:
    text = one(values)
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        message = "must be a whole number from 1 on"
        raise Faulty(message)
    return int(text)


def _page(values: Sequence[str]) -> int:
    count = _count(values)
    if count > LARGEST_PAGE:
        message = f"must be at most {LARGEST_PAGE}"
        raise Faulty(message)
    return count
