"""Scanning by HTTP: page and data by state, language, method and coding."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import brotli
import httpx2
import pytest
from tests.conftest import Office

from tracepass.core.mongo import Database
from tracepass.identity.models import Workspace
from tracepass.resolver.service import Resolver

Make = Callable[..., Any]
Json = dict[str, Any]
PAGE = {"Accept": "text/html"}
DATA = {"Accept": "application/ld+json"}


def path_of(passport: Json) -> str:
    """The path of a passport's own link."""
    return str(httpx2.URL(passport["gs1"]["digitalLinkUri"]).raw_path.decode())


async def move(client: httpx2.AsyncClient, passport: Json, action: str, **body: Any) -> Json:
    answer = await client.post(f"/api/v1/passports/{passport['_id']}/{action}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture
async def published(client: httpx2.AsyncClient, make_passport: Make) -> Json:
    """A published passport with one translated field."""
    passport: Json = await make_passport(client)
    for key, body in {
        "product_name": {"value": "Heimspeicher", "sourceLocale": "de"},
        "rated_energy": {"value": 10.24},
    }.items():
        answer = await client.patch(f"/api/v1/passports/{passport['_id']}/fields/{key}", json=body)
        assert answer.status_code == 200, answer.text
    return await move(client, passport, "publish", acknowledgeGaps=True)


async def test_a_browser_gets_a_page_and_a_program_gets_the_stored_json_ld(
    anonymous: httpx2.AsyncClient, published: Json
) -> None:
    page = await anonymous.get(path_of(published), headers=PAGE)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Heimspeicher" in page.text
    data = await anonymous.get(path_of(published), headers=DATA)
    assert data.headers["content-type"] == "application/ld+json"
    assert data.json()["@id"] == published["gs1"]["digitalLinkUri"]
    assert data.json()["fields"]["rated_energy"]["value"] == 10.24
    plain = await anonymous.get(path_of(published), headers={"Accept": "application/json"})
    assert plain.headers["content-type"] == "application/json"
    assert plain.content == data.content


async def test_the_link_of_a_page_can_name_the_format(anonymous: httpx2.AsyncClient, published: Json) -> None:
    answer = await anonymous.get(f"{path_of(published)}?format=json", headers=PAGE)
    assert answer.headers["content-type"] == "application/json"


async def test_parameters_that_are_not_ours_are_let_through(anonymous: httpx2.AsyncClient, published: Json) -> None:
    answer = await anonymous.get(f"{path_of(published)}?17=270101&utm_source=box", headers=PAGE)
    assert answer.status_code == 200


async def test_the_page_comes_in_the_language_of_the_reader(anonymous: httpx2.AsyncClient, published: Json) -> None:
    greek = await anonymous.get(path_of(published), headers=PAGE | {"Accept-Language": "fr;q=0.3, el-GR"})
    assert '<html lang="el">' in greek.text
    assert greek.headers["content-language"] == "el"
    asked = await anonymous.get(f"{path_of(published)}?lang=bg", headers=PAGE | {"Accept-Language": "el"})
    assert '<html lang="bg">' in asked.text
    nothing_said = await anonymous.get(path_of(published), headers=PAGE)
    assert '<html lang="en">' in nothing_said.text


async def test_a_language_beyond_the_24_is_refused(anonymous: httpx2.AsyncClient, published: Json) -> None:
    for headers in (PAGE, DATA):
        answer = await anonymous.get(f"{path_of(published)}?lang=ru", headers=headers)
        assert answer.status_code == 400
        assert "lang" in answer.json()["details"]["fieldErrors"]


async def test_a_draft_is_not_found(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make
) -> None:
    draft = await make_passport(client)
    path = f"/p/01/{draft['gs1']['gtin']}/21/{draft['gs1']['serialNumber']}"
    page = await anonymous.get(path, headers=PAGE)
    assert page.status_code == 404
    assert "No passport found" in page.text
    data = await anonymous.get(path, headers=DATA)
    assert (data.status_code, data.json()["error"]) == (404, "not_found")
    await move(client, draft, "archive")
    assert (await anonymous.get(path, headers=DATA)).status_code == 404


async def test_a_suspended_passport_answers_423_to_a_scan(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, published: Json
) -> None:
    await anonymous.get(path_of(published), headers=PAGE)
    suspended = await move(client, published, "suspend", reason="Recall of batch 38")
    page = await anonymous.get(path_of(published), headers=PAGE)
    assert page.status_code == 423
    assert "Recall of batch 38" in page.text
    assert "Heimspeicher" not in page.text
    data = await anonymous.get(path_of(published), headers=DATA)
    assert data.status_code == 423
    assert data.json()["error"] == "locked"
    assert data.json()["details"] == {"suspendedAt": suspended["suspendedAt"], "reason": "Recall of batch 38"}
    await move(client, published, "republish")
    assert (await anonymous.get(path_of(published), headers=PAGE)).status_code == 200


async def test_an_archived_passport_says_what_it_was(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, published: Json
) -> None:
    await move(client, published, "archive")
    page = await anonymous.get(path_of(published), headers=PAGE)
    assert page.status_code == 410
    assert published["gs1"]["gtin"] in page.text
    data = await anonymous.get(path_of(published), headers=DATA)
    assert (data.status_code, data.json()["error"]) == (410, "gone")
    assert data.json()["details"]["gs1"]["gtin"] == published["gs1"]["gtin"]


async def test_an_expired_passport_is_shown_under_a_banner(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make, clock: Any
) -> None:
    draft = await make_passport(client)
    passport = await move(client, draft, "publish", acknowledgeGaps=True, expiresAt="2099-01-01T00:00:00.000Z")
    before = await anonymous.get(path_of(passport), headers=PAGE)
    assert 'class="banner warning"' not in before.text
    clock.move(days=40_000)
    page = await anonymous.get(path_of(passport), headers=PAGE)
    assert page.status_code == 200
    assert "This passport expired on 1 January 2099" in page.text
    assert page.headers["etag"] != before.headers["etag"]


async def test_a_wrong_check_digit_is_a_bad_link(anonymous: httpx2.AsyncClient) -> None:
    page = await anonymous.get("/p/01/04012345000015/21/X?lang=zz", headers=PAGE)
    assert page.status_code == 400
    assert "not a valid product link" in page.text
    data = await anonymous.get("/01/04012345000015", headers=DATA)
    assert data.status_code == 400
    assert data.json()["details"]["fieldErrors"] == {"gtin": ["has check digit 5, but 6 is right"]}


async def test_an_impossible_serial_is_a_bad_link_only_when_nobody_claimed_it(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make, gtin: str
) -> None:
    serial = "a/b?c#d%e é " + "x" * 40
    path = f"/p/01/{gtin}/21/{quote(serial, safe='')}"
    assert (await anonymous.get(path, headers=DATA)).status_code == 400
    passport = await make_passport(client, gs1={"gtin": gtin, "serialNumber": serial}, published=True)
    answer = await anonymous.get(path_of(passport), headers=DATA)
    assert answer.json()["serialNumber"] == serial


async def test_a_path_that_climbs_out_is_a_serial_like_any_other(anonymous: httpx2.AsyncClient, gtin: str) -> None:
    answer = await anonymous.get(f"/p/01/{gtin}/21/..%2F..%2Fetc", headers=DATA)
    assert answer.status_code == 404
    answer = await anonymous.get(f"/p/01/{gtin}/21/100%25%ZZ", headers=DATA)
    assert answer.status_code == 400


async def test_short_gtins_move_to_their_14_digits(anonymous: httpx2.AsyncClient) -> None:
    answer = await anonymous.get("/p/01/4012345000016/21/A%2FB?lang=de")
    assert answer.status_code == 308
    assert answer.headers["location"] == "/p/01/04012345000016/21/A%2FB?lang=de"


async def test_a_digital_link_without_prefix_leads_to_the_landing_page(
    anonymous: httpx2.AsyncClient, published: Json
) -> None:
    link = published["gs1"]["digitalLinkUri"]
    plain = path_of(published).removeprefix("/p")
    answer = await anonymous.get(f"{plain}?lang=de&17=270101")
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{link}?lang=de&17=270101"
    with_lot = await anonymous.get(plain.replace("/21/", "/10/L1/21/"))
    assert with_lot.headers["location"] == link.replace("/21/", "/10/L1/21/")
    short = await anonymous.get("/01/4012345000016")
    assert (short.status_code, short.headers["location"]) == (308, "/01/04012345000016")


async def test_an_item_is_found_whatever_lot_the_link_names(anonymous: httpx2.AsyncClient, published: Json) -> None:
    gs1 = published["gs1"]
    answer = await anonymous.get(f"/p/01/{gs1['gtin']}/10/LOT/21/{gs1['serialNumber']}", headers=DATA)
    assert answer.status_code == 200


@pytest.mark.parametrize(("granularity", "tail"), [("batch", "/10/L-7"), ("model", "")])
async def test_batches_and_models_have_links_of_their_own(
    client: httpx2.AsyncClient,
    anonymous: httpx2.AsyncClient,
    make_passport: Make,
    gtin: str,
    granularity: str,
    tail: str,
) -> None:
    lot = {"lot": "L-7"} if tail else {}
    passport = await make_passport(client, gs1={"gtin": gtin} | lot, published=True)
    assert path_of(passport) == f"/p/01/{gtin}{tail}"
    answer = await anonymous.get(path_of(passport), headers=DATA)
    assert answer.json()["granularity"] == granularity
    assert (await anonymous.get(path_of(passport), headers=PAGE)).status_code == 200


async def test_a_test_passport_is_marked_and_kept_out_of_indexes(
    office: Office, workspace: Workspace, anonymous: httpx2.AsyncClient, make_passport: Make
) -> None:
    tester = await office.client(workspace, environment="test")
    passport = await make_passport(tester, published=True)
    assert path_of(passport).startswith(f"/test/{workspace.slug}/p/01/")
    page = await anonymous.get(path_of(passport), headers=PAGE)
    assert page.headers["x-robots-tag"] == "noindex"
    assert "This is a test passport" in page.text
    assert (await anonymous.get(path_of(passport).partition(workspace.slug)[2], headers=DATA)).status_code == 404
    elsewhere = path_of(passport).replace(workspace.slug, "nobody-at-all")
    assert (await anonymous.get(elsewhere, headers=DATA)).status_code == 404


async def test_an_unchanged_page_is_not_sent_again(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, published: Json
) -> None:
    for headers in (PAGE, DATA):
        first = await anonymous.get(path_of(published), headers=headers)
        known = headers | {"If-None-Match": first.headers["etag"]}
        again = await anonymous.get(path_of(published), headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    english = await anonymous.get(path_of(published), headers=PAGE)
    tag = {"If-None-Match": english.headers["etag"]}
    other_language = await anonymous.get(f"{path_of(published)}?lang=mt", headers=PAGE | tag)
    assert other_language.status_code == 200
    await client.patch(f"/api/v1/passports/{published['_id']}/fields/rated_energy", json={"value": 11.5})
    changed = await anonymous.get(path_of(published), headers=known)
    assert changed.status_code == 200
    assert changed.json()["fields"]["rated_energy"]["value"] == 11.5


async def test_a_product_that_is_renamed_is_shown_under_its_new_name(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, published: Json
) -> None:
    before = await anonymous.get(path_of(published), headers=PAGE)
    changed = await client.patch(f"/api/v1/products/{published['productId']}", json={"name": "Voltara Home 11"})
    assert changed.status_code == 200, changed.text
    refreshed = await client.patch(f"/api/v1/passports/{published['_id']}/fields/battery_mass", json={"value": 98.4})
    assert refreshed.status_code == 200, refreshed.text
    after = await anonymous.get(path_of(published), headers=PAGE)
    assert "Voltara Home 11" in after.text
    assert after.headers["etag"] != before.headers["etag"]


async def test_answers_may_be_read_by_any_site_and_name_their_other_forms(
    anonymous: httpx2.AsyncClient, published: Json
) -> None:
    answer = await anonymous.get(path_of(published), headers=DATA | {"Origin": "https://shop.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    link = published["gs1"]["digitalLinkUri"]
    assert f'<{link}>; rel="canonical"' in answer.headers["link"]
    assert 'type="application/ld+json"' in answer.headers["link"]
    assert answer.headers["vary"] == "Accept, Accept-Language, Accept-Encoding, Authorization, Cookie"
    assert answer.headers["cache-control"].startswith("public, max-age=")
    for path in (path_of(published), "/01/04012345000016"):
        preflight = await anonymous.options(path)
        assert preflight.status_code == 204
        assert "GET" in preflight.headers["access-control-allow-methods"]


async def test_pages_forbid_scripts_frames_and_referrers(anonymous: httpx2.AsyncClient, published: Json) -> None:
    page = await anonymous.get(path_of(published), headers=PAGE)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "script" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in page.headers
    assert "<script" not in page.text
    assert " style=" not in page.text


async def test_pages_are_compressed_for_those_who_take_it(app: Any, published: Json) -> None:
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://scan.test") as reader:
        bodies = {}
        for coding in ("br", "gzip", "identity"):
            headers = PAGE | {"Accept-Encoding": coding}
            async with reader.stream("GET", path_of(published), headers=headers) as answer:
                bodies[coding] = b"".join([piece async for piece in answer.aiter_raw()])
                assert answer.headers.get("content-encoding", "identity") == coding
    assert brotli.decompress(bodies["br"]) == gzip.decompress(bodies["gzip"]) == bodies["identity"]


async def test_head_answers_like_get_without_a_body(anonymous: httpx2.AsyncClient, published: Json) -> None:
    got = await anonymous.get(path_of(published), headers=DATA)
    head = await anonymous.head(path_of(published), headers=DATA)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["etag"] == got.headers["etag"]


async def test_hostile_texts_stay_texts(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_product: Make, make_passport: Make
) -> None:
    hostile = "<script>alert(1)</script>\"'{{7*7}}"
    product = await make_product(client, name=hostile)
    passport = await make_passport(client, productId=product["_id"])
    for key, value in {"product_name": hostile, "battery_model_identifier": "javascript:alert(1)"}.items():
        await client.patch(f"/api/v1/passports/{passport['_id']}/fields/{key}", json={"value": value})
    passport = await move(client, passport, "publish", acknowledgeGaps=True)
    page = await anonymous.get(path_of(passport), headers=PAGE)
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert 'href="javascript' not in page.text
    assert "{{7*7}}" in page.text


async def test_only_public_fields_are_shown(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make
) -> None:
    passport = await make_passport(client)
    fields = {"battery_mass": {"value": 98.4}, "fasteners": {"value": "secret screws", "sourceLocale": "en"}}
    answer = await client.patch(f"/api/v1/passports/{passport['_id']}/fields", json={"fields": fields})
    assert answer.status_code == 200, answer.text
    passport = await move(client, passport, "publish", acknowledgeGaps=True)
    for headers in (PAGE, DATA):
        shown = await anonymous.get(path_of(passport), headers=headers)
        assert "98.4" in shown.text
        assert "secret screws" not in shown.text


async def test_scans_are_counted_by_day_language_device_and_format(
    app: Any, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, published: Json
) -> None:
    phone = {"User-Agent": "Mozilla/5.0 (Linux; Android 15) Mobile Safari", "Accept-Language": "el"}
    desktop = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "Accept-Language": "de"}
    for headers in (PAGE | phone, PAGE | phone, PAGE | desktop, DATA | {"User-Agent": "erp/1.0"}):
        await anonymous.get(path_of(published), headers=headers)
    await anonymous.head(path_of(published), headers=PAGE)
    await app.state.services[Resolver].flush()
    await app.state.services[Resolver].flush()
    counts = (await client.get(f"/api/v1/passports/{published['_id']}/scans")).json()
    assert counts["total"] == 4
    assert len(counts["days"]) == 1
    assert counts["days"][0] | {"day": None} == {
        "day": None,
        "total": 4,
        "byLanguage": {"el": 2, "de": 1},
        "byDevice": {"phone": 2, "desktop": 1, "other": 1},
        "byFormat": {"page": 3, "data": 1},
    }


async def test_a_page_that_was_rendered_before_is_answered_without_its_data(
    anonymous: httpx2.AsyncClient, published: Json, database: Database
) -> None:
    first = await anonymous.get(path_of(published), headers=PAGE)
    await database.collection("identifiers").update_one(
        {"_id": path_of(published).removeprefix("/p/")}, {"$set": {"page": b"unreadable"}}
    )
    again = await anonymous.get(path_of(published), headers=PAGE)
    assert again.text == first.text


async def test_data_is_sent_as_it_was_stored(
    anonymous: httpx2.AsyncClient, published: Json, database: Database
) -> None:
    stored = await database.collection("identifiers").find_one({"_id": path_of(published).removeprefix("/p/")})
    assert stored is not None
    answer = await anonymous.get(path_of(published), headers=DATA)
    assert answer.content == stored["jsonld"]
    assert json.loads(answer.content)["status"] == "published"


async def test_the_files_of_the_page_are_kept_for_a_year(anonymous: httpx2.AsyncClient) -> None:
    style = await anonymous.get("/static/resolver/viewer.css")
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in style.headers["cache-control"]
    assert (await anonymous.get("/static/resolver/icon.svg")).status_code == 200
    assert (await anonymous.get("/static/resolver/..%2Frouter.py")).status_code == 404
