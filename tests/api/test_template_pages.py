"""The public pages of the templates: for people, without a key, in their language."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx2
import pytest

from tracepass.contract.template_pages import TEMPLATE_POLICY, TemplatePages
from tracepass.locale import LOCALES
from tracepass.templates.service import Templates

TEMPLATES = Templates.load()
PAGES = TemplatePages(TEMPLATES)


class _Page(HTMLParser):
    """What matters of a page: its tags, its ids, its links, its language."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.lang = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        self.lang = found["lang"] if tag == "html" else self.lang
        assert not any(name.startswith("on") or name == "style" for name in found)


async def test_anyone_can_read_what_will_be_asked(anonymous: httpx2.AsyncClient) -> None:
    every = await anonymous.get("/templates")
    battery = await anonymous.get("/templates/battery")
    assert (every.status_code, battery.status_code) == (200, 200)
    assert {f"/templates/{template.category}?lang=en" for template in TEMPLATES.list_()} <= set(_Page(every.text).links)
    page = _Page(battery.text)
    assert {f"field-{key}" for key in TEMPLATES.get("battery").fields} <= set(page.ids)
    assert "(EU) 2023/1542 Art. 77(3)" in battery.text


async def test_lang_decides_then_the_browsers_languages_then_english(anonymous: httpx2.AsyncClient) -> None:
    greek = {"Accept-Language": "el-GR,el;q=0.9,en;q=0.5"}
    asked = await anonymous.get("/templates/battery", params={"lang": "de"}, headers=greek)
    accepted = await anonymous.get("/templates/battery", headers=greek)
    plain = await anonymous.get("/templates/battery")
    assert [_Page(answer.text).lang for answer in (asked, accepted, plain)] == ["de", "el", "en"]
    assert [answer.headers["content-language"] for answer in (asked, accepted, plain)] == ["de", "el", "en"]
    assert "Werkstoffe und Zusammensetzung" in asked.text
    assert accepted.headers["vary"].startswith("Accept-Language")


@pytest.mark.parametrize("path", ["/templates", "/templates/battery"])
async def test_a_page_that_has_not_changed_is_not_sent_again(anonymous: httpx2.AsyncClient, path: str) -> None:
    first = await anonymous.get(path)
    again = await anonymous.get(path, headers={"If-None-Match": first.headers["etag"]})
    other = await anonymous.get(path, params={"lang": "fr"}, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, other.status_code) == (304, 200)


async def test_aliases_lead_to_the_page_and_other_names_and_languages_are_refused(
    anonymous: httpx2.AsyncClient,
) -> None:
    alias = await anonymous.get("/templates/batteries")
    unknown = await anonymous.get("/templates/spaceships")
    klingon = await anonymous.get("/templates", params={"lang": "tlh"})
    assert (alias.status_code, unknown.status_code, klingon.status_code) == (200, 404, 400)


async def test_a_page_runs_no_script_and_loads_nothing(anonymous: httpx2.AsyncClient) -> None:
    for path in ("/templates", "/templates/battery"):
        answer = await anonymous.get(path)
        page = _Page(answer.text)
        assert answer.headers["content-security-policy"] == TEMPLATE_POLICY
        assert page.tags.isdisjoint({"script", "img", "iframe", "object", "form"})
        assert len(page.ids) == len(set(page.ids))
        assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_category_has_its_page_in_every_language(locale: str) -> None:
    assert PAGES.list_(locale).locale == locale
    for template in TEMPLATES.list_():
        text = PAGES.one(template.category, locale).body.decode()
        assert text.count('<li id="field-') == len(template.fields)
        assert f'<html lang="{locale}">' in text


def test_help_texts_that_fall_back_to_english_are_marked_so() -> None:
    german, polish = (PAGES.one("battery", locale).body.decode() for locale in ("de", "pl"))
    assert '<p class="help" lang="de">' in german
    assert "Beschreibungen auf Englisch" not in german
    assert '<p class="help" lang="en">' in polish
    assert "Opisy w języku angielskim" in polish
