"""An application that is not ours, which speaks OAuth over plain HTTP, and the forms that people fill in."""

from __future__ import annotations

import base64
import hashlib
import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from fastapi import FastAPI
from tests.contract.checker import Checker
from tests.leaks import SECRETS

CALLBACK = "https://erp.example/oauth/callback"
AUTHORIZE = "/api/oauth/authorize"
TOKEN = "/api/oauth/token"
NEIGHBOURS = itertools.count(1)
Json = dict[str, Any]


class Form(HTMLParser):
    """The fields of the forms of a page, as a browser would send them without anything being touched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "input" and (found.get("type") != "radio" or "checked" in found):
            self.fields[found["name"]] = found.get("value", "")
        elif tag == "select":
            self._select = found["name"]
        elif tag == "option" and (self._select not in self.fields or "selected" in found):
            self.fields[self._select] = found["value"]


def anywhere(app: FastAPI, contract: Checker) -> httpx2.AsyncClient:
    """A client with an address that nobody else has, whose every answer is held against the contract."""
    number = next(NEIGHBOURS)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False, client=(address, 50_000))
    hooks = {"response": [contract.hook, SECRETS.collect]}
    return httpx2.AsyncClient(transport=transport, base_url="https://api.example.test", event_hooks=hooks)


@dataclass
class Application:
    """One application, with what it remembers between its requests."""

    http: httpx2.AsyncClient
    registered: Json
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @classmethod
    async def register(cls, http: httpx2.AsyncClient, **metadata: Any) -> Application:
        """Register, as a public application with a refresh token unless told otherwise."""
        members = {
            "client_name": "ERP connector",
            "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
        }
        answer = await http.post("/api/oauth/register", json=members | metadata)
        assert answer.status_code == 201, answer.text
        return cls(http, answer.json())

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def request(self, **changes: Any) -> Json:
        """The parameters of an authorization request; None leaves one out."""
        parameters = {
            "response_type": "code",
            "client_id": self.registered["client_id"],
            "redirect_uri": self.registered["redirect_uris"][0],
            "scope": "passports:read products:read offline_access",
            "state": "the-state",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (parameters | changes).items() if value is not None}

    async def exchange(self, code: str, **changes: Any) -> httpx2.Response:
        """Exchange a code."""
        parameters = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.registered["redirect_uris"][0],
            "code_verifier": self.verifier,
        }
        return await self.send(TOKEN, parameters, changes)

    async def refresh(self, refresh_token: str, **changes: Any) -> httpx2.Response:
        """Ask for new tokens."""
        return await self.send(TOKEN, {"grant_type": "refresh_token", "refresh_token": refresh_token}, changes)

    async def send(
        self, path: str, parameters: Mapping[str, Any], changes: Mapping[str, Any] | None = None
    ) -> httpx2.Response:
        """Send a form, and show who it is as it has registered."""
        data = dict(parameters)
        options: dict[str, Any] = {}
        method, secret = self.registered["token_endpoint_auth_method"], self.registered.get("client_secret")
        if method == "client_secret_basic":
            options["auth"] = (self.registered["client_id"], str(secret))
        else:
            data |= {"client_id": self.registered["client_id"]} | ({"client_secret": secret} if secret else {})
        kept = {name: value for name, value in (data | dict(changes or {})).items() if value is not None}
        return await self.http.post(path, data=kept, **options)

    async def use(self, access_token: str, path: str = "/api/v1/products") -> httpx2.Response:
        """Call the API."""
        return await self.http.get(path, headers={"Authorization": f"Bearer {access_token}"})


async def open_consent(person: httpx2.AsyncClient, application: Application, **changes: Any) -> dict[str, str]:
    """Open the consent page, and return the fields of its form."""
    page = await person.get(AUTHORIZE, params=application.request(**changes))
    assert page.status_code == 200, page.text
    return Form(page.text).fields


async def decide(person: httpx2.AsyncClient, fields: Mapping[str, str], decision: str = "allow") -> dict[str, str]:
    """Send the form, and return what the application is told."""
    answer = await person.post(AUTHORIZE, data={**fields, "decision": decision})
    assert answer.status_code == 303, answer.text
    return told(answer)


async def allow(person: httpx2.AsyncClient, application: Application, **changes: Any) -> str:
    """Let an application in, and return its code."""
    return (await decide(person, await open_consent(person, application, **changes)))["code"]


async def tokens(person: httpx2.AsyncClient, application: Application, **changes: Any) -> Json:
    """Let an application in, and return its tokens."""
    answer = await application.exchange(await allow(person, application, **changes))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def told(answer: httpx2.Response) -> dict[str, str]:
    """What the browser carries to the application."""
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))
