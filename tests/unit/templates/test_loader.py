"""What the loader refuses, and that it says every fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tracepass.templates.loader import TemplateDataInvalid, load_template, load_templates


def _toy() -> dict[str, Any]:
    return {
        "category": "toys",
        "version": "2026.11.0",
        "label": "Toys",
        "description": "Toys.",
        "instruments": [
            {
                "id": "act",
                "celex": "32025R2509",
                "number": "(EU) 2025/2509",
                "name": "Toy Safety Regulation",
                "role": "dpp_basis",
                "url": "https://eur-lex.europa.eu/x",
            },
            {"id": "EN 71", "celex": None, "number": "EN 71", "name": "Safety of toys", "role": "standard"},
        ],
        "dpp": {
            "status": "adopted_future",
            "requiredFrom": "2030-08-01",
            "precision": "day",
            "note": "Art 19.",
            "granularity": ["model"],
            "registry": True,
            "retention": "10 years",
            "usageTrackingProhibited": True,
        },
        "subcategoryField": "kind",
        "subcategories": [{"key": "plush", "label": "Plush"}],
        "sections": [{"key": "identity", "label": "Identification"}, {"key": "safety", "label": "Safety"}],
        "fields": [
            {
                "key": "kind",
                "label": "Kind",
                "help": "Kind of toy.",
                "section": "identity",
                "dataType": "enum",
                "options": [{"value": "plush", "label": "Plush"}, {"value": "other", "label": "Other"}],
                "required": True,
                "obligation": "required",
                "obligationBy": {"plush": "required"},
                "accessLevel": "public",
                "audiences": ["public", "legitimate_interest", "authority"],
                "level": "model",
                "lifecycle": "static",
                "filledBy": "user",
                "legal": [{"instrument": "act", "article": "19"}, {"instrument": "EN 71"}],
                "confidence": "text",
            },
            {
                "key": "noise",
                "label": "Noise",
                "help": "Loudest noise.",
                "section": "safety",
                "dataType": "number",
                "unit": "dB",
                "validation": {"min": 0, "max": 200},
                "limit": {"op": "<=", "value": 85},
                "obligation": "recommended",
                "accessLevel": "public",
                "audiences": ["public", "legitimate_interest", "authority"],
                "level": "model",
                "lifecycle": "static",
                "filledBy": "user",
                "legal": [{"instrument": "act", "annex": "II"}],
                "confidence": "secondary",
            },
        ],
        "sources": ["Regulation (EU) 2025/2509"],
    }


def _write(folder: Path, data: dict[str, Any]) -> Path:
    path = folder / "toys" / "2026.11.0.json"
    path.parent.mkdir()
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_a_sound_file_becomes_a_template(tmp_path: Path) -> None:
    _write(tmp_path, _toy())
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "de.json").write_text("{}")
    (template,) = load_templates(tmp_path)
    noise = template.fields["noise"]
    assert list(template.fields) == ["kind", "noise"]
    assert noise.limit is not None
    assert (noise.limit.op, noise.limit.value) == ("<=", 85)
    assert template.dpp.usage_tracking_prohibited
    assert template.regulations[0].celex == "32025R2509"
    assert template.sources == ("Regulation (EU) 2025/2509",)


def _change(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]

    def change(data: Any) -> None:
        for step in steps:
            data = data[step]
        data[last] = value

    return change


def _repeat(path: str) -> Callable[[dict[str, Any]], None]:
    def change(data: Any) -> None:
        for step in path.split("/"):
            data = data[int(step) if step.isdigit() else step]
        data.insert(0, data[0])

    return change


COLUMN = {"key": "part", "label": "Part", "dataType": "string"}
FAULTS: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (_change("fields/1/unit", "furlong"), "noise: unit furlong is not known"),
    (_repeat("fields"), "kind: field is there 2 times"),
    (_repeat("sections"), "identity: section is there 2 times"),
    (_repeat("subcategories"), "plush: subcategory is there 2 times"),
    (_repeat("instruments"), "act: instrument is there 2 times"),
    (_repeat("fields/0/options"), "kind: plush: option is there 2 times"),
    (_change("instruments/0/url", None), "act: acts of the Union, and they alone, have a CELEX number and a link"),
    (_change("fields/1/section", "nowhere"), "noise: section nowhere does not exist"),
    (lambda data: data["sections"].reverse(), "fields: must stand in the order of the sections"),
    (_change("fields/1/legal/0/instrument", "x"), "noise: citation of x, an instrument that does not exist"),
    (_change("fields/1/legal/0/article", "1"), "noise: citation of act names more than one place"),
    (_change("fields/1/legal/0", {"instrument": "act"}), "noise: citation of act does not say where"),
    (_change("fields/1/legal", []), "noise: has no citation"),
    (
        _change("fields/1/accessLevel", "authority"),
        "noise: access level authority does not fit the audiences public, legitimate_interest, authority",
    ),
    (_change("fields/0/obligationBy", {"metal": "required"}), "kind: subcategory metal does not exist"),
    (
        _change("fields/0/options", [{"value": "other", "label": "Other"}]),
        "kind: has no option for the subcategories plush",
    ),
    (_change("subcategoryField", "gone"), "subcategoryField: field gone does not exist"),
    (_change("subcategoryField", None), "subcategoryField: goes with subcategories, and they with it"),
    (_change("fields/0/options", []), "kind: options belong to enums, and enums have options"),
    (_change("fields/1/columns", [COLUMN]), "noise: columns belong to arrays"),
    (_change("fields/1/columns", [COLUMN, COLUMN]), "noise: part: column is there 2 times"),
    (
        _change("fields/1/columns", [{**COLUMN, "unit": "ell"}]),
        "noise: column part: unit ell is not known",
    ),
    (_change("fields/1/precision", "day"), "noise: precision belongs to dates, and dates have one"),
    (_change("fields/1/schema", "Party"), "noise: schema belongs to objects, and objects have one"),
    (_change("fields/1/dataType", "file_reference"), "noise: a file reference is a document or an image"),
    (_change("fields/1/dataType", "boolean"), "noise: bounds belong to numbers and ranges"),
    (_change("fields/1/validation/min", 300), "noise: min is above max"),
    (
        _change("fields/1/validation/pattern", "["),
        "noise: pattern is no regular expression: unterminated character set at position 0",
    ),
    (_change("version", "2026.12.0"), "holds toys 2026.12.0"),
    (_change("colour", "red"), "colour: Extra inputs are not permitted"),
    (_change("fields/1/required", "yes"), "fields.1.required: Input should be a valid boolean"),
    (
        _change("dpp/granularity", ["product type"]),
        "dpp.granularity.0: Input should be 'model', 'batch' or 'item'",
    ),
]


@pytest.mark.parametrize(("change", "sentence"), FAULTS)
def test_a_faulty_file_is_refused_by_name(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    data = _toy()
    change(data)
    with pytest.raises(TemplateDataInvalid) as refusal:
        load_template(_write(tmp_path, data))
    assert sentence in refusal.value.sentences
    assert "toys/2026.11.0.json" in str(refusal.value)


def test_every_fault_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    data = _toy()
    data["fields"][1] |= {"unit": "furlong", "section": "nowhere"}
    with pytest.raises(TemplateDataInvalid) as refusal:
        load_template(_write(tmp_path, data))
    assert len(refusal.value.sentences) == 2
