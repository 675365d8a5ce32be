"""What guides tell operators to type: it is read by what reads it, where that can be had, and names what exists."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.recipes import Block, blocks
from tests.docs.test_configuration import settings
from typer.testing import CliRunner

from tracepass.cli import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SHELL = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
    for number, block in enumerate(blocks(page.read_text("utf-8")))
    if block.language in {"bash", "sh", "console"}
]


def only(page: str, language: str) -> str:
    """Return the one block of a language that a guide has."""
    (found,) = [block.text for block in blocks((DOCS / page).read_text("utf-8")) if block.language == language]
    return found


def typed(block: Block) -> str:
    """Return what is typed; of a ``console`` the lines behind the prompt."""
    if block.language != "console":
        return block.text
    return "\n".join(line[2:] for line in block.text.splitlines() if line.startswith("$ "))


@pytest.mark.parametrize("block", SHELL)
def test_a_shell_reads_every_command(block: Block) -> None:
    done = subprocess.run(["bash", "-n"], input=typed(block), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", SHELL)
def test_commands_of_ours_have_the_options_that_they_are_given(block: Block) -> None:
    for line in re.findall(r"^(?:\S*/)?tracepass (.*?)(?:#.*)?$", typed(block), re.MULTILINE):
        words = shlex.split(line)
        verbs = [word for word in words[:2] if re.fullmatch("[a-z-]+", word)]
        shown = CliRunner().invoke(app, [*verbs, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
        if shown.exit_code != 0:
            shown = CliRunner().invoke(app, [verbs[0], "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
        assert shown.exit_code == 0, line
        assert [word for word in words if word.startswith("--") and word not in shown.output] == []


@pytest.mark.parametrize("block", SHELL)
def test_settings_and_verbs_that_are_typed_exist(block: Block) -> None:
    ours = {f"TRACEPASS_{name}" for name in ("URL", "KEY", "KEY_QUALITY", "API_KEY", "BASE_URL")}
    assert set(re.findall(r"\bTRACEPASS_\w+", block.text)) <= settings().keys() | ours
    verbs = re.findall(r"^([a-z0-9-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"^make (\S+)", block.text, re.MULTILINE)) <= set(verbs)


def test_the_unit_of_systemd_can_be_read(tmp_path: Path) -> None:
    text = only("self-hosting.md", "ini")
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    command = shlex.split(unit["Service"]["ExecStart"])
    shown = CliRunner().invoke(app, [command[1], "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert [word for word in command if word.startswith("--") and word not in shown.output] == []
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not here")
    file = tmp_path / "tracepass.service"
    there = text.replace(command[0], sys.executable).replace(f"User={unit['Service']['User']}", "User=root")
    file.write_text(there)
    done = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert file.name not in done.stderr, done.stderr


def test_the_server_of_nginx_can_be_read(tmp_path: Path) -> None:
    text = only("self-hosting.md", "nginx")
    assert text.count("{") == text.count("}")
    assert [
        line for line in text.splitlines() if line.strip() and line.strip()[0] != "#" and line[-1] not in ";{}"
    ] == []
    nginx = shutil.which("nginx")
    if nginx is None:
        pytest.skip("nginx is not here")
    plain = text.replace("listen 443 ssl", "listen 127.0.0.1:8443")
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{plain}}}\n")
    command = [nginx, "-t", "-p", str(tmp_path), "-e", "stderr", "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_an_assistant_is_told_to_start_exists() -> None:
    server = json.loads(_first("mcp.md", "json"))["mcpServers"]["tracepass"]
    assert server["command"] == "tracepass"
    assert CliRunner().invoke(app, [*server["args"], "--help"]).exit_code == 0
    assert all(f"`{name}`" in (DOCS / "mcp.md").read_text() for name in server["env"])


def _first(page: str, language: str) -> str:
    return next(block.text for block in blocks((DOCS / page).read_text("utf-8")) if block.language == language)


def test_the_package_for_n8n_has_the_name_that_is_installed() -> None:
    package = json.loads((ROOT / "integrations/n8n-nodes-tracepass/package.json").read_text())
    assert f"{package['name']}-{package['version']}.tgz" in only("n8n.md", "sh")


def test_the_cases_of_benchmarks_that_are_named_exist() -> None:
    named = re.findall(r"--only ([\w,-]+)", (DOCS / "benchmarks.md").read_text())
    known = set(re.findall(r"^\| `([\w-]+)` \|", (DOCS / "benchmarks.md").read_text(), re.MULTILINE))
    source = (ROOT / "benchmarks/cases.py").read_text()
    assert {name for one in named for name in one.split(",")} <= known | {"capture", "query", "memory"}
    assert [name for name in known if f'"{name}"' not in source] == []
