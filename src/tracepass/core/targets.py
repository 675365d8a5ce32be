"""The URLs that strangers give us to call, read by one strict rule: no two readers see two hosts in one text."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from tracepass.core.addresses import Address, is_loopback, not_public

LONGEST_URL = 2048
LONGEST_HOST = 253
PORTS = {"https": 443, "http": 80}
FIRST_FREE_PORT = 1024
LAST_PORT = 65535

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?]*)(.*)", re.DOTALL)
_PLAIN = re.compile(r"[\x21-\x7e]+")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LOCAL_ENDINGS = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private"}
)


class CallFailed(Exception):
    """A call got no answer; ``reason`` is a stable code, the message a sentence for a person."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class TargetRefused(CallFailed):
    """We do not call this, whatever would be there."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, read: ``path`` is path and query as they are sent, ``literal`` the address if the host is one."""

    scheme: str
    host: str
    port: int
    path: str
    literal: Address | None

    @property
    def authority(self) -> str:
        """Return host and port as the ``Host`` header says them."""
        host = f"[{self.host}]" if self.literal is not None and self.literal.version == 6 else self.host  # noqa: PLR2004 - the version of the Internet Protocol
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def parse_target(url: str, *, allow_local: bool = False) -> Target:
    """Read a URL and judge all that can be judged without asking anybody.

    ``allow_local`` permits http, and this machine itself; nothing else that is private.

    Raises:
        TargetRefused: it is no URL that we call.
    """
    if len(url) > LONGEST_URL or not _PLAIN.fullmatch(url) or "\\" in url:
        raise TargetRefused("bad_url", f"Must have 1 to {LONGEST_URL} visible ASCII characters and no backslash.")
    found = _URL.fullmatch(url)
    if found is None or "#" in url:
        raise TargetRefused("bad_url", "Must read like https://host/path, without a fragment.")
    scheme, authority, path = found[1].lower(), found[2], found[3]
    if scheme not in (PORTS if allow_local else {"https"}):
        raise TargetRefused("scheme_not_allowed", "Must start with https://.")
    if "@" in authority:
        raise TargetRefused("userinfo", "Must not carry a user name or a password.")
    host, port = _split(authority, scheme)
    literal = _literal(host)
    target = Target(scheme, host.strip("[]").lower(), port, path if path.startswith("/") else f"/{path}", literal)
    _judge(target, allow_local=allow_local)
    return target


def _split(authority: str, scheme: str) -> tuple[str, int]:
    """Take host and port apart; the host of an IPv6 literal keeps its brackets."""
    host, colon, digits = authority.rpartition(":") if not authority.endswith("]") else (authority, "", "")
    if not colon:
        return authority, PORTS[scheme]
    if not _PORT.fullmatch(digits) or int(digits) > LAST_PORT:
        raise TargetRefused("bad_url", "The port must be a number from 1 to 65535.")
    return host, int(digits)


def _literal(host: str) -> Address | None:
    """Return the address that a host is, or None if it is a name.

    Raises:
        TargetRefused: it is neither, or an address in a form that readers disagree about (octal, hexadecimal, short).
    """
    if host.startswith("["):
        try:
            return ipaddress.IPv6Address(host.removeprefix("[").removesuffix("]") if "%" not in host else "")
        except ValueError:
            raise TargetRefused("bad_host", "The host is no IPv6 address.") from None
    labels = host.lower().split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return ipaddress.IPv4Address(host)
        except ValueError:
            message = "Write an IPv4 address as four decimal numbers; octal, hexadecimal and short forms are not taken."
            raise TargetRefused("obscure_address", message) from None
    if len(host) > LONGEST_HOST or not all(map(_LABEL.fullmatch, labels)):
        raise TargetRefused("bad_host", "The host is no name; write an international one in its xn-- form.")
    return None


def _judge(target: Target, *, allow_local: bool) -> None:
    if target.port not in PORTS.values() and target.port < FIRST_FREE_PORT:
        raise TargetRefused(
            "port_not_allowed", f"Ports below {FIRST_FREE_PORT} other than 443 belong to other services."
        )
    if target.literal is not None:
        vet([target.literal], allow_local=allow_local)
        return
    labels = target.host.split(".")
    if labels[-1] == "localhost" and allow_local:
        return
    if len(labels) == 1 or labels[-1] in _LOCAL_ENDINGS or target.host.endswith(".home.arpa"):
        raise TargetRefused("local_name", "The host is a name of a local network.")


def literal_of(host: str) -> Address | None:
    """Return the address that a target's host is, or None if it is a name."""
    return _literal(f"[{host}]" if ":" in host else host)


def vet(addresses: Iterable[Address], *, allow_local: bool = False) -> list[Address]:
    """Return the addresses if every one of them may be called.

    Raises:
        TargetRefused: one is not of the public internet: whoever mixes them decides by chance which one we call.
    """
    vetted = list(addresses)
    for address in vetted:
        kind = not_public(address)
        if kind is not None and not (allow_local and is_loopback(address)):
            raise TargetRefused("address_not_public", f"{address} is {kind}.")
    return vetted
