"""Builds the n8n node and runs its scripts, with Node.js and what ``light/package-lock.json`` names.

The compiler and n8n's types are enough for that. n8n's linter brings four times as much: it is for ``make test-n8n``.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "integrations/n8n-nodes-tracepass"
LIGHT = Path(__file__).parent / "light"
PARTS = ("credentials", "nodes", "icons", "tests", "package.json", "tsconfig.json")


def run(*command: str, cwd: Path, timeout: float = 100) -> str:
    """Run a command to its good end and give what it printed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=timeout)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def modules(directory: Path) -> Path:
    """The modules to build with: those of the package, if somebody installed them, else new ones in a directory."""
    if (PACKAGE / "node_modules/.bin/tsc").exists():
        return PACKAGE / "node_modules"
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(LIGHT / name, directory / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True, timeout=100)
    except subprocess.SubprocessError as fault:
        pytest.skip(f"npm cannot install what the n8n node is built with: {fault}")
    return directory / "node_modules"


def built(directory: Path) -> Path:
    """A copy of the package in a directory, compiled."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("there is no Node.js with npm to build the n8n node with")
    installed = directory / "installed"
    copy = directory / "package"
    installed.mkdir()
    copy.mkdir()
    for part in PARTS:
        source = PACKAGE / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / part)
    (copy / "node_modules").symlink_to(modules(installed))
    run("node_modules/.bin/tsc", cwd=copy)
    return copy
