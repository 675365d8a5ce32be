"""The collections are those of the contract, and every folder of them stands by itself."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from documentation.collections.__main__ import TARGET, files
from documentation.collections.building import TWIN, build
from documentation.collections.contract import Contract, Operation
from documentation.collections.model import UNIQUE, UUID, Collection, Folder, Request
from documentation.collections.plan import read

from tracepass.contract import load

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PLAN = read()
TOKEN = re.compile(r"\{\{(\w+)\}\}")
ANSWERED = re.compile(r"\{\{(\w+)\.response\.body\.\$\.[\w.\[\]]+\}\}")


@cache
def collection() -> Collection:
    return build(load(), PLAN)


@cache
def operations() -> dict[str, Operation]:
    return {one.id: one for one in Contract(load()).operations()}


def parts(folders: tuple[Folder, ...]) -> Iterator[Folder]:
    for folder in folders:
        yield folder
        yield from parts(folder.folders)


def taken(request: Request) -> set[str]:
    """The variables that a request takes."""
    values = [one.value for one in (*request.places, *request.query, *request.headers) if one.sent]
    body = [request.body.text, *(value for _, value in request.body.fields)] if request.body else []
    return set(TOKEN.findall(" ".join([*values, *body]))) - {UNIQUE.strip("{}"), UUID.strip("{}")}


def test_what_is_committed_is_what_the_contract_gives() -> None:
    made = files()
    there = {str(path.relative_to(TARGET)): path for path in TARGET.rglob("*") if path.is_file()}
    changed = sorted(name for name, data in made.items() if name not in there or there[name].read_bytes() != data)
    assert (changed, sorted(there.keys() - made.keys())) == ([], ["README.md"]), "run `make collections` and commit"


def test_every_operation_is_there_or_is_left_out_with_a_reason() -> None:
    there = {request.operation for request in collection().walk()}
    assert operations().keys() - there == PLAN.left_out.keys()
    assert all(PLAN.left_out.values())


def test_the_plan_names_only_operations_that_there_are() -> None:
    tables = (
        PLAN.saves,
        PLAN.bodies,
        PLAN.queries,
        PLAN.headers,
        PLAN.files,
        PLAN.statuses,
        PLAN.by_hand,
        PLAN.left_out,
    )
    named = {name.partition(":")[0] for table in tables for name in table} | PLAN.keyed
    assert named - {"*"} <= operations().keys()
    tags = {tag["name"] for tag in load()["tags"]}
    assert PLAN.folders.keys() <= tags


def test_an_operation_is_in_the_folder_of_its_tag() -> None:
    for folder in collection().folders[1:]:
        own = [request for request in folder.walk() if operations()[request.operation].tag == folder.name]
        assert own, folder.name
    quickstart = collection().folders[0]
    assert [request.operation for request in quickstart.requests] == list(PLAN.quickstart)


def test_operations_by_serial_number_stand_in_a_folder_of_their_own() -> None:
    for folder in parts(collection().folders):
        twins = [request for request in folder.requests if request.operation.endswith(TWIN)]
        assert bool(twins) == (folder.name == "By serial number"), folder.name


def test_expected_statuses_are_documented() -> None:
    for request in collection().walk():
        documented = operations()[request.operation].definition["responses"]
        assert request.statuses
        assert {str(status) for status in request.statuses} <= set(documented), request.title


@pytest.mark.parametrize("folder", list(parts(collection().folders)), ids=lambda folder: folder.name)
def test_a_folder_takes_only_what_it_has_made_before(folder: Folder) -> None:
    known = set(collection().variables)
    for request in folder.requests:
        assert taken(request) <= known, request.title
        known |= set(request.saves)


def test_titles_tell_the_requests_of_a_folder_apart() -> None:
    for folder in parts(collection().folders):
        titles = [request.title for request in folder.requests]
        assert len(set(titles)) == len(titles), folder.name
        assert all(request.description for request in folder.requests), folder.name


def test_the_guide_says_what_waits_for_a_person_and_why() -> None:
    rows = [line for line in (ROOT / "docs/collections.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    for operation, waiting in PLAN.by_hand.items():
        row = next(row for row in rows if row.startswith(f"| `{waiting.variable}` |"))
        assert f"`{operation}`" in row
        assert row.replace("`", "").endswith(f"| {waiting.reason} |")


def test_nothing_secret_is_written() -> None:
    assert collection().variables["apiKey"] == ""
    for name, data in files().items():
        assert not re.search(rb"tp_(live|test)_[\w-]{20}", data), name


def test_both_files_of_requests_say_the_same() -> None:
    scripts, names = (files()[name].decode() for name in ("tracepass.http", "tracepass.rest"))
    lines = [line for line in re.sub(r"\n> \{%.*?%\}\n", "", scripts, flags=re.DOTALL).splitlines() if told(line)]
    assert lines == [line for line in names.splitlines() if told(line)]


def told(line: str) -> bool:
    """Tell whether a line is written the same for every editor."""
    own = ("# @name", "# @disabled", "# For ")
    return bool(line) and not line.startswith(own) and "{{" not in line


def test_a_request_takes_values_from_answers_above_it_only() -> None:
    named: set[str] = set()
    for line in files()["tracepass.rest"].decode().splitlines():
        if line.startswith("# @name "):
            named.add(line.removeprefix("# @name "))
        assert set(ANSWERED.findall(line)) <= named, line
