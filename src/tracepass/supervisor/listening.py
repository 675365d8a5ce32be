"""The listening socket, bound once by the parent and shared by all web processes."""

from __future__ import annotations

import errno
import http.client
import socket
import time
from dataclasses import dataclass
from typing import Self

_BACKLOG = 2048
# The web processes of a parent that was killed close their listening socket within a moment.
_PATIENCE_SECONDS = 3.0
_PAUSE = 0.05
_PROBE_SECONDS = 2.0
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - these are read here, not bound


class AddressInUse(Exception):
    """The address cannot be listened on; the message says which and why."""


@dataclass(frozen=True)
class Listener:
    """A bound socket; `host` is as it was asked for, `port` is the real one, also where 0 was asked for."""

    socket: socket.socket
    host: str
    port: int

    @classmethod
    def bind(cls, host: str, port: int, *, patience: float = _PATIENCE_SECONDS) -> Self:
        """Bind and listen. Raises AddressInUse if that is still impossible after `patience` seconds."""
        deadline = time.monotonic() + patience
        while True:
            try:
                bound = _listen(host, port)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                    raise AddressInUse(_why_not(host, port, error)) from error
                time.sleep(_PAUSE)
            else:
                return cls(bound, host, bound.getsockname()[1])

    @property
    def url(self) -> str:
        """The origin a person on this machine can open: `http://host:port`."""
        name = "localhost" if self.host in _ANYWHERE else self.host
        return f"http://[{name}]:{self.port}" if ":" in name else f"http://{name}:{self.port}"

    @staticmethod
    def probe(host: str, port: int, path: str) -> bool:
        """Tell whether GET `path` on this address answers 200 within two seconds."""
        connection = http.client.HTTPConnection(_ANYWHERE.get(host, host), port, timeout=_PROBE_SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def answers(self, path: str) -> bool:
        """Tell whether GET `path` answers 200 within two seconds."""
        return self.probe(self.host, self.port, path)

    def close(self) -> None:
        """Close the parent's copy of the socket."""
        self.socket.close()


def _why_not(host: str, port: int, error: OSError) -> str:
    """Say what is wrong with an address, and what to do."""
    remedy = {
        errno.EADDRINUSE: "Stop the program that has it, or choose another port with --port (make run PORT=8001).",
        errno.EACCES: "Choose a port from 1024 on with --port; a reverse proxy can hold the lower one.",
        errno.EADDRNOTAVAIL: "Choose an address of this machine with --host; 0.0.0.0 is every one.",
    }.get(error.errno or 0, "Choose another address with --host and --port.")
    # socket.create_server adds the address to its words; it stands in ours already.
    reason = str(error.strerror).partition(" (while attempting")[0]
    return f"Cannot listen on {host} port {port}: {reason}. {remedy}"


def _listen(host: str, port: int) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
