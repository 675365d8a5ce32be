"""The search for secrets finds them."""

from __future__ import annotations

import httpx2
import pytest
from tests.leaks import Secrets, refuse_leaks

from tracepass.core.mongo import Database, connected

KEY = "tp_live_0123456789abcdefghijklmnopqrstuvwxyz"


def _exchange(answer: httpx2.Response, **request: object) -> httpx2.Response:
    answer.request = httpx2.Request("POST", "https://api.example.test/x", **request)  # type: ignore[arg-type]
    return answer


@pytest.mark.parametrize(
    "exchange",
    [
        _exchange(httpx2.Response(200), headers={"Authorization": f"Bearer {KEY}"}),
        _exchange(httpx2.Response(200), headers={"X-API-Key": KEY}),
        _exchange(httpx2.Response(200), headers={"Cookie": f"a=b; tp_session={KEY}; c=d"}),
        _exchange(httpx2.Response(200), json={"user": {"password": KEY}}),
        _exchange(httpx2.Response(200), data={"refresh_token": KEY}),
        _exchange(httpx2.Response(201, json={"items": [{"secret": KEY}]})),
        _exchange(httpx2.Response(200, headers={"Set-Cookie": f"tp_session={KEY}; HttpOnly"})),
        _exchange(httpx2.Response(303, headers={"Location": f"https://app.example/cb?state=1&code={KEY}"})),
    ],
)
async def test_a_secret_is_known_wherever_it_travels(exchange: httpx2.Response) -> None:
    secrets = Secrets()
    await secrets.collect(exchange)
    assert secrets.known == {KEY}


async def test_a_secret_in_the_log_is_found(mongod: str, database_name: str) -> None:
    secrets = Secrets()
    secrets.add(KEY, "correct horse battery staple")
    async with connected(mongod, name=database_name) as database:
        for line in (f'{{"token": "{KEY}"}}', "password=correct horse battery staple"):
            with pytest.raises(AssertionError, match="in the log"):
                await refuse_leaks(line, database, secrets)


async def test_a_secret_in_the_database_is_found(mongod: str, database_name: str) -> None:
    secrets = Secrets()
    secrets.add(KEY)
    async with connected(mongod, name=database_name) as database:
        await _keep(database, {"body": f'{{"secret":"{KEY}"}}'.encode()})
        with pytest.raises(AssertionError, match="answers holds secrets in clear"):
            await refuse_leaks("nothing", database, secrets)


async def _keep(database: Database, document: dict[str, object]) -> None:
    await database.collection("answers").insert_one(document)
