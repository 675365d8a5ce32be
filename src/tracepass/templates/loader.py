"""Reads the template files of the package into frozen templates, and refuses a file with any fault."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from tracepass.templates import models
from tracepass.templates.consistency import faults
from tracepass.templates.schema import CitationData, ColumnData, DppData, FieldData, Instrument, TemplateFile

DATA = Path(__file__).parent / "data"
LABELS = DATA / "labels"
HELPS = DATA / "help"


class TemplateDataInvalid(ValueError):
    """A template file breaks its schema; the message lists every fault that was found."""

    def __init__(self, path: Path, sentences: list[str]) -> None:
        super().__init__(f"{path.parent.name}/{path.name}: " + "; ".join(sentences))
        self.sentences = sentences


def load_templates(folder: Path = DATA) -> tuple[models.Template, ...]:
    """Return every version of every category: one file each, ``<category>/<version>.json``.

    Raises:
        TemplateDataInvalid: a file breaks the schema, contradicts itself, or its name.
    """
    return tuple(
        load_template(path)
        for path in sorted(folder.glob("*/*.json"))
        if path.parent.name not in {LABELS.name, HELPS.name}
    )


def load_template(path: Path) -> models.Template:
    """Return the template of one file.

    Raises:
        TemplateDataInvalid: the file breaks the schema, contradicts itself, or its name.
    """
    try:
        data = TemplateFile.model_validate_json(path.read_bytes())
    except ValidationError as error:
        sentences = [f"{'.'.join(str(step) for step in fault['loc'])}: {fault['msg']}" for fault in error.errors()]
        raise TemplateDataInvalid(path, sentences) from error
    sentences = list(faults(data))
    if (path.parent.name, path.stem) != (data.category, data.version):
        sentences.append(f"holds {data.category} {data.version}")
    if sentences:
        raise TemplateDataInvalid(path, sentences)
    return _template(data)


def _template(data: TemplateFile) -> models.Template:
    instruments = {instrument.id: instrument for instrument in data.instruments}
    return models.Template(
        category=data.category,
        version=data.version,
        label=data.label,
        description=data.description,
        regulations=tuple(_regulation(instrument) for instrument in data.instruments if instrument.celex),
        dpp=_dpp(data.dpp),
        sections=tuple(models.Section(section.key, section.label) for section in data.sections),
        fields=MappingProxyType({field.key: _field(field, instruments) for field in data.fields}),
        subcategory_field=data.subcategory_field,
        subcategories=tuple(models.Subcategory(sub.key, sub.label) for sub in data.subcategories),
        sources=data.sources,
        gaps=data.gaps,
    )


def _regulation(instrument: Instrument) -> models.Regulation:
    return models.Regulation(
        celex=instrument.celex or "",
        number=instrument.number,
        name=instrument.name,
        role=instrument.role,
        url=instrument.url or "",
        effective_date=instrument.effective_date,
        applies_from=instrument.applies_from,
    )


def _dpp(data: DppData) -> models.Dpp:
    return models.Dpp(**data.model_dump())


def _field(data: FieldData, instruments: Mapping[str, Instrument]) -> models.Field:
    return models.Field(
        key=data.key,
        label=data.label,
        help=data.help,
        section=data.section,
        data_type=data.data_type,
        unit=data.unit,
        options=_options(data),
        columns=tuple(_column(column) for column in data.columns),
        validation=_validation(data),
        required=data.required,
        format=data.format,
        multiline=data.multiline,
        integer=data.integer,
        precision=data.precision,
        schema=data.schema_,
        obligation=data.obligation,
        obligation_by=MappingProxyType(data.obligation_by),
        condition=data.condition,
        audiences=frozenset(data.audiences),
        access_level=data.access_level,
        level=data.level,
        lifecycle=data.lifecycle,
        filled_by=data.filled_by,
        translatable=data.translatable,
        legal=tuple(_citation(citation, instruments[citation.instrument]) for citation in data.legal),
        confidence=data.confidence,
        registry=data.registry,
        limit=models.Limit(data.limit.op, data.limit.value) if data.limit else None,
        maps_to=MappingProxyType(data.maps_to),
        profiles=MappingProxyType(data.profiles),
    )


def _column(data: ColumnData) -> models.Column:
    return models.Column(
        key=data.key,
        label=data.label,
        data_type=data.data_type,
        unit=data.unit,
        options=_options(data),
        validation=_validation(data),
        required=data.required,
        format=data.format,
        multiline=data.multiline,
        integer=data.integer,
        precision=data.precision,
        schema=data.schema_,
    )


def _options(data: FieldData | ColumnData) -> tuple[models.Option, ...]:
    return tuple(models.Option(option.value, option.label) for option in data.options)


def _validation(data: FieldData | ColumnData) -> models.Validation:
    return models.Validation(**data.validation.model_dump())


def _citation(data: CitationData, instrument: Instrument) -> models.Citation:
    return models.Citation(
        celex=instrument.celex,
        number=instrument.number,
        name=instrument.name,
        role=instrument.role,
        article=data.article,
        annex=data.annex,
        point=data.point,
    )
