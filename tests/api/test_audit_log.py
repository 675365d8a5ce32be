"""What the audit log shows, to whom, and in which order, sealed or not."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.conftest import MovableClock, Office

from tracepass.core.canonical import canonical_json
from tracepass.core.mongo import Database
from tracepass.core.sealer import Sealer
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import OPERATOR, Actor, Tenancy
from tracepass.identity.models import Workspace
from tracepass.identity.service import ApiKeys, Arrivals

Make = Callable[..., Any]
PATH = "/api/v1/audit-log"


@pytest.fixture(autouse=True)
def arrivals(app: FastAPI, database: Database, clock: MovableClock) -> Iterator[Arrivals]:
    """Remembers addresses in the place of the application's own, which writes them down every five seconds."""
    services = app.state.services
    own, services[Arrivals] = services[Arrivals], Arrivals(database, clock=clock)
    yield services[Arrivals]
    services[Arrivals] = own


@pytest.fixture
def sealer(database: Database, clock: MovableClock) -> Sealer:
    return Sealer(database, clock=clock)


async def seal_all(sealer: Sealer) -> None:
    """Seal until nothing waits."""
    while await sealer.seal_once():
        pass
    await sealer.lease.release()


async def entries(client: httpx2.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get(PATH, params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"]["items"])


async def test_every_change_is_listed_newest_first_with_what_changed(
    client: httpx2.AsyncClient, make_passport: Make
) -> None:
    passport = await make_passport(client, published=True)
    listed = await entries(client)
    assert [entry["action"] for entry in listed] == ["publish", "create", "create", "api_key.created"]
    publish = listed[0]
    assert publish["entity"] == {"type": "passport", "id": passport["_id"]}
    assert (publish["version"], publish["seq"], publish["hash"]) == (2, None, None)
    assert {"status", "publishedAt"} <= set(publish["changes"])
    assert publish["actor"]["type"] == "api_key"
    assert listed[-1]["actor"] == {"type": "operator", "id": None, "label": "operator"}
    assert listed[-1]["details"]["name"] == "tests"


async def test_an_entry_keeps_its_place_when_it_is_sealed(
    client: httpx2.AsyncClient, make_product: Make, sealer: Sealer
) -> None:
    await make_product(client)
    before = await entries(client)
    await seal_all(sealer)
    await make_product(client)
    after = await entries(client)
    assert [entry["_id"] for entry in after[1:]] == [entry["_id"] for entry in before]
    assert [entry["seq"] for entry in after] == [None, 2, 1]


async def test_whoever_has_the_entries_can_check_the_chain(
    client: httpx2.AsyncClient, make_product: Make, sealer: Sealer
) -> None:
    for _ in range(3):
        await make_product(client)
    await seal_all(sealer)
    last = None
    for entry in reversed(await entries(client)):
        link = {name: entry[name] for name in ("seq", "prevHash", "recordHash")}
        assert entry["prevHash"] == last
        assert hashlib.sha256(canonical_json(link)).hexdigest() == entry["hash"]
        last = entry["hash"]
    assert last is not None


async def test_the_program_of_the_guide_checks_a_chain_and_sees_what_was_altered(
    client: httpx2.AsyncClient, make_product: Make, sealer: Sealer
) -> None:
    guide = (Path(__file__).parents[2] / "docs/audit.md").read_text()
    program = re.search(r"```python\n(.*?)```", guide, re.DOTALL)
    assert program is not None
    names: dict[str, Any] = {}
    exec(program[1], names)  # noqa: S102 - what the guide tells readers to run is run
    await make_product(client)
    await seal_all(sealer)
    listed = list(reversed(await entries(client)))
    assert names["is_whole"](listed)
    assert not names["is_whole"]([{**listed[0], "recordHash": "0" * 64}, *listed[1:]])
    assert not names["is_whole"](listed[1:])


async def test_filters_narrow_the_list_and_its_total(
    client: httpx2.AsyncClient, make_product: Make, sealer: Sealer
) -> None:
    first = await make_product(client)
    await seal_all(sealer)
    second = await make_product(client)
    for product in (first, second):
        assert [e["entity"]["id"] for e in await entries(client, entityId=product["_id"])] == [product["_id"]]
    assert len(await entries(client, entity="product")) == 2
    assert len(await entries(client, entity="product", action="create", entityId=first["_id"])) == 1
    assert [e["action"] for e in await entries(client, actor="operator")] == ["api_key.created"]
    key = (await entries(client, entity="product"))[0]["actor"]["id"]
    assert len(await entries(client, actor=key)) == 2
    assert await entries(client, actor="system") == []
    assert await entries(client, action="nothing") == []
    assert (await client.get(PATH, params={"action": "create"})).json()["data"]["total"] == 2


async def test_a_span_of_time_takes_its_start_in_and_leaves_its_end_out(
    client: httpx2.AsyncClient, make_product: Make, sealer: Sealer, clock: MovableClock
) -> None:
    for _ in range(3):
        clock.move(hours=1)
        await make_product(client)
    await seal_all(sealer)
    newest, middle, oldest = (entry["at"] for entry in await entries(client, entity="product"))
    assert [e["at"] for e in await entries(client, **{"from": oldest, "to": newest, "entity": "product"})] == [
        middle,
        oldest,
    ]
    assert [e["at"] for e in await entries(client, **{"from": newest})] == [newest]


async def test_pages_by_number_and_by_cursor_are_the_same_list(
    client: httpx2.AsyncClient, make_product: Make, sealer: Sealer
) -> None:
    for _ in range(4):
        await make_product(client)
    await seal_all(sealer)
    for _ in range(3):
        await make_product(client)
    whole = [entry["_id"] for entry in await entries(client)]
    assert len(whole) == 8
    pages = [await entries(client, page=page, limit=3) for page in (1, 2, 3)]
    assert [entry["_id"] for page in pages for entry in page] == whole
    assert await _follow(client, limit=3) == whole
    assert await _follow(client, limit=1, entity="product") == whole[:-1]


async def test_a_cursor_stays_right_while_entries_are_sealed_and_written(
    client: httpx2.AsyncClient, make_product: Make, sealer: Sealer
) -> None:
    for _ in range(5):
        await make_product(client)
    whole = [entry["_id"] for entry in await entries(client)]
    first = (await client.get(PATH, params={"limit": 2})).json()["data"]
    await make_product(client)
    await seal_all(sealer)
    rest = await _follow(client, limit=2, cursor=first["nextCursor"])
    assert [entry["_id"] for entry in first["items"]] + rest == whole


async def _follow(client: httpx2.AsyncClient, **params: Any) -> list[str]:
    found: list[str] = []
    while True:
        data = (await client.get(PATH, params=params)).json()["data"]
        found += [entry["_id"] for entry in data["items"]]
        if "nextCursor" not in data:
            return found
        params["cursor"] = data["nextCursor"]


@pytest.mark.parametrize(
    ("params", "path"), [({"cursor": "x"}, "cursor"), ({"from": "yesterday"}, "from"), ({"limit": 101}, "limit")]
)
async def test_what_cannot_be_read_is_refused_by_name(
    client: httpx2.AsyncClient, params: dict[str, Any], path: str
) -> None:
    answer = await client.get(PATH, params=params)
    assert answer.status_code == 400
    assert list(answer.json()["details"]["fieldErrors"]) == [path]


async def test_each_environment_and_each_workspace_has_a_log_of_its_own(
    office: Office, workspace: Workspace, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, make_product: Make
) -> None:
    test = await office.client(workspace, environment="test")
    await make_product(client)
    await make_product(test)
    for one in (client, test, stranger):
        own = await entries(one)
        assert len([e for e in own if e["action"] == "api_key.created"]) == 1
    assert len(await entries(test)) == 2


async def test_a_key_that_may_only_read_the_workspace_may_not_read_its_audit_log(
    office: Office, workspace: Workspace
) -> None:
    reader = await office.client(workspace, scopes=frozenset({"workspace:read"}))
    answer = await reader.get(PATH)
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


async def test_a_key_made_and_revoked_leaves_two_entries_without_its_secret(
    client: httpx2.AsyncClient, database: Database, workspace: Workspace, clock: MovableClock
) -> None:
    keys, person = ApiKeys(database, clock=clock), Actor("user", "6650a0a0b1b2c3c4d5d6e7e8", "Ada")
    made = await keys.create(workspace, "till", scopes=frozenset({"passports:read"}), actor=person)
    await keys.revoke(workspace, str(made.id), actor=person)
    answer = await client.get(PATH, params={"entity": "api_key", "entityId": str(made.id)})
    revoked, created = answer.json()["data"]["items"]
    assert (revoked["action"], created["action"]) == ("api_key.revoked", "api_key.created")
    assert created["actor"] == revoked["actor"] == person.wire
    assert created["details"] == {
        "name": "till",
        "prefix": made.prefix,
        "scopes": ["passports:read"],
        "expiresAt": None,
    }
    assert made.secret not in answer.text


async def test_a_key_is_noted_once_for_each_address_it_comes_from(
    app: FastAPI, client: httpx2.AsyncClient, database: Database, clock: MovableClock, arrivals: Arrivals
) -> None:
    for _ in range(2):
        await client.get(PATH)
        await arrivals.flush()
    elsewhere = app.state.services[Arrivals] = Arrivals(database, clock=clock)  # a process that knows nothing yet
    await client.get(PATH)
    await elsewhere.flush()
    noted = await entries(client, action="api_key.used_from_new_address")
    assert [entry["details"]["address"] for entry in noted] == ["127.0.0.1"]


async def test_a_note_is_part_of_its_transaction(database: Database, workspace: Workspace, clock: MovableClock) -> None:
    log, tenancy = SecurityLog(database, clock=clock), Tenancy(workspace.id, "live")

    async def fail(session: Any) -> None:
        await log.note(tenancy, "export.made", entity=("export", "1"), actor=OPERATOR, session=session)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.transact(fail)
    assert await database.scoped("changes", tenancy).count({"unsealed": True, "action": "export.made"}) == 0
