"""Builds the n8n node and runs its scripts, with Node.js and what ``node/package-lock.json`` names.

The compiler and n8n's types are enough for that. n8n's linter brings four times as much: it is for ``make test-n8n``.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.nodetools import binaries

PACKAGE = Path(__file__).parents[2] / "integrations/n8n-nodes-tracepass"
TOOLS = Path(__file__).parent / "node"
PARTS = ("credentials", "nodes", "icons", "tests", "package.json", "tsconfig.json")


def run(*command: str, cwd: Path, timeout: float = 100) -> str:
    """Run a command to its good end and give what it printed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=timeout)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def built(directory: Path) -> Path:
    """A copy of the package in a directory, compiled."""
    modules = binaries(TOOLS).parent
    copy = directory / "package"
    copy.mkdir()
    for part in PARTS:
        source = PACKAGE / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / part)
    (copy / "node_modules").symlink_to(modules)
    run("node_modules/.bin/tsc", cwd=copy)
    return copy
