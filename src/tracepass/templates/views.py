"""Templates as the API shows them (api reference, templates): plain JSON values, labels in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tracepass.templates.labels import Labels, template_label_key
from tracepass.templates.models import Citation, Field, Regulation, Template, ValueType

_AUDIENCES = ("public", "legitimate_interest", "authority")
_RANKS: Mapping[str, int] = {"dpp_basis": 0, "content_basis": 1, "related": 2}


def summary(template: Template, labels: Labels, locale: str) -> dict[str, Any]:
    """Return the entry of a template in the list of all; required fields are counted before the subcategory."""
    return {
        "category": template.category,
        "categoryLabel": labels.text(locale, template_label_key(template.category), template.label),
        "fieldCount": len(template.fields),
        "requiredFieldCount": len(template.required_fields(None)),
        "regulation": _regulation(template),
        "version": template.version,
    }


def detail(template: Template, labels: Labels, locale: str) -> dict[str, Any]:
    """Return the whole template; help is marked with its language, conditions are in English."""
    return {
        **summary(template, labels, locale),
        "description": template.description,
        "regulations": [_act(regulation) for regulation in template.regulations],
        "dpp": _without_nulls(_camel(asdict(template.dpp)), keep=frozenset({"requiredFrom", "precision"})),
        "subcategoryField": template.subcategory_field,
        "subcategories": [
            {"key": sub.key, "label": labels.text(locale, sub.key, sub.label)} for sub in template.subcategories
        ],
        "sections": [
            {"key": section.key, "label": labels.text(locale, section.key, section.label)}
            for section in template.sections
        ],
        "fields": [_field(field, labels, locale) for field in template.fields.values()],
    }


def _regulation(template: Template) -> dict[str, Any] | None:
    """Return the act the passport rests on, else the nearest to it; no act is fine for voluntary categories."""
    ranked = sorted(template.regulations, key=lambda act: _RANKS[act.role])
    if not ranked:
        return None
    act = ranked[0]
    return {
        "name": act.name,
        "number": act.number,
        "effectiveDate": act.applies_from or act.effective_date,
        "mandatoryDate": template.dpp.required_from,
        "url": act.url,
    }


def _act(act: Regulation) -> dict[str, Any]:
    return _camel(asdict(act))


def _field(field: Field, labels: Labels, locale: str) -> dict[str, Any]:
    text, lang = labels.help(locale, field.key, field.help)
    return {
        **_typed(field, labels, locale),
        "description": text,
        "help": text,
        "helpLang": lang,
        "section": field.section,
        "accessLevel": field.access_level,
        "audiences": [audience for audience in _AUDIENCES if audience in field.audiences],
        "translatable": field.translatable,
        "obligation": field.obligation,
        "obligationBy": dict(field.obligation_by),
        "level": field.level,
        "lifecycle": field.lifecycle,
        "filledBy": field.filled_by,
        "registry": field.registry,
        "confidence": field.confidence,
        **_without_nulls(
            {
                "condition": field.condition,
                "limit": asdict(field.limit) if field.limit else None,
                "regulationRef": _regulation_ref(field),
            }
        ),
        "legal": [_citation(citation) for citation in field.legal],
    }


def _typed(typed: ValueType, labels: Labels, locale: str) -> dict[str, Any]:
    """Return how a field or a column is typed; what does not concern its type is left out."""
    options = [
        {"value": option.value, "label": labels.text(locale, option.value, option.label)} for option in typed.options
    ]
    shape = {
        "format": typed.format,
        "precision": typed.precision,
        "integer": typed.integer or None,
        "multiline": typed.multiline or None,
        "schema": typed.schema,
        "unit": typed.unit,
        "enumOptions": options or None,
        "columns": [_typed(column, labels, locale) for column in typed.columns] or None,
        "validation": _without_nulls(_camel(asdict(typed.validation))) or None,
    }
    return {
        "key": typed.key,
        "label": labels.text(locale, typed.key, typed.label),
        "dataType": typed.data_type,
        "required": typed.required,
        **_without_nulls(shape),
    }


def _regulation_ref(field: Field) -> dict[str, Any] | None:
    """Return the first citation, which carries the field's confidence; our own proposals are no reference."""
    first = field.legal[0]
    if first.role == "proposal":
        return None
    return {
        "instrument": first.number,
        "article": first.article,
        **_without_nulls({"annex": first.annex}),
    }


def _citation(citation: Citation) -> dict[str, Any]:
    places = {"article": citation.article, "annex": citation.annex, "point": citation.point}
    return {
        "instrument": citation.number,
        "name": citation.name,
        **_without_nulls({**places, "celex": citation.celex}),
    }


def _camel(values: Mapping[str, Any]) -> dict[str, Any]:
    return {_camel_name(name): value for name, value in values.items()}


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _without_nulls(values: Mapping[str, Any], *, keep: frozenset[str] = frozenset()) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None or name in keep}
