"""The rules of ARCHITECTURE.md that import-linter's contracts do not say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

import tracepass

PACKAGE = Path(tracepass.__file__).parent
DRIVER = {"pymongo", "bson", "gridfs"}
WEB = {"fastapi", "starlette"}
HTTP_CLIENTS = {"httpx2", "httpcore2", "httpx", "httpcore", "requests", "aiohttp", "urllib3", "h11"}

# Features of the API and of the domain; `core`, `gs1`, `locale`, `api`, `supervisor`, `cli` and `demo` are none.
FEATURES = {
    "accessgrants",
    "accounts",
    "credentials",
    "domains",
    "epcis",
    "exports",
    "files",
    "idempotency",
    "identity",
    "imports",
    "links",
    "mcp",
    "measurements",
    "oauth",
    "passports",
    "products",
    "quotas",
    "resolver",
    "templates",
    "tools",
    "traces",
    "webhooks",
}
DOORS = {"service", "models"}
# Others hang their operations on the addresses of a passport, under its id and its serial alike; and those who measure
# keep the newest values beside it.
OPEN = {"tracepass.passports.addresses", "tracepass.passports.usedata"}
# Composition roots: here services are made out of repositories and routers are hung into the application, so these,
# and only these, look behind the doors.
COMPOSITION_ROOTS = (
    "tracepass.app",
    "tracepass.assembly",
    "tracepass.belongings",
    "tracepass.worker",
    "tracepass.supervisor",
    "tracepass.cli",
)

# `core` has the driver where it is named here, repositories may have it, nobody else.
DRIVER_MODULES = {
    "tracepass.accessgrants.directory_repository",
    "tracepass.core.blobs",
    "tracepass.core.bulk",
    "tracepass.core.bundles",
    "tracepass.core.embedded.replica",
    "tracepass.core.extracts",
    "tracepass.core.ids",
    "tracepass.core.jobs",
    "tracepass.core.leases",
    "tracepass.core.mongo",
    "tracepass.core.shortway",
    "tracepass.core.sealer",
    "tracepass.epcis.arrivalsrepository",
    "tracepass.epcis.repository",
    "tracepass.epcis.subscriptionsqueue",
    "tracepass.exports.repository",
    "tracepass.identity.grants_repository",
    "tracepass.identity.access_repository",
    "tracepass.idempotency.repository",
    "tracepass.identity.repository",
    "tracepass.imports.repository",
    "tracepass.quotas.repository",
    "tracepass.measurements.repository",
    "tracepass.oauth.repository",
    "tracepass.resolver.repository",
    "tracepass.webhooks.queue",
}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "misc"}
MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 45

Function = ast.FunctionDef | ast.AsyncFunctionDef


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom, the outside included."""
    return grimp.build_graph("tracepass", include_external_packages=True, cache_dir=None)


def own(graph: grimp.ImportGraph) -> list[str]:
    """The modules of the package."""
    return sorted(module for module in graph.modules if module.split(".")[0] == "tracepass")


def imported(graph: grimp.ImportGraph, module: str, roots: set[str]) -> set[str]:
    """What a module imports of some packages of others."""
    return {name for name in graph.find_modules_directly_imported_by(module) if name.split(".")[0] in roots}


def sources() -> Iterator[tuple[str, str]]:
    """The name and the text of every file of the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield str(path.relative_to(PACKAGE)), path.read_text()


def functions() -> Iterator[tuple[str, Function]]:
    """Every function, with where it stands."""
    for name, text in sources():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, Function):
                yield f"{name}:{node.lineno} {node.name}", node


def test_a_feature_is_entered_through_its_service_and_its_models(graph: grimp.ImportGraph) -> None:
    wrong = []
    for importer in own(graph):
        if importer.startswith(COMPOSITION_ROOTS):
            continue
        for target in graph.find_modules_directly_imported_by(importer):
            parts = target.split(".")
            inside = parts[0] == "tracepass" and len(parts) > 2 and parts[1] in FEATURES
            if inside and importer.split(".")[1] != parts[1] and parts[2] not in DOORS and target not in OPEN:
                wrong.append(f"{importer} -> {target}")
    assert wrong == []


def test_every_package_is_a_feature_or_known_to_be_none(graph: grimp.ImportGraph) -> None:
    packages = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    others = {"api", "cli", "contract", "core", "delivery", "demo", "gs1", "locale", "pages", "supervisor"}
    assert packages == FEATURES | others
    assert graph.find_children("tracepass") >= {f"tracepass.{name}" for name in packages}


def test_there_are_no_import_cycles(graph: grimp.ImportGraph) -> None:
    unvisited = set(own(graph))
    while unvisited:
        free = {m for m in unvisited if not graph.find_modules_directly_imported_by(m) & unvisited}
        assert free, f"a cycle runs through {sorted(unvisited)}"
        unvisited -= free


def test_only_core_and_the_repositories_know_the_database_driver(graph: grimp.ImportGraph) -> None:
    assert {module for module in own(graph) if imported(graph, module, DRIVER)} == DRIVER_MODULES


def test_there_is_one_way_out(graph: grimp.ImportGraph) -> None:
    callers = {"tracepass.core.outbound", "tracepass.core.failures"}
    own_server = {"tracepass.demo.seeding", "tracepass.mcp.remote"}
    assert {module for module in own(graph) if imported(graph, module, HTTP_CLIENTS)} == callers | own_server


def test_only_routers_and_the_pipeline_know_the_web_framework(graph: grimp.ImportGraph) -> None:
    wrong = [
        module
        for module in own(graph)
        if imported(graph, module, WEB)
        and module != "tracepass.app"
        and not module.startswith(("tracepass.api.", "tracepass.pages."))
        and not module.endswith("router")
    ]
    assert wrong == []


def test_nothing_is_imported_inside_a_function() -> None:
    inside = [
        where for where, node in functions() for part in ast.walk(node) if isinstance(part, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


def test_no_module_has_a_name_that_says_nothing(graph: grimp.ImportGraph) -> None:
    assert [module for module in own(graph) if FORBIDDEN_NAMES & set(module.split("."))] == []


def test_files_and_functions_fit_a_head() -> None:
    long_files = [name for name, text in sources() if len(text.splitlines()) > MAX_FILE_LINES]
    long_functions = [
        where for where, node in functions() if (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert (long_files, long_functions) == ([], [])


def test_every_module_says_why_it_exists() -> None:
    assert [name for name, text in sources() if not ast.get_docstring(ast.parse(text))] == []
