"""Events in JSON as XML, element by element in the order of the schema, for EPCIS 2.0 and for 1.2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from tracepass.epcis.contexts import namespaces_of
from tracepass.epcis.vocabulary import BARE, Vocabulary, urn, web_uri
from tracepass.epcis.xmlelements import Element, Elements, Unwritable, items, members_of, text_of
from tracepass.epcis.xmlfields import (
    ANY_FIELD,
    EPC_LISTS,
    EXTENDED_IN_1_2,
    FIELDS,
    PLACES,
    QUANTITY_LISTS,
    READINGS,
    SINCE_2_0,
    TEXTS,
    TYPED_LISTS,
    WORDS,
)

CbvFormat = Literal["No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates"]
_AT_BASE: Final = ("eventID", "errorDeclaration")
_APART: Final = frozenset({"type", "@context"})
# The vocabularies whose terms have no URN, and the prefix that they are written with in XML.
_PREFIXED: Final[Mapping[Vocabulary, str]] = {
    Vocabulary.MEASUREMENT: "gs1:",
    Vocabulary.ALERT: "gs1:",
    Vocabulary.COMPONENT: "cbv:Comp-",
}
_Writer = Callable[[Element, str, Any], None]


class EventWriter:
    """Writes the events of one document."""

    def __init__(self, make: Elements, version: str, cbv: CbvFormat) -> None:
        self._make = make
        self._old = version == "1.2"
        self._cbv = cbv
        self._writers: Mapping[str, _Writer] = {
            **dict.fromkeys(TEXTS, self._text),
            **dict.fromkeys(EPC_LISTS, self._epcs),
            **dict.fromkeys(QUANTITY_LISTS, self._quantities),
            **dict.fromkeys(PLACES, self._place),
            **dict.fromkeys(TYPED_LISTS, self._typed_list),
            **dict.fromkeys(WORDS, self._word),
            "certificationInfo": self._certificates,
            "errorDeclaration": self._declaration,
            "persistentDisposition": self._persistent,
            "sensorElementList": self._sensors,
            "ilmd": self._master,
        }

    def write(self, parent: Element, event: Any) -> None:
        """Append an event to its list.

        Raises:
            Unwritable: something in it has no form in XML.
        """
        if not isinstance(event, Mapping):
            raise Unwritable("an event is an object")
        context = event.get("@context")
        self._make.enter(None if context is None else namespaces_of(context))
        try:
            self._event(parent, event)
        finally:
            self._make.enter(None)

    def _event(self, parent: Element, event: Mapping[str, Any]) -> None:
        kind = event.get("type")
        if not isinstance(kind, str) or (kind not in FIELDS and not self._make.is_prefixed(kind)):
            raise Unwritable(f"{kind} is no event of EPCIS", "type")
        element = self._make.add(self._home(parent, kind), kind if kind in FIELDS else self._make.qualified(kind))
        fields = FIELDS.get(kind, ANY_FIELD)
        if self._old:
            self._old_fields(element, kind, event, fields)
        else:
            self._fields(element, event, fields)
        for name, value in event.items():
            if name not in fields and name not in _APART:
                self._make.value(element, name, value, inner=False)

    def _home(self, parent: Element, kind: str) -> Element:
        """Return where an event stands: the list, or an extension of it for events that its version has there."""
        if self._old:
            depth = {"TransformationEvent": 1, "AssociationEvent": 2}.get(kind, 0)
        else:
            depth = 0 if kind in FIELDS else 1
        for _ in range(depth):
            parent = self._make.add(parent, "extension")
        return parent

    def _fields(self, parent: Element, event: Mapping[str, Any], fields: tuple[str, ...]) -> None:
        for name in fields:
            value = event.get(name)
            if value is not None:
                try:
                    self._writers[name](parent, name, value)
                except Unwritable as fault:
                    raise fault.below(name) from fault

    def _old_fields(self, element: Element, kind: str, event: Mapping[str, Any], fields: tuple[str, ...]) -> None:
        first, inner = EXTENDED_IN_1_2.get(kind, ()), SINCE_2_0
        base, deep = _present(_AT_BASE, event), _present(("certificationInfo",), event)
        head = ("eventTime", "recordTime", "eventTimeZoneOffset")
        self._fields(element, event, head)
        if base or deep:
            extension = self._make.add(element, "baseExtension")
            self._fields(extension, event, base)
            if deep:
                self._fields(self._make.add(extension, "extension"), event, deep)
        apart = {*head, *_AT_BASE, "certificationInfo", *first, *inner}
        self._fields(element, event, tuple(name for name in fields if name not in apart))
        self._old_extension(element, event, first, inner if kind in FIELDS else ())

    def _old_extension(
        self, element: Element, event: Mapping[str, Any], first: tuple[str, ...], inner: tuple[str, ...]
    ) -> None:
        present, later = _present(first, event), _present(inner, event)
        if not present and not later:
            return
        extension = self._make.add(element, "extension")
        self._fields(extension, event, present)
        if later:
            place = self._make.add(extension, "extension") if first else extension
            self._fields(place, event, later)

    def _text(self, parent: Element, name: str, value: Any) -> None:
        self._make.add(parent, name, text_of(value))

    def _certificates(self, parent: Element, name: str, value: Any) -> None:
        for item in items(value):
            self._make.add(parent, name, text_of(item))

    def _word(self, parent: Element, name: str, value: Any) -> None:
        self._make.add(parent, name, self._term(WORDS[name], value))

    def _term(self, vocabulary: Vocabulary, value: Any) -> str:
        text = text_of(value)
        bare = BARE[vocabulary].get(text)
        prefix = _PREFIXED.get(vocabulary)
        if bare is None or (
            bare != text and (prefix is not None or self._cbv in {"No_Preference", "Never_Translates"})
        ):
            return self._make.term(text)
        if prefix is not None:
            return self._make.term(prefix + bare)
        return web_uri(vocabulary, bare) if self._cbv == "Always_Web_URI" else urn(vocabulary, bare)

    def _epcs(self, parent: Element, name: str, value: Any) -> None:
        place = self._make.add(parent, name)
        for item in items(value):
            self._make.add(place, "epc", text_of(item))

    def _quantities(self, parent: Element, name: str, value: Any) -> None:
        place = self._make.add(parent, name)
        for item in map(members_of, items(value)):
            element = self._make.add(place, "quantityElement")
            if "uom" in item and item.get("quantity") is None:
                raise Unwritable("a unit without a quantity has no form in XML", "uom")
            for part in ("epcClass", "quantity", "uom"):
                if item.get(part) is not None:
                    self._make.add(element, part, text_of(item[part]))

    def _place(self, parent: Element, name: str, value: Any) -> None:
        members = value if isinstance(value, Mapping) else {"id": value}
        place = self._make.add(parent, name)
        if "id" in members:
            self._make.add(place, "id", text_of(members["id"]))
        self._extensions(place, members, {"id"})

    def _extensions(self, place: Element, members: Mapping[str, Any], known: set[str]) -> None:
        for key, item in members.items():
            if key not in known:
                self._make.value(place, key, item, inner=False)

    def _typed_list(self, parent: Element, name: str, value: Any) -> None:
        part, vocabulary = TYPED_LISTS[name]
        place = self._make.add(parent, name)
        for item in map(members_of, items(value)):
            element = self._make.add(place, part, text_of(item.get(part)))
            if item.get("type") is not None:
                self._make.set(element, "type", self._term(vocabulary, item["type"]))

    def _persistent(self, parent: Element, name: str, value: Any) -> None:
        place = self._make.add(parent, name)
        for part in ("unset", "set"):
            for item in items(members_of(value).get(part)):
                self._make.add(place, part, self._term(Vocabulary.DISPOSITION, item))

    def _declaration(self, parent: Element, name: str, value: Any) -> None:
        place = self._make.add(parent, name)
        self._make.add(place, "declarationTime", text_of(members_of(value).get("declarationTime")))
        if value.get("reason") is not None:
            self._make.add(place, "reason", self._term(Vocabulary.ERROR_REASON, value["reason"]))
        if value.get("correctiveEventIDs") is not None:
            identifiers = self._make.add(place, "correctiveEventIDs")
            for item in items(value["correctiveEventIDs"]):
                self._make.add(identifiers, "correctiveEventID", text_of(item))
        self._extensions(place, value, {"declarationTime", "reason", "correctiveEventIDs"})

    def _sensors(self, parent: Element, name: str, value: Any) -> None:
        place = self._make.add(parent, name)
        for item in map(members_of, items(value)):
            element = self._make.add(place, "sensorElement")
            if item.get("sensorMetadata") is not None:
                self._readings(element, "sensorMetadata", item["sensorMetadata"])
            for report in items(item.get("sensorReport")):
                self._readings(element, "sensorReport", report)
            self._extensions(element, item, {"sensorMetadata", "sensorReport"})

    def _readings(self, parent: Element, name: str, members: Mapping[str, Any]) -> None:
        element = self._make.add(parent, name)
        for key, value in members_of(members).items():
            if isinstance(value, dict | list):
                raise Unwritable(f"a {name} in XML has attributes only, so it holds no objects or lists", name, key)
            if value is not None:
                vocabulary = READINGS.get(key)
                text = text_of(value) if vocabulary is None else self._term(vocabulary, value)
                self._make.set(element, self._make.qualified(key), text)

    def _master(self, parent: Element, name: str, value: Any) -> None:
        place = self._make.add(parent, name)
        for key, item in members_of(value).items():
            self._make.value(place, key, item)


def _present(names: tuple[str, ...], event: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in names if event.get(name) is not None)
