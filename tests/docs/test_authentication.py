"""The way from nothing to the first passport in docs/authentication.md, run as it stands against a live server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.conftest import new_gtin
from tests.demo.running import Demo

PAGE = (Path(__file__).parents[2] / "docs/authentication.md").read_text()
ORIGIN = "http://127.0.0.1:8000"
GTIN = "04012345000016"

pytestmark = pytest.mark.xdist_group("demo")


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="the page needs curl and jq")
def test_whoever_copies_it_gets_a_key_a_passport_and_what_is_left_of_the_day(mongod: str, tmp_path: Path) -> None:  # noqa: ARG001 - skips where there is no mongod
    found = re.search(r"### From nothing to the first passport\n.*?```bash\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    with Demo(tmp_path / ".tracepass") as demo:
        # The page says so itself: the demo holds this GTIN.
        script = found[1].replace(ORIGIN, demo.url).replace(GTIN, new_gtin())
        done = subprocess.run(
            ["bash", "-c", f"set -eu\n{script}"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    passport, end = json.JSONDecoder().raw_decode(done.stdout)
    quotas = json.loads(done.stdout[end:])
    assert passport["status"] == "draft"
    assert quotas["writes"] == {"limit": 100, "used": 2, "resetsAt": quotas["writes"]["resetsAt"]}
    assert quotas["passports"]["used"] == 1
