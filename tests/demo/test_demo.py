"""`tracepass demo`: what it makes, and that it makes it once."""

from __future__ import annotations

import signal
import stat
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image
from tests.demo.running import Demo
from tests.faults.installation import Installation

from tracepass.core.clock import system_clock
from tracepass.core.embedded import running_uri
from tracepass.core.mongo import connected
from tracepass.demo import DemoFailed, demo_key, seed, summary
from tracepass.demo.drawing import battery_pack, collection_symbol
from tracepass.demo.paper import declaration_of_conformity
from tracepass.identity.service import ApiKeys, Workspaces

LINK_PATH = "/p/01/04012345000016/21/BP-48V-100-000001"

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def installation(mongod: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:  # noqa: ARG001 - skips where there is no mongod
    with Installation(tmp_path_factory.mktemp("demo") / "data", workers=1) as running:
        yield running


async def key_of(installation: Installation, folder: Path) -> str:
    uri = running_uri(installation.data_dir)
    assert uri is not None
    async with connected(uri, name="tracepass") as database:
        return await demo_key(database, folder, clock=system_clock)


def client_of(installation: Installation, key: str) -> httpx2.Client:
    return httpx2.Client(base_url=installation.url, headers={"X-API-Key": key})


async def test_the_passport_is_published_without_gaps_and_in_three_languages(
    installation: Installation, tmp_path: Path
) -> None:
    passport = seed(installation.url, await key_of(installation, tmp_path))
    assert passport["status"] == "published"
    assert "publishedIncomplete" not in passport
    assert passport["gs1"]["digitalLinkUri"] == installation.url + LINK_PATH
    assert passport["fieldCounts"]["approved"] >= 60
    translatable = [field for field in passport["fields"].values() if field["sourceLocale"]]
    assert len(translatable) == 14
    assert all(set(field["translations"]) == {"de", "fr"} for field in translatable)


async def test_a_reader_sees_the_picture_and_the_papers(installation: Installation, tmp_path: Path) -> None:
    seed(installation.url, await key_of(installation, tmp_path))
    page = httpx2.get(installation.url + LINK_PATH, headers={"Accept": "text/html", "Accept-Language": "fr"})
    assert page.status_code == 200
    assert "Bloc-batterie 48 V 100 Ah" in page.text
    assert "/media/" in page.text
    assert "/api/v1/files/" in page.text


async def test_a_second_time_everything_is_kept(installation: Installation, tmp_path: Path) -> None:
    key = await key_of(installation, tmp_path)
    first = seed(installation.url, key)
    assert await key_of(installation, tmp_path) == key
    assert seed(installation.url, key) == first
    with client_of(installation, key) as client:
        for collection in ("products", "passports"):
            assert client.get(f"/api/v1/{collection}").json()["data"]["total"] == 1


async def test_what_was_left_half_done_is_completed(installation: Installation) -> None:
    uri = running_uri(installation.data_dir)
    assert uri is not None
    async with connected(uri, name="tracepass") as database:
        elsewhere = await Workspaces(database, clock=system_clock).create("Half done", "scale")
        made = await ApiKeys(database, clock=system_clock).create(elsewhere, "test", environment="test")
    with client_of(installation, made.secret) as client:
        product = client.post(
            "/api/v1/products", json={"name": "Pack", "model": "BP-48V-100", "category": "battery"}
        ).json()
    passport = seed(installation.url, made.secret)
    assert passport["productId"] == product["_id"]
    assert passport["status"] == "published"


async def test_a_suspended_passport_stays_suspended(installation: Installation, tmp_path: Path) -> None:
    key = await key_of(installation, tmp_path)
    passport = seed(installation.url, key)
    with client_of(installation, key) as client:
        moves = f"/api/v1/passports/{passport['_id']}"
        assert client.post(f"{moves}/suspend", json={"reason": "trying it out"}).status_code == 200
        again = seed(installation.url, key)
        assert again["status"] == "suspended"
        assert "is suspended now" in printed(again)
        assert client.post(f"{moves}/republish").status_code == 200


async def test_the_key_is_kept_for_its_owner_only(installation: Installation, tmp_path: Path) -> None:
    key = await key_of(installation, tmp_path)
    file = tmp_path / "demo.key"
    assert file.read_text() == f"{key}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("kept", ["tp_live_of_another_database\n", "\n"])
async def test_a_key_that_opens_nothing_is_replaced(installation: Installation, tmp_path: Path, kept: str) -> None:
    (tmp_path / "demo.key").write_text(kept)
    key = await key_of(installation, tmp_path)
    with client_of(installation, key) as client:
        assert client.get("/api/v1/products").status_code == 200


async def test_a_refused_step_is_told_in_the_servers_words(installation: Installation) -> None:
    with pytest.raises(DemoFailed, match=r"GET /api/v1/products was refused: .+"):
        seed(installation.url, "tp_live_unknown")


def test_a_server_that_does_not_answer_is_told() -> None:
    with pytest.raises(DemoFailed, match="did not answer"):
        seed("http://127.0.0.1:9", "tp_live_unknown")


def printed(passport: dict[str, Any], *, resolver_origin: str = "http://127.0.0.1:8000") -> str:
    return summary(
        passport,
        key="tp_live_x",
        api_origin="http://127.0.0.1:8000",
        resolver_origin=resolver_origin,
        data_dir=Path("data"),
    )


def test_the_summary_names_address_documents_key_and_link() -> None:
    passport = {"status": "published", "gs1": {"digitalLinkUri": f"http://127.0.0.1:8000{LINK_PATH}"}}
    text = printed(passport)
    for line in (
        "  API            http://127.0.0.1:8000/api/v1",
        "  Documentation  http://127.0.0.1:8000/docs",
        "  API key        tp_live_x",
        f"  Scan link      http://127.0.0.1:8000{LINK_PATH}",
    ):
        assert line in text.splitlines()
    assert "in the code" not in text


def test_a_link_printed_under_another_address_is_shown_under_both() -> None:
    passport = {"status": "published", "gs1": {"digitalLinkUri": f"http://127.0.0.1:8000{LINK_PATH}"}}
    text = printed(passport, resolver_origin="http://127.0.0.1:9000")
    assert f"http://127.0.0.1:9000{LINK_PATH}" in text
    assert f"http://127.0.0.1:8000{LINK_PATH}" in text


def test_the_pictures_are_pictures_and_the_paper_is_pdf() -> None:
    assert Image.open(BytesIO(battery_pack())).size == (1200, 900)
    assert Image.open(BytesIO(collection_symbol())).size == (480, 540)
    assert declaration_of_conformity().startswith(b"%PDF-")


def test_the_command_prints_the_same_key_and_link_at_every_start(mongod: str, tmp_path: Path) -> None:  # noqa: ARG001 - skips where there is no mongod
    with Demo(tmp_path / "data") as first:
        assert first.link.endswith(LINK_PATH)
        assert httpx2.get(first.link, headers={"Accept": "text/html"}).status_code == 200
    assert first.exit_code == 0
    with Demo(tmp_path / "data", port=first.port) as second:
        assert (second.key, second.link) == (first.key, first.link)
        assert second.stop(signal.SIGINT) == 0
    assert first.key not in first.log + second.log
