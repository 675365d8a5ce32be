"""Which resolver a host is, and how long that is believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from tracepass.core.ids import Id, new_id
from tracepass.core.origins import Origins
from tracepass.resolver.hosts import KEPT, Hosts, HostUnproven

USUAL = "https://id.example.test"
OWNER = new_id()


@dataclass
class Owners:
    """Who has proven which domain, and every name that was asked for."""

    proven: dict[str, Id] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    async def owner_of(self, name: str) -> Id | None:
        self.asked.append(name)
        return self.proven.get(name)

    async def is_unproven(self, name: str) -> bool:
        return name in self.waiting


@dataclass
class Watch:
    """A clock that is moved by hand."""

    now: datetime = datetime(2027, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def owners() -> Owners:
    return Owners({"id.brand.example": OWNER}, {"id.soon.example"})


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def hosts(owners: Owners, watch: Watch) -> Hosts:
    return Hosts(owners, Origins("https://api.example.test:8443", USUAL), ["id.more.example"], clock=watch)


@pytest.mark.parametrize(
    "host", ["api.example.test:8443", "id.example.test", "localhost:8000", "127.0.0.1", "", "[::1]"]
)
async def test_hosts_of_the_installation_and_bare_names_are_never_looked_up(
    hosts: Hosts, owners: Owners, host: str
) -> None:
    assert await hosts.origin(host, USUAL) == (USUAL, None)
    assert owners.asked == []


async def test_a_further_host_is_a_resolver_for_all(hosts: Hosts, owners: Owners) -> None:
    assert await hosts.origin("id.more.example", USUAL) == ("https://id.more.example", None)
    assert owners.asked == []
    assert hosts.names == {"api.example.test", "id.example.test", "id.more.example"}


async def test_a_proven_domain_is_confined_to_its_workspace(hosts: Hosts) -> None:
    assert await hosts.origin("id.brand.example", USUAL) == ("https://id.brand.example", OWNER)
    assert await hosts.origin("id.other.example", USUAL) == (USUAL, None)


async def test_a_domain_that_waits_for_its_proof_is_refused(hosts: Hosts) -> None:
    with pytest.raises(HostUnproven):
        await hosts.origin("id.soon.example:443", USUAL)


async def test_what_is_known_of_a_host_is_believed_for_five_seconds(hosts: Hosts, owners: Owners, watch: Watch) -> None:
    await hosts.origin("id.brand.example", USUAL)
    del owners.proven["id.brand.example"]
    watch.now += timedelta(seconds=4)
    assert (await hosts.origin("id.brand.example", USUAL))[1] == OWNER
    watch.now += timedelta(seconds=2)
    assert await hosts.origin("id.brand.example", USUAL) == (USUAL, None)
    assert owners.asked == ["id.brand.example", "id.brand.example"]


async def test_strangers_hosts_do_not_fill_the_memory(hosts: Hosts, owners: Owners) -> None:
    for number in range(KEPT + 10):
        await hosts.origin(f"h{number}.example", USUAL)
    await hosts.origin(f"h{KEPT}.example", USUAL)
    assert len(owners.asked) == KEPT + 10
    await hosts.origin("h0.example", USUAL)
    assert len(owners.asked) == KEPT + 11
