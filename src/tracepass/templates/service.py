"""The door to templates for every other feature: find one, show one, check a value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import orjson

from tracepass.core.errors import Refusal
from tracepass.templates import views
from tracepass.templates.categories import CATEGORIES, normalise_category
from tracepass.templates.countries import is_country
from tracepass.templates.labels import ENGLISH, Labels, template_label_key
from tracepass.templates.loader import DATA, HELPS, LABELS, load_templates
from tracepass.templates.models import Field, Template
from tracepass.templates.quick import quick_checks
from tracepass.templates.system_values import SystemFacts, system_values
from tracepass.templates.units import unit_symbol
from tracepass.templates.values import ValueProblem, check_value

__all__ = [
    "Rendered",
    "SystemFacts",
    "TemplateNotFound",
    "Templates",
    "ValueProblem",
    "check_value",
    "is_country",
    "normalise_category",
    "quick_checks",
    "system_values",
    "unit_symbol",
]

_RENDERED_KEPT = 128
"""Rendered templates kept in memory; each is some 150 kB."""


class TemplateNotFound(Refusal):
    """No template of that category, or not in that version."""

    def __init__(self, category: str, version: str | None) -> None:
        which = f"{category} in version {version}" if version else category
        super().__init__("template_not_found", f"There is no template {which}.")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A ready JSON answer and the tag that changes whenever its bytes do."""

    body: bytes
    etag: str


class Templates:
    """Every version of every template, and the labels in all languages. Built once; nothing in it changes."""

    def __init__(self, templates: Iterable[Template], labels: Labels) -> None:
        self._by_version = {(template.category, template.version): template for template in templates}
        self._latest: dict[str, Template] = {}
        for template in sorted(self._by_version.values(), key=lambda template: template.order):
            self._latest[template.category] = template
        self.labels = labels
        self._rendered_detail = lru_cache(_RENDERED_KEPT)(self._render_detail)
        self._rendered_list = lru_cache(_RENDERED_KEPT)(self._render_list)

    @classmethod
    def load(cls, folder: Path = DATA) -> Templates:
        """Read the data of the package, or of another folder of the same layout.

        Raises:
            TemplateDataInvalid: a file is not what it must be.
        """
        return cls(load_templates(folder), Labels.load(folder / LABELS.name, folder / HELPS.name))

    def normalise(self, category: str) -> str | None:
        """Return the slug a category name or alias stands for, or None if there is no template for it."""
        slug = normalise_category(category)
        return slug if slug in self._latest else None

    def find(self, category: str, version: str | None = None) -> Template | None:
        """Return the template of a category (its latest version unless one is named), or None."""
        slug = self.normalise(category)
        if slug is None:
            return None
        return self._latest[slug] if version is None else self._by_version.get((slug, version))

    def get(self, category: str, version: str | None = None) -> Template:
        """Return the template of a category (its latest version unless one is named); aliases count.

        Raises:
            TemplateNotFound: there is none.
        """
        template = self.find(category, version)
        if template is None:
            raise TemplateNotFound(category, version)
        return template

    def latest_version(self, category: str) -> str:
        """Return the newest version of a category.

        Raises:
            TemplateNotFound: there is none.
        """
        return self.get(category).version

    def template_id(self, category: str) -> str:
        """Return what names the newest template of a category: ``battery@2026.11.0``.

        Raises:
            TemplateNotFound: there is none.
        """
        template = self.get(category)
        return f"{template.category}@{template.version}"

    def problems(self, category: str, values: Mapping[str, object], version: str | None = None) -> dict[str, list[str]]:
        """Return what is wrong with field values on a template, the newest unless one is named, as sentences by path.

        Values that do not fit, keys that are no field, and fields that only the platform fills.

        Raises:
            TemplateNotFound: the category has no template, or not in that version.
        """
        fields, found = self.get(category, version).fields, dict[str, list[str]]()
        for key, value in values.items():
            for problem in _field_problems(fields.get(key), value):
                found.setdefault(problem.within(key).path, []).append(problem.message)
        return found

    def list_(self) -> tuple[Template, ...]:
        """Return the latest template of every category, in display order."""
        return tuple(self._latest[category] for category in CATEGORIES if category in self._latest)

    def category_label(self, template: Template, locale: str) -> str:
        """Return the name of the category in a language."""
        return self.labels.text(locale, template_label_key(template.category), template.label)

    def list_json(self, locale: str | None = None) -> Rendered:
        """Return the list of all templates as the API answers it; no locale means English."""
        return self._rendered_list(locale or ENGLISH)

    def detail_json(self, template: Template, locale: str | None = None) -> Rendered:
        """Return one template as the API answers it; no locale means English."""
        return self._rendered_detail(template, locale or ENGLISH)

    def _render_list(self, locale: str) -> Rendered:
        return _rendered({"templates": [views.summary(template, self.labels, locale) for template in self.list_()]})

    def _render_detail(self, template: Template, locale: str) -> Rendered:
        return _rendered(views.detail(template, self.labels, locale))


def _field_problems(field: Field | None, value: object) -> tuple[ValueProblem, ...]:
    if field is None:
        return (ValueProblem("", "unknown", "is no field of the template"),)
    if field.filled_by == "system":
        return (ValueProblem("", "readOnly", "is filled by the platform"),)
    return check_value(field, value)


def _rendered(body: object) -> Rendered:
    data = orjson.dumps(body)
    return Rendered(data, hashlib.sha256(data).hexdigest()[:32])
