"""The way from nothing to the first passport in docs/authentication.md, run as it stands against a live server."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.conftest import new_gtin
from tests.docs.conftest import Place

PAGE = (Path(__file__).parents[2] / "docs/authentication.md").read_text()
GTIN = "04012345000016"


@pytest.mark.xdist_group("cookbook")
@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="the page needs curl and jq")
async def test_whoever_copies_it_gets_a_key_a_passport_and_what_is_left_of_the_day(
    place: Place, tmp_path: Path
) -> None:
    found = re.search(r"### From nothing to the first passport\n.*?```bash\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    # The page says so itself: the demo holds this GTIN.
    printed = await place.shell(found[1].replace(GTIN, new_gtin()), tmp_path)
    passport, end = json.JSONDecoder().raw_decode(printed)
    quotas = json.loads(printed[end:])
    assert passport["status"] == "draft"
    assert quotas["writes"] == {"limit": 100, "used": 2, "resetsAt": quotas["writes"]["resetsAt"]}
    assert quotas["passports"]["used"] == 1
