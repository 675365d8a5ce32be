"""What GS1's own suite of tests asks of a GS1-Conformant Resolver 1.2, in our words, of the running application.

One test for each check: SHALL and SHOULD alike are demanded here. Transport over TLS is the operator's, so the test
asks what the application does for it: every address it gives out is https where its own addresses are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tracepass.gs1.compression import compress
from tracepass.gs1.elements import parse_bracketed
from tracepass.gs1.linktypes import TITLES

Json = dict[str, Any]
Make = Callable[..., Any]
VOC = "https://ref.gs1.org/voc/"
ROOT = "https://id.example.test"
SHOP = "https://shop.example"
LINKSET = {"Accept": "application/linkset+json"}
PUBLISHED_CHECKS = (
    Path(os.environ.get("TRACEPASS_CONFORMANCE", Path(__file__).parents[3] / "shared" / "conformance"))
    / "digital-link"
    / "resolver-conformance.json"
)


class Item:
    """A published item with links at its GTIN, at its lot and at itself."""

    def __init__(self, client: httpx2.AsyncClient, reader: httpx2.AsyncClient, gtin: str) -> None:
        self._client = client
        self._reader = reader
        self.gtin = gtin
        self.path = f"/01/{gtin}/21/S-1"

    async def register(self, link_type: str, target: str, *, at: str = "", **members: Any) -> None:
        body = {"anchor": f"/01/{self.gtin}{at}", "linkType": link_type, "href": f"{SHOP}/{target}"} | members
        answer = await self._client.post("/api/v1/links", json=body)
        assert answer.status_code == 201, answer.text

    async def ask(self, path: str | None = None, query: str = "", **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._reader.get(f"{path or self.path}{query}", headers=named)

    async def linkset(self, path: str | None = None) -> list[Json]:
        answer = await self.ask(path, **LINKSET)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["linkset"])


@pytest.fixture
async def item(client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make, gtin: str) -> Item:
    await make_passport(client, gs1={"gtin": gtin, "serialNumber": "S-1"}, published=True)
    found = Item(client, anonymous, gtin)
    await found.register("gs1:pip", "product", title="Product", defaultLink=True)
    await found.register("gs1:instructions", "manual/en", hreflang=["en"], mediaType="text/html")
    await found.register("gs1:instructions", "manual/fr", hreflang=["fr"], mediaType="text/html")
    await found.register("gs1:instructions", "manual/en.pdf", hreflang=["en"], mediaType="application/pdf")
    await found.register("gs1:recallStatus", "recalls/{lot}", at="/10/L-1")
    await found.register("gs1:verificationService", "verify/{serial}", at="/21/S-1")
    return found


async def test_tls_addresses_given_out_are_https(item: Item) -> None:
    addresses = [entry["anchor"] for entry in await item.linkset()]
    addresses.append((await item.ask()).headers["location"])
    assert all(address.startswith(f"{ROOT}/") for address in addresses)


async def test_methods_get_head_and_options_are_answered(item: Item, anonymous: httpx2.AsyncClient) -> None:
    got, head = await anonymous.get(item.path), await anonymous.head(item.path)
    assert (got.status_code, head.status_code, head.content) == (307, 307, b"")
    assert head.headers["location"] == got.headers["location"]
    options = await anonymous.options(item.path)
    assert options.status_code == 204
    for answer in (got, options):
        assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert options.headers["allow"] == "GET, HEAD, OPTIONS"
    assert (await anonymous.post(item.path)).status_code == 405


async def test_cors_is_open_to_every_origin(item: Item) -> None:
    for query in ("", "?linkType=linkset", "?linkType=gs1:nosuchlt"):
        answer = await item.ask(query=query, Origin="https://reader.example")
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_rdf_the_description_file_says_what_the_resolver_is(anonymous: httpx2.AsyncClient) -> None:
    answer = await anonymous.get("/.well-known/gs1resolver", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    described = answer.json()
    assert described["resolverRoot"] == ROOT
    assert described["supportedPrimaryKeys"] == ["all"]
    assert {"namespace": VOC, "prefix": "gs1:"} in described["supportedLinkType"]
    assert described["linkTypeDefaultCanBeLinkset"] is False
    assert answer.headers["access-control-allow-origin"] == "*"
    assert (await anonymous.head("/.well-known/gs1resolver")).status_code == 200
    assert (await anonymous.options("/.well-known/gs1resolver")).status_code == 204


async def test_bad_syntax_is_400_and_never_200(item: Item) -> None:
    for path in (f"{item.path}/foo", f"/01/{item.gtin}/foo", f"/p{item.path}/foo", f"/01/{item.gtin}/17/271231"):
        assert (await item.ask(path)).status_code == 400, path
        assert (await item.ask(path, "?linkType=linkset")).status_code == 400, path


async def test_trailing_slash_changes_nothing(item: Item) -> None:
    for path in (item.path, f"/01/{item.gtin}", f"/01/{item.gtin}/10/L-1"):
        plain, slash = await item.ask(path), await item.ask(f"{path}/")
        assert plain.status_code == slash.status_code == 307
        assert plain.headers["location"] == slash.headers["location"]
    assert (await item.ask(f"/p{item.path}/")).status_code == 200


async def test_walk_up_answers_an_unknown_serial_from_the_level_above(item: Item) -> None:
    unknown = await item.ask(f"/01/{item.gtin}/21/NOBODY")
    assert (unknown.status_code, unknown.headers["location"]) == (307, f"{SHOP}/product")
    of_lot = await item.ask(f"/01/{item.gtin}/10/L-1/21/NOBODY", "?linkType=gs1:recallStatus")
    assert of_lot.headers["location"] == f"{SHOP}/recalls/L-1?linkType=gs1:recallStatus"


async def test_linkset_param_answers_the_linkset_without_redirect(item: Item) -> None:
    answer = await item.ask(query="?linkType=linkset")
    assert answer.status_code == 200
    assert answer.json()["linkset"][0]["anchor"] == f"{ROOT}{item.path}"


async def test_linkset_all_is_its_older_name(item: Item) -> None:
    older, newer = await item.ask(query="?linkType=all"), await item.ask(query="?linkType=linkset")
    assert older.status_code == 200
    assert older.json() == newer.json()


async def test_linkset_accept_answers_the_linkset_by_its_media_type(item: Item) -> None:
    answer = await item.ask(**LINKSET)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/linkset+json")
    plain = await item.ask(query="?linkType=linkset", Accept="application/json")
    assert plain.headers["content-type"] == "application/json"
    linked = await item.ask(query="?linkType=linkset", Accept="application/ld+json")
    assert linked.json()["@context"].startswith("https://ref.gs1.org/")
    page_first = await item.ask(Accept="text/html, application/linkset+json;q=0.9")
    assert page_first.status_code == 307


async def test_linkset_valid_every_link_has_an_address_and_a_title(item: Item) -> None:
    for entry in await item.linkset():
        members = {name: value for name, value in entry.items() if name not in {"anchor", "itemDescription"}}
        assert all(name.startswith("http") for name in members)
        for link in (link for links in members.values() for link in links):
            assert link["href"].startswith("https://")
            assert link["title"]
            assert link.keys() <= {"href", "title", "type", "hreflang", "context"}
            assert isinstance(link.get("hreflang", []), list)


async def test_linkset_levels_up_to_the_primary_key_are_included(item: Item) -> None:
    path = f"/01/{item.gtin}/10/L-1/21/S-1"
    anchors = [entry["anchor"] for entry in await item.linkset(path)]
    assert anchors == [f"{ROOT}{path}", f"{ROOT}/01/{item.gtin}/10/L-1", f"{ROOT}/01/{item.gtin}"]


async def test_linkset_context_is_named_in_a_link_header(item: Item) -> None:
    header = (await item.ask(**LINKSET)).headers["link"]
    context = next(part for part in header.split(", ") if "json-ld#context" in part)
    assert 'rel="http://www.w3.org/ns/json-ld#context"' in context
    assert 'type="application/ld+json"' in context


async def test_link_on_redirect_points_to_the_linkset(item: Item) -> None:
    answer = await item.ask()
    assert (
        f'<{ROOT}{item.path}?linkType=linkset>; type="application/linkset+json"; rel="linkset"'
        in (answer.headers["link"])
    )


async def test_legacy_links_are_not_all_listed_in_the_header(item: Item) -> None:
    for query in ("", "?linkType=gs1:pip", "?linkType=linkset"):
        assert 'rel="gs1:' not in (await item.ask(query=query)).headers["link"]


async def test_one_default_at_each_level_with_a_title_alone(item: Item) -> None:
    for path in (item.path, f"/01/{item.gtin}", f"/01/{item.gtin}/10/L-1", f"/01/{item.gtin}/21/NOBODY"):
        entries = await item.linkset(path)
        defaults = [entry[f"{VOC}defaultLink"] for entry in entries if f"{VOC}defaultLink" in entry]
        assert defaults
        assert all(len(links) == 1 and links[0].keys() == {"href", "title"} for links in defaults)
        described = {link["href"] for entry in entries for name, links in entry.items() if name.startswith(VOC)
                     and name != f"{VOC}defaultLink" for link in links}  # fmt: skip
        assert {links[0]["href"] for links in defaults} <= described


async def test_default_redirect_goes_to_the_default_of_the_most_specific_level(item: Item) -> None:
    for path in (item.path, f"/01/{item.gtin}", f"/01/{item.gtin}/10/L-1"):
        default = next(entry[f"{VOC}defaultLink"] for entry in await item.linkset(path) if f"{VOC}defaultLink" in entry)
        assert (await item.ask(path)).headers["location"] == default[0]["href"]
    assert (await item.ask()).headers["location"] == f"{ROOT}/p{item.path}"


async def test_default_multi_picks_among_the_set_by_the_headers(item: Item) -> None:
    for language in ("de", "it"):
        await item.register("gs1:faqs", f"faqs/{language}", hreflang=[language], defaultLinkMulti=True)
    gtin = f"/01/{item.gtin}"
    assert (await item.ask(gtin, Accept_Language="it-CH, de;q=0.5")).headers["location"] == f"{SHOP}/faqs/it"
    assert (await item.ask(gtin, Accept_Language="pl")).headers["location"] == f"{SHOP}/product"
    assert (await item.ask(gtin)).headers["location"] == f"{SHOP}/product"
    (entry,) = await item.linkset(gtin)
    assert [link["hreflang"] for link in entry[f"{VOC}defaultLinkMulti"]] == [["de"], ["it"]]


@pytest.mark.parametrize(
    "name", ["gs1:pip", f"{VOC}pip", "https://gs1.org/voc/pip", "https://www.gs1.org/voc/pip", "gs1%3Apip"]
)
async def test_linktype_redirect_takes_the_type_in_any_namespace(item: Item, name: str) -> None:
    answer = await item.ask(query=f"?linkType={name}")
    assert (answer.status_code, answer.headers["location"]) == (307, f"{SHOP}/product?linkType={name}")


async def test_linktype_redirect_lets_the_most_specific_level_win(item: Item) -> None:
    await item.register("gs1:pip", "this-one", at="/21/S-1")
    assert (await item.ask(query="?linkType=gs1:pip")).headers["location"].startswith(f"{SHOP}/this-one")


async def test_linktype_missing_is_404(item: Item) -> None:
    answer = await item.ask(query="?linkType=gs1:nosuchlt", Accept="application/json")
    assert answer.status_code == 404
    assert "gs1:pip" in answer.json()["details"]["available"]
    page = await item.ask(query="?linkType=gs1:nosuchlt", Accept="text/html")
    assert page.status_code == 404
    assert 'rel="linkset"' in page.headers["link"] == answer.headers["link"]


async def test_disambiguate_by_language_media_type_and_context(item: Item) -> None:
    await item.register("gs1:instructions", "manual/lk.pdf", hreflang=["en"], mediaType="application/pdf",
                        context=["LK"])  # fmt: skip
    query = "?linkType=gs1:instructions"

    async def led(extra: str = "", **headers: str) -> str:
        answer = await item.ask(query=query + extra, **headers)
        assert answer.status_code == 307, answer.text
        return answer.headers["location"].partition("?")[0].removeprefix(f"{SHOP}/manual/")

    assert await led(Accept_Language="fr") == "fr"
    assert await led(Accept_Language="fr-CH, en;q=0.8") == "fr"
    assert await led(Accept_Language="fr;q=0.3, en", Accept="text/html") == "en"
    assert await led(Accept_Language="en", Accept="application/pdf, text/html;q=0.5") == "en.pdf"
    assert await led("&context=lk", Accept_Language="en") == "lk.pdf"


async def test_ambiguous_links_are_300_with_the_list(item: Item) -> None:
    answer = await item.ask(query="?linkType=gs1:instructions")
    assert answer.status_code == 300
    (entry,) = answer.json()["linkset"]
    assert entry["anchor"] == f"{ROOT}/01/{item.gtin}"
    assert len(entry[f"{VOC}instructions"]) == 3
    english = await item.ask(query="?linkType=gs1:instructions", Accept_Language="en")
    assert english.status_code == 300
    assert len(english.json()["linkset"][0][f"{VOC}instructions"]) == 2


async def test_query_pass_hands_the_query_on_as_it_was_sent(item: Item) -> None:
    answer = await item.ask(query="?foo=bar&17=271231&x=%20a;b")
    assert answer.headers["location"].endswith("?foo=bar&17=271231&x=%20a;b")
    await item.register("gs1:support", "help?topic=1#top", title="Help")
    answer = await item.ask(query="?linkType=gs1:support")
    assert answer.headers["location"] == f"{SHOP}/help?topic=1&linkType=gs1:support#top"


@pytest.mark.parametrize("tail", ["(21)S-1", "(21)S-1(17)271231", "(10)L-1"])
async def test_compressed_is_resolved_like_the_uncompressed_link(item: Item, tail: str) -> None:
    uri = compress(parse_bracketed(f"(01){item.gtin}{tail}"))
    path = "/" + uri.rpartition("/")[2]
    qualifier = tail[1:].partition("(")[0].replace(")", "/")
    plain = f"/01/{item.gtin}/{qualifier}"
    query = "?17=271231" if "(17)" in tail else ""
    packed, whole = await item.ask(path), await item.ask(plain, query)
    assert packed.status_code == whole.status_code == 307
    assert packed.headers["location"] == whole.headers["location"]
    assert f'<{ROOT}{plain}{query}>; rel="owl:sameAs"' in packed.headers["link"]
    assert (await item.linkset(path))[0]["anchor"].startswith(f"{ROOT}/01/{item.gtin}")


async def test_handled_by_is_not_registered_by_anybody_since_nothing_is_passed_on_by_prefix(
    item: Item, client: httpx2.AsyncClient
) -> None:
    body = {"anchor": f"/01/{item.gtin}", "linkType": "gs1:handledBy", "href": SHOP}
    assert (await client.post("/api/v1/links", json=body)).status_code == 400


async def test_link_types_of_gs1_are_the_ratified_ones(item: Item, client: httpx2.AsyncClient) -> None:
    used = {name for entry in await item.linkset() for name in entry if name.startswith(VOC)}
    assert {name.replace(VOC, "gs1:") for name in used} <= TITLES.keys()
    assert len(TITLES) == 61
    body = {"anchor": f"/01/{item.gtin}", "linkType": "gs1:nosuchlt", "href": SHOP}
    assert (await client.post("/api/v1/links", json=body)).status_code == 400


@pytest.mark.skipif(not PUBLISHED_CHECKS.exists(), reason="the published checks are not there")
def test_every_published_check_has_its_test() -> None:
    names = [check["id"].replace("-", "_") for check in json.loads(PUBLISHED_CHECKS.read_text())["checks"]]
    tests = [name for name in globals() if name.startswith("test_")]
    assert [name for name in names if not any(test.startswith(f"test_{name}_") for test in tests)] == []
    published = json.loads((PUBLISHED_CHECKS.parent / "linktypes.json").read_text())["linktypes"]
    assert {f"gs1:{name}" for name in published} == TITLES.keys()


async def test_linkset_is_a_page_to_those_who_ask_for_html(item: Item) -> None:
    await item.register("gs1:safetyInfo", "safety", title='<b>Safety</b> "first"', at="/21/S-1", hreflang=["pl"])
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept_Language": "de-AT"}
    page = await item.ask(query="?linkType=linkset", **browser)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<h1>Weitere Informationen</h1>" in page.text
    assert f'href="{SHOP}/safety" hreflang="pl"' in page.text
    assert "&lt;b&gt;Safety&lt;/b&gt;" in page.text
    assert "(Polnisch)" in page.text
    assert 'href="?linkType=linkset&amp;lang=sv"' in page.text
    assert page.text.count("<script") == 1
    block = page.text.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    linked = await item.ask(query="?linkType=linkset", Accept="application/ld+json")
    assert json.loads(block) == linked.json()
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    again = await item.ask(query="?linkType=linkset", If_None_Match=page.headers["etag"], **browser)
    assert (again.status_code, again.content) == (304, b"")
    choice = await item.ask(query="?linkType=gs1:instructions", Accept="text/html", Accept_Language="pl, en;q=0")
    assert choice.status_code == 300
    assert "<h1>Więcej informacji</h1>" in choice.text
