"""Renders the templates as public pages in 24 languages: what a passport of each category will be asked.

Server-side, no script, nothing from elsewhere; labels are in the reader's language, the words of the law in English.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tracepass.core.clock import parse_timestamp
from tracepass.locale import LOCALES
from tracepass.templates.models import Field, Option, Regulation, Template, ValueType
from tracepass.templates.service import Templates, unit_symbol

_PAGES = Path(__file__).parent / "pages"
_STYLE = (_PAGES / "templates.css").read_text(encoding="utf-8")
_WORDS: Mapping[str, Mapping[str, str]] = json.loads((_PAGES / "templates.json").read_text(encoding="utf-8"))
_REGIONS = {"en": "en_IE", "pt": "pt_PT"}
"""Where the bare language would mean a country outside the Union."""
_AUDIENCES = ("public", "legitimate_interest", "authority")
_SHOWN_ACTS = frozenset({"dpp_basis", "content_basis"})
_KEPT = 128
"""Rendered pages kept in memory; each is some 150 kB."""

TEMPLATE_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; img-src data:; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
"""The Content-Security-Policy that the pages need: their own style and no more."""


@dataclass(frozen=True, slots=True)
class Page:
    """A ready page, the tag that changes with its bytes, and the language it is in."""

    body: bytes
    etag: str
    locale: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a field, in the reader's language."""

    value: str
    label: str


class TemplatePages:
    """The pages of every template in every language, rendered when they are first asked for."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._environment = Environment(
            loader=FileSystemLoader(_PAGES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        names = {code: str(Locale.parse(code).get_display_name(code)) for code in LOCALES}
        self._environment.globals |= {
            "languages": {code: name[0].upper() + name[1:] for code, name in names.items()},
            "style": Markup(_STYLE),  # noqa: S704 - our own file
        }
        self._list = lru_cache(len(LOCALES))(self._render_list)
        self._one = lru_cache(_KEPT)(self._render_one)

    def list_(self, locale: str) -> Page:
        """Return the page of all categories."""
        return self._list(locale)

    def one(self, category: str, locale: str) -> Page:
        """Return the page of a category, by its name or an alias.

        Raises:
            TemplateNotFound: there is none.
        """
        return self._one(self._templates.get(category), locale)

    def _render_list(self, locale: str) -> Page:
        cards = [self._card(template, locale) for template in self._templates.list_()]
        return self._page("templates.html", locale, cards=cards)

    def _card(self, template: Template, locale: str) -> dict[str, Any]:
        acts = _acts(template, locale)
        return {
            "category": template.category,
            "label": self._templates.category_label(template, locale),
            "fields": len(template.fields),
            "required": len(template.required_fields(None)),
            "act": f"{acts[0][0].name}, {acts[0][0].number}" if acts else None,
            "due": _day(template.dpp.required_from, locale),
        }

    def _render_one(self, template: Template, locale: str) -> Page:
        chapters: list[dict[str, Any]] = [
            {
                "key": section.key,
                "label": self._label(locale, section.key, section.label),
                "rows": [self._row(field, template, locale) for field in _fields_of(template, section.key)],
            }
            for section in template.sections
        ]
        rows = [row for chapter in chapters for row in chapter["rows"]]
        return self._page(
            "template.html",
            locale,
            template=template,
            in_english=any(row["help_lang"] != locale for row in rows),
            label=self._templates.category_label(template, locale),
            due=_day(template.dpp.required_from, locale),
            acts=_acts(template, locale),
            chapters=[chapter for chapter in chapters if chapter["rows"]],
        )

    def _row(self, field: Field, template: Template, locale: str) -> dict[str, Any]:
        names = {sub.key: self._label(locale, sub.key, sub.label) for sub in template.subcategories}
        text, lang = self._templates.labels.help(locale, field.key, field.help)
        return {
            **self._typed(field, locale),
            "help": text,
            "help_lang": lang,
            "obligation": field.obligation,
            "condition": field.condition,
            "exceptions": [
                (names[key], obligation)
                for key, obligation in field.obligation_by.items()
                if obligation != field.obligation
            ],
            "columns": [self._typed(column, locale) for column in field.columns],
            "audiences": [audience for audience in _AUDIENCES if audience in field.audiences],
            "legal": [f"{citation.number} {citation.ref}".strip() for citation in field.legal],
            "confidence": field.confidence,
        }

    def _typed(self, typed: ValueType, locale: str) -> dict[str, Any]:
        return {
            "key": typed.key,
            "label": self._label(locale, typed.key, typed.label),
            "type": typed.data_type,
            "unit": unit_symbol(typed.unit) if typed.unit else None,
            "options": [self._choice(option, locale) for option in typed.options],
        }

    def _choice(self, option: Option, locale: str) -> Choice:
        return Choice(option.value, self._label(locale, option.value, option.label))

    def _label(self, locale: str, key: str, english: str) -> str:
        return self._templates.labels.text(locale, key, english)

    def _page(self, name: str, locale: str, **members: Any) -> Page:
        text = self._environment.get_template(name).render(locale=locale, words=_WORDS[locale], **members)
        body = text.encode()
        return Page(body, hashlib.sha256(body).hexdigest()[:32], locale)


def _fields_of(template: Template, section: str) -> list[Field]:
    return [field for field in template.fields.values() if field.section == section]


def _acts(template: Template, locale: str) -> list[tuple[Regulation, str]]:
    """Return the acts the passport rests on, each with its address in the reader's language."""
    acts = [act for act in template.regulations if act.role in _SHOWN_ACTS and act.url]
    return [(act, act.url.replace("/legal-content/EN/", f"/legal-content/{locale.upper()}/")) for act in acts]


def _day(day: str | None, locale: str) -> str | None:
    if day is None:
        return None
    moment = parse_timestamp(f"{day}T00:00:00Z")
    return str(format_date(moment.date(), "long", locale=_REGIONS.get(locale, locale)))
