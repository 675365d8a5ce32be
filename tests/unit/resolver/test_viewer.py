"""The pages: what they show, in which language, and that anyone can read them."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tracepass.locale import LOCALES
from tracepass.resolver.texts import Texts
from tracepass.resolver.timelines import Timeline, step_name
from tracepass.resolver.viewer import Viewer
from tracepass.templates.models import Template
from tracepass.templates.service import Templates

Json = dict[str, Any]
FIXTURES = Path(__file__).parents[2] / "fixtures"
VOID = {"meta", "link", "img", "br"}
SVG = {"svg", "path", "circle", "rect"}


@dataclass
class Outline(HTMLParser):
    """What assistive technology would find in a page; broken nesting is an error."""

    ids: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    images: list[Json] = field(default_factory=list)
    links: list[Json] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    labelled_by: list[str] = field(default_factory=list)
    attributes: set[str] = field(default_factory=set)
    text: str = ""
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.attributes |= given.keys()
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if given.get("aria-labelledby"):
            self.labelled_by.append(given["aria-labelledby"] or "")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "img":
            self.images.append(given)
        if tag == "a":
            self.links.append(given)
        if tag not in VOID | SVG - {"svg"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID | SVG - {"svg"}:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def outline_of(html: str) -> Outline:
    outline = Outline()
    outline.feed(html)
    outline.close()
    return outline


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates.load()


@pytest.fixture(scope="module")
def template(templates: Templates) -> Template:
    return templates.get("battery")


@pytest.fixture(scope="module")
def viewer(templates: Templates) -> Viewer:
    return Viewer(templates, Texts.load())


@pytest.fixture
def page() -> Json:
    loaded: Json = json.loads((FIXTURES / "page_battery.json").read_text("utf-8"))
    return loaded


@pytest.mark.parametrize("locale", LOCALES)
def test_a_page_in_any_language_is_sound(viewer: Viewer, template: Template, page: Json, locale: str) -> None:
    html = viewer.passport(page, template, locale=locale, status="published")
    outline = outline_of(html)
    assert f'<html lang="{locale}">' in html
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.labelled_by) <= set(outline.ids)
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    assert {"header", "main", "nav"} <= outline.tags
    assert all(image["alt"] for image in outline.images)
    inner = {link["href"][1:] for link in outline.links if link["href"].startswith("#")}
    assert inner <= set(outline.ids)
    assert not outline.tags & {"script", "style", "iframe", "object", "embed"}
    assert not {name for name in outline.attributes if name.startswith("on") or name == "style"}


def test_sections_follow_the_template_and_empty_ones_are_left_out(
    viewer: Viewer, template: Template, page: Json
) -> None:
    html = viewer.passport(page, template, locale="en", status="published")
    shown = re.findall(r'<section id="(\w+)"', html)
    filled = {template.fields[key].section for key in page["fields"]}
    assert shown == [section.key for section in template.sections if section.key in filled] + ["about"]
    assert "condition" not in shown


def test_numbers_carry_units_in_the_way_of_the_language(viewer: Viewer, template: Template, page: Json) -> None:
    text = outline_of(viewer.passport(page, template, locale="de", status="published")).text
    assert "14.563\xa0g" in text
    assert "0,00035\xa0Ω" in text
    assert "1,8\xa0%\xa0/\xa0Monat" in text
    assert "5 \N{EN DASH} 40\xa0°C" in text


def test_a_range_with_one_end_says_which(viewer: Viewer, template: Template, page: Json) -> None:
    page["fields"]["idle_temperature_range"]["value"] = {"max": 50}
    page["fields"]["voltage_temperature_range"]["value"] = {"min": 0, "unit": "Cel"}
    text = outline_of(viewer.passport(page, template, locale="en", status="published")).text
    assert "Maximum:\xa050\xa0°C" in text
    assert "Minimum:\xa00\xa0°C" in text


def test_text_in_another_language_is_marked_and_said(viewer: Viewer, template: Template, page: Json) -> None:
    html = viewer.passport(page, template, locale="bg", status="published")
    assert '<dd lang="de"><p>Wasser in großer Menge' in html
    assert "показано на език: немски" in html
    assert '<dd lang="bg"' not in html


def test_the_legal_basis_is_linked_in_the_readers_language(viewer: Viewer, template: Template, page: Json) -> None:
    html = viewer.passport(page, template, locale="el", status="published")
    assert "https://eur-lex.europa.eu/legal-content/EL/TXT/?uri=CELEX:32023R1542" in html


def test_a_table_names_its_columns_on_a_phone_too(viewer: Viewer, template: Template, page: Json) -> None:
    html = viewer.passport(page, template, locale="de", status="published")
    assert 'data-label="Ursprungsland"' in html
    assert "<p>Chile</p>" in html


def test_parties_stand_with_the_operators(viewer: Viewer, template: Template, page: Json) -> None:
    html = viewer.passport(page, template, locale="en", status="published")
    operators = html.partition('<section id="operators"')[2].partition("</section>")[0]
    assert "Authorised representative" in operators
    assert "Nordwerk Benelux B.V." in operators
    assert "Netherlands" in operators


def test_parties_have_a_section_of_their_own_where_the_template_has_none(
    viewer: Viewer, template: Template, page: Json
) -> None:
    without = replace(template, sections=tuple(one for one in template.sections if one.key != "operators"))
    html = viewer.passport(page, without, locale="en", status="published")
    assert html.index('<section id="operators"') < html.index('<section id="identity"')


def test_what_is_not_for_the_public_is_never_shown(viewer: Viewer, template: Template, page: Json) -> None:
    page["fields"]["fasteners"] = {"value": "Torx 25, secret", "sourceLocale": "en", "translations": {}}
    page["fields"]["no_such_field"] = {"value": "stray", "sourceLocale": None, "translations": {}}
    html = viewer.passport(page, template, locale="en", status="published")
    assert "secret" not in html
    assert "stray" not in html


def test_banners_say_that_a_passport_is_expired_a_test_or_incomplete(
    viewer: Viewer, template: Template, page: Json
) -> None:
    page |= {"environment": "test", "publishedIncomplete": True, "expiresAt": "2026-11-01T00:00:00.000Z"}
    html = viewer.passport(page, template, locale="en", status="expired")
    assert "This passport expired on 1 November 2026" in html
    assert "This is a test passport" in html
    assert "not yet complete" in html
    assert '<meta name="robots" content="noindex">' in html
    assert '<li class="chip expired">Expired</li>' in html


def test_a_bare_passport_is_a_page_too(viewer: Viewer, template: Template, page: Json) -> None:
    bare = copy.deepcopy(page)
    bare |= {"fields": {}, "parties": {}}
    bare["product"] |= {"description": None, "imageUrls": []}
    bare["gs1"] |= {"serialNumber": None, "lot": "L-7"}
    outline = outline_of(viewer.passport(bare, template, locale="en", status="published"))
    assert outline.headings == [1, 2]
    assert not outline.images
    assert "L-7" in outline.text


def test_texts_are_escaped_and_addresses_are_web_addresses(viewer: Viewer, template: Template, page: Json) -> None:
    page["product"]["name"] = "<img src=x onerror=alert(1)>"
    page["fields"]["unique_product_identifier"]["value"] = "javascript:alert(1)"
    page["fields"]["carbon_footprint_study"]["value"] = "javascript:alert(2)"
    html = viewer.passport(page, template, locale="en", status="published")
    assert "<img src=x" not in html
    assert 'href="javascript' not in html


@pytest.mark.parametrize("locale", LOCALES)
def test_every_notice_is_sound(viewer: Viewer, page: Json, locale: str) -> None:
    notices = [
        viewer.suspended(locale=locale, at="2026-11-01T00:00:00.000Z", reason="<b>Recall</b>"),
        viewer.suspended(locale=locale, at=None, reason=None),
        viewer.archived(page, locale=locale, at="2026-11-01T00:00:00.000Z"),
        viewer.missing(locale=locale),
        viewer.malformed(locale=locale),
    ]
    for html in notices:
        outline = outline_of(html)
        assert outline.headings == [1]
        assert "main" in outline.tags
        assert "<b>" not in html
        assert 'content="noindex"' in html


def test_the_archived_page_names_the_product_and_nothing_else(viewer: Viewer, page: Json) -> None:
    html = viewer.archived(page, locale="en", at="2026-11-01T00:00:00.000Z")
    assert "Voltara Home 10" in html
    assert "NW-2026-004217" in html
    assert "10.24" not in html


COMPANY = {"legalName": "Radwerk Service GmbH", "country": "DE"}
TIMELINE = Timeline(
    (
        {
            "type": "service",
            "kind": "part_replacement",
            "at": "2027-03-05T09:00:00.000Z",
            "description": "Connector <b>replaced</b>.",
            "sourceLocale": "en",
            "by": COMPANY,
            "place": {"name": "Workshop", "country": "AT"},
            "parts": ["Connector", "Seal"],
            "documents": [
                {"url": "https://radwerk.example/r.pdf", "title": "Report"},
                {"fileId": "6650d4e5f6a7b8c9d0e1f2e5"},
            ],
        },
        {
            "type": "transfer",
            "kind": "sale",
            "at": "2027-03-04T09:00:00.000Z",
            "from": {"type": "company", **COMPANY},
            "to": {"type": "private"},
        },
        {"type": "event", "bizStep": "shipping", "at": "2020-01-02T09:00:00.000Z"},
        {"type": "event", "bizStep": "https://ns.example.com/steps#washing_up", "at": "2020-01-01T09:00:00.000Z"},
    ),
    more=True,
)


def with_timeline(viewer: Viewer, template: Template, page: Json, locale: str) -> str:
    return viewer.passport(page, template, locale=locale, status="published", timeline=TIMELINE)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_history_is_told_in_every_language(viewer: Viewer, template: Template, page: Json, locale: str) -> None:
    html = with_timeline(viewer, template, page, locale)
    outline = outline_of(html)
    words = Texts.load().words(locale)
    assert len(outline.ids) == len(set(outline.ids))
    assert "history-title" in outline.ids
    assert set(outline.labelled_by) <= set(outline.ids)
    assert all(after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    for key in ("history", "history_more", "service_part_replacement", "transfer_sale", "owner_private"):
        assert words(key) in outline.text
    assert step_name("shipping", locale) in outline.text
    assert "washing up" in outline.text
    assert "&lt;b&gt;replaced" in html
    assert ("shipping" in outline.text) is False


def test_a_history_begins_with_what_came_last(viewer: Viewer, template: Template, page: Json) -> None:
    html = with_timeline(viewer, template, page, "en")
    days = re.findall(r'<time datetime="([0-9-]+)">', html)
    assert days == sorted(days, reverse=True)
    assert len(days) == len(TIMELINE.entries) + 1
    assert "Passport published" in html
    assert '<a class="link file" href="https://radwerk.example/r.pdf"' in html
    assert 'href="/api/v1/files/6650d4e5f6a7b8c9d0e1f2e5"' in html


def test_text_of_an_entry_in_another_language_is_marked(viewer: Viewer, template: Template, page: Json) -> None:
    assert '<div class="what" lang="en">' in with_timeline(viewer, template, page, "de")
    assert '<div class="what">' in with_timeline(viewer, template, page, "en")


def test_publishing_alone_is_no_history(viewer: Viewer, template: Template, page: Json) -> None:
    html = viewer.passport(page, template, locale="en", status="published", timeline=Timeline())
    assert 'id="history"' not in html
    assert "#history" not in html
