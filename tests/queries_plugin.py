"""Sees every command the application under test sends to MongoDB, and has each kind of query explained.

No query can hide: the listener hears the driver itself, so whatever a test makes the application do is looked at when
the worker's session ends, on the collections and indexes as they are then. A query that walks over a collection, or
sorts what no index has sorted, fails the session. What tests themselves look at carries the comment `A_TEST_LOOKS`, or
goes by an index like everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from bson import ObjectId
from pymongo import MongoClient, monitoring
from pymongo.errors import OperationFailure

A_TEST_LOOKS = "a test looks"
QUERIES = frozenset({"find", "aggregate", "count", "distinct", "update", "delete", "findAndModify"})
_FREE_OF_CONTEXT = (
    "lsid", "$db", "$clusterTime", "txnNumber", "startTransaction", "autocommit", "readConcern", "$readPreference",
    "writeConcern", "cursor", "ordered", "batchSize", "singleBatch", "bypassEmptyTsReplacement", "comment",
)  # fmt: skip
_STASH = pytest.StashKey["Queries"]()

Shape = str
Plan = Mapping[str, Any]


@dataclass(slots=True)
class Queries(monitoring.CommandListener):
    """The kinds of queries sent to each database, and one example of each kind."""

    examples: dict[tuple[str, Shape], dict[str, Any]] = field(default_factory=dict)

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Remember a command whose like was not seen before."""
        if event.command_name in QUERIES and event.command.get("comment") != A_TEST_LOOKS:
            for single in _singles(event.command_name, event.command):
                self.examples.setdefault((event.database_name, shape_of(single)), single)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing is learnt from success."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing is learnt from failure."""

    def of(self, database: str) -> list[dict[str, Any]]:
        """Return an example of every kind of query sent to a database."""
        return [example for (name, _), example in self.examples.items() if name == database]


def _singles(name: str, command: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a command as what `explain` takes: without its session, one statement at a time."""
    plain = {key: value for key, value in command.items() if key not in _FREE_OF_CONTEXT}
    statements = {"update": "updates", "delete": "deletes"}.get(name)
    if statements is None:
        yield plain if name != "aggregate" else {**plain, "cursor": {}}
    else:
        yield from ({name: plain[name], statements: [statement]} for statement in plain[statements])


def shape_of(value: Any) -> Shape:
    """Write a command without its values: two that differ in values only have one plan."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_part(key, member)}" for key, member in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return "[" + ",".join(sorted({shape_of(member) for member in value})) + "]"
    return type(value).__name__


def _part(key: str, value: Any) -> str:
    """Keep what decides the plan: collections, hints, directions of a sort; changes of documents do not matter."""
    if key in {"u", "update", "projection"} and isinstance(value, Mapping | list):
        return "*"
    return str(value) if key in {*QUERIES, "hint", "sort", "upsert"} else shape_of(value)


def stages(plan: Any) -> Iterator[str]:
    """Give the stages of a plan, however it is nested; rejected plans do not count."""
    if isinstance(plan, Mapping):
        if isinstance(plan.get("stage"), str):
            yield plan["stage"]
        yield from (name for key, part in plan.items() if key.startswith("$") for name in [str(key), *stages(part)])
        for key in ("queryPlanner", "winningPlan", "queryPlan", "inputStage", "inputStages", "stages", "shards"):
            yield from stages(plan.get(key))
    elif isinstance(plan, list):
        for part in plan:
            yield from stages(part)


def fault_of(plan: Plan) -> str | None:
    """Tell what is wrong with a plan: it reads a whole collection, or sorts in memory."""
    found = set(stages(plan))
    if "COLLSCAN" in found:
        return "walks over the collection"
    return "sorts in memory" if found & {"SORT", "$sort"} else None


def explain(client: MongoClient[dict[str, Any]], database: str, command: Mapping[str, Any]) -> Plan:
    """Ask how MongoDB would run a command."""
    return client[database].command({"explain": dict(command), "verbosity": "queryPlanner", "comment": A_TEST_LOOKS})


def faults(client: MongoClient[dict[str, Any]], database: str, queries: Queries) -> list[str]:
    """Explain every kind of query that was sent; return a line for each with a bad plan."""
    collections = set(client[database].list_collection_names())
    found = []
    for command in queries.of(database):
        if next(iter(command.values())) in collections and not _looks_for_any(command):
            try:
                fault = fault_of(explain(client, database, command))
            except OperationFailure as failure:
                fault = f"cannot be explained: {failure.details}"
            if fault is not None:
                found.append(f"{fault}: {_printable(command)}")
    return found


def _looks_for_any(command: Mapping[str, Any]) -> bool:
    """Tell whether the command asks for one document, whichever: so GridFS finds out whether a bucket is new."""
    return command.get("filter") == {} and command.get("limit") == 1


def _printable(command: Mapping[str, Any]) -> str:
    return str({key: str(value) if isinstance(value, ObjectId) else value for key, value in command.items()})[:600]


def pytest_configure(config: pytest.Config) -> None:
    """Listen from now on: clients hear only of listeners that were there before them."""
    config.stash[_STASH] = Queries()
    monitoring.register(config.stash[_STASH])


@pytest.fixture(scope="session")
def queries(request: pytest.FixtureRequest) -> Queries:
    """Every kind of query that was sent so far."""
    return request.config.stash[_STASH]


@pytest.fixture(scope="session")
def well_planned(
    mongo_client: MongoClient[dict[str, Any]], worker_database_name: str, queries: Queries
) -> Iterator[None]:
    """At the end of the session, no query of the application may have had a bad plan."""
    yield
    found = faults(mongo_client, worker_database_name, queries)
    if found:
        advice = f"a test that looks for itself goes by an index, or says comment={A_TEST_LOOKS!r}"
        pytest.fail("\n".join(["queries that no index serves:", *found, advice]), pytrace=False)
