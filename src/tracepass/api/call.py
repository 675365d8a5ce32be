"""A request that has passed the door: it knows its caller, its limits and the services it may use."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, TypeVar, cast
from urllib.parse import parse_qs, unquote_to_bytes

from pydantic import BeforeValidator
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from tracepass.api.bodies import THREAD_FROM_BYTES, parse_json
from tracepass.api.policy import FORM, JSON, Policy
from tracepass.api.refusals import (
    CSRF_HEADER,
    CrossSite,
    Forbidden,
    GrantOpensNoMore,
    InsufficientScope,
    PayloadTooLarge,
    UnsupportedMediaType,
)
from tracepass.core.errors import Invalid
from tracepass.core.ids import Id, find_id
from tracepass.core.origins import Origins, client_address, origins_for
from tracepass.core.spool import Spool
from tracepass.core.tenancy import Environment
from tracepass.identity.models import RIGHTS, SESSION_COOKIE, SESSION_PREFIX, Caller, csrf_token_of
from tracepass.identity.service import Arrivals, Authenticator

Service = TypeVar("Service")
ENVIRONMENT_HEADER = "x-tracepass-environment"
MAX_FIELDS = 100
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LENGTH = re.compile(r"[0-9]{1,18}")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})(?:-[^"]*)?"', re.ASCII)


class Call(Request):
    """The request as handlers see it."""

    policy: Policy
    _caller: Caller | None = None
    _parsed: Any = None
    _spool: Spool | None = None

    @property
    def caller(self) -> Caller:
        """Return who calls; public routes have nobody."""
        if self._caller is None:
            message = "this route is public: it has no caller"
            raise RuntimeError(message)
        return self._caller

    def service(self, kind: type[Service]) -> Service:
        """Return the application's one instance of a service."""
        return cast("Service", self.app.state.services[kind])

    @property
    def origins(self) -> Origins:
        """Return where the caller reaches this installation, for the links that this call makes."""
        peer = None if self.client is None else self.client.host
        return origins_for(self.app.state.settings, peer=peer, headers=self.headers)

    async def admit(self, scope: str | None) -> None:
        """Find out who calls, and whether they may do this; None asks for no scope.

        Raises:
            Unauthorized: no credential, or one that opens nothing.
            CrossSite: a session's cookie came without a proof that its own pages sent it.
            Forbidden: the role does not include the scope.
            InsufficientScope: the credential lacks the scope.
            GrantOpensNoMore: it is the token of an access grant, to which this route is not open.
        """
        caller = await self._authenticated()
        if caller.grant is not None:
            if not self.policy.granted:
                raise GrantOpensNoMore
            self._caller = caller
            return
        self.service(Arrivals).see(caller, self.address)
        if scope is not None and scope not in caller.rights:
            if scope not in RIGHTS[caller.role]:
                raise Forbidden(caller.role, scope)
            raise InsufficientScope(scope, origin=self.service(Authenticator).origin)
        self._caller = caller

    async def optional_caller(self, scope: str) -> Caller | None:
        """Return who calls a public route, if they show a credential; one that opens nothing is refused as ever."""
        if self._token is None and SESSION_COOKIE not in self.cookies:
            return None
        await self.admit(scope)
        return self.caller

    async def _authenticated(self) -> Caller:
        """Return the caller of the key or token, else of the session."""
        doors, cookie = self.service(Authenticator), self.cookies.get(SESSION_COOKIE, "")
        if self._token is None and cookie.startswith(SESSION_PREFIX):
            caller = await doors.authenticate(cookie)
            if self.method not in SAFE_METHODS and not self._is_of_our_pages(cookie):
                raise CrossSite
            return replace(caller, environment=self._environment)
        token = self._token
        # A session is a browser's, and only with what browsers say of where a call comes from.
        return await doors.authenticate(None if token is not None and token.startswith(SESSION_PREFIX) else token)

    def _is_of_our_pages(self, session_secret: str) -> bool:
        """Tell whether a call comes from our own origin, or knows what only our own pages are told."""
        token = self.headers.get(CSRF_HEADER, "")
        return (
            self.headers.get("sec-fetch-site") == "same-origin"
            or self.headers.get("origin") == self.origins.api
            or hmac.compare_digest(token.encode(), csrf_token_of(session_secret).encode())
        )

    @property
    def _environment(self) -> Environment:
        """Return the environment a signed-in person asks for: a session opens both."""
        asked = self.headers.get(ENVIRONMENT_HEADER, "live")
        if asked not in {"live", "test"}:
            raise Invalid({ENVIRONMENT_HEADER: ["must be live or test"]})
        return cast("Environment", asked)

    @property
    def address(self) -> str | None:
        """Return the address the call comes from, seen through trusted proxies."""
        peer = None if self.client is None else self.client.host
        return client_address(self.app.state.settings, peer=peer, headers=self.headers)

    @property
    def _token(self) -> str | None:
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return token.strip()
        return self.headers.get("x-api-key")

    @property
    def expected_versions(self) -> frozenset[int] | None:
        """Return the versions that ``If-Match`` accepts, or None if it sets no condition (RFC 9110 13.1.1).

        A weak tag counts as well: proxies that compress weaken our tags, and a version says all there is to compare.
        """
        header = ",".join(self.headers.getlist("if-match"))
        if "if-match" not in self.headers or header.strip() == "*":
            return None
        matches = (_ETAG.fullmatch(tag.strip()) for tag in header.split(","))
        return frozenset(int(match[1]) for match in matches if match)

    def has_fresh(self, etag: str) -> bool:
        """Tell whether the client's copy is current (RFC 9110 13.1.2)."""
        header = ",".join(self.headers.getlist("if-none-match"))
        return header.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in header.split(",")}

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Give the body in pieces, and stop at the declared limit.

        Raises:
            PayloadTooLarge: more came than the route takes.
        """
        seen = 0
        async for chunk in super().stream():
            seen += len(chunk)
            if seen > self.policy.max_body:
                raise PayloadTooLarge(self.policy.max_body)
            yield chunk

    async def load(self) -> None:
        """Read and parse the body as the route declares it, before anything else looks at it.

        Raises:
            PayloadTooLarge: it is longer than declared.
            UnsupportedMediaType: it is of another type.
            MalformedJson: it is no JSON.
            NoRoom: the disk is full.
        """
        if _declared_length(self) > self.policy.max_body:
            raise PayloadTooLarge(self.policy.max_body)
        if self.policy.spooled:
            await self._load_spool()
        elif self.policy.media_type == JSON:
            await self._load_json()
        elif self.policy.media_type == FORM:
            self._demand_media_type()
            self._parsed = read_fields(await self.body())
        else:
            await self._load_form()

    async def _load_json(self) -> None:
        raw = await self.body()
        if self._media_type in self.policy.also_media:
            self._parsed = raw
            return
        if raw:
            self._demand_media_type()
        self._parsed = await parse_json(raw)
        self._body = raw or b"{}"

    async def _load_spool(self) -> None:
        spool = self._spool = Spool()
        async for piece in self.stream():
            if piece and not spool and self._media_type not in self.policy.also_media:
                self._demand_media_type()
            await spool.add(piece)

    @property
    def spool(self) -> Spool:
        """Return the body of a route that takes large ones; it is gone with the answer."""
        if self._spool is None:
            message = "the bodies of this route are not spooled"
            raise RuntimeError(message)
        return self._spool

    @property
    def sends_other_media(self) -> bool:
        """Tell whether the body is of one of the types that a route takes beside JSON."""
        return self._media_type in self.policy.also_media

    def release(self) -> None:
        """Let go of what a body needed beside memory."""
        if self._spool is not None:
            self._spool.close()

    async def _load_form(self) -> None:
        self._demand_media_type()
        form: FormData = await self.form(max_files=1, max_fields=0, max_part_size=self.policy.max_body)
        self._form = form

    @property
    def _media_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def _demand_media_type(self) -> None:
        actual = self._media_type
        expected = self.policy.media_type
        if actual != expected and not (expected == JSON and actual.startswith("application/") and "+json" in actual):
            raise UnsupportedMediaType(expected, actual)

    async def json(self) -> Any:
        """Return the value that `load` parsed."""
        return self._parsed

    async def digest(self) -> str:
        """Return a digest of what this request asks and sends: its query, and its body or the file in its form.

        The framing of a form differs from one sending to the next, so the file counts, not the bytes around it.
        """
        if self._spool is not None:
            return await asyncio.to_thread(_digest_of_spool, self.scope["query_string"], self._spool)
        parts = [self.scope["query_string"], *[part async for part in self._sent()]]
        if sum(map(len, parts)) > THREAD_FROM_BYTES:
            return await asyncio.to_thread(_digest, parts)
        return _digest(parts)

    async def _sent(self) -> AsyncGenerator[bytes, None]:
        if self._form is None:
            yield getattr(self, "_body", b"")
            return
        for name, value in self._form.multi_items():
            yield name.encode()
            if isinstance(value, UploadFile):
                yield f"{value.filename} {value.content_type}".encode()
                yield await value.read()
                await value.seek(0)

    @property
    def fields(self) -> Mapping[str, list[str]]:
        """Return the fields of a form that a page or an OAuth client sent; a name may come more than once."""
        return cast("Mapping[str, list[str]]", self._parsed)


def _digest(parts: Sequence[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()


def _digest_of_spool(query: bytes, body: Spool) -> str:
    """Return what `_digest` returns for a query and a body, without holding the body."""
    digest = hashlib.sha256(b"%d:%b%d:" % (len(query), query, len(body)))
    for chunk in body.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _declared_length(request: Request) -> int:
    """Return the declared length of the body; without a readable one the bytes are counted as they come."""
    digits = request.headers.get("content-length", "")
    return int(digits) if _LENGTH.fullmatch(digits) else 0


def read_fields(raw: bytes) -> dict[str, list[str]]:
    """Parse an ``application/x-www-form-urlencoded`` body.

    Raises:
        Invalid: it is no UTF-8 text, has more than a hundred fields or holds a NUL character.
    """
    try:
        fields = parse_qs(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Invalid(form_errors=["The form cannot be read as UTF-8 text of at most a hundred fields."]) from None
    if any("\x00" in text for name, values in fields.items() for text in (name, *values)):
        raise Invalid(form_errors=["A form must not contain the character U+0000."])
    return fields


def decode_segment(raw: Any) -> str:
    """Decode one path segment, once (RFC 3986 2.1).

    Raises:
        ValueError: a percent sign is not followed by two hexadecimal digits, or the bytes are no UTF-8 text.
    """
    if _BAD_ESCAPE.search(raw):
        message = "has a percent sign that starts no escape; write it as %25"
        raise ValueError(message)
    text = unquote_to_bytes(raw).decode("utf-8", errors="strict")
    if "\x00" in text:
        message = "must not contain the character U+0000"
        raise ValueError(message)
    return text


Segment = Annotated[str, BeforeValidator(decode_segment)]
"""A path segment in its decoded form; it may hold a slash."""


def path_id(call: Call, name: str) -> Id:
    """Return the id that a path segment names.

    Raises:
        Invalid: it is no id.
    """
    found = find_id(call.path_params[name])
    if found is None:
        raise Invalid({name: ["must be an id of 24 hexadecimal characters"]})
    return found
