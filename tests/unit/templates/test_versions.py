"""Versions of templates stay for ever: a changed or missing file is refused, and the refusal says what to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tracepass.templates import versions
from tracepass.templates.loader import DATA


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the battery template and its list of versions."""
    shutil.copytree(DATA / "battery", tmp_path / "battery")
    versions.publish(tmp_path)
    return tmp_path


def _faults(folder: Path) -> list[str]:
    return list(versions.faults(versions.published(folder), versions.present(folder)))


def test_no_published_template_has_changed_or_gone() -> None:
    assert _faults(DATA) == []


def test_a_changed_file_is_refused_and_told_to_be_a_new_version(folder: Path) -> None:
    path = folder / "battery" / "2026.11.0.json"
    path.write_text(path.read_text("utf-8").replace("Battery mass", "Mass of the battery"), "utf-8")
    (sentence,) = _faults(folder)
    assert sentence.startswith("battery/2026.11.0.json has changed")
    assert "a new file battery/<year>.<month>.<number>.json" in sentence
    assert versions.COMMAND in sentence


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "battery" / "2026.11.0.json").unlink()
    assert _faults(folder) == [
        "battery/2026.11.0.json is gone, but passports were made with it: bring it back from the history"
    ]


def test_a_new_version_is_a_line_more_and_touches_no_other(folder: Path) -> None:
    data = json.loads((folder / "battery" / "2026.11.0.json").read_text("utf-8"))
    (folder / "battery" / "2027.3.0.json").write_text(json.dumps(data | {"version": "2027.3.0"}), "utf-8")
    before = versions.published(folder)

    assert _faults(folder) == [f"battery/2027.3.0.json is not in versions.json: run `{versions.COMMAND}`"]
    assert versions.publish(folder) == ["battery/2027.3.0.json"]
    assert _faults(folder) == []
    assert before.items() < versions.published(folder).items()


def test_publishing_again_does_not_wave_a_change_through(folder: Path) -> None:
    path = folder / "battery" / "2026.11.0.json"
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert versions.publish(folder) == []
    assert len(_faults(folder)) == 1


def test_the_command_ends_well_while_all_is_well(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert versions.main(folder) == 0
    assert capsys.readouterr().err == ""


def test_the_command_tells_what_has_changed_and_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "battery" / "2026.11.0.json").write_text("{}", "utf-8")
    assert versions.main(folder) == 1
    assert "has changed" in capsys.readouterr().err
