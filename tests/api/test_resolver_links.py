"""Links: who may register them for which key, how they change, and what the resolver makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.conftest import MovableClock, Office, new_gtin
from tests.queries_plugin import A_TEST_LOOKS

from tracepass.core.mongo import Database
from tracepass.gs1.checkdigit import check_digit
from tracepass.identity.models import Workspace
from tracepass.passports.registrar import Registrar

Json = dict[str, Any]
Make = Callable[..., Any]
SHOP = "https://shop.example"
JSON = {"Accept": "application/json"}


def new_gln() -> str:
    """A valid GLN that no other test uses."""
    body = f"{uuid4().int % 10**12:012d}"
    return body + check_digit(body)


async def post(client: httpx2.AsyncClient, anchor: str, link_type: str = "gs1:pip", **members: Any) -> httpx2.Response:
    body = {"anchor": anchor, "linkType": link_type, "href": f"{SHOP}/a"} | members
    return await client.post("/api/v1/links", json=body)


async def register(client: httpx2.AsyncClient, anchor: str, link_type: str = "gs1:pip", **members: Any) -> Json:
    answer = await post(client, anchor, link_type, **members)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def location(reader: httpx2.AsyncClient, path: str, **headers: str) -> str | None:
    answer = await reader.get(path, headers=headers)
    return answer.headers.get("location")


@pytest.fixture
async def own_gtin(client: httpx2.AsyncClient, make_passport: Make, gtin: str) -> str:
    """A GTIN that the workspace holds firmly."""
    await make_passport(client, gs1={"gtin": gtin, "serialNumber": "S-1"}, published=True)
    return gtin


async def test_a_link_is_made_read_changed_listed_and_deleted(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, own_gtin: str
) -> None:
    made = await client.post(
        "/api/v1/links",
        json={"anchor": f"(01){own_gtin}", "linkType": "https://gs1.org/voc/pip", "href": f"{SHOP}/{{gtin}}"},
    )
    link = made.json()
    assert (link["anchor"], link["linkType"]) == (f"/01/{own_gtin}", "gs1:pip")
    assert link["title"] == "Product information page"
    assert made.headers["location"] == f"/api/v1/links/{link['_id']}"
    path = made.headers["location"]
    assert (await client.get(path)).json() == link
    assert await location(anonymous, f"/01/{own_gtin}") == f"{SHOP}/{own_gtin}"
    changed = await client.patch(path, json={"href": f"{SHOP}/new"}, headers={"If-Match": made.headers["etag"]})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert await location(anonymous, f"/01/{own_gtin}") == f"{SHOP}/new"
    assert (await client.patch(path, json={"href": f"{SHOP}/new"})).json()["version"] == 2
    listed = (await client.get("/api/v1/links", params={"anchor": f"/01/{own_gtin}", "linkType": "gs1:pip"})).json()
    assert [item["_id"] for item in listed["data"]["items"]] == [link["_id"]]
    assert (await client.delete(path)).status_code == 200
    assert (await client.get(path)).status_code == 404
    assert (await anonymous.get(f"/01/{own_gtin}", headers=JSON)).status_code == 404


async def test_lists_are_paged_by_number_and_by_cursor(client: httpx2.AsyncClient, own_gtin: str) -> None:
    for link_type in ("gs1:pip", "gs1:faqs", "gs1:support"):
        await register(client, f"/01/{own_gtin}", link_type)
    first = (await client.get("/api/v1/links", params={"limit": 2})).json()["data"]
    assert ([item["linkType"] for item in first["items"]], first["total"]) == (["gs1:support", "gs1:faqs"], 3)
    rest = (await client.get("/api/v1/links", params={"limit": 2, "cursor": first["nextCursor"]})).json()["data"]
    assert [item["linkType"] for item in rest["items"]] == ["gs1:pip"]
    assert "nextCursor" not in rest
    second = (await client.get("/api/v1/links", params={"limit": 2, "page": 2})).json()["data"]
    assert second["items"] == rest["items"]
    wrong = await client.get("/api/v1/links", params={"anchor": "/01/1"})
    assert wrong.json()["details"]["fieldErrors"].keys() == {"anchor"}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("anchor", "/01/04012345000015"),
        ("anchor", "/99/1"),
        ("anchor", "nonsense"),
        ("anchor", "(01)04012345000016(99"),
        ("linkType", "pip"),
        ("linkType", "gs1:nosuch"),
        ("linkType", "gs1:defaultLink"),
        ("href", "http://shop.example/"),
        ("href", "javascript:alert(1)"),
        ("href", "https://shop.example/{lot}/{nosuch}"),
        ("href", "https://{gtin}.example/"),
        ("href", "https://shop.example/{"),
        ("href", "https://ID.example.test/01/04012345000016"),
        ("href", "https://id.example.test/test/voltwerk/414/4012345000009"),
        ("href", "https://shop.example/\r\nSet-Cookie: a"),
        ("href", "https://shop.example/ä"),
        ("hreflang", ["deutsch!"]),
        ("mediaType", "html"),
        ("context", ["\u00e4"]),
        ("title", " "),
    ],
)
async def test_what_could_not_be_resolved_is_refused(
    client: httpx2.AsyncClient, own_gtin: str, member: str, value: Any
) -> None:
    body = {"anchor": f"/01/{own_gtin}", "linkType": "gs1:pip", "href": SHOP} | {member: value}
    answer = await client.post("/api/v1/links", json=body)
    assert answer.status_code == 400
    assert next(iter(answer.json()["details"]["fieldErrors"])).startswith(member)


async def test_a_link_type_of_others_needs_a_title_and_has_its_own_name_in_the_linkset(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, own_gtin: str
) -> None:
    anchor = f"/01/{own_gtin}"
    assert (await post(client, anchor, "license")).json()["details"]["fieldErrors"].keys() == {"title"}
    await register(client, anchor, "license", title="Licence")
    await register(client, anchor, "https://voltwerk.example/rel/spare-parts", title="Spare parts")
    linkset = (await anonymous.get(f"{anchor}?linkType=all")).json()["linkset"][0]
    assert "http://www.iana.org/assignments/relation/license" in linkset
    assert "https://voltwerk.example/rel/spare-parts" in linkset
    assert (await anonymous.get(f"{anchor}?linkType=license")).status_code == 307


async def test_a_gtin_needs_a_firm_claim(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, make_passport: Make, gtin: str
) -> None:
    assert (await post(client, f"/01/{gtin}")).json()["error"] == "gtin_not_firm"
    draft = await make_passport(client, gs1={"gtin": gtin})
    answer = await post(client, f"/01/{gtin}")
    assert (answer.status_code, answer.json()["error"]) == (409, "gtin_not_firm")
    assert (await post(stranger, f"/01/{gtin}")).json()["error"] == "gtin_registered_elsewhere"
    await client.post(f"/api/v1/passports/{draft['_id']}/publish", json={"acknowledgeGaps": True})
    assert (await post(client, f"/01/{gtin}")).status_code == 201
    assert (await post(client, f"/8006/{gtin}0102")).status_code == 201
    assert (await post(stranger, f"/8006/{gtin}0102")).json()["error"] == "gtin_registered_elsewhere"


async def test_a_verified_prefix_is_a_firm_claim(
    office: Office, workspace: Workspace, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, clock: MovableClock
) -> None:
    body = f"05{uuid4().int % 10**11:011d}"
    gtin = body + check_digit(body)
    await Registrar(office.database, clock=clock).verify_prefix(gtin[1:13], workspace)
    await register(client, f"/01/{gtin}")
    assert await location(anonymous, f"/01/{gtin}") == f"{SHOP}/a"


async def test_links_of_a_gtin_that_was_transferred_are_not_resolved(
    office: Office,
    client: httpx2.AsyncClient,
    anonymous: httpx2.AsyncClient,
    own_gtin: str,
    database: Database,
    clock: MovableClock,
) -> None:
    mine = await register(client, f"/01/{own_gtin}")
    heir = await office.workspace()
    await Registrar(database, clock=clock).transfer(own_gtin, heir)
    assert (await anonymous.get(f"/01/{own_gtin}", headers=JSON)).status_code == 404
    await register(await office.client(heir), f"/01/{own_gtin}", href=f"{SHOP}/heir")
    changed = await client.patch(f"/api/v1/links/{mine['_id']}", json={"title": "Mine"})
    assert changed.json()["error"] == "gtin_registered_elsewhere"
    assert (await client.delete(f"/api/v1/links/{mine['_id']}")).status_code == 200
    assert await location(anonymous, f"/01/{own_gtin}") == f"{SHOP}/heir"


@pytest.mark.parametrize("ai", ["414", "417"])
async def test_a_gln_belongs_to_whoever_has_links_under_it(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, ai: str
) -> None:
    anchor = f"/{ai}/{new_gln()}"
    link = await register(client, anchor, "gs1:locationInfo")
    answer = await post(stranger, anchor)
    assert (answer.status_code, answer.json()["error"]) == (409, "key_registered_elsewhere")
    assert await location(anonymous, anchor) == f"{SHOP}/a"
    await client.delete(f"/api/v1/links/{link['_id']}")
    assert (await anonymous.get(anchor, headers=JSON)).status_code == 404
    await register(stranger, anchor)


async def test_a_verified_prefix_takes_a_key_from_whoever_came_first(
    office: Office, workspace: Workspace, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient,
    anonymous: httpx2.AsyncClient, clock: MovableClock,
) -> None:  # fmt: skip
    gln = new_gln()
    theirs = await register(stranger, f"/414/{gln}", href=f"{SHOP}/squatter")
    await Registrar(office.database, clock=clock).verify_prefix(gln[:12], workspace)
    await register(client, f"/414/{gln}", href=f"{SHOP}/owner")
    assert await location(anonymous, f"/414/{gln}") == f"{SHOP}/owner"
    assert (await stranger.delete(f"/api/v1/links/{theirs['_id']}")).status_code == 200
    assert await location(anonymous, f"/414/{gln}") == f"{SHOP}/owner"
    assert (await post(stranger, f"/414/{gln}/254/D1")).json()["error"] == "key_registered_elsewhere"


@pytest.mark.parametrize(
    ("anchor", "template", "filled"),
    [
        ("/00/{sscc}", "{sscc}", None),
        ("/253/{gln}AB", "{gdti}", None),
        ("/255/{gln}7", "{gcn}", None),
        ("/401/4012345X{unique}", "{ginc}", None),
        ("/8003/0{gln}S1", "{grai}", None),
        ("/8004/4012345A{unique}", "{giai}", None),
        ("/8010/4012345{unique}/8011/17", "{cpid}-{cpidSerial}", None),
        ("/417/{gln}/7040/1ABC", "{party}-{assignedId}", None),
        ("/414/{gln}/254/A%2FB", "{gln}/{extension}", "{gln}/A%2FB"),
    ],
)
async def test_every_primary_key_can_have_links(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, anchor: str, template: str, filled: str | None
) -> None:
    body = f"1{uuid4().int % 10**16:016d}"
    values = {"gln": new_gln(), "unique": uuid4().hex[:8].upper(), "sscc": body + check_digit(body)}
    path = anchor
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    link = await register(client, path, href=f"{SHOP}/{template}")
    assert link["anchor"] == path
    expected = path.split("/")[2::2]
    joint = "-" if "-" in template else "/"
    target = joint.join(expected) if filled is None else filled.replace("{gln}", values["gln"])
    assert await location(anonymous, path) == f"{SHOP}/{target}"


async def test_a_template_without_its_value_is_not_offered(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, own_gtin: str
) -> None:
    await register(client, f"/01/{own_gtin}", "gs1:verificationService", href=f"{SHOP}/{{serial}}?l={{10}}")
    query = "?linkType=gs1:verificationService"
    assert (await anonymous.get(f"/01/{own_gtin}{query}", headers=JSON)).status_code == 404
    assert (await anonymous.get(f"/01/{own_gtin}/21/A{query}", headers=JSON)).status_code == 404
    led = await location(anonymous, f"/01/{own_gtin}/10/L%3F/21/A%2FB{query}")
    assert led == f"{SHOP}/A%2FB?l=L%3F&linkType=gs1:verificationService"


async def test_a_serial_stands_without_its_lot(client: httpx2.AsyncClient, own_gtin: str) -> None:
    link = await register(client, f"/01/{own_gtin}/22/V1/10/L1/21/S1")
    assert link["anchor"] == f"/01/{own_gtin}/21/S1"


async def test_an_identifier_has_one_default_link(client: httpx2.AsyncClient, own_gtin: str) -> None:
    anchor = f"/01/{own_gtin}"
    first = await register(client, anchor, defaultLink=True)
    answer = await post(client, anchor, "gs1:faqs", defaultLink=True)
    assert (answer.status_code, answer.json()["error"]) == (409, "duplicate_default_link")
    second = await register(client, anchor, "gs1:faqs")
    answer = await client.patch(f"/api/v1/links/{second['_id']}", json={"defaultLink": True})
    assert (answer.status_code, answer.json()["error"]) == (409, "duplicate_default_link")
    await client.patch(f"/api/v1/links/{first['_id']}", json={"defaultLink": False})
    answer = await client.patch(f"/api/v1/links/{second['_id']}", json={"defaultLink": True})
    assert answer.status_code == 200
    await register(client, f"{anchor}/10/L1", defaultLink=True)


async def test_an_identifier_has_a_hundred_links_at_most(client: httpx2.AsyncClient) -> None:
    anchor = f"/414/{new_gln()}"
    for number in range(100):
        await register(client, anchor, href=f"{SHOP}/{number}")
    answer = await post(client, anchor)
    assert (answer.status_code, answer.json()["error"]) == (409, "too_many_links")


async def test_a_link_that_is_not_public_is_not_offered(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, own_gtin: str
) -> None:
    link = await register(client, f"/01/{own_gtin}", public=False)
    assert (await anonymous.get(f"/01/{own_gtin}", headers=JSON)).status_code == 404
    await client.patch(f"/api/v1/links/{link['_id']}", json={"public": True})
    assert (await anonymous.get(f"/01/{own_gtin}")).status_code == 307


async def test_links_written_at_once_are_all_offered(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, own_gtin: str
) -> None:
    await asyncio.gather(*(register(client, f"/01/{own_gtin}", href=f"{SHOP}/{n}", title=str(n)) for n in range(8)))
    (entry,) = (await anonymous.get(f"/01/{own_gtin}?linkType=all")).json()["linkset"]
    assert sorted(link["title"] for link in entry["https://ref.gs1.org/voc/pip"]) == [str(n) for n in range(8)]


async def test_changes_made_at_once_are_all_done(client: httpx2.AsyncClient, own_gtin: str) -> None:
    link = await register(client, f"/01/{own_gtin}")
    path = f"/api/v1/links/{link['_id']}"
    answers = await asyncio.gather(*(client.patch(path, json={"title": f"T{n}"}) for n in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await client.get(path)).json()["version"] == 6


async def test_every_write_is_one_record_in_the_log(
    client: httpx2.AsyncClient, own_gtin: str, workspace: Workspace, database: Database
) -> None:
    link = await register(client, f"/01/{own_gtin}")
    await client.patch(f"/api/v1/links/{link['_id']}", json={"title": "New"})
    await client.delete(f"/api/v1/links/{link['_id']}")
    query = {"workspaceId": workspace.id, "environment": "live", "entity.type": "link"}
    records = await database.collection("changes").find(query, comment=A_TEST_LOOKS).sort("version", 1).to_list()
    assert [(record["action"], record["version"]) for record in records] == [
        ("create", 1),
        ("update", 2),
        ("delete", 3),
    ]
    assert records[1]["prevHash"] == records[0]["stateHash"]
    assert {"path": "title", "old": "Product information page", "new": "New"} in records[1]["diff"]


async def test_a_draft_is_walked_past_and_a_suspended_passport_is_led_to(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make, own_gtin: str
) -> None:
    await make_passport(client, gs1={"gtin": own_gtin, "serialNumber": "DRAFT"})
    assert (await anonymous.get(f"/01/{own_gtin}/21/DRAFT", headers=JSON)).status_code == 404
    await register(client, f"/01/{own_gtin}")
    assert await location(anonymous, f"/01/{own_gtin}/21/DRAFT") == f"{SHOP}/a"
    passport = (await client.get("/api/v1/passports/by-serial/S-1", params={"gtin": own_gtin})).json()
    for action in ("suspend", "archive"):
        await client.post(
            f"/api/v1/passports/{passport['_id']}/{action}", json={"reason": "x"} if action == "suspend" else {}
        )
        led = await location(anonymous, f"/01/{own_gtin}/21/S-1")
        assert led == passport["gs1"]["digitalLinkUri"]


async def test_a_passport_with_a_serial_that_gs1_does_not_know_is_found_all_the_same(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make, gtin: str
) -> None:
    serial = "x" * 40
    assert (await anonymous.get(f"/01/{gtin}/21/{serial}", headers=JSON)).status_code == 400
    passport = await make_passport(client, gs1={"gtin": gtin, "serialNumber": serial}, published=True)
    assert await location(anonymous, f"/01/{gtin}/21/{serial}") == passport["gs1"]["digitalLinkUri"]


async def test_the_landing_page_answers_itself_and_leads_only_elsewhere(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, own_gtin: str
) -> None:
    await register(client, f"/01/{own_gtin}", defaultLink=True)
    landing = f"/p/01/{own_gtin}/21/S-1"
    for query in ("", "?linkType=gs1:dpp", "?linkType=gs1:defaultLink"):
        page = await anonymous.get(f"{landing}{query}", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert 'rel="linkset"' in page.headers["link"]
    assert await location(anonymous, f"{landing}?linkType=gs1:pip") == f"{SHOP}/a?linkType=gs1:pip"
    linkset = await anonymous.get(landing, headers={"Accept": "application/linkset+json"})
    anchors = [entry["anchor"] for entry in linkset.json()["linkset"]]
    assert anchors == [f"https://id.example.test{landing}", f"https://id.example.test/p/01/{own_gtin}"]
    assert (await anonymous.get(f"/p/01/{own_gtin}/21/NOBODY", headers=JSON)).status_code == 404
    assert (await anonymous.get(f"/p/01/{own_gtin}/22/V/21/S-1", headers=JSON)).status_code == 200
    assert (await anonymous.get(f"/p/414/{new_gln()}", headers=JSON)).status_code == 404


async def test_test_keys_have_a_resolver_of_their_own(
    office: Office, workspace: Workspace, anonymous: httpx2.AsyncClient, make_passport: Make
) -> None:
    tester, gtin = await office.client(workspace, environment="test"), new_gtin()
    await make_passport(tester, gs1={"gtin": gtin, "serialNumber": "S"}, published=True)
    await register(tester, f"/01/{gtin}")
    root = f"/test/{workspace.slug}"
    answer = await anonymous.get(f"{root}/01/{gtin}")
    assert (answer.status_code, answer.headers["location"]) == (307, f"{SHOP}/a")
    assert answer.headers["x-robots-tag"] == "noindex"
    assert await location(anonymous, f"{root}/01/{gtin}/21/S") == f"https://id.example.test{root}/p/01/{gtin}/21/S"
    assert await location(anonymous, f"{root}/01/{gtin[1:]}") == f"{root}/01/{gtin}" if gtin[0] == "0" else True
    assert (await anonymous.get(f"/01/{gtin}", headers=JSON)).status_code == 404
    assert (await anonymous.get(f"/test/nobody/01/{gtin}", headers=JSON)).status_code == 404


async def test_links_of_other_workspaces_do_not_exist(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, own_gtin: str
) -> None:
    link = await register(client, f"/01/{own_gtin}")
    path = f"/api/v1/links/{link['_id']}"
    for answer in (
        await stranger.get(path), await stranger.patch(path, json={"title": "Theirs"}), await stranger.delete(path)
    ):  # fmt: skip
        assert answer.status_code == 404
    assert (await stranger.get("/api/v1/links")).json()["data"]["total"] == 0


async def test_errors_are_pages_to_those_who_want_pages(anonymous: httpx2.AsyncClient) -> None:
    for path, status in ((f"/01/{new_gtin()}", 404), ("/01/04012345000015", 400), ("/8003/1", 400)):
        page = await anonymous.get(path, headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
        data = await anonymous.get(path, headers=JSON)
        assert (data.status_code, data.headers["cache-control"]) == (status, "no-store")


async def test_odd_paths_are_sent_on_in_ascii(anonymous: httpx2.AsyncClient) -> None:
    answer = await anonymous.get("/01/4012345000016/21/%C3%BC%E6%97%A5 x")
    assert (answer.status_code, answer.headers["location"].isascii()) == (308, True)


@pytest.mark.parametrize(
    "path", ["/01/%00", "/01/04012345000016/21/%FF", "/8004/" + "a" * 9000, "/0000/0", "/01//", "/AAAAAAAAAAAA%25",
             "/test/%FF/01/04012345000016", "/p/01/%F0%28", "/01/04012345000016/21/a%", "/8010/%C3%A4"]
)  # fmt: skip
async def test_no_path_makes_a_failure_of_ours(anonymous: httpx2.AsyncClient, path: str) -> None:
    for query in ("", "?linkType=%FF&context=%00&lang=%80", "?linkType=linkset&mediaType=a/b;q=x"):
        answer = await anonymous.get(path + query, headers={"Host": "\x7f..%", "Accept": "*;q=,,/"})
        assert answer.status_code in {400, 404}, answer.text


@pytest.mark.parametrize("path", ["/nope", "/01", "/favicon.ico", "/nope/at/all", "/api/v1/nope"])
async def test_what_is_no_link_stays_no_address(anonymous: httpx2.AsyncClient, path: str) -> None:
    answer = await anonymous.get(path)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert (await anonymous.post(path)).status_code == 404


@pytest.mark.parametrize("path", ["/docs", "/templates", "/healthz", "/api/v1/openapi.json", "/vocab/battery"])
async def test_head_is_answered_on_public_routes(anonymous: httpx2.AsyncClient, path: str) -> None:
    got, head = await anonymous.get(path), await anonymous.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
