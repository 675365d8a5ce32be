"""The way out of the process against real servers that mean no good: each is refused or cut, for a reason."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.hostile_server import Authority, Server, read_request, serving

from tracepass.core.addresses import Address
from tracepass.core.decoding import decoded
from tracepass.core.names import DnsNames, NameNotFound, NamesAway
from tracepass.core.outbound import Limits, Outbound
from tracepass.core.targets import CallFailed, TargetRefused

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LOOPBACK = "127.0.0.1"
SHORT = Limits(seconds=1.0, body_seconds=0.3, body_bytes=1000, head_bytes=4000, head_fields=50)


class Table:
    """Names with the addresses that each look-up in turn finds; the last stays."""

    def __init__(self, **found: list[list[str]] | type[Exception]) -> None:
        self.found = {name.replace("_", "."): answers for name, answers in found.items()}
        self.asked: list[str] = []

    async def addresses(self, host: str) -> list[Address]:
        self.asked.append(host)
        answers = self.found.get(host, NameNotFound)
        if isinstance(answers, type):
            raise answers(host)
        return [ipaddress.ip_address(text) for text in (answers.pop(0) if len(answers) > 1 else answers[0])]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def local() -> AsyncIterator[Outbound]:
    """On a developer's machine, with short limits."""
    async with Outbound(allow_local=True, names=Table(hooks_example_test=[[LOOPBACK]]), limits=SHORT) as outbound:
        yield outbound


def at(server: Server, path: str = "/hook", *, host: str = LOOPBACK, scheme: str = "http") -> str:
    return f"{scheme}://{host}:{server.port}{path}"


async def reason_of(call: Any) -> str:
    with pytest.raises(CallFailed) as failure:
        await call
    assert failure.value.message.endswith(".")
    return failure.value.reason


async def test_a_call_arrives_whole_and_its_answer_comes_back(local: Outbound) -> None:
    async with serving(b"HTTP/1.1 201 Created\r\nX-Seen: yes\r\nContent-Length: 4\r\n\r\nfine") as server:
        answer = await local.post(at(server, "/a?b=c"), b'{"x":1}', headers={"Content-Type": "application/json"})
    assert (answer.status, answer.body, answer.cut, answer.headers["x-seen"]) == (201, b"fine", None, "yes")
    assert 0 < answer.seconds < 1
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "post /a?b=c http/1.1"
    assert {f"host: 127.0.0.1:{server.port}", "content-type: application/json", "accept-encoding: identity"} <= set(
        lines
    )
    assert any(line.startswith("user-agent: tracepass/") for line in lines)
    assert body == b'{"x":1}'


async def test_connections_are_kept_for_the_next_call_to_the_same_name_and_no_other(authority: Authority) -> None:
    names = Table(a_example_test=[[LOOPBACK]], b_example_test=[[LOOPBACK]])
    tls = authority.server("a.example.test", "b.example.test")
    async with (
        serving(OK, tls=tls) as server,
        Outbound(allow_local=True, names=names, tls=authority.trusted()) as outbound,
    ):
        for host in ("a.example.test", "a.example.test", "b.example.test"):
            assert (await outbound.post(at(server, host=host, scheme="https"), b"", headers={})).status == 200
    assert server.connections == 2
    assert names.asked == ["a.example.test", "b.example.test"]


async def test_the_name_stays_in_the_handshake_the_certificate_and_the_host_header(authority: Authority) -> None:
    shown: list[str | None] = []
    tls = authority.server("hooks.example.test")
    tls.sni_callback = lambda _, name, __: shown.append(name)
    names = Table(hooks_example_test=[[LOOPBACK]])
    async with (
        serving(OK, tls=tls) as server,
        Outbound(allow_local=True, names=names, tls=authority.trusted()) as outbound,
    ):
        answer = await outbound.post(at(server, host="hooks.example.test", scheme="https"), b"x", headers={})
    assert answer.status == 200
    assert shown == ["hooks.example.test"]
    assert f"host: hooks.example.test:{server.port}".encode() in server.requests[0]


@pytest.mark.parametrize("certified", ["other.example.test", "*.test", LOOPBACK])
async def test_a_certificate_of_another_name_is_refused(authority: Authority, certified: str) -> None:
    names = Table(hooks_example_test=[[LOOPBACK]])
    async with (
        serving(OK, tls=authority.server(certified)) as server,
        Outbound(allow_local=True, names=names, tls=authority.trusted()) as outbound,
    ):
        call = outbound.post(at(server, host="hooks.example.test", scheme="https"), b"secret", headers={})
        assert await reason_of(call) == "certificate_refused"
    assert server.requests == []


async def test_a_certificate_out_of_date_or_of_no_known_authority_is_refused(authority: Authority) -> None:
    names = Table(hooks_example_test=[[LOOPBACK]])
    for tls, trusted in (
        (authority.server("hooks.example.test", expired=True), authority.trusted()),
        (authority.server("hooks.example.test"), ssl.create_default_context()),
    ):
        async with serving(OK, tls=tls) as server, Outbound(allow_local=True, names=names, tls=trusted) as outbound:
            call = outbound.post(at(server, host="hooks.example.test", scheme="https"), b"", headers={})
            assert await reason_of(call) == "certificate_refused"


async def test_a_server_without_tls_gets_nothing_readable(authority: Authority) -> None:
    async with (
        serving(b"HTTP/1.1 400 Bad Request\r\n\r\n") as server,
        Outbound(allow_local=True, tls=authority.trusted(), limits=SHORT) as outbound,
    ):
        call = outbound.post(at(server, scheme="https"), b"secret", headers={})
        assert await reason_of(call) in {"tls_failed", "timeout", "connect_failed"}
    assert server.requests == []


@pytest.mark.parametrize(
    "found",
    [
        [LOOPBACK],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["8.8.8.8", "127.0.0.1"],
        ["8.8.8.8", "::1"],
        ["2606:4700:4700::1111", "fd00:ec2::254"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"],
        ["100.64.0.1"],
        ["0.0.0.0"],  # noqa: S104 - nobody binds to it
        ["fe80::1%2"],
    ],
    ids="+".join,
)
async def test_a_name_that_leads_to_what_is_not_public_is_not_called(found: list[str]) -> None:
    async with Outbound(names=Table(hooks_example_test=[found]), limits=SHORT) as outbound:
        url = "https://hooks.example.test/"
        assert await reason_of(outbound.post(url, b"", headers={})) == "address_not_public"
        assert await reason_of(outbound.vet_target(url)) == "address_not_public"


async def test_a_name_that_changes_between_check_and_call_gains_nothing() -> None:
    async with serving(OK) as server:
        names = Table(hooks_example_test=[["8.8.8.8"], [LOOPBACK]])
        async with Outbound(names=names, limits=SHORT) as outbound:
            url = at(server, host="hooks.example.test", scheme="https")
            await outbound.vet_target(url)
            assert await reason_of(outbound.post(url, b"", headers={})) == "address_not_public"
    assert server.connections == 0


async def test_what_was_judged_is_what_is_called_though_the_name_changes_at_once() -> None:
    async with serving(OK) as server, serving(OK, host="127.0.0.2") as other:
        names = Table(hooks_example_test=[[LOOPBACK], ["127.0.0.2"]])
        async with Outbound(allow_local=True, names=names, limits=SHORT) as outbound:
            assert (await outbound.post(at(server, host="hooks.example.test"), b"", headers={})).status == 200
    assert names.asked == ["hooks.example.test"]
    assert (server.connections, other.connections) == (1, 0)


async def test_the_next_address_is_tried_where_one_takes_no_connection() -> None:
    async with serving(OK, host="127.0.0.3") as server:
        names = Table(hooks_example_test=[["127.0.0.2", "127.0.0.3"]])
        async with Outbound(allow_local=True, names=names, limits=SHORT) as outbound:
            assert (await outbound.post(at(server, host="hooks.example.test"), b"", headers={})).status == 200


@pytest.mark.parametrize(("raised", "reason"), [(NameNotFound, "name_not_found"), (NamesAway, "name_unresolved")])
async def test_a_name_without_an_address_is_accepted_when_set_and_named_when_called(
    raised: type[Exception], reason: str
) -> None:
    async with Outbound(names=Table(hooks_example_test=raised), limits=SHORT) as outbound:
        target = await outbound.vet_target("https://hooks.example.test/x")
        assert (target.host, target.path) == ("hooks.example.test", "/x")
        assert await reason_of(outbound.post("https://hooks.example.test/x", b"", headers={})) == reason


async def test_a_name_of_no_address_at_all_is_not_called() -> None:
    async with Outbound(names=Table(hooks_example_test=[[]]), limits=SHORT) as outbound:
        assert await reason_of(outbound.get("https://hooks.example.test/")) == "connect_failed"


async def test_a_url_set_before_its_rule_is_refused_at_the_call() -> None:
    async with Outbound(names=Table()) as outbound:
        for call in (outbound.post("http://example.com/", b"", headers={}), outbound.get("https://127.0.0.1/")):
            with pytest.raises(TargetRefused):
                await call


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_never_followed(local: Outbound, status: int) -> None:
    async with serving(OK) as private:
        head = f"HTTP/1.1 {status} Moved\r\nLocation: {at(private)}\r\nContent-Length: 0\r\n\r\n"
        async with serving(head.encode()) as server:
            answer = await local.post(at(server), b"", headers={})
    assert (answer.status, private.connections) == (status, 0)
    assert answer.headers["location"] == at(private)


async def test_no_proxy_of_the_environment_is_asked(local: Outbound, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(OK) as proxy, serving(OK) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with Outbound(allow_local=True, limits=SHORT) as outbound:
            await outbound.post(at(server), b"", headers={})
        await local.post(at(server), b"", headers={})
    assert (proxy.connections, server.connections) == (0, 2)


async def test_no_cookie_is_kept(local: Outbound) -> None:
    async with serving(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n") as server:
        for _ in range(2):
            await local.post(at(server), b"", headers={})
    assert all(b"ookie" not in request for request in server.requests)


async def test_what_decides_where_a_call_goes_cannot_be_given_as_a_header(local: Outbound) -> None:
    async with serving(OK) as server:
        given = {
            "Host": "internal",
            "USER-AGENT": "other",
            "CONTENT-LENGTH": "1",
            "Transfer-Encoding": "chunked",
            "Connection": "close",
        }
        await local.post(at(server), b"abc", headers=given)
    head = server.requests[0].partition(b"\r\n\r\n")[0].lower()
    assert b"internal" not in head
    assert b"chunked" not in head
    assert b"content-length: 3" in head
    assert head.count(b"user-agent: other") == head.count(b"user-agent:") == 1


async def test_a_header_that_would_begin_another_is_not_sent(local: Outbound) -> None:
    async with serving(OK) as server:
        call = local.post(at(server), b"", headers={"X-One": "1\r\nX-Two: 2"})
        assert await reason_of(call) == "bad_request"
    assert server.requests == []


async def _flood(writer: asyncio.StreamWriter, part: bytes) -> None:
    while True:
        writer.write(part)
        await writer.drain()


async def _drip(writer: asyncio.StreamWriter, part: bytes) -> None:
    while True:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.02)


def hostile(head: bytes, then: Callable[[asyncio.StreamWriter, bytes], Any], part: bytes) -> Any:
    """Read the request, send a head, then go on for ever."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head)
        await then(writer, part)

    return behave


ENDLESS_HEADS = {
    "a head that drips": (hostile(b"HTTP/1.1 200 OK\r\n", _drip, b"X-A: b\r\n"), {"timeout"}),
    "a status line that drips": (hostile(b"", _drip, b"H"), {"timeout", "bad_answer"}),
    "headers without end": (
        hostile(b"HTTP/1.1 200 OK\r\n", _flood, b"X-A: bbbbbbbbbbbbbbbb\r\n" * 99),
        {"head_too_large"},
    ),
    "one header without end": (hostile(b"HTTP/1.1 200 OK\r\nX-A: ", _flood, b"b" * 9999), {"head_too_large"}),
    "early hints without end": (hostile(b"", _flood, b"HTTP/1.1 103 Early Hints\r\n\r\n" * 99), {"timeout"}),
    "silence": (hostile(b"", _drip, b""), {"timeout"}),
}


@pytest.mark.parametrize("what", ENDLESS_HEADS)
async def test_a_head_without_end_is_given_up(local: Outbound, what: str) -> None:
    behaviour, reasons = ENDLESS_HEADS[what]
    started = time.monotonic()
    async with serving(behaviour) as server:
        assert await reason_of(local.post(at(server), b"", headers={})) in reasons
    assert time.monotonic() - started < 3


async def test_a_server_that_reads_nothing_is_given_up(local: Outbound) -> None:
    async def deaf(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with serving(deaf) as server:
        assert await reason_of(local.post(at(server), b"x" * 20_000_000, headers={})) == "timeout"


async def test_a_handshake_that_never_ends_is_given_up(authority: Authority) -> None:
    async def deaf(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with serving(deaf) as server, Outbound(allow_local=True, tls=authority.trusted(), limits=SHORT) as outbound:
        assert await reason_of(outbound.post(at(server, scheme="https"), b"", headers={})) == "timeout"


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 51 + b"\r\n", "head_too_large"),
        (b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 5000 + b"\r\n\r\n", "head_too_large"),
        (b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 200_000 + b"\r\n\r\n", "head_too_large"),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "bad_answer"),
        (b"220 mail.example.test ESMTP\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 two hundred\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "bad_answer"),
        (b"\x00\x01\x02\x03\r\n\r\n", "bad_answer"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:40]),
)
async def test_an_answer_that_is_too_large_or_no_http_is_named(local: Outbound, head: bytes, reason: str) -> None:
    async with serving(head) as server:
        assert await reason_of(local.post(at(server), b"", headers={})) == reason


async def test_a_server_that_hangs_up_is_named(local: Outbound) -> None:
    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_request(reader)

    async with serving(hang_up) as server:
        assert await reason_of(local.post(at(server), b"", headers={})) == "connection_lost"
    assert await reason_of(local.post(at(server), b"", headers={})) == "connect_failed"


ENDLESS = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BODIES = {
    "a body without end": (hostile(ENDLESS, _flood, b"x" * 4096), "too_long", 1000),
    "chunks without end": (hostile(CHUNKED, _flood, b"1\r\nx\r\n" * 999), "too_long", 1000),
    "a body that drips": (hostile(ENDLESS, _drip, b"x"), "too_slow", None),
    "chunks that drip": (hostile(CHUNKED, _drip, b"1\r\nx\r\n"), "too_slow", None),
    "a body that never comes": (hostile(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", _drip, b""), "too_slow", 0),
    "trailers that drip": (hostile(CHUNKED + b"0\r\n", _drip, b"X-A: b\r\n"), "too_slow", 0),
    "trailers without end": (hostile(CHUNKED + b"0\r\n", _flood, b"X-A: b\r\n" * 999), "broken_off", 0),
    "an extension of a chunk without end": (hostile(CHUNKED + b"1;", _flood, b"x" * 9999), "broken_off", 0),
    "chunks that are none": (CHUNKED + b"zz\r\n", "broken_off", 0),
}


@pytest.mark.parametrize("what", BODIES)
async def test_a_body_is_cut_and_the_status_counts(local: Outbound, what: str) -> None:
    behaviour, cut, length = BODIES[what]
    started = time.monotonic()
    async with serving(behaviour) as server:
        answer = await local.post(at(server), b"", headers={})
    assert time.monotonic() - started < 2
    assert (answer.status, answer.cut) == (200, cut)
    assert len(answer.body) == length or (length is None and 0 < len(answer.body) < 1000)


async def test_a_body_broken_off_is_told_apart_from_a_whole_one(local: Outbound) -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with serving(break_off) as server:
        answer = await local.post(at(server), b"", headers={})
    assert (answer.status, answer.body, answer.cut) == (200, b"half", "broken_off")


def _encoded(body: bytes, encoding: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def test_a_bomb_is_unpacked_no_further_than_a_body_may_be_long(local: Outbound) -> None:
    bomb = gzip.compress(bytes(900_000))
    assert len(bomb) < 1000
    async with serving(_encoded(bomb, "gzip")) as server:
        answer = await local.post(at(server), b"", headers={})
    assert (answer.status, answer.body, answer.cut) == (200, bytes(1000), "too_long")


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "GZIP"])
async def test_a_packed_answer_is_read_all_the_same(local: Outbound, encoding: str) -> None:
    packed = zlib.compress(b"fine") if encoding == "deflate" else gzip.compress(b"fine")
    async with serving(_encoded(packed, encoding)) as server:
        answer = await local.post(at(server), b"", headers={})
    assert (answer.body, answer.cut) == (b"fine", None)


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd", "gzip"])
def test_what_cannot_be_unpacked_stays_as_it_is(encoding: str) -> None:
    assert decoded(b"raw", encoding, at_most=10) == (b"raw", "undecodable")
    assert decoded(b"raw bytes", "identity", at_most=3) == (b"raw", None)


async def test_after_a_cut_the_next_call_gets_a_connection_of_its_own(local: Outbound) -> None:
    count = 0

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        await read_request(reader)
        if count == 1:
            writer.write(ENDLESS)
            await _flood(writer, b"x" * 4096)
        writer.write(OK)
        await writer.drain()

    async with serving(behave) as server:
        assert (await local.post(at(server), b"", headers={})).cut == "too_long"
        assert (await local.post(at(server), b"", headers={})).body == b"ok"


async def test_a_hanging_server_slows_no_other(local: Outbound) -> None:
    async with serving(hostile(b"", _drip, b"")) as hanging, serving(OK) as fast:
        calls = [asyncio.create_task(local.post(at(hanging), b"", headers={})) for _ in range(50)]
        started = time.monotonic()
        for _ in range(20):
            await local.post(at(fast), b"", headers={})
        assert time.monotonic() - started < 1
        failures = await asyncio.gather(*calls, return_exceptions=True)
    assert {getattr(failure, "reason", None) for failure in failures} == {"timeout"}


async def test_a_call_may_have_a_time_of_its_own(local: Outbound) -> None:
    async with serving(hostile(b"", _drip, b"")) as server:
        started = time.monotonic()
        assert await reason_of(local.post(at(server), b"", headers={}, seconds=0.1)) == "timeout"
    assert time.monotonic() - started < 0.5


async def test_localhost_is_known_without_asking_anybody() -> None:
    found = await DnsNames().addresses("app.localhost")
    assert [str(address) for address in found] == ["127.0.0.1", "::1"]


async def test_an_ipv6_literal_is_called_in_its_brackets(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path)
    async with (
        serving(OK, tls=authority.server("::1"), host="::1") as server,
        Outbound(allow_local=True, tls=authority.trusted(), limits=SHORT) as outbound,
    ):
        assert (await outbound.post(at(server, host="[::1]", scheme="https"), b"", headers={})).status == 200
    assert f"host: [::1]:{server.port}".encode() in server.requests[0]
