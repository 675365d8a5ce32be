"""What openapi-typescript makes of the contract: types that tell what there is, and clients that work."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.conftest import new_gtin
from tests.contract.server import Site
from tests.nodetools import binaries

pytestmark = pytest.mark.clients

TOOLS = Path(__file__).parent / "node"
STRICT = ("--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes")
PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text("utf-8")
#: Where a type says rightly that there is nothing.
NOTHING = {"export type webhooks", "EmptyRequest", "export type $defs"}


def _run(*line: str, cwd: Path, **variables: str) -> str:
    outcome = subprocess.run(
        line, cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True, check=False, timeout=100
    )
    assert outcome.returncode == 0, outcome.stdout[-4000:] + outcome.stderr[-4000:]
    return outcome.stdout + outcome.stderr


def test_a_client_of_openapi_typescript_passes_the_quickstart(site: Site, tmp_path: Path) -> None:
    commands = binaries(TOOLS)
    (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
    (tmp_path / "node_modules").symlink_to(commands.parent)
    shutil.copy(TOOLS / "quickstart.ts", tmp_path)
    (tmp_path / "shown.ts").write_text(PAGE.split("```typescript\n")[1].split("```")[0], "utf-8")
    told = _run(str(commands / "openapi-typescript"), str(site.contract), "-o", "tracepass.d.ts", cwd=tmp_path)
    assert not re.search("warn|error", told, re.IGNORECASE), told
    types = (tmp_path / "tracepass.d.ts").read_text("utf-8")
    empty = re.findall(r"(\S[^\n]*?) ?\??[:=] Record<string, never>", types)
    assert set(empty) == NOTHING, "an object of the contract has neither properties nor additionalProperties"
    assert "@enum {unknown}" not in types
    target = ("--module", "nodenext", "--target", "es2022", "--outDir", "compiled")
    _run(str(commands / "tsc"), *STRICT, *target, "quickstart.ts", "shown.ts", cwd=tmp_path)
    place = {"SERVER": site.address, "KEY": site.key}
    printed = _run("node", "compiled/shown.js", cwd=tmp_path, GTIN=new_gtin(), **place)
    assert f"```text\n{printed}```" in PAGE
    _run("node", "compiled/quickstart.js", cwd=tmp_path, GTIN=new_gtin(), **place)
