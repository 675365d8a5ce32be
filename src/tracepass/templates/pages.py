"""Writes ``docs/templates/``: one page a category, so that what will be asked can be read before any code is written.

``python -m tracepass.templates.pages`` (``make docs``) writes them anew from the data; a test keeps the two equal.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tracepass.templates.models import Citation, Field, Template, ValueType
from tracepass.templates.service import Templates
from tracepass.templates.units import unit_symbol

FOLDER = Path("docs/templates")
INDEX = "README.md"
NOTICE = "<!-- Written by `make docs` from the template data; do not edit. -->"
ACCESS = {
    "public": "public",
    "legitimate_interest": "legitimate interest",
    "authority": "authorities",
}
OBLIGATIONS = {
    "required": "required",
    "conditional": "conditional",
    "pending": "pending act",
    "other_law": "other law",
    "anticipated": "anticipated",
    "recommended": "recommended",
    "not_applicable": "not applicable",
}
STATUSES = {
    "in_force": "The passport is a duty under an act in force.",
    "adopted_future": "The passport is a duty under an adopted act that does not apply yet.",
    "expected": "The passport is expected; no adopted act asks for it yet.",
    "none": "No act asks for a passport; it is voluntary.",
}
LEGEND = """\
- **Required**: a passport without the field has a gap. *Conditional* holds under the condition named, *pending act*
  once an act yet to come applies, *other law* is asked for elsewhere and belongs into the passport, *anticipated* is
  expected of an act in preparation, *recommended* is good practice. What differs for a subcategory is said in brackets.
- **Access**: who may read the value: the public, persons with a legitimate interest, authorities.
- **Source**: where the duty comes from, and how sure that is: `text` of the law, official `guidance`, a `secondary`
  source, or our own `design`."""


def pages_of(templates: Templates) -> dict[str, str]:
    """Return every page by its file name."""
    found = {f"{template.category}.md": page_of(template) for template in templates.list_()}
    return {INDEX: index_of(templates), **found}


def index_of(templates: Templates) -> str:
    """Return the page that leads to all others."""
    rows = [
        f"| [{_cell(template.label)}]({template.category}.md) | `{template.category}` | {len(template.fields)} "
        f"| {len(template.required_fields(None))} | {template.dpp.required_from or ''} | {template.version} |"
        for template in templates.list_()
    ]
    head = "| category | slug | fields | required | duty from | version |\n|---|---|---|---|---|---|"
    intro = "What a passport says, category by category. The same is served at `/templates`, in 24 languages."
    return "\n".join([NOTICE, "", "# Templates", "", intro, "", head, *rows, "", LEGEND, ""])


def page_of(template: Template) -> str:
    """Return the page of one category."""
    return "\n".join(
        [NOTICE, "", f"# {template.label}", "", *_opening(template), *_sections(template), *_ending(template)]
    )


def _opening(template: Template) -> Iterator[str]:
    yield template.description
    yield ""
    yield f"- Slug `{template.category}`, version {template.version}, {len(template.fields)} fields."
    duty = f" From {template.dpp.required_from}." if template.dpp.required_from else ""
    yield f"- {STATUSES[template.dpp.status]}{duty} {template.dpp.note}"
    yield f"- Level: {', '.join(template.dpp.granularity)}. Kept: {template.dpp.retention}."
    if template.subcategories:
        names = ", ".join(f"{sub.label} (`{sub.key}`)" for sub in template.subcategories)
        yield f"- Subcategories, told by `{template.subcategory_field}`: {names}."
    yield from (f"- [{act.name}]({act.url}), {act.number}." for act in template.regulations if act.url)
    yield from ("", LEGEND, "")


def _sections(template: Template) -> Iterator[str]:
    for section in template.sections:
        fields = [field for field in template.fields.values() if field.section == section.key]
        if fields:
            yield from (f"## {section.label}", "")
            yield "| field | type | required | access | source |"
            yield "|---|---|---|---|---|"
            yield from (_row(field) for field in fields)
            yield ""


def _ending(template: Template) -> Iterator[str]:
    if template.gaps:
        yield from ("## What is missing or doubtful", "", *(f"- {_line(gap)}" for gap in template.gaps), "")
    yield from ("## What was read", "", *(f"- {_line(source)}" for source in template.sources), "")


def _row(field: Field) -> str:
    name = f"**{_cell(field.label)}**<br>`{field.key}`<br>{_cell(field.help)}"
    access = ", ".join(word for audience, word in ACCESS.items() if audience in field.audiences)
    source = "<br>".join(_cell(_citation(citation)) for citation in field.legal)
    cells = (name, _type(field), _duty(field), access, f"{source}<br>`{field.confidence}`")
    return f"| {' | '.join(cells)} |"


def _duty(field: Field) -> str:
    """Return how binding a field is, under which condition, and for which subcategories it is otherwise."""
    duty = OBLIGATIONS[field.obligation]
    if field.condition:
        duty += f": {_cell(field.condition)}"
    others = [
        f"`{key}`: {OBLIGATIONS[obligation]}"
        for key, obligation in field.obligation_by.items()
        if obligation != field.obligation
    ]
    if others:
        duty += f" ({', '.join(others)})"
    if field.filled_by != "user":
        duty += "; filled by the platform" if field.filled_by == "system" else "; filled by the product in use"
    return duty


def _type(typed: ValueType) -> str:
    """Return type, unit, bounds, choices and columns as one cell."""
    parts = [typed.data_type.replace("_", " ")]
    parts += [typed.format.replace("_", " ")] if typed.format else []
    parts += ["whole number"] if typed.integer else []
    parts += [f"in {_cell(unit_symbol(typed.unit))}"] if typed.unit else []
    parts += _bounds(typed)
    text = ", ".join(parts)
    if typed.options:
        text += "<br>" + ", ".join(f"{_cell(option.label)} (`{option.value}`)" for option in typed.options)
    for column in typed.columns:
        needed = ", required" if column.required else ""
        text += f"<br>{_cell(column.label)} (`{column.key}`): {_type(column)}{needed}"
    return text


def _bounds(typed: ValueType) -> Iterator[str]:
    bounds = typed.validation
    if typed.precision and typed.precision != "day":
        yield f"to the {typed.precision}"
    if bounds.min is not None:
        yield f"at least {bounds.min:g}"
    if bounds.max is not None:
        yield f"at most {bounds.max:g}"
    if bounds.max_length is not None:
        yield f"at most {bounds.max_length} characters"


def _citation(citation: Citation) -> str:
    return f"{citation.number} {citation.ref}".strip()


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


def _line(text: str) -> str:
    """Return a text on one line in which nothing is markup."""
    return " ".join(text.split()).replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


def write_pages(templates: Templates, folder: Path) -> None:
    """Write every page, and take away those of categories that are no more."""
    pages = pages_of(templates)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    write_pages(Templates.load(), FOLDER)
    sys.stdout.write(f"{FOLDER}/ is written\n")
