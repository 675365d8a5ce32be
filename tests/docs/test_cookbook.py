"""The recipes of the cookbook are run as they stand, with real programs against a live server."""

from __future__ import annotations

import importlib.util
import re
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image
from tests.docs.conftest import Place
from tests.docs.recipes import Recipe

COOKBOOK = Path(__file__).parents[2] / "docs/cookbook"
CLIENT = (COOKBOOK / "README.md").read_text("utf-8")
RECIPES = {page.stem: page.read_text("utf-8") for page in sorted(COOKBOOK.glob("*.md")) if page.stem != "README"}
PORT = "8099"
"""Where the receivers of recipes listen."""

pytestmark = [
    pytest.mark.skipif(shutil.which("curl") is None, reason="the recipes need curl"),
    pytest.mark.xdist_group("cookbook"),
]


@pytest.mark.parametrize("name", RECIPES)
async def test_a_recipe_does_what_it_says(name: str, place: Place, tmp_path: Path) -> None:
    recipe = Recipe.of(f"{CLIENT}\n{RECIPES[name]}".replace(PORT, str(free_port())))
    assert not (wrong := await place.run(recipe, tmp_path)), "\n".join(wrong)
    await forget_webhooks(place)
    if name == "label-line":
        sent = re.search(r"printf '\]d2(.*?)\\n", RECIPES[name])
        assert sent is not None
        assert scanned(tmp_path / "code.png") == sent[1].replace("\\x1d", "\x1d")


async def forget_webhooks(place: Place) -> None:
    """Take away those of a recipe: nobody listens any more."""
    async with place.client() as client:
        for webhook in (await client.get("/api/v1/webhooks")).json()["data"]["items"]:
            await client.delete(f"/api/v1/webhooks/{webhook['_id']}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def scanned(picture: Path) -> str:
    """What a scanner reads in a picture."""
    (found,) = zxingcpp.read_barcodes(Image.open(picture).convert("L"))
    return found.bytes.decode().removeprefix("\x1d")


def api(*answers: httpx.Response | Exception, patience: float = 120) -> tuple[Any, list[httpx.Request], list[float]]:
    """The client of the cookbook before a server that answers like this, what it asked, and how long it waited."""
    program: dict[str, Any] = {}
    exec(Recipe.of(CLIENT).files["tracepass_api.py"], program)  # noqa: S102 - our own page
    asked: list[httpx.Request] = []
    waited: list[float] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    program["time"] = SimpleNamespace(sleep=waited.append)
    return program["Api"]("http://x", "k", patience=patience, transport=httpx.MockTransport(answer)), asked, waited


def test_no_file_of_a_recipe_hides_a_module_from_what_runs_in_the_same_folder() -> None:
    names = {name for page in [CLIENT, *RECIPES.values()] for name in Recipe.of(page).files}
    modules = {name.removesuffix(".py") for name in names if name.endswith(".py")}
    assert len(modules) > 10
    assert [name for name in modules if importlib.util.find_spec(name) is not None] == []


def test_the_client_of_the_cookbook_repeats_under_one_key_and_waits_as_long_as_it_is_told() -> None:
    busy = httpx.Response(429, headers={"Retry-After": "7"}, json={"error": "rate_limited"})
    client, asked, waited = api(
        busy, httpx.ConnectError("gone"), httpx.Response(503), httpx.Response(201, json={"a": 1})
    )
    assert client.post("products", {}) == {"a": 1}
    assert waited == [7, 1, 2]
    assert len({request.headers["Idempotency-Key"] for request in asked}) == 1


def test_the_client_of_the_cookbook_gives_up_where_repeating_is_no_use() -> None:
    tomorrow = httpx.Response(429, headers={"Retry-After": "40000"}, json={"error": "rate_limited", "message": "no"})
    taken = httpx.Response(409, json={"error": "duplicate_model", "message": "taken"})
    for refusal in (tomorrow, taken):
        client, asked, waited = api(refusal)
        with pytest.raises(Exception, match=refusal.json()["error"]):
            client.post("products", {})
        assert (len(asked), waited) == (1, [])


def test_the_client_of_the_cookbook_does_not_repeat_for_ever() -> None:
    client, asked, _ = api(*[httpx.ReadTimeout("slow")] * 6)
    with pytest.raises(httpx.ReadTimeout):
        client.get("me")
    assert len(asked) == 6
