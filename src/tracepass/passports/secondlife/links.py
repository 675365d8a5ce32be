"""Digital Links that people give for earlier passports: whose they are, and which key they name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tracepass.gs1.gtin import InvalidGtin, normalise_gtin
from tracepass.gs1.identities import SERIAL, BadIdentity, Identity, read_anchor, read_loosely

_ADDRESS = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*)(?:\?[^#\s]*)?")
_TEST_DATA = re.compile(r"/test/([a-z0-9-]+)(?=/)")
_GTIN = "/01/"


class BadLink(ValueError):
    """A text that is no Digital Link of a single item; the message says why."""


@dataclass(frozen=True, slots=True)
class ItemLink:
    """The Digital Link of a single item; ``workspace`` is the slug in a link of test data."""

    uri: str
    host: str
    gtin: str
    serial: str
    workspace: str | None


def read_item_link(uri: str) -> ItemLink:
    """Read the Digital Link of a single item: GTIN and serial number, at whatever host.

    Raises:
        BadLink: it is none.
    """
    address = _ADDRESS.fullmatch(uri)
    found = _key_in(address[1]) if address else None
    if found is None:
        message = "must be a GS1 Digital Link with GTIN and serial number, like https://id.example/01/.../21/..."
        raise BadLink(message)
    workspace, path = found
    identity = _identity(path)
    serial = identity.values.get(SERIAL)
    if identity.gtin is None or serial is None:
        message = "must name a single item: a GTIN (01) and a serial number (21)"
        raise BadLink(message)
    return ItemLink(uri, urlsplit(uri).netloc.lower(), identity.gtin, serial, workspace)


def _key_in(path: str) -> tuple[str | None, str] | None:
    """Return the workspace that a path names, if it is of test data, and the part that begins with a GTIN."""
    test = _TEST_DATA.match(path)
    starts = [] if test is None else [(test[1], test.end())]
    for workspace, start in [*starts, (None, 0)]:
        begin = path.find(_GTIN, start)
        key = path[begin:] if begin >= 0 else ""
        if len(key) > len(_GTIN):
            return workspace, key[:-1] if key.endswith("/") and len(key) > len(_GTIN) + 1 else key
    return None


def _identity(path: str) -> Identity:
    try:
        loose = read_loosely(path)
        if loose is None:
            return read_anchor(path)
        normalise_gtin(loose.primary[1])
    except (BadIdentity, InvalidGtin) as error:
        raise BadLink(str(error)) from None
    return loose
