"""What tests use of npm: ``make node-tools`` installs it from locks, so that tests themselves need no network."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

#: Where a folder says what it takes: ``tests/<name>/node``, with a lock that names no registry.
TESTS = Path(__file__).parent


def binaries(folder: Path) -> Path:
    """The commands in a folder's ``node_modules``, or skip the test where they, or Node.js, are not there."""
    if shutil.which("node") is None:
        pytest.skip("there is no Node.js")
    if not (folder / "node_modules/.installed").exists():
        pytest.skip(f"make node-tools has not installed what {folder.relative_to(TESTS.parent)} names")
    return folder / "node_modules/.bin"


def needs_node(major: int) -> None:
    """Skip the test where Node.js is older, as Debian's may be."""
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(told.removeprefix("v").split(".")[0]) < major:
        pytest.skip(f"this needs Node.js {major} or later, and there is {told.strip()}")
