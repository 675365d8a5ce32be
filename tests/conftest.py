"""Fixtures of the suite: one application a worker, one workspace a test, every answer held to the contract."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.contract.checker import Checker
from tests.leaks import SECRETS, refuse_leaks

from tracepass.api.refusals import CSRF_HEADER
from tracepass.app import create_app
from tracepass.assembly import INDEXES
from tracepass.core.logging import configure_logging
from tracepass.core.mongo import Database, Session
from tracepass.core.tenancy import OPERATOR, Environment
from tracepass.domains.txtrecords import DnsSilent
from tracepass.gs1.checkdigit import check_digit
from tracepass.identity.models import SESSION_COOKIE, Role, User, Visit, Workspace, csrf_token_of
from tracepass.identity.service import ApiKeys, Members, People, Sessions, Workspaces
from tracepass.settings import Settings

pytest_plugins = ["tests.mongod_plugin", "tests.contract_plugin", "tests.queries_plugin"]

ORIGIN = "https://api.example.test"
RESOLVER = "https://id.example.test"
GTIN_BODIES = itertools.count(400_000_000_000)
PEOPLE = itertools.count(1)


@dataclass
class MovableClock:
    """The real time, or the moment at which a test has stopped it, plus what the test moves it by."""

    ahead: timedelta = field(default_factory=timedelta)
    stopped: datetime | None = None

    def __call__(self) -> datetime:
        return (self.stopped or datetime.now(UTC)) + self.ahead

    def stop(self) -> None:
        """Let no time pass but what the test moves on, however long the machine takes."""
        self.stopped = datetime.now(UTC)

    def move(self, **by: float) -> None:
        """Move on, as ``timedelta`` takes it."""
        self.ahead += timedelta(**by)


_CLOCK = MovableClock()


@dataclass
class Zone:
    """A DNS of our own: texts by name; ``silent`` ones get no answer."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)

    async def find(self, name: str) -> list[str]:
        if name in self.silent:
            raise DnsSilent(name)
        return self.texts.get(name, [])


_ZONE = Zone()


@pytest.fixture
def zone() -> Zone:
    """The DNS that the application asks."""
    return _ZONE


@pytest.fixture
def clock() -> Iterator[MovableClock]:
    """The application's clock; it is set right again after the test."""
    yield _CLOCK
    _CLOCK.ahead, _CLOCK.stopped = timedelta(), None


@pytest.fixture
def stopped_clock(clock: MovableClock) -> MovableClock:
    """The same, stopped: for what is slowed down by the second, on a machine that may itself be slow."""
    clock.stop()
    return clock


@pytest.fixture(scope="session")
def settings(mongod: str, worker_database_name: str) -> Settings:
    """Settings of the application under test."""
    return Settings(
        _env_file=None,
        mongodb_uri=mongod,
        database=worker_database_name,
        secret_key="MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        public_url=ORIGIN,
        resolver_url=RESOLVER,
        log_level="critical",
    )


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[FastAPI]:
    """Run an application's lifespan for the length of a block."""
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
async def app(
    settings: Settings,
    well_planned: None,  # noqa: ARG001 - it outlives the app
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[FastAPI]:
    """The application with its database; in the end no secret of the suite may stand in its log or database."""
    log_file = tmp_path_factory.mktemp("log") / "lines.jsonl"
    application = create_app(settings, clock=_CLOCK, records=_ZONE)
    with log_file.open("ab", buffering=0) as lines:
        configure_logging("info", file=lines)
        async with running(application):
            await application.state.services[Database].create_indexes(INDEXES)
            yield application
            await refuse_leaks(log_file.read_text(errors="replace"), application.state.services[Database])


@pytest.fixture(scope="session")
def database(app: FastAPI) -> Database:
    """The application's database."""
    found: Database = app.state.services[Database]
    return found


def client_of(app: FastAPI, contract: Checker, *, key: str | None = None) -> httpx2.AsyncClient:
    """A client whose every answer is held against the contract."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    hooks = {"response": [contract.hook, SECRETS.collect]}
    return httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers, event_hooks=hooks)


@dataclass(frozen=True)
class Office:
    """Makes workspaces, keys and clients for a test."""

    app: FastAPI
    database: Database
    contract: Checker

    async def workspace(self, *, name: str = "Voltwerk", plan: str = "enterprise") -> Workspace:
        return await Workspaces(self.database, clock=_CLOCK).create(name, plan)

    async def key(
        self,
        workspace: Workspace,
        *,
        environment: Environment = "live",
        scopes: frozenset[str] | None = None,
        expires_at: str | None = None,
    ) -> str:
        keys = ApiKeys(self.database, clock=_CLOCK)
        made = await keys.create(workspace, "tests", environment=environment, scopes=scopes, expires_at=expires_at)
        return made.secret

    async def client(
        self,
        workspace: Workspace | None = None,
        *,
        environment: Environment = "live",
        scopes: frozenset[str] | None = None,
        plan: str = "enterprise",
    ) -> httpx2.AsyncClient:
        """A client of a workspace, a new one by default."""
        home = workspace or await self.workspace(plan=plan)
        return client_of(self.app, self.contract, key=await self.key(home, environment=environment, scopes=scopes))

    async def person(self, workspace: Workspace, role: Role = "owner") -> httpx2.AsyncClient:
        """A client signed in by the session of a new person, who has this role in a workspace and no password."""
        _, secret = await self.session(workspace, role)
        person = client_of(self.app, self.contract)
        person.cookies.set(SESSION_COOKIE, secret)
        person.headers[CSRF_HEADER] = csrf_token_of(secret)
        return person

    async def session(self, workspace: Workspace, role: Role = "owner") -> tuple[User, str]:
        """A new person of this role in a workspace, and the secret of a session of theirs."""
        people, members = People(self.database, clock=_CLOCK), Members(self.database, clock=_CLOCK)
        number = next(PEOPLE)

        async def join(session: Session) -> User:
            name, email = f"Person {number}", f"person{number}@example.test"
            user = await people.add(email, name, password_hash="none", session=session)
            await members.join(workspace.id, user, role, actor=OPERATOR, session=session)
            return user

        user = await self.database.transact(join)
        secret, _ = await Sessions(self.database, clock=_CLOCK).begin(user.id, workspace.id, Visit())
        return user, secret


@pytest.fixture(scope="session")
def office(app: FastAPI, database: Database, contract: Checker) -> Office:
    """Makes workspaces, keys and clients."""
    return Office(app, database, contract)


@pytest.fixture
async def workspace(office: Office) -> Workspace:
    """This test's own workspace."""
    return await office.workspace()


@pytest.fixture
async def client(office: Office, workspace: Workspace) -> httpx2.AsyncClient:
    """A client with all rights in this test's workspace."""
    return await office.client(workspace)


@pytest.fixture
async def stranger(office: Office) -> httpx2.AsyncClient:
    """A client with all rights in another workspace."""
    return await office.client()


@pytest.fixture
def anonymous(app: FastAPI, contract: Checker) -> httpx2.AsyncClient:
    """A client without a key."""
    return client_of(app, contract)


def new_gtin() -> str:
    """A valid GTIN-14 that no other test of this worker uses."""
    body = f"{next(GTIN_BODIES):013d}"
    return body + check_digit(body)


@pytest.fixture
def gtin() -> str:
    """A valid GTIN-14 of this test's own."""
    return new_gtin()


Make = Callable[..., Any]


@pytest.fixture
def make_product() -> Make:
    """Make a product over HTTP; members given replace the usual ones."""
    numbers = itertools.count(1)

    async def make(client: httpx2.AsyncClient, **members: Any) -> dict[str, Any]:
        body = {"name": "48 V battery pack", "model": f"BP-{next(numbers)}", "category": "battery"} | members
        answer = await client.post("/api/v1/products", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    return make


@pytest.fixture
def make_passport(make_product: Make) -> Make:
    """Make a draft over HTTP, with a product of its own unless one is given; members replace the usual ones."""
    serials = itertools.count(1)

    async def make(client: httpx2.AsyncClient, *, published: bool = False, **members: Any) -> dict[str, Any]:
        if "productId" not in members:
            members["productId"] = (await make_product(client))["_id"]
        gs1 = {"gtin": new_gtin(), "serialNumber": f"SN-{next(serials)}"}
        answer = await client.post("/api/v1/passports", json={"gs1": gs1} | members)
        assert answer.status_code == 201, answer.text
        passport = dict(answer.json())
        if published:
            answer = await client.post(f"/api/v1/passports/{passport['_id']}/publish", json={"acknowledgeGaps": True})
            assert answer.status_code == 200, answer.text
            passport = dict(answer.json())
        return passport

    return make
