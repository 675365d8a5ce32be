"""docs/configuration.md and .env.example name every setting, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from tracepass.settings import Settings

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(TRACEPASS_\w+)` \| (.*?) \|", re.MULTILINE)
LINE = re.compile(r"^#?(TRACEPASS_\w+)=(.*)$", re.MULTILINE)


def settings(model: type[BaseModel] = Settings, prefix: str = "TRACEPASS_") -> dict[str, object]:
    """Every environment variable and its default, those of groups included."""
    found: dict[str, object] = {}
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= settings(kind, f"{prefix}{name.upper()}__")
        else:
            found[prefix + (field.alias or name).upper()] = field.default
    return found


@pytest.mark.parametrize(("file", "mention"), [("docs/configuration.md", ROW), (".env.example", LINE)])
def test_every_setting_is_explained_once(file: str, mention: re.Pattern[str]) -> None:
    named = [name for name, _ in mention.findall((ROOT / file).read_text())]
    assert sorted(named) == sorted(settings())


def test_the_defaults_are_the_real_ones() -> None:
    for name, told in ROW.findall((ROOT / "docs/configuration.md").read_text()):
        if quoted := re.fullmatch(r"`([^`]+)`", told):
            assert str(settings()[name]) == quoted.group(1), name


def test_the_example_file_is_a_valid_one(tmp_path: Path) -> None:
    example = (ROOT / ".env.example").read_text()
    everything = tmp_path / "all.env"
    everything.write_text(re.sub(r"^#(TRACEPASS_)", r"\1", example, flags=re.MULTILINE))
    Settings(_env_file=everything)
    assert [line for line in example.splitlines() if line and not line.startswith("#")] == []
