"""The hash of an event (CBV 2.0, 8.9): the same event gives the same hash, whoever wrote it in whichever notation.

The text that is hashed names the type, then the standard's properties in the standard's order, then all else in the
order of characters: lists of transactions, sources and destinations, ILMD, extensions. Values are brought into one
form: times in UTC with milliseconds, numbers without idle zeros, identifiers as canonical links, terms as web URIs.

Where the text of the standard leaves room, this follows the generator that its authors publish, so that two parties
compute the same eventID; decision 0028 tells where, and where not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tracepass.epcis.hashorder import COMMENTS, EVENT_ORDER, LEFT_OUT, PAIRS, Group, Leaf, Listed, Order
from tracepass.epcis.hashtexts import Texts
from tracepass.epcis.vocabulary import Vocabulary

Event = Mapping[str, Any]
_PLAIN: Final = Leaf()
_TYPES: Final = {vocabulary: Leaf(vocabulary=vocabulary) for vocabulary in Vocabulary}


def pre_hash(event: Event, namespaces: Mapping[str, str], joiner: str = "") -> str:
    """Return the text that is hashed (CBV 2.0, 8.9.2); ``joiner`` stands between its parts, empty in the standard."""
    return _Writer(Texts(namespaces), joiner).event(event)


def event_hash(event: Event, namespaces: Mapping[str, str]) -> str:
    """Return ``ni:///sha-256;<hex>?ver=CBV2.0`` of a valid event; see `Hasher`."""
    return Hasher(namespaces)(event)


class Hasher:
    """Hashes valid events that share their namespaces; what it has spelt once it remembers, so let it go with them.

    ``namespaces``: prefix -> namespace of the extensions, of the document and of the event together
    (``contexts.namespaces_of``). ``eventID``, ``recordTime`` and ``errorDeclaration`` take no part.
    """

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self._writer = _Writer(Texts(namespaces), "")

    def __call__(self, event: Event) -> str:
        """Return ``ni:///sha-256;<hex>?ver=CBV2.0``."""
        return name_of(self._writer.event(event))

    def member(self, name: str, value: Any) -> tuple[str, list[str]]:
        """Return what one member says in its place, and what at the end; no member changes what another says."""
        return self._writer.member(name, value)


def name_of(text: str) -> str:
    """Return ``ni:///sha-256;<hex>?ver=CBV2.0`` for the text that is hashed."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


class _Writer:
    def __init__(self, texts: Texts, joiner: str) -> None:
        self._texts = texts
        self._join = joiner.join
        self._said: dict[tuple[str, str], str] = {}

    def event(self, event: Event) -> str:
        parts = {name: self.member(name, value) for name, value in event.items()}
        said = [parts[name][0] for name in EVENT_ORDER if name in parts and parts[name][0]]
        rest = [one for _, later in parts.values() for one in later]
        return self._join((parts["type"][0], self._join(said), self._sorted(rest)))

    def member(self, name: str, value: Any) -> tuple[str, list[str]]:
        """Return what a member of an event says in its place, and what has to wait for the end of the event."""
        step = EVENT_ORDER.get(name)
        if step is not None:
            return self._members({name: value}, {name: step})
        if name in PAIRS:
            pairs = [self._pair(item, *PAIRS[name]) for item in value or ()]
            return "", [name + self._sorted(pairs)] if pairs else []
        if name in LEFT_OUT:
            return f"eventType={value}" if name == "type" else "", []
        return "", list(self._extension(name, value))

    def _members(self, owner: Event, order: Order) -> tuple[str, list[str]]:
        """Return what is said in order, and what has to wait for the end of the event."""
        said: list[str] = []
        rest: list[str] = []
        for name, step in order.items():
            if name not in owner or (value := owner[name]) is None:
                continue
            if isinstance(step, Leaf):
                self._leaf(name, value, step, said)
            elif isinstance(step, Group):
                self._group(name, value if isinstance(value, list) else [value], step.order, (said, rest))
            else:
                self._listed(name, value, step, (said, rest))
        return self._join(said), rest

    def _leaf(self, name: str, value: Any, leaf: Leaf, said: list[str]) -> None:
        if type(value) is str:
            text = self._said.get((name, value))
            if text is None:
                text = self._said[name, value] = self._spelt(name, value, leaf)
            if text:
                said.append(text)
        elif isinstance(value, list):
            several: list[str] = []
            for item in value:
                self._leaf(name, item, leaf, several)
            several.sort()
            said.extend(several)
        elif text := self._spelt(name, value, leaf):
            said.append(text)

    def _spelt(self, name: str, value: Any, leaf: Leaf) -> str:
        """Return what a plain value says, nothing if it is empty."""
        if leaf.time:
            text = self._texts.time(value)
        elif leaf.vocabulary is not None:
            text = self._texts.term(leaf.vocabulary, value)
        else:
            text = self._texts.value(value)
        return f"{name}={text}" if text else ""

    def _group(self, name: str, values: Iterable[Event], order: Order, into: tuple[list[str], list[str]]) -> None:
        said, rest = into
        several: list[str] = []
        for value in values:
            if len(value) == 1 and (text := self._single(value, order)):
                several.append(name + text)
                continue
            text, left = self._members(value, order)
            here, later = self._own(value, order)
            whole = self._join((text, here)) if here else text
            if whole:
                several.append(name + whole)
            if left or later:
                rest.append(name + self._sorted([*left, *later]))
        said.extend(sorted(several))

    def _single(self, owner: Event, order: Order) -> str:
        """Return what an element says whose only member is a plain text, as the ``id`` of most places is."""
        ((name, value),) = owner.items()
        step = order.get(name)
        said: list[str] = []
        if isinstance(step, Leaf) and isinstance(value, str):
            self._leaf(name, value, step, said)
        return said[0] if said else ""

    def _listed(self, name: str, values: list[Any], step: Listed, into: tuple[list[str], list[str]]) -> None:
        said: list[str] = []
        rest: list[str] = []
        if isinstance(step.step, Leaf):
            self._leaf(step.item, values, step.step, said)
        else:
            self._group(step.item, values, step.step.order, (said, rest))
        if said:
            into[0].append(name + self._join(said))
        if rest:
            into[1].append(name + self._sorted(rest))

    def _own(self, owner: Event, order: Order) -> tuple[str, list[str]]:
        """Return what the extensions of an element of the standard say there, and what at the end of the event.

        Those are said in place whose namespace ends in a slash, beside other members, none of which is an action: so
        does the published generator.
        """
        names = [name for name in owner if name not in order and name not in COMMENTS]
        if not names:
            return "", []
        alone = sum(len(value) if isinstance(value, list) else 1 for value in owner.values()) <= 1
        spelt = {name: self._texts.name(name) for name in names}
        aside = alone or any("eventTime" in name or "action" in name for name in spelt.values())
        here: list[str] = []
        later: list[str] = []
        for name, full in spelt.items():
            (later if aside or "/}" not in full else here).extend(self._extension(name, owner[name]))
        return self._sorted(here), later

    def _pair(self, item: Event, name: str, vocabulary: Vocabulary) -> str:
        said: list[str] = []
        if "type" in item:
            # The one name that has another vocabulary elsewhere: nothing is remembered of it.
            said.append(self._spelt("type", item["type"], _TYPES[vocabulary]))
        self._leaf(name, item[name], _PLAIN, said)
        return self._join(said)

    def _extension(self, name: str, value: Any) -> Iterator[str]:
        """Yield what an extension field says, once for each of its values."""
        if name in COMMENTS or name.startswith("@"):
            return
        spelt = self._texts.name(name)
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, dict):
                yield spelt + self._text_of(one) + self._below(one)
            elif isinstance(one, list):
                yield spelt + self._sorted(self._extension("", one))
            else:
                text = self._texts.value(one)
                yield f"{spelt}={text}" if text else spelt

    def _text_of(self, element: Event) -> str:
        text = self._texts.value(element["#text"]) if "#text" in element else ""
        return f"={text}" if text else ""

    def _below(self, element: Event) -> str:
        return self._sorted(said for name, value in element.items() for said in self._extension(name, value))

    def _sorted(self, said: Iterable[str]) -> str:
        return self._join(sorted(said))
