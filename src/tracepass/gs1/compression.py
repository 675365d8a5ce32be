"""Compressed GS1 Digital Links: the AIs as bits, written in file-safe base64 (GS1 Digital Link: Compression 1.0).

A link is compressed as a whole, or behind its key, which then stays readable (half compressed). Each AI is its digits
at four bits each and its value; frequent pairs of AIs have two-digit codes of their own. A value's digits are one
number; other characters take four, six or seven bits, as the narrowest of five alphabets has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from tracepass.gs1.applicationidentifiers import AI_TABLE, WIDTH_BY_PREFIX
from tracepass.gs1.bits import Bits, BitsEnded
from tracepass.gs1.compressedvalues import SAFE_64, read_text, read_value, write_value
from tracepass.gs1.elements import Element
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.link import CANONICAL_STEM, Link, arrange, escape, parse_link, path_begins, unescape
from tracepass.gs1.linkpaths import PRIMARY_KEYS
from tracepass.gs1.rules import STANDARD, Rules

PAIRS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "0A": ("01", "22"),
        "0B": ("01", "10"),
        "0C": ("01", "21"),
        "0D": ("01", "17"),
        "0E": ("01", "7003"),
        "0F": ("01", "30"),
        "1A": ("01", "10", "21", "17"),
        "1B": ("01", "15"),
        "1C": ("01", "11"),
        "1D": ("01", "16"),
        "1E": ("01", "91"),
        "1F": ("01", "10", "15"),
        **{f"2{digit}": ("01", f"310{number}") for number, digit in enumerate("ABCDEF")},
        **{f"3{digit}": ("01", f"320{number}") for number, digit in enumerate("ABCDEF")},
        "9A": ("8010", "8011"),
        "9B": ("8017", "8019"),
        "9C": ("8018", "8019"),
        "9D": ("414", "254"),
        **{f"A{number}": ("01", f"392{number}") for number in range(10)},
        **{f"C{number}": ("255", f"390{number}") for number in range(10)},
        **{f"C{digit}": ("255", f"394{number}") for number, digit in enumerate("ABCD")},
    }
)
"""Codes for AIs that often stand together, in the order in which their values follow."""
_SORTED = {code: tuple(sorted(ais)) for code, ais in PAIRS.items()}
_WRITTEN = {code: ais for code, ais in PAIRS.items() if _SORTED[code] == ais}
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")
_PADDING = 8
_SIX_BITS = 6
_DIGIT_BITS = 4
_GTIN_WIDTH = 14
_OTHER = "F"
_OTHER_LENGTH_BITS = 7


def compress(elements: Sequence[Element], stem: str = CANONICAL_STEM, *, half: bool = False, pairs: bool = True) -> str:
    """Write elements as a compressed link.

    Args:
        elements: AIs of which one at least is a primary key.
        stem: what stands before the key.
        half: leave the key readable in the path.
        pairs: use the codes for AIs that often stand together. The two whose order readers disagree on are never
            written.

    Raises:
        Gs1SyntaxError: the elements make no link.
    """
    link = arrange(elements, stem)
    rest = link.elements[1:] if half else link.elements
    head = (
        f"{stem.removesuffix('/')}/{link.primary.ai}/{escape(link.primary.value)}" if half else stem.removesuffix("/")
    )
    return f"{head}/{_segment(rest, pairs=pairs)}" if rest else head


def compress_link(link: Link, *, half: bool = False, pairs: bool = True) -> str:
    """Write a link compressed, on its own stem, with its other query parameters and its fragment as they were."""
    query = f"?{'&'.join(link.other_query)}" if link.other_query else ""
    fragment = f"#{link.fragment}" if link.fragment is not None else ""
    return compress(link.elements, link.stem, half=half, pairs=pairs) + query + fragment


def _segment(elements: Sequence[Element], *, pairs: bool) -> str:
    values = {element.ai: element.value for element in elements}
    bits = Bits()
    for code, ais in _codes(sorted(values), pairs=pairs):
        bits.write_digits(code)
        for ai in ais:
            write_value(bits, AI_TABLE[ai], values[ai])
    return bits.to_base64()


def _codes(ais: Iterable[str], *, pairs: bool) -> list[tuple[str, tuple[str, ...]]]:
    """Return the codes to write: of the pairs always the one that saves most, then the AIs left over."""
    left = set(ais)
    codes: list[tuple[str, tuple[str, ...]]] = []
    while pairs:
        fitting = [(code, group) for code, group in _WRITTEN.items() if left.issuperset(group)]
        if not fitting:
            break
        best = max(fitting, key=lambda pair: len("".join(pair[1])))
        codes.append(best)
        left.difference_update(best[1])
    return codes + [(ai, (ai,)) for ai in sorted(left)]


def decompress(uri: str, rules: Rules = STANDARD) -> Link:
    """Read a compressed or half compressed link.

    Two of the codes for AIs that stand together are written with their values in different orders: as the standard
    lists them, and sorted, as its prototype does. Whichever makes a valid link is taken, the standard's first.

    Raises:
        Gs1SyntaxError: it is no compressed link, or the standard refuses what it holds.
    """
    path_at = path_begins(uri)
    before, hash_mark, fragment = uri.partition("#")
    address, question_mark, query = before.partition("?")
    stem, key, segment = _split(address, path_at, rules)
    tail = (f"?{query}" if question_mark else "") + (f"#{fragment}" if hash_mark else "")
    try:
        return _decompress(stem, key, segment, tail, PAIRS, rules)
    except Gs1SyntaxError as refused:
        try:
            return _decompress(stem, key, segment, tail, _SORTED, rules)
        except Gs1SyntaxError:
            refused.position = len(address) - len(segment)
            refused.length = len(segment)
            raise refused from None


def _split(address: str, path_at: int, rules: Rules) -> tuple[str, Element | None, str]:
    """Return the stem, the readable key if there is one, and the compressed segment."""
    head, _, segment = address.rpartition("/")
    if _SEGMENT.fullmatch(segment) is None:
        raise Gs1SyntaxError("link_not_compressed", position=path_at, length=len(address) - path_at)
    before, _, value = head.rpartition("/")
    stem, _, ai = before.rpartition("/")
    if ai in PRIMARY_KEYS and len(stem) >= path_at:
        text = unescape(value, ai, len(before) + 1)
        return stem, Element(ai, text.zfill(_GTIN_WIDTH) if ai == "01" and rules.short_gtins else text), segment
    return head, None, segment


def _decompress(
    stem: str, key: Element | None, segment: str, tail: str, pairs: Mapping[str, tuple[str, ...]], rules: Rules
) -> Link:
    elements, others = _read(segment, pairs)
    if key is not None:
        elements.insert(0, key)
    link = arrange(elements, stem)
    query = "&".join([*(f"{element.ai}={escape(element.value)}" for element in link.attributes), *others])
    more, hash_mark, fragment = tail.partition("#")
    joined = "&".join(filter(None, (query, more.removeprefix("?"))))
    if len({element.ai for element in elements}) != len(elements):
        raise Gs1SyntaxError("link_not_compressed")
    return parse_link(stem + link.path + (f"?{joined}" if joined else "") + hash_mark + fragment, rules)


def _read(segment: str, pairs: Mapping[str, tuple[str, ...]]) -> tuple[list[Element], list[str]]:
    """Return the AIs of a segment and its other parameters, as a query holds them."""
    bits = Bits.from_base64(segment)
    elements: list[Element] = []
    others: list[str] = []
    try:
        while bits.left > _PADDING:
            code = bits.read_digits(2)
            if code[0] == _OTHER:
                bits.back(_DIGIT_BITS)
                others.append(_read_other(bits))
            else:
                elements.extend(Element(ai, read_value(bits, AI_TABLE[ai])) for ai in _ais(code, bits, pairs))
    except BitsEnded:
        raise Gs1SyntaxError("link_not_compressed") from None
    if not bits.only_zeros_left:
        raise Gs1SyntaxError("link_not_compressed")
    return elements, others


def _ais(code: str, bits: Bits, pairs: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the AIs that a code stands for: one of the pairs, or the first digits of an AI."""
    if code in pairs:
        return pairs[code]
    ai = code + bits.read_digits(WIDTH_BY_PREFIX.get(code, 2) - 2)
    if ai not in AI_TABLE:
        raise Gs1SyntaxError("link_not_compressed")
    return (ai,)


def _read_other(bits: Bits) -> str:
    """Read a parameter that is no AI: the length of its name, the name, its value."""
    name = "".join(SAFE_64[bits.read(_SIX_BITS)] for _ in range(bits.read(_OTHER_LENGTH_BITS)))
    return f"{name}={escape(read_text(bits, length_bits=_OTHER_LENGTH_BITS))}"
