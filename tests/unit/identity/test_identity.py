"""Workspaces, keys and who a key stands for; against a real database, with time that is moved by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from tracepass.core.clock import timestamp
from tracepass.core.errors import Invalid, NotFound
from tracepass.core.ids import new_id
from tracepass.core.mongo import Database, connected
from tracepass.identity.authentication import CACHE_ENTRIES
from tracepass.identity.models import SCOPES, Caller
from tracepass.identity.repository import INDEXES
from tracepass.identity.service import ApiKeys, Authenticator, KeyDoor, Unauthorized, Workspaces, hash_secret


@dataclass
class Time:
    """Both clocks of a process."""

    now: datetime = field(default_factory=lambda: datetime(2027, 1, 1, tzinfo=UTC))
    seconds: float = 1000.0

    def clock(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.seconds

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def home(mongod: str, database_name: str) -> AsyncIterator[Database]:
    """A database of this test's own."""
    async with connected(mongod, name=database_name) as opened:
        await opened.create_indexes(INDEXES)
        yield opened


@pytest.fixture
def workspaces(home: Database, time: Time) -> Workspaces:
    return Workspaces(home, clock=time.clock)


@pytest.fixture
def keys(home: Database, time: Time) -> ApiKeys:
    return ApiKeys(home, clock=time.clock)


@pytest.fixture
def door(home: Database, time: Time) -> Authenticator:
    return Authenticator((KeyDoor(home),), clock=time.clock, monotonic=time.monotonic)


class TestWorkspaces:
    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("Voltwerk", "voltwerk"),
            ("  Müller & Söhne GmbH ", "muller-sohne-gmbh"),
            ("!!!", "workspace"),
            ("日本", "workspace"),
            ("a" * 60, "a" * 48),
            ("a" * 47 + " b", "a" * 47),
            ("A--B__C", "a-b-c"),
        ],
    )
    async def test_a_slug_is_made_from_the_name(self, workspaces: Workspaces, name: str, slug: str) -> None:
        made = await workspaces.create(name, "basic", default_locale="de")
        assert (made.slug, made.name, made.plan, made.default_locale) == (slug, name.strip(), "basic", "de")
        assert await workspaces.get_by_slug(slug) == made == await workspaces.get(made.id)

    async def test_two_of_one_name_have_two_slugs(self, workspaces: Workspaces) -> None:
        first, second = await workspaces.create("Volta"), await workspaces.create("Volta")
        assert (first.slug, second.slug[:6]) == ("volta", "volta-")
        assert first.id != second.id

    @pytest.mark.parametrize(("name", "plan"), [("", "free"), ("  ", "free"), ("Volta", "gold"), ("Volta", "")])
    async def test_a_blank_name_or_unknown_plan_is_refused(self, workspaces: Workspaces, name: str, plan: str) -> None:
        with pytest.raises(Invalid):
            await workspaces.create(name, plan)

    async def test_an_unknown_slug_or_id_is_not_found(self, workspaces: Workspaces) -> None:
        with pytest.raises(NotFound):
            await workspaces.get_by_slug("nobody")
        with pytest.raises(NotFound):
            await workspaces.get(new_id())


class TestKeys:
    async def test_a_key_is_shown_once_and_kept_as_its_hash(
        self, home: Database, workspaces: Workspaces, keys: ApiKeys
    ) -> None:
        workspace = await workspaces.create("Volta")
        made = await keys.create(workspace, "ERP", environment="test", scopes=frozenset({"products:read"}))
        assert made.secret.startswith("tp_test_")
        assert len(made.secret) >= len("tp_test_") + 43
        assert made.prefix == made.secret[:12]
        (listed,) = await keys.list_(workspace)
        assert made.secret not in repr(listed)
        assert (listed["name"], listed["environment"], listed["scopes"]) == ("ERP", "test", ["products:read"])
        assert (listed["revokedAt"], listed["lastUsedAt"]) == (None, None)
        stored = await home.collection("apiKeys").find_one({})
        assert stored is not None
        assert stored["hash"] == hash_secret(made.secret)
        assert made.secret not in repr(stored)

    async def test_an_unknown_scope_is_refused(self, workspaces: Workspaces, keys: ApiKeys) -> None:
        with pytest.raises(Invalid, match="everything is no scope"):
            await keys.create(await workspaces.create("V"), "k", scopes=frozenset({"everything", "products:read"}))

    @pytest.mark.parametrize("by", ["id", "prefix"])
    async def test_a_key_is_revoked_once_and_only_by_its_workspace(
        self, workspaces: Workspaces, keys: ApiKeys, by: str
    ) -> None:
        own, other = await workspaces.create("Own"), await workspaces.create("Other")
        made = await keys.create(own, "k")
        name = str(made.id) if by == "id" else made.prefix
        with pytest.raises(NotFound):
            await keys.revoke(other, name)
        await keys.revoke(own, name)
        with pytest.raises(NotFound):
            await keys.revoke(own, name)
        assert (await keys.list_(own))[0]["revokedAt"] == "2027-01-01T00:00:00.000Z"

    async def test_the_newest_key_is_listed_first(self, workspaces: Workspaces, keys: ApiKeys) -> None:
        workspace = await workspaces.create("Volta")
        made = [(await keys.create(workspace, name)).id for name in ("a", "b", "c")]
        assert [key["_id"] for key in await keys.list_(workspace)] == made[::-1]


class TestAuthentication:
    async def test_a_key_stands_for_its_workspace_environment_and_rights(
        self, workspaces: Workspaces, keys: ApiKeys, door: Authenticator
    ) -> None:
        workspace = await workspaces.create("Volta")
        some = frozenset({"products:read"})
        live = await keys.create(workspace, "all")
        test = await keys.create(workspace, "some", environment="test", scopes=some)
        whole, part = await door.authenticate(live.secret), await door.authenticate(test.secret)
        assert (whole.workspace, whole.environment, whole.scopes, whole.role) == (workspace, "live", SCOPES, "admin")
        assert (part.environment, part.scopes) == ("test", some)
        assert whole.actor.wire == {"type": "api_key", "id": str(live.id), "label": f"via API key {live.prefix}"}
        assert whole.tenancy != part.tenancy
        assert not whole.needs_review
        assert Caller(workspace, "live", "editor", SCOPES, whole.actor).needs_review

    @pytest.mark.parametrize("token", [None, "", "tp_live_unknown", "é", "\x00"])
    async def test_what_opens_nothing_is_refused(self, door: Authenticator, token: str | None) -> None:
        with pytest.raises(Unauthorized) as refused:
            await door.authenticate(token)
        assert refused.value.status == 401
        assert refused.value.headers is not None
        assert refused.value.headers["WWW-Authenticate"].startswith('Bearer realm="tracepass"')

    async def test_a_revoked_key_is_refused_within_five_seconds(
        self, workspaces: Workspaces, keys: ApiKeys, door: Authenticator, time: Time
    ) -> None:
        workspace = await workspaces.create("Volta")
        made = await keys.create(workspace, "k")
        await door.authenticate(made.secret)
        await keys.revoke(workspace, str(made.id))
        assert await door.authenticate(made.secret)
        time.move(4.9)
        with pytest.raises(Unauthorized):
            await door.authenticate(made.secret)

    async def test_use_does_not_prolong_what_is_remembered(
        self, workspaces: Workspaces, keys: ApiKeys, door: Authenticator, time: Time
    ) -> None:
        workspace = await workspaces.create("Volta")
        made = await keys.create(workspace, "k")
        await door.authenticate(made.secret)
        await keys.revoke(workspace, str(made.id))
        for _ in range(3):
            time.move(1.3)
            await door.authenticate(made.secret)
        time.move(1)
        with pytest.raises(Unauthorized):
            await door.authenticate(made.secret)

    async def test_an_expiry_is_seen_at_its_moment_even_if_the_key_is_remembered(
        self, workspaces: Workspaces, keys: ApiKeys, door: Authenticator, time: Time
    ) -> None:
        workspace = await workspaces.create("Volta")
        ends = timestamp(time.now + timedelta(seconds=2))
        made = await keys.create(workspace, "k", expires_at=ends)
        time.move(1.999)
        assert await door.authenticate(made.secret)
        time.move(0.001)
        with pytest.raises(Unauthorized):
            await door.authenticate(made.secret)

    async def test_the_key_of_a_workspace_that_is_gone_opens_nothing(
        self, home: Database, workspaces: Workspaces, keys: ApiKeys, door: Authenticator
    ) -> None:
        made = await keys.create(await workspaces.create("Volta"), "k")
        await home.collection("workspaces").delete_many({})
        with pytest.raises(Unauthorized):
            await door.authenticate(made.secret)

    async def test_the_last_use_is_written_when_flushed(
        self, workspaces: Workspaces, keys: ApiKeys, door: Authenticator, time: Time
    ) -> None:
        workspace = await workspaces.create("Volta")
        made = await keys.create(workspace, "k")
        await door.flush()
        await door.authenticate(made.secret)
        time.move(1)
        await door.authenticate(made.secret)
        await door.flush()
        assert (await keys.list_(workspace))[0]["lastUsedAt"] == "2027-01-01T00:00:01.000Z"

    async def test_memory_is_bounded(self, workspaces: Workspaces, keys: ApiKeys, door: Authenticator) -> None:
        made = await keys.create(await workspaces.create("Volta"), "k")
        caller = await door.authenticate(made.secret)
        (known,) = door._known.values()  # noqa: SLF001 - filling it for real would take ten thousand keys
        door._known.update({str(number): known for number in range(CACHE_ENTRIES)})  # noqa: SLF001
        other = await keys.create(caller.workspace, "other")
        await door.authenticate(other.secret)
        assert len(door._known) == 1  # noqa: SLF001
