"""Remembers every secret that a test sends or is given, and looks for each of them where none may stand.

Keys, tokens, passwords and session cookies are collected from all requests and answers of the suite. When a worker is
done, its log (everything from ``info`` on) and every document of its database are searched for them.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import orjson

from tracepass.core.mongo import Database

NAMES = frozenset(
    {
        "secret",
        "password",
        "newPassword",
        "currentPassword",
        "token",
        "access_token",
        "refresh_token",
        "client_secret",
        "code",
        "code_verifier",
        "registration_access_token",
    }
)
SHORTEST = 14
"""What is shorter can stand anywhere by chance."""
FEWEST = 6
"""Of fewer different characters a text says nothing: it stands for anything long."""
PUBLISHED = ("/api/v1/domains",)
"""Where a ``token`` is none: it stands in the DNS for everybody to see."""
COOKIES = frozenset({"tp_session", "tp_access"})
LOOKING = "a test looks"
"""The comment of a query that no index need serve."""
_CODE_OF_ERROR = re.compile(r"(?!tp_)[a-z]+(?:_[a-z]+)+")
"""What a ``code`` is in an error; those of OAuth are random."""
_WORDS = re.compile(r"[A-Za-z0-9_.~+/=-]{14,}")


class Secrets:
    """All secrets that this worker has seen."""

    def __init__(self) -> None:
        self.known: set[str] = set()

    def add(self, *secrets: object) -> None:
        """Remember what is long and mixed enough to be a secret."""
        texts = {one for one in secrets if isinstance(one, str) and len(one) >= SHORTEST and len(set(one)) >= FEWEST}
        self.known.update(one for one in texts if not _CODE_OF_ERROR.fullmatch(one))

    async def collect(self, response: httpx2.Response) -> None:
        """Take the secrets out of one exchange; a response hook of httpx2's AsyncClient."""
        await response.aread()
        request = response.request
        if request.url.path.startswith(PUBLISHED):
            return
        self.add(request.headers.get("authorization", "").rpartition(" ")[2], request.headers.get("x-api-key"))
        self.add(request.headers.get("cookie", "").partition("tp_session=")[2].partition(";")[0])
        self.add(*(one.value for one in response.cookies.jar if one.name in COOKIES))
        location = urlsplit(response.headers.get("location", ""))
        for text in (request.url.query.decode(), location.query):
            self.add(*(value for name, value in parse_qsl(text) if name in NAMES))
        self.add(*_named(_body(request)), *_named(response.content))

    def found_in(self, text: str) -> set[str]:
        """Return the secrets that stand in a text, as words of it or in words longer than they are."""
        words = set(_WORDS.findall(text))
        return (self.known & words) | {one for one in self.known if " " in one and one in text}


def _body(request: httpx2.Request) -> bytes:
    try:
        return request.content
    except httpx2.RequestNotRead:
        return b""


def _named(body: bytes) -> Iterator[object]:
    """Give the values of secret members in a JSON body or a form."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        text = body.decode("latin-1")
        yield from (member for name, member in parse_qsl(text) if name in NAMES)
        return
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Mapping):
            yield from (member for name, member in item.items() if name in NAMES)
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


SECRETS = Secrets()
"""Those of this worker."""


async def refuse_leaks(log: str, database: Database, secrets: Secrets = SECRETS) -> None:
    """Search the text of a log and a whole database.

    Raises:
        AssertionError: a secret stands there.
    """
    leaked = secrets.found_in(log)
    assert not leaked, f"{len(leaked)} secrets stand in the log, such as {_some(leaked)}"
    async for collection, text in _documents(database):
        leaked = secrets.found_in(text)
        assert not leaked, f"{collection} holds secrets in clear, such as {_some(leaked)}: {text[:600]}"


def _some(leaked: Iterable[str]) -> list[str]:
    return sorted(leaked)[:3]


async def _documents(database: Database) -> AsyncIterator[tuple[str, str]]:
    for name in await database.files.list_collection_names():
        async for document in database.collection(name).find({}, comment=LOOKING):
            yield name, orjson.dumps(document, default=_readable).decode()


def _readable(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
