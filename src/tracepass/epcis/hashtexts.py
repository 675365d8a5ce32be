"""How values are spelt before they are hashed (CBV 2.0, 8.9.2): one text for each number, time, term and identifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tracepass.epcis.identifiers import normal
from tracepass.epcis.times import timestamp
from tracepass.epcis.vocabulary import Vocabulary, web_uri

_CBV_URN: Final = "urn:epcglobal:cbv:"
_OLD_TERMS: Final = (
    ("urn:epcglobal:cbv:bizstep:", "https://ref.gs1.org/cbv/BizStep-"),
    ("urn:epcglobal:cbv:disp:", "https://ref.gs1.org/cbv/Disp-"),
    ("urn:epcglobal:cbv:btt:", "https://ref.gs1.org/cbv/BTT-"),
    ("urn:epcglobal:cbv:sdt:", "https://ref.gs1.org/cbv/SDT-"),
    ("urn:epcglobal:cbv:er:", "https://ref.gs1.org/cbv/ER-"),
)
_FIRST_OF_NUMBERS: Final = frozenset("+-.0123456789")
_IDENTIFIERS: Final = ("urn:epc:", "https://", "http://")
# Our canonical links escape them (dots only where they are the whole serial), the standard's table does not ask for it
# (GS1 Digital Link 1.6, table 7-1).
_UNESCAPED: Final = (("%27", "'"), ("%2E", "."), ("%3B", ";"), ("%3D", "="))


class Texts:
    """Spells values; it knows the prefixes that the document declares, which are spelt out in names and in values."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self._namespaces = namespaces
        self._names: dict[str, str] = {}

    def name(self, name: str) -> str:
        """Return the name of an extension as ``{namespace}local``; a name whose prefix is not declared as it is."""
        spelt = self._names.get(name)
        if spelt is None:
            prefix, colon, local = name.partition(":")
            namespace = self._namespaces.get(prefix) if colon else None
            spelt = self._names[name] = name if namespace is None else f"{{{namespace}}}{local}"
        return spelt

    def value(self, value: Any) -> str:
        """Spell any value."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bool) or value is None:
            return str(value)
        return number(str(value))

    def time(self, value: str) -> str:
        """Spell a time."""
        try:
            return timestamp(value.strip())
        except ValueError:
            return value.strip()

    def term(self, vocabulary: Vocabulary, value: str) -> str:
        """Spell a term of a vocabulary: a bare name as its web URI, a URI as any other."""
        return self._text(value) if ":" in value else web_uri(vocabulary, value)

    def _text(self, value: str) -> str:
        if ":" in value:
            prefix, _, local = value.partition(":")
            namespace = self._namespaces.get(prefix)
            value = value if namespace is None else namespace + local
        text = value.strip()
        if text.startswith(_IDENTIFIERS):
            return _identifier(text)
        if text[:1] in _FIRST_OF_NUMBERS:
            return number(text)
        if _CBV_URN in text:
            for old, new in _OLD_TERMS:
                text = text.replace(old, new)
        return text


def _identifier(text: str) -> str:
    canonical = normal(text)
    if "%" in canonical and canonical != text:
        for escaped, plain in _UNESCAPED:
            canonical = canonical.replace(escaped, plain)
    return canonical


def number(text: str) -> str:
    """Spell a number as briefly as binary floating point allows; what is no number stays as it is."""
    if text.isdecimal() and text.isascii() and len(text) < len("999999999999999") and text[0] != "0":
        return text
    try:
        value = float(text) if "_" not in text else None
        whole = None if value is None else int(value)
    except (ValueError, OverflowError):
        return text
    if value is None or whole is None:
        return text
    return str(whole) if whole == value else str(value)
