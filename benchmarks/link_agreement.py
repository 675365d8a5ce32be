"""How far our resolver agrees with what is published about Digital Link: its checks, its link types, a model linkset.

The checks are tests of the running application (``tests/api/test_resolver_conformance.py``), named after the published
ones, with a MongoDB of their own; here they are run and counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree as ET

from tracepass.gs1.linktypes import DEFAULT, DEFAULT_MULTI, IANA, TITLES, asked_link_type

Answer = Callable[[Path], tuple[int, list[str]]]
ROOT = Path(__file__).parents[1]
CHECKS = "tests/api/test_resolver_conformance.py"
MEMBERS = frozenset({"anchor", "itemDescription", "@context", "@id", "@type"})


def checks(path: Path) -> tuple[int, list[str]]:
    """Return how many checks there are, and those that have no test or a failing one."""
    passed = _passed()
    wanted = [(check["id"], check["expect"]) for check in _read(path)["checks"]]
    missing = [f"{name}: {expected}" for name, expected in wanted if not _holds(name, passed)]
    return len(wanted), missing


def link_types(path: Path) -> tuple[int, list[str]]:
    """Return how many link types there are, and those that only one side knows."""
    published = {f"gs1:{name}" for name in _read(path)["linktypes"]}
    return len(published), [f"{name} is known to one side only" for name in sorted(published ^ TITLES.keys())]


def linkset(path: Path) -> tuple[int, list[str]]:
    """Return how many relations a linkset names, and those that we would not serve under that name."""
    relations = [name for entry in _read(path)["linkset"] for name in entry if name not in MEMBERS]
    known = TITLES.keys() | IANA | {DEFAULT, DEFAULT_MULTI}
    return len(relations), [f"{name} is not known" for name in relations if asked_link_type(name) not in known]


def _holds(name: str, passed: Mapping[str, bool]) -> bool:
    prefix = f"test_{name.replace('-', '_')}_"
    found = [good for test, good in passed.items() if test.startswith(prefix)]
    return bool(found) and all(found)


def _passed() -> Mapping[str, bool]:
    """Run the tests of the checks and return which of them passed; none where they cannot be run."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", CHECKS, "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
        subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
        if not report.exists():
            return {}
        cases = ET.parse(report).iter("testcase")  # noqa: S314 - written by our own run
        return {case.attrib["name"]: len(case) == 0 for case in cases}


def _read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return value


FILES: Mapping[str, Answer] = MappingProxyType(
    {"linktypes.json": link_types, "modelLinkset.json": linkset, "resolver-conformance.json": checks}
)
"""What answers each file of the folder ``digital-link``."""
