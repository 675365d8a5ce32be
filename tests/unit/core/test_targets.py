"""URLs that strangers give us: what is called, and the reason why each of the others is not."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.core.addresses import not_public
from tracepass.core.targets import TargetRefused, literal_of, parse_target, vet

HOSTILE = {
    # what is no https URL
    "": "bad_url",
    "https": "bad_url",
    "//8.8.8.8/": "bad_url",
    "https:/8.8.8.8/": "bad_url",
    "https:8.8.8.8": "bad_url",
    "https://8.8.8.8/#fragment": "bad_url",
    "https://example.com\\@127.0.0.1/": "bad_url",
    "https:\\\\127.0.0.1/": "bad_url",
    "https://exam ple.com/": "bad_url",
    "https://example.com/\r\nHost: 127.0.0.1": "bad_url",
    "https://example.com/\x00": "bad_url",
    "https://example.com\t/": "bad_url",
    "https://\uff11\uff12\uff17.0.0.1/": "bad_url",
    "https://127\u30020\u30020\u30021/": "bad_url",
    "https://bücher.example/": "bad_url",
    "https://example.com/" + "a" * 2048: "bad_url",
    "http://example.com/": "scheme_not_allowed",
    "ftp://example.com/": "scheme_not_allowed",
    "file:///etc/passwd": "scheme_not_allowed",
    "gopher://127.0.0.1:6379/_FLUSHALL": "scheme_not_allowed",
    "unix:///var/run/docker.sock": "scheme_not_allowed",
    "wss://example.com/": "scheme_not_allowed",
    # user names, ports
    "https://user@example.com/": "userinfo",
    "https://user:password@example.com/": "userinfo",
    "https://example.com@127.0.0.1/": "userinfo",
    "https://example.com:443@10.0.0.1/": "userinfo",
    "https://@127.0.0.1/": "userinfo",
    "https://example.com:0/": "bad_url",
    "https://example.com:65536/": "bad_url",
    "https://example.com:+443/": "bad_url",
    "https://example.com:0443/": "bad_url",
    "https://example.com:port/": "bad_url",
    "https://example.com:/": "bad_url",
    "https://example.com:22/": "port_not_allowed",
    "https://example.com:25/": "port_not_allowed",
    # IPv4 literals, plain
    "https://127.0.0.1/": "address_not_public",
    "https://127.255.255.254/": "address_not_public",
    "https://0.0.0.0/": "address_not_public",
    "https://0.1.2.3/": "address_not_public",
    "https://10.0.0.1/": "address_not_public",
    "https://172.16.0.1/": "address_not_public",
    "https://172.31.255.255/": "address_not_public",
    "https://192.168.1.1:8443/": "address_not_public",
    "https://100.64.0.1/": "address_not_public",
    "https://100.127.255.255/": "address_not_public",
    "https://100.100.100.200/latest/meta-data/": "address_not_public",
    "https://169.254.169.254/latest/meta-data/": "address_not_public",
    "https://169.254.170.2/v2/credentials": "address_not_public",
    "https://168.63.129.16/": "address_not_public",
    "https://192.0.0.192/opc/v2/": "address_not_public",
    "https://192.0.0.8/": "address_not_public",
    "https://192.0.2.1/": "address_not_public",
    "https://198.51.100.7/": "address_not_public",
    "https://203.0.113.9/": "address_not_public",
    "https://192.88.99.1/": "address_not_public",
    "https://198.18.0.1/": "address_not_public",
    "https://198.19.255.255/": "address_not_public",
    "https://224.0.0.1/": "address_not_public",
    "https://239.255.255.250/": "address_not_public",
    "https://240.0.0.1/": "address_not_public",
    "https://255.255.255.255/": "address_not_public",
    # IPv4 literals in forms that readers disagree about
    "https://2130706433/": "obscure_address",
    "https://3232235777/": "obscure_address",
    "https://0x7f000001/": "obscure_address",
    "https://0x7f.0x0.0x0.0x1/": "obscure_address",
    "https://0X7F.1/": "obscure_address",
    "https://017700000001/": "obscure_address",
    "https://0177.0.0.1/": "obscure_address",
    "https://0177.0.0.01/": "obscure_address",
    "https://127.1/": "obscure_address",
    "https://127.0.1/": "obscure_address",
    "https://10.1/": "obscure_address",
    "https://0/": "obscure_address",
    "https://127.0.0.01/": "obscure_address",
    "https://127.0.0.256/": "obscure_address",
    "https://127.0.0.0x1/": "obscure_address",
    "https://1.2.3.4.5/": "obscure_address",
    "https://0x/": "obscure_address",
    "https://example.1/": "obscure_address",
    # IPv6 literals
    "https://[::]/": "address_not_public",
    "https://[::1]/": "address_not_public",
    "https://[0:0:0:0:0:0:0:1]/": "address_not_public",
    "https://[::ffff:127.0.0.1]/": "address_not_public",
    "https://[::ffff:7f00:1]/": "address_not_public",
    "https://[::ffff:8.8.8.8]/": "address_not_public",
    "https://[::ffff:0:127.0.0.1]/": "address_not_public",
    "https://[::127.0.0.1]/": "address_not_public",
    "https://[::8.8.8.8]/": "address_not_public",
    "https://[64:ff9b::7f00:1]/": "address_not_public",
    "https://[64:ff9b::169.254.169.254]/": "address_not_public",
    "https://[64:ff9b:1::10.0.0.1]/": "address_not_public",
    "https://[2002:7f00:1::]/": "address_not_public",
    "https://[2002:a9fe:a9fe::1]/": "address_not_public",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/": "address_not_public",
    "https://[2001:2::1]/": "address_not_public",
    "https://[2001:10::1]/": "address_not_public",
    "https://[2001:20::1]/": "address_not_public",
    "https://[2001:db8::1]/": "address_not_public",
    "https://[3fff::1]/": "address_not_public",
    "https://[5f00::1]/": "address_not_public",
    "https://[100::1]/": "address_not_public",
    "https://[fc00::1]/": "address_not_public",
    "https://[fd00:ec2::254]/latest/meta-data/": "address_not_public",
    "https://[fe80::1]/": "address_not_public",
    "https://[fec0::1]/": "address_not_public",
    "https://[ff02::1]/": "address_not_public",
    "https://[4000::1]/": "address_not_public",
    "https://[fe80::1%25eth0]/": "bad_host",
    "https://[fe80::1%eth0]/": "bad_host",
    "https://[::1/": "bad_host",
    "https://[127.0.0.1]/": "bad_host",
    "https://[]/": "bad_host",
    "https://[::1]x/": "bad_url",
    "https://[[::1]]/": "bad_host",
    "https://::1/": "bad_host",
    # names of local networks, and what is no name
    "https://localhost/": "local_name",
    "https://LOCALHOST/": "local_name",
    "https://api.localhost/": "local_name",
    "https://printer.local/": "local_name",
    "https://metadata.google.internal/": "local_name",
    "https://router.home.arpa/": "local_name",
    "https://mongodb/": "local_name",
    "https://kubernetes.default.svc.cluster.local/": "local_name",
    "https://localhost./": "bad_host",
    "https://example.com./": "bad_host",
    "https://example..com/": "bad_host",
    "https://.example.com/": "bad_host",
    "https:///path": "bad_host",
    "https://?query": "bad_host",
    "https://exa%6dple.com/": "bad_host",
    "https://127.0.0.1%2f.example.com/": "bad_host",
    "https://-example.com/": "bad_host",
    "https://example-.com/": "bad_host",
    "https://exam,ple.com/": "bad_host",
    "https://" + "a" * 64 + ".com/": "bad_host",
    "https://" + "a." * 130 + "com/": "bad_host",
}


@pytest.mark.parametrize(("url", "reason"), HOSTILE.items(), ids=ascii)
def test_a_hostile_url_is_refused_for_its_reason(url: str, reason: str) -> None:
    with pytest.raises(TargetRefused) as refusal:
        parse_target(url)
    assert refusal.value.reason == reason
    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize(
    ("url", "authority", "port", "path"),
    [
        ("https://example.com", "example.com", 443, "/"),
        ("HTTPS://Hooks.Example.COM:443/a/b?c=d", "hooks.example.com", 443, "/a/b?c=d"),
        ("https://example.com:8443?x", "example.com:8443", 8443, "/?x"),
        ("https://xn--bcher-kva.example/%C3%BC", "xn--bcher-kva.example", 443, "/%C3%BC"),
        ("https://8.8.8.8/", "8.8.8.8", 443, "/"),
        ("https://[2606:4700:4700::1111]:8443/", "[2606:4700:4700::1111]:8443", 8443, "/"),
        ("https://a_b.example.com/@user", "a_b.example.com", 443, "/@user"),
        ("https://example.com/?to=http://127.0.0.1/", "example.com", 443, "/?to=http://127.0.0.1/"),
    ],
)
def test_a_public_url_is_read_once_and_for_all(url: str, authority: str, port: int, path: str) -> None:
    target = parse_target(url)
    assert (target.authority, target.port, target.path) == (authority, port, path)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3000/hook",
        "http://127.0.0.1:3000/",
        "https://[::1]:8443/",
        "http://app.localhost/",
        "http://example.com/",
        "http://127.9.9.9:1234/",
    ],
)
def test_a_developers_own_machine_may_be_called_when_that_is_set(url: str) -> None:
    assert parse_target(url, allow_local=True).path


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "http://192.168.0.1/",
        "http://169.254.169.254/",
        "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fe80::1]/",
        "http://2130706433/",
        "http://127.1/",
        "http://mongodb/",
        "http://metadata.google.internal/",
        "http://user@localhost/",
        "ftp://localhost/",
        "http://localhost:22/",
    ],
)
def test_nothing_else_that_is_private_is_called_even_then(url: str) -> None:
    with pytest.raises(TargetRefused):
        parse_target(url, allow_local=True)


def test_one_address_that_is_not_public_spoils_all() -> None:
    public, private = ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("10.0.0.1")
    assert vet([public]) == [public]
    with pytest.raises(TargetRefused, match=r"10\.0\.0\.1 is private \(RFC 1918\)\."):
        vet([public, private])


@given(st.ip_addresses(v=4))
def test_what_python_calls_not_global_is_never_public(address: ipaddress.IPv4Address) -> None:
    assert address.is_global or not_public(address) is not None


@given(st.ip_addresses(v=6))
def test_of_ipv6_only_what_is_given_to_the_public_is_public(address: ipaddress.IPv6Address) -> None:
    assert not_public(address) is not None or address in ipaddress.ip_network("2000::/3")


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_disguise_is_never_public(address: ipaddress.IPv4Address) -> None:
    bits = int(address)
    for prefix in ("::", "::ffff:0:0", "64:ff9b::", "64:ff9b:1::"):
        assert not_public(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | bits)) is not None
    assert not_public(ipaddress.IPv6Address((0x2002 << 112) | bits << 80)) is not None


@given(st.text(max_size=60))
def test_no_text_whatever_is_anything_but_read_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}.example.com/"):
        try:
            target = parse_target(url)
        except TargetRefused:
            continue
        assert target.literal == literal_of(target.host)
        assert target.scheme == "https"
