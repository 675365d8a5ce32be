"""Elements are made: names of JSON become qualified names, values become texts, extension values become elements."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import count
from typing import Any, Final

from lxml import etree

from tracepass.epcis.contexts import STANDARD_PREFIXES
from tracepass.epcis.xmlnames import CBVMDA, SBDH, XML, XSD, XSI, split
from tracepass.epcis.xmlnodes import XmlInvalid
from tracepass.epcis.xmlvalues import TEXT

Element = etree._Element  # noqa: SLF001  lxml has no public name for the type of its elements
_NIL: Final = f"{{{XSI}}}nil"
_TYPE: Final = f"{{{XSI}}}type"
_PREFIX: Final = re.compile(r"[^\W\d][\w.-]*")
_EXACT: Final = 2.0**53
_OWN: Final = frozenset({"epcis", "epcisq", "xsi", "xsd", "xml", "xmlns"})


class Unwritable(Exception):
    """A value that has no form in XML; ``way`` leads to it from where it is caught, in the order of the names."""

    def __init__(self, message: str, *way: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.way = way

    def below(self, *way: str | int) -> Unwritable:
        """Return the same with a longer way."""
        return Unwritable(self.message, *way, *self.way)


class Elements:
    """Makes elements; each namespace has one prefix, declared at the root, whatever the contexts call it.

    ``namespaces`` is what the document's context declares (prefix -> namespace); what an event's own context declares
    is made known by ``declare`` beforehand, and holds between ``enter`` and the next.
    """

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self._common = {**STANDARD_PREFIXES, "sbdh": SBDH, "xml": XML, **namespaces}
        self._scope: Mapping[str, str] = self._common
        self._prefixes = {XSI: "xsi", XSD: "xsd", XML: "xml"}
        self._found: dict[str, str] = {}
        self._kept: set[str] = set()
        self.declare(namespaces)

    def declare(self, namespaces: Mapping[str, str]) -> None:
        """Give the namespaces of a context a prefix, theirs if it is free."""
        for prefix, uri in namespaces.items():
            if ":" not in prefix and uri:
                self._kept.add(self._prefix(_in_xml(uri), prefix))

    def enter(self, namespaces: Mapping[str, str] | None) -> None:
        """Read names by the context of one event from here on; None: by that of the document."""
        self._scope = {**self._common, **namespaces} if namespaces else self._common

    @property
    def map(self) -> dict[str, str]:
        """The declarations for the root."""
        return {prefix: uri for uri, prefix in self._prefixes.items() if prefix != "xml"}

    def clean(self, root: Element) -> None:
        """Declare at the root what was met since it was made, and take away what nothing uses."""
        etree.cleanup_namespaces(root, top_nsmap=self._found or None, keep_ns_prefixes=sorted(self._kept))

    def _prefix(self, uri: str, wanted: str) -> str:
        known = self._prefixes.get(uri)
        if known is not None:
            return known
        stem = wanted if _PREFIX.fullmatch(wanted) and wanted not in _OWN else "ns"
        taken = set(self._prefixes.values())
        chosen = next(name for name in _numbered(stem) if name not in taken)
        self._prefixes[uri] = chosen
        self._found[chosen] = uri
        return chosen

    def add(self, parent: Element, name: str, text: str | None = None) -> Element:
        """Append an element; ``name`` is qualified already, or in no namespace."""
        try:
            element = etree.SubElement(parent, name)
            element.text = text
        except ValueError as error:
            raise Unwritable(f"XML has no such name or character: {str(error)[:120]}", name) from error
        return element

    def set(self, element: Element, name: str, text: str) -> None:
        """Give an element an attribute."""
        try:
            element.set(name, text)
        except ValueError as error:
            raise Unwritable(f"XML has no such name or character: {str(error)[:120]}", name) from error

    def qualified(self, name: str, *, inner: bool = True) -> str:
        """Return the qualified name of an extension member; without a prefix it is in no namespace where ``inner``.

        Raises:
            Unwritable: it is a keyword of JSON-LD, or a name without namespace where one is needed.
        """
        prefix, colon, local = name.partition(":")
        uri = self._scope.get(prefix)
        if colon and uri is not None and not local.startswith("//"):
            return self._named(uri, local, prefix)
        parts = split(name) if colon else split(uri or "")
        if parts is not None:
            return self._named(*parts, "ns")
        if colon or not inner or name.startswith(("@", "#")):
            raise Unwritable(f"{name} has no name in XML: it is in no namespace", name)
        return name

    def is_prefixed(self, name: str) -> bool:
        """Tell whether a member is an extension: it is prefixed, an IRI, or declared by the context."""
        return ":" in name or name in self._scope

    def _named(self, uri: str, local: str, prefix: str) -> str:
        uri = _in_xml(uri)
        if uri not in self._prefixes:
            self._prefix(uri, prefix)
        return f"{{{uri}}}{local}"

    def value(self, parent: Element, name: str, value: Any, *, inner: bool = True) -> None:
        """Append an extension member, one element for each item of a list.

        Raises:
            Unwritable: XML has no form for it.
        """
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(item, list):
                raise Unwritable("a list within a list has no form in XML", name, index)
            element = self.add(parent, self.qualified(name, inner=inner))
            try:
                self.fill(element, item)
            except Unwritable as fault:
                raise fault.below(name) from fault

    def fill(self, element: Element, value: Any) -> None:
        """Put an extension value into its element."""
        if isinstance(value, dict):
            self._members(element, value)
        elif value is None:
            element.set(_NIL, "true")
        else:
            self._scalar(element, value)

    def term(self, text: str) -> str:
        """Return a value with the prefix that its namespace has in XML, if it begins with one."""
        prefix, colon, local = text.partition(":")
        uri = self._scope.get(prefix) if colon and not local.startswith("//") else None
        if uri is None:
            return text
        found = self._prefix(_in_xml(uri), prefix)
        self._kept.add(found)
        return f"{found}:{local}"

    def _members(self, element: Element, members: Mapping[str, Any]) -> None:
        text = next((members[key] for key in (TEXT, "@value", "@id") if key in members), None)
        if text is not None:
            self._scalar(element, text)
        for key, value in members.items():
            if key in {TEXT, "@value", "@id"}:
                continue
            if key == "@type":
                self._typed(element, value)
            elif text is not None and isinstance(value, str):
                self.set(element, self.qualified(key), value)
            else:
                self.value(element, key, value)

    def _typed(self, element: Element, type_: Any) -> None:
        if not isinstance(type_, str) or not type_.startswith("xsd:"):
            raise Unwritable("of JSON-LD's types, those of XML Schema have a form in XML", "@type")
        element.set(_TYPE, type_)
        self._kept.add("xsd")

    def _scalar(self, element: Element, value: Any) -> None:
        type_ = _type(value)
        try:
            element.text = text_of(value)
        except ValueError as error:
            raise Unwritable(f"XML has no such character: {str(error)[:120]}") from error
        if type_ is not None:
            element.set(_TYPE, type_)
            self._kept.add("xsd")


def text_of(value: Any) -> str:
    """Return the text of a scalar; numbers without exponent, as ``xsd:decimal`` wants them.

    Raises:
        Unwritable: it is none, or no finite number.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        # A whole number that large is read back to the digit, so its digits must be those of the number.
        return str(int(value)) if abs(value) >= _EXACT else format(Decimal(repr(value)), "f")
    if isinstance(value, str):
        return value
    raise Unwritable(f"a text, number or truth value is wanted, not {type(value).__name__}")


def members_of(value: Any) -> Mapping[str, Any]:
    """Return an object as it is.

    Raises:
        Unwritable: it is none.
    """
    if not isinstance(value, Mapping):
        raise Unwritable(f"an object is wanted, not {type(value).__name__}")
    return value


def refusal(fault: Unwritable, path: str) -> XmlInvalid:
    """Return the error that tells what cannot be written; its path is a JSON pointer."""
    way = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in fault.way)
    return XmlInvalid(fault.message, "xml_unwritable", path + way)


def items(value: Any) -> Iterator[Any]:
    """Yield the items of a list; a value alone is a list of one, null one of none."""
    if isinstance(value, list):
        yield from value
    elif value is not None:
        yield value


def _type(value: Any) -> str | None:
    if isinstance(value, bool):
        return "xsd:boolean"
    if isinstance(value, int):
        return "xsd:integer"
    return "xsd:double" if isinstance(value, float) else None


def _in_xml(uri: str) -> str:
    """Return the namespace that XML has for one of JSON: the CBV's master data attributes lose their colon."""
    return CBVMDA if uri == CBVMDA + ":" else uri


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    yield from (f"{stem}{number}" for number in count(1))
