"""The collections work as they are: the programs they are for import them and send every request to a live server."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from documentation.collections.__main__ import TARGET
from documentation.collections.building import build
from documentation.collections.model import Request
from documentation.collections.plan import read
from tests import nodetools
from tests.conftest import Office, Zone, new_gtin
from tests.contract.server import served

from tracepass.app import create_app
from tracepass.contract import load
from tracepass.settings import Settings

pytestmark = [pytest.mark.xdist_group("collections"), pytest.mark.timeout(300)]

NODE = Path(__file__).with_name("node")
REQUESTS = tuple(build(load(), read()).walk())
GUIDE = Path(__file__).parents[2] / "docs/collections.md"
COMMAND = re.compile("newman |cd bruno")
Seen = list[tuple[str, int]]


@dataclass(frozen=True)
class Site:
    """A live server, and what a person fills in."""

    variables: dict[str, str]
    tools: Path

    def environment(self) -> dict[str, str]:
        """The environment of the guide's commands."""
        named = {"BASE_URL": self.variables["baseUrl"], "TRACEPASS_API_KEY": self.variables["apiKey"]}
        return {**os.environ, **named, "PATH": f"{self.tools}{os.pathsep}{os.environ['PATH']}"}

    def identifiers(self) -> list[str]:
        """What newman and bru take besides: identifiers that no other test has."""
        return [part for name in ("gtin", "gln") for part in ("--env-var", f"{name}={self.variables[name]}")]


@pytest.fixture
async def site(settings: Settings, office: Office, zone: Zone) -> AsyncIterator[Site]:
    tools = nodetools.binaries(NODE)
    key = await office.key(await office.workspace(name="Collections"))
    # Over plain HTTP cookies of sessions must not be for HTTPS only.
    plain = {"public_url": "http://127.0.0.1", "resolver_url": "http://127.0.0.1"}
    with served(create_app(Settings.model_validate(settings.model_dump() | plain), records=zone)) as address:
        yield Site({"baseUrl": address, "apiKey": key, "gtin": new_gtin(), "gln": new_gtin()[1:]}, tools)


def told(word: str) -> str:
    """Return the line of the guide that has a word."""
    return next(line for line in GUIDE.read_text("utf-8").splitlines() if word in line and COMMAND.match(line))


def ran(line: str, *more: str, site: Site, folder: Path, out: Path, good: int = 0) -> str:
    """Run a line in a folder and give what it printed, into a file: some programs end before a pipe is empty."""
    command = f"{{ {line} {shlex.join(more)}; }} >{shlex.quote(str(out))} 2>&1"
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=site.environment(), check=False, timeout=250)
    text = out.read_text("utf-8")
    assert done.returncode in {0, good}, text[-4000:]
    return text


def hold(seen: Seen) -> None:
    """Hold what was answered against what the contract lets expect; what waits for a person was not sent."""
    sent = [request for request in REQUESTS if request.waits_for is None]
    assert [title for title, _ in seen] == [request.title for request in sent]
    wrong = [(title, status) for (title, status), request in zip(seen, sent, strict=True) if not fits(request, status)]
    assert wrong == []


def fits(request: Request, status: int) -> bool:
    return status in request.statuses


def test_newman_runs_the_quickstart_alone(site: Site, tmp_path: Path) -> None:
    ran(told("--folder Quickstart"), *site.identifiers(), site=site, folder=TARGET, out=tmp_path / "out")


def test_newman_sends_every_request(site: Site, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    more = ("--reporters", "json", "--reporter-json-export", str(report), *site.identifiers())
    ran(told("newman run tracepass.postman_collection.json --w"), *more, site=site, folder=TARGET, out=tmp_path / "out")
    executions = json.loads(report.read_text("utf-8"))["run"]["executions"]
    assert all("error" not in one for execution in executions for one in execution["assertions"])
    hold([(one["item"]["name"], one["response"]["code"]) for one in executions])


def test_bruno_sends_every_request(site: Site, tmp_path: Path) -> None:
    nodetools.needs_node(20)
    report = tmp_path / "report.json"
    shutil.copytree(TARGET / "bruno", tmp_path / "bruno")
    more = ("--reporter-json", str(report), *site.identifiers())
    ran(told("bru run"), *more, site=site, folder=tmp_path, out=tmp_path / "out")
    results = json.loads(report.read_text("utf-8"))[0]["results"]
    assert all(one["status"] == "pass" for result in results for one in result["assertionResults"])
    sent = [one for one in in_order(results) if one["status"] != "skipped"]
    hold([(one["name"], one["response"]["status"]) for one in sent])


def in_order(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results as the folders are written; Bruno runs the folders in a folder before its requests."""
    tops = list(dict.fromkeys(one["path"].split("/")[0] for one in results))
    return sorted(results, key=lambda one: (tops.index(one["path"].split("/")[0]), one["path"].count("/")))


def test_httpyac_sends_every_request(site: Site, tmp_path: Path) -> None:
    for upload in ("picture.png", "events.csv"):
        shutil.copy(TARGET / upload, tmp_path)
    text = (TARGET / "tracepass.http").read_text("utf-8")
    for name, value in site.variables.items():
        text = re.sub(rf"(?m)^@{name} = .*$", f"@{name} = {value}", text)
    (tmp_path / "tracepass.http").write_text(text, "utf-8")
    # It counts answers from 400 on as failures, which some of ours are meant to be.
    line = "httpyac send tracepass.http --all"
    assert f"`{line}`" in GUIDE.read_text("utf-8")
    printed = ran(line, "--json", site=site, folder=tmp_path, out=tmp_path / "out", good=10)
    answered = [one for one in json.loads(printed)["requests"] if "response" in one]
    hold([(one["name"].partition(": ")[2], one["response"]["statusCode"]) for one in answered])


def test_insomnia_imports_every_request() -> None:
    command = [nodetools.binaries(NODE) / "insomnia-import", TARGET / "tracepass.postman_collection.json"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100).stdout
    resources: list[dict[str, Any]] = json.loads(printed)["resources"]
    imported = [one for one in resources if one["_type"] == "request"]
    assert [(one["name"], one["method"]) for one in imported] == [(one.title, one.method) for one in REQUESTS]
    assert all(one["url"].startswith("{{baseUrl}}/") for one in imported)


def test_the_guide_names_the_programs_that_it_is_tested_with() -> None:
    wanted = json.loads((NODE / "package.json").read_text("utf-8"))["devDependencies"]
    guide = " ".join(GUIDE.read_text("utf-8").split())
    named = {"newman": "newman", "bru": "@usebruno/cli", "httpYac": "httpyac"}
    assert all(f"{name} {wanted[package]}" in guide for name, package in named.items())
