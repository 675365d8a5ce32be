"""Names looked up at a real server of the DNS on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from tracepass.core.names import DnsNames, NameNotFound, NamesAway
from tracepass.core.outbound import Outbound
from tracepass.core.targets import TargetRefused

RECORDS = {
    ("both.example.test.", "A"): ["192.0.2.7"],
    ("both.example.test.", "AAAA"): ["2001:db8::7"],
    ("four.example.test.", "A"): ["8.8.8.8", "8.8.4.4"],
    ("six.example.test.", "AAAA"): ["2606:4700:4700::1111"],
    ("alias.example.test.", "CNAME"): ["inside.example.test."],
    ("inside.example.test.", "A"): ["10.0.0.5"],
    ("mute.example.test.", "TXT"): ["nothing"],
}


class Zone(asyncio.DatagramProtocol):
    """Answers from the records above; `broken` fails, `silent` does not answer."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        if answer := self._answer(query):
            self.transport.sendto(answer.to_wire(), addr)

    @staticmethod
    def _answer(query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name.startswith("silent."):
            return None
        if name.startswith("broken."):
            answer.set_rcode(dns.rcode.SERVFAIL)
            return answer
        while target := RECORDS.get((name, "CNAME")):
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", *target))
            name = target[0]
        if found := RECORDS.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *found))
        elif not any(known == name for known, _ in RECORDS):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


@pytest.fixture
async def names() -> AsyncIterator[DnsNames]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Zone, local_addr=("127.0.0.1", 0))
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = transport.get_extra_info("sockname")[1]
    yield DnsNames(resolver, seconds=0.4)
    transport.close()


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        ("both.example.test", {"192.0.2.7", "2001:db8::7"}),
        ("four.example.test", {"8.8.8.8", "8.8.4.4"}),
        ("six.example.test", {"2606:4700:4700::1111"}),
        ("alias.example.test", {"10.0.0.5"}),
    ],
)
async def test_a_name_has_the_addresses_of_both_kinds(names: DnsNames, name: str, addresses: set[str]) -> None:
    assert {str(address) for address in await names.addresses(name)} == addresses


@pytest.mark.parametrize("name", ["nobody.example.test", "mute.example.test"])
async def test_a_name_without_addresses_is_not_found(names: DnsNames, name: str) -> None:
    with pytest.raises(NameNotFound):
        await names.addresses(name)


@pytest.mark.parametrize("name", ["broken.example.test", "silent.example.test"])
async def test_a_server_that_fails_or_is_silent_leaves_it_open(names: DnsNames, name: str) -> None:
    with pytest.raises(NamesAway):
        await names.addresses(name)


async def test_an_alias_that_leads_inside_is_refused(names: DnsNames) -> None:
    async with Outbound(names=names) as outbound:
        with pytest.raises(TargetRefused, match=r"10\.0\.0\.5 is private"):
            await outbound.vet_target("https://alias.example.test/hook")
