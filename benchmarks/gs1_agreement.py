"""How far our reading of GS1 data agrees with the published vectors of the GS1 Barcode Syntax Engine.

Each file of the folder ``gs1-syntax`` asks one question: is a text valid, what does it hold, which fault does it have.
What we answer differently comes back as sentences.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tracepass.gs1.associations import (
    check_exclusions,
    check_repeats,
    check_requisites,
    check_signed_keys,
)
from tracepass.gs1.elements import Element, parse_bracketed, parse_element_string, to_bracketed, to_unbracketed
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.link import build_link, parse_link
from tracepass.gs1.rules import STANDARD, Rules
from tracepass.gs1.scandata import read_symbol

Row = dict[str, Any]
Said = tuple[object, object]
ALONE = Rules(associations=False)
RULES = {
    "PermitUnknownAIs": "unknown_ais",
    "PermitZeroSuppressedGTINinDLuris": "short_gtins",
    "PermitConvenienceAlphas": "convenience_alphas",
}
ASSOCIATIONS: Mapping[str, Callable[[tuple[Element, ...]], None]] = {
    "validateAIrepeats": check_repeats,
    "validateAImutex": check_exclusions,
    "validateAIrequisites": check_requisites,
    "validateDigSigRequiresSerialisedKey": check_signed_keys,
}
SPELT_BY_THE_ENGINE = {"COUPON_INVALID_EXPIRATION_DATE": "COUPON_INVALID_EXIPIRATION_DATE"}


def disagreements(path: Path) -> tuple[int, list[str]]:
    """Return how many rows a file has, and what we say differently."""
    rows = list(_rows(path))
    pairs = [(row, *ANSWERS[path.name](row)) for row in rows]
    return len(rows), [
        f"{_asked(row)}: {ours!r} instead of {theirs!r}" for row, ours, theirs in pairs if ours != theirs
    ]


def files(folder: Path) -> Iterable[Path]:
    """Return the files that hold questions."""
    return (path for path in sorted(folder.iterdir()) if path.name in ANSWERS)


def _rows(path: Path) -> Iterator[Row]:
    text = path.read_text("utf-8")
    if path.suffix == ".jsonl":
        return map(json.loads, text.splitlines())
    return iter(json.loads(text)["cases"])


def _asked(row: Row) -> str:
    return next(repr(row[name]) for name in ("input", "uri", "scan_data", "ai_bracketed", "data") if name in row)


def _rules(row: Row, *, associations: bool = False) -> Rules:
    options = row.get("options", {})
    chosen = {RULES[name]: value for name, value in options.items() if name in RULES}
    unknown = options.get("validation:UNKNOWN_AI_NOT_DL_ATTR") is False
    return Rules(associations=associations, unknown_attributes=unknown, **chosen)


def _try(read: Callable[[], object]) -> object:
    """Return what was read, or None for what was refused."""
    try:
        return read()
    except Gs1SyntaxError:
        return None


def _bracketed(row: Row) -> Said:
    return _try(lambda: to_unbracketed(parse_bracketed(row["ai_bracketed"], ALONE))), row.get("ai_data")


def _unbracketed(row: Row) -> Said:
    return _try(lambda: bool(parse_element_string(row["data"], _rules(row)))) is not None, row["valid"]


def _linted(row: Row) -> Said:
    try:
        parse_bracketed(row["ai_bracketed"], ALONE)
    except Gs1SyntaxError as refused:
        code = refused.code.upper()
        return SPELT_BY_THE_ENGINE.get(code, code), row["error"]
    return None, row["error"]


def _marked(row: Row) -> Said:
    try:
        parse_bracketed(row["ai_bracketed"], ALONE)
    except Gs1SyntaxError as refused:
        return refused.markup, row["markup"]
    return None, row["markup"]


def _associated(row: Row) -> Said:
    elements = parse_bracketed(row["ai_bracketed"], _rules(row))
    return _try(lambda: ASSOCIATIONS[row["rule"]](elements) or True) is not None, row["valid"]


def _linked(row: Row) -> Said:
    return _try(lambda: to_unbracketed(parse_link(row["uri"], _rules(row)).elements)), row.get("ai_data")


def _scanned(row: Row) -> Said:
    return _try(lambda: read_symbol(row["scan_data"]).data), row["data"] if row["valid"] else None


def _end_to_end(row: Row) -> Said:
    ours = _try(lambda: _all_of(row["kind"], row["input"]))
    theirs = (row["bracketed"], row["element_string"], row["digital_link"]) if row["valid"] else None
    return ours, theirs


def _all_of(kind: str, text: str) -> tuple[str, str, object]:
    """Return an input in brackets, as element string, and as canonical link, None where it makes no link."""
    if kind == "uri":
        link = parse_link(text, STANDARD)
        return to_bracketed(link.elements), to_unbracketed(link.elements), link.canonical()
    elements = READERS[kind](text)
    return to_bracketed(elements), to_unbracketed(elements), _try(lambda: build_link(elements))


READERS: Mapping[str, Callable[[str], tuple[Element, ...]]] = {
    "bracketed": parse_bracketed,
    "element_string": parse_element_string,
    "scan": lambda text: read_symbol(text).elements,
}
ANSWERS: Mapping[str, Callable[[Row], Said]] = {
    "ai-association-rules.json": _associated,
    "ai-bracketed-parse.json": _bracketed,
    "ai-error-markup.json": _marked,
    "ai-linters.json": _linted,
    "ai-unbracketed-validate.json": _unbracketed,
    "dl-parse.json": _linked,
    "element-strings-sample.jsonl": _end_to_end,
    "scandata-parse.json": _scanned,
}
