"""GS1 Digital Link URIs: read, checked, brought into their canonical form, and built.

Source: GS1 Digital Link Standard: URI Syntax 1.6, sections 4 (structure), 4.9 (order and encoding of the query), 4.11
(canonical form). A key stands in the path with its qualifiers in the order of the standard; all else is an attribute
in the query; what is no AI passes through.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, unquote_to_bytes

from tracepass.gs1.applicationidentifiers import AI_TABLE
from tracepass.gs1.associations import check_associations
from tracepass.gs1.checks import COMPILED, MAX_AIS, MAX_TEXT, Compiled, check_length, check_value, unknown_ai
from tracepass.gs1.elements import Element
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.linkpaths import CONVENIENCE_ALPHAS, PATHS, PRIMARY_KEYS, longest_path, misplaced
from tracepass.gs1.rules import STANDARD, Rules

CANONICAL_STEM = "https://id.gs1.org"
SCHEMES = ("https://", "HTTPS://", "http://", "HTTP://")
_STRAY = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_DOMAIN_STRAY = re.compile(r"[_~?#@!$&'()*+,;=%]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_GTIN_WIDTH = 14
_SHORT_GTINS = frozenset({8, 12, 13})


@dataclass(frozen=True)
class Link:
    """A GS1 Digital Link that the standard accepts.

    Attributes:
        stem: scheme, domain and whatever path stands before the key, without a slash at its end.
        primary: the key.
        qualifiers: its qualifiers, in the order of the path.
        attributes: the AIs of the query, in its order.
        other_query: the parameters of the query that are no AIs, as they were written.
        fragment: what follows ``#``, or None.
    """

    stem: str
    primary: Element
    qualifiers: tuple[Element, ...] = ()
    attributes: tuple[Element, ...] = ()
    other_query: tuple[str, ...] = ()
    fragment: str | None = None

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """Return all AIs: key, qualifiers, attributes."""
        return (self.primary, *self.qualifiers, *self.attributes)

    @property
    def path(self) -> str:
        """Return key and qualifiers as a path, for example ``/01/04012345000016/21/A1``."""
        return "".join(f"/{element.ai}/{escape(element.value)}" for element in (self.primary, *self.qualifiers))

    def canonical(self) -> str:
        """Return the link on id.gs1.org with its attributes in canonical order and nothing else in its query."""
        return self.on(CANONICAL_STEM)

    def on(self, stem: str) -> str:
        """Return the link on another stem, with its attributes in canonical order and nothing else in its query."""
        return f"{stem.removesuffix('/')}{self.path}{_query(self.attributes)}"


def parse_link(uri: str, rules: Rules = STANDARD) -> Link:
    """Read a GS1 Digital Link that is not compressed.

    Raises:
        Gs1SyntaxError: the standard refuses it.
    """
    path_at = path_begins(uri)
    before, hash_mark, fragment = uri.partition("#")
    address, _, query = before.partition("?")
    segments, key_at, offset = _find_key(address, path_at, rules)
    elements = _read_path(segments, key_at, offset, rules)
    in_path = len(elements)
    others = _read_query(query, len(address) + 1, elements, rules)
    path, attributes = tuple(elements[:in_path]), tuple(elements[in_path:])
    _check_structure(path, attributes, rules)
    for element in elements:
        _check(element, uri, rules)
    if rules.associations:
        check_associations(elements)
    return Link(
        stem=address[: offset - 1],
        primary=path[0],
        qualifiers=path[1:],
        attributes=attributes,
        other_query=tuple(others),
        fragment=fragment if hash_mark else None,
    )


def path_begins(uri: str) -> int:
    """Return where the path begins, having looked at characters, scheme and domain."""
    if len(uri) > MAX_TEXT:
        raise Gs1SyntaxError("text_too_long", position=MAX_TEXT, limit=MAX_TEXT)
    stray = _STRAY.search(uri)
    if stray is not None:
        raise Gs1SyntaxError("uri_character", position=stray.start(), length=1)
    if not uri.startswith(SCHEMES):
        raise Gs1SyntaxError("uri_scheme", length=len(uri.partition("/")[0]))
    begin = uri.index("//") + 2
    slash = uri.find("/", begin)
    domain = uri[begin:] if slash < 0 else uri[begin:slash]
    bad = _DOMAIN_STRAY.search(domain)
    if bad is not None:
        raise Gs1SyntaxError("uri_domain_character", position=begin + bad.start(), length=1)
    if slash <= begin:
        raise Gs1SyntaxError("uri_domain_missing", position=begin)
    return slash


def _find_key(address: str, path_at: int, rules: Rules) -> tuple[list[str], int, int]:
    """Return the path's segments, which of them is the last that names a key, and where that one begins."""
    segments = address[path_at + 1 :].split("/")
    offset = len(address) + 1
    for index in range(len(segments) - 2, -1, -2):
        offset -= len(segments[index + 1]) + len(segments[index]) + 2
        code = _ai_of_segment(segments[index], rules)
        if code is None:
            break
        if code in PRIMARY_KEYS:
            return segments, index, offset
    raise Gs1SyntaxError("link_key_missing", position=path_at, length=len(address) - path_at)


def _ai_of_segment(segment: str, rules: Rules) -> str | None:
    if segment in COMPILED:
        return segment
    if rules.convenience_alphas and segment in CONVENIENCE_ALPHAS:
        return CONVENIENCE_ALPHAS[segment]
    return segment if rules.unknown_ais and unknown_ai(segment, width=len(segment)) else None


def _read_path(segments: list[str], key_at: int, offset: int, rules: Rules) -> list[Element]:
    elements: list[Element] = []
    at = offset
    for name, written in zip(segments[key_at::2], segments[key_at + 1 :: 2], strict=True):
        ai = _ai_of_segment(name, rules) or name
        value_at = at + len(name) + 1
        elements.append(Element(ai, _value(ai, unescape(written, ai, value_at), value_at, rules), at))
        at = value_at + len(written) + 1
    return elements


def _read_query(query: str, offset: int, elements: list[Element], rules: Rules) -> list[str]:
    """Append the AIs of the query and return its other parameters."""
    others: list[str] = []
    at = offset
    for parameter in query.split("&") if query else ():
        name, equals, written = parameter.partition("=")
        if equals and (name in COMPILED or (name.isascii() and (name.isdigit() or not name))):
            _known_in_query(name, at, rules)
            value_at = at + len(name) + 1
            value = unescape(written.replace("+", " "), name, value_at)
            elements.append(Element(name, _value(name, value, value_at, rules), at))
            if len(elements) > MAX_AIS:
                raise Gs1SyntaxError("too_many_ais", position=at, limit=MAX_AIS)
        elif parameter:
            others.append(parameter)
        at += len(parameter) + 1
    return others


def _known_in_query(name: str, at: int, rules: Rules) -> None:
    if name in COMPILED or (rules.unknown_ais and unknown_ai(name, width=len(name)) is not None):
        return
    raise Gs1SyntaxError("link_query_ai_unknown", ai=name, position=at, length=len(name))


def _value(ai: str, value: str, at: int, rules: Rules) -> str:
    """Return a value whose length is right; what else is in it is looked at when the structure is known to be right."""
    if ai == "01" and rules.short_gtins and len(value) in _SHORT_GTINS:
        return value.zfill(_GTIN_WIDTH)
    fault = check_length(_compiled(ai), ai, value)
    if fault is not None:
        fault.position = at
        raise fault
    return value


def _compiled(ai: str) -> Compiled:
    compiled = COMPILED.get(ai) or unknown_ai(ai, width=len(ai))
    if compiled is None:  # pragma: no cover - the callers have looked it up before
        raise Gs1SyntaxError("ai_unknown", ai=ai)
    return compiled


def _check(element: Element, uri: str, rules: Rules) -> None:
    """Hold a value against the rules of its AI."""
    fault = check_value(_compiled(element.ai), element.ai, element.value)
    if fault is None:
        return
    begin = _after_name(uri, element.position)
    padding = element.value.count("0") - uri[begin:].count("0") if rules.short_gtins and element.ai == "01" else 0
    fault.position = _in_uri(uri, begin, max(0, fault.position - max(0, padding)))
    raise fault


def _after_name(uri: str, position: int) -> int:
    return min(at for at in (uri.find("/", position), uri.find("=", position)) if at >= 0) + 1


def _in_uri(uri: str, begin: int, count: int) -> int:
    """Return where in the URI the character with that number stands, when escapes take three places."""
    at = begin
    for _ in range(count):
        at += 3 if _ESCAPE.match(uri, at) else 1
    return at


def _check_structure(path: tuple[Element, ...], attributes: tuple[Element, ...], rules: Rules) -> None:
    in_path = tuple(element.ai for element in path)
    if in_path not in PATHS:
        last = path[-1]
        raise Gs1SyntaxError("link_qualifiers", ai=last.ai, position=last.position, length=len(last.ai))
    if not attributes:
        return
    found = misplaced(in_path, tuple(element.ai for element in attributes), rules.unknown_attributes)
    if found is not None:
        code, index = found
        at_fault = attributes[index]
        raise Gs1SyntaxError(code, ai=at_fault.ai, position=at_fault.position, length=len(at_fault.ai))


def unescape(text: str, ai: str = "", at: int = 0) -> str:
    """Undo percent-encoding; bytes that are no ASCII stay one character each, which no AI allows.

    Raises:
        Gs1SyntaxError: a NUL is encoded.
    """
    if "%" not in text:
        return text
    value = unquote_to_bytes(text).decode("latin-1")
    if "\0" in value:
        raise Gs1SyntaxError("link_value_null", ai=ai, position=at + text.index("%00"), length=3)
    return value


def escape(value: str) -> str:
    """Percent-encode all but the unreserved characters (RFC 3986 2.3)."""
    return quote(value, safe="")


def build_link(elements: Sequence[Element], stem: str = CANONICAL_STEM) -> str:
    """Write elements as a link: the first key with the longest set of its qualifiers in the path, the rest behind.

    Raises:
        Gs1SyntaxError: none of them is a primary key, or one may stand neither in the path nor in the query.
    """
    return arrange(elements, stem).on(stem)


def arrange(elements: Sequence[Element], stem: str = CANONICAL_STEM) -> Link:
    """Sort elements into key, qualifiers and attributes; an AI that stands there twice is taken once.

    Raises:
        Gs1SyntaxError: as :func:`build_link` does.
    """
    once = {element.ai: element for element in reversed(elements)}
    key = next((element.ai for element in elements if element.ai in PRIMARY_KEYS), None)
    if key is None:
        raise Gs1SyntaxError("link_no_key")
    path = longest_path(key, frozenset(once))
    rest = dict.fromkeys(element.ai for element in elements if element.ai not in path)
    for ai in rest:
        if ai not in AI_TABLE or not AI_TABLE[ai].attribute:
            raise Gs1SyntaxError("link_not_an_attribute", ai=ai, position=once[ai].position, length=len(ai))
    primary, *qualifiers = (once[ai] for ai in path)
    return Link(stem.removesuffix("/"), primary, tuple(qualifiers), tuple(once[ai] for ai in rest))


def _query(attributes: Sequence[Element]) -> str:
    """Write the query: AIs of a predefined length first, otherwise in the order given (GS1 Digital Link 4.9)."""
    if not attributes:
        return ""
    ordered = sorted(attributes, key=lambda element: _compiled(element.ai).ai.fnc1)
    return "?" + "&".join(f"{element.ai}={escape(element.value)}" for element in ordered)
