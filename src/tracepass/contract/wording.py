"""Turns the words of the contract into HTML: its Markdown, its JSON samples, its types.

Only the Markdown that the contract uses is understood: paragraphs, lists, headings, `code`, *emphasis*, **strong**.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup, escape

_JSON = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)'
    r"|(?P<word>true|false|null)"
)
_INLINE = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*|\*(?P<em>[^*]+)\*")
_BOUNDS = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("minProperties", "at least {} members"),
    ("maxProperties", "at most {} members"),
)


def prose(text: str) -> Markup:
    """Return Markdown as HTML; everything in it is escaped first."""
    return Markup("\n").join(_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block)


def words(text: str) -> Markup:
    """Return one line of Markdown as HTML, without a paragraph around it."""
    return Markup(_INLINE.sub(_mark, str(escape(text))))  # noqa: S704 - escaped first, only our own tags are added


def sample(value: Any) -> Markup:
    """Return a value as indented JSON with its keys, strings, numbers and words told apart."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    parts: list[Markup] = []
    end = 0
    for token in _JSON.finditer(text):
        parts += [
            escape(text[end : token.start()]),
            Markup('<span class="{}">{}</span>').format(token.lastgroup, token[0]),
        ]
        end = token.end()
    return Markup("").join([*parts, escape(text[end:])])


def bounds(schema: Mapping[str, Any]) -> list[str]:
    """Return what a value must keep to, as short sentences."""
    found = [sentence.format(f"{schema[name]:,}") for name, sentence in _BOUNDS if _says(schema, name)]
    if "pattern" in schema:
        found.append(f"matches `{schema['pattern']}`")
    if "default" in schema:
        found.append(f"default `{json.dumps(schema['default'], ensure_ascii=False)}`")
    return found


def _says(schema: Mapping[str, Any], name: str) -> bool:
    """Tell whether a bound is worth a word; that a text is not empty goes without saying."""
    return name in schema and (name, schema[name]) != ("minLength", 1)


def _block(block: str) -> Markup:
    lines = block.strip().splitlines()
    if lines[0].startswith("### "):
        return Markup("<h3>{}</h3>").format(words(lines[0][4:]))
    if lines[0].startswith("- "):
        items = re.split(r"\n- ", block.strip()[2:])
        return Markup("<ul>{}</ul>").format(
            Markup("").join(Markup("<li>{}</li>").format(_flow(item)) for item in items)
        )
    return Markup("<p>{}</p>").format(_flow(block))


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _flow(text: str) -> Markup:
    return words(" ".join(line.strip() for line in text.strip().splitlines()))


def _mark(found: re.Match[str]) -> str:
    tag = found.lastgroup
    return f"<{tag}>{found[tag or 0]}</{tag}>"
