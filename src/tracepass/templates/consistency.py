"""What must be true across the parts of a template file; each function yields sentences for its faults."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from tracepass.templates.schema import CitationData, ColumnData, FieldData, Instrument, TemplateFile
from tracepass.templates.units import UNITS

_ACTS = frozenset({"dpp_basis", "content_basis", "related"})
_WITHOUT_PLACE = frozenset({"standard", "national"})
_FORMATS_OF_FILES = frozenset({"document", "image"})
_ACCESS = {
    frozenset({"public", "legitimate_interest", "authority"}): "public",
    frozenset({"legitimate_interest", "authority"}): "restricted",
    frozenset({"legitimate_interest"}): "restricted",
    frozenset({"authority"}): "authority",
}


def faults(data: TemplateFile) -> Iterator[str]:
    """Yield every inconsistency of the file, as sentences that begin with where it is."""
    yield from _repeated("instrument", (instrument.id for instrument in data.instruments))
    yield from _repeated("section", (section.key for section in data.sections))
    yield from _repeated("subcategory", (sub.key for sub in data.subcategories))
    yield from _repeated("field", (field.key for field in data.fields))
    yield from _subcategory_faults(data)
    sections = [section.key for section in data.sections]
    instruments = {instrument.id: instrument for instrument in data.instruments}
    for instrument in data.instruments:
        if (instrument.role in _ACTS) != (instrument.celex is not None and instrument.url is not None):
            yield f"{instrument.id}: acts of the Union, and they alone, have a CELEX number and a link"
    for field in data.fields:
        if field.section not in sections:
            yield f"{field.key}: section {field.section} does not exist"
        for sentence in _field_faults(field, instruments, {sub.key for sub in data.subcategories}):
            yield f"{field.key}: {sentence}"
    yield from _order_faults(data, sections)


def _repeated(what: str, keys: Iterable[str]) -> Iterator[str]:
    for key, times in Counter(keys).items():
        if times > 1:
            yield f"{key}: {what} is there {times} times"


def _subcategory_faults(data: TemplateFile) -> Iterator[str]:
    if (data.subcategory_field is None) != (not data.subcategories):
        yield "subcategoryField: goes with subcategories, and they with it"
    for field in data.fields:
        if field.key == data.subcategory_field:
            missing = {sub.key for sub in data.subcategories} - {option.value for option in field.options}
            if missing:
                yield f"{field.key}: has no option for the subcategories {', '.join(sorted(missing))}"
            return
    if data.subcategory_field is not None:
        yield f"subcategoryField: field {data.subcategory_field} does not exist"


def _order_faults(data: TemplateFile, sections: list[str]) -> Iterator[str]:
    places = [sections.index(field.section) for field in data.fields if field.section in sections]
    if places != sorted(places):
        yield "fields: must stand in the order of the sections"


def _field_faults(field: FieldData, instruments: dict[str, Instrument], subcategories: set[str]) -> Iterator[str]:
    yield from _type_faults(field)
    yield from _repeated("column", (column.key for column in field.columns))
    for column in field.columns:
        for sentence in _type_faults(column):
            yield f"column {column.key}: {sentence}"
    if field.columns and field.data_type != "array":
        yield "columns belong to arrays"
    if _ACCESS.get(frozenset(field.audiences)) != field.access_level:
        yield f"access level {field.access_level} does not fit the audiences {', '.join(field.audiences)}"
    for key in (*field.obligation_by, *(key for profile in field.profiles.values() for key in profile)):
        if key not in subcategories:
            yield f"subcategory {key} does not exist"
    if not field.legal:
        yield "has no citation"
    for citation in field.legal:
        yield from _citation_faults(citation, instruments)


def _citation_faults(citation: CitationData, instruments: dict[str, Instrument]) -> Iterator[str]:
    instrument = instruments.get(citation.instrument)
    places = [place for place in (citation.article, citation.annex, citation.point) if place is not None]
    if instrument is None:
        yield f"citation of {citation.instrument}, an instrument that does not exist"
    elif len(places) > 1:
        yield f"citation of {citation.instrument} names more than one place"
    elif not places and instrument.role not in _WITHOUT_PLACE:
        yield f"citation of {citation.instrument} does not say where"


def _type_faults(typed: FieldData | ColumnData) -> Iterator[str]:
    if typed.unit is not None and typed.unit not in UNITS:
        yield f"unit {typed.unit} is not known"
    if bool(typed.options) != (typed.data_type in {"enum", "multi_enum"}):
        yield "options belong to enums, and enums have options"
    yield from _repeated("option", (option.value for option in typed.options))
    if (typed.precision is not None) != (typed.data_type == "date"):
        yield "precision belongs to dates, and dates have one"
    if (typed.schema_ is not None) != (typed.data_type == "object"):
        yield "schema belongs to objects, and objects have one"
    if typed.data_type == "file_reference" and typed.format not in _FORMATS_OF_FILES:
        yield "a file reference is a document or an image"
    yield from _bound_faults(typed)


def _bound_faults(typed: FieldData | ColumnData) -> Iterator[str]:
    bounds = typed.validation
    if (bounds.min is not None or bounds.max is not None) and typed.data_type not in {"number", "object"}:
        yield "bounds belong to numbers and ranges"
    if bounds.min is not None and bounds.max is not None and bounds.min > bounds.max:
        yield "min is above max"
    if bounds.pattern is not None:
        try:
            re.compile(bounds.pattern)
        except re.error as error:
            yield f"pattern is no regular expression: {error}"
