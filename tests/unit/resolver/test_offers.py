"""Which link answers a request best, and what a linkset says (GS1-Conformant Resolver Standard 1.2, 2.5.8, 2.6)."""

from __future__ import annotations

import pytest

from tracepass.resolver.linksets import linkset, linkset_type
from tracepass.resolver.offers import Level, Offer, Wish, answers, weighted, with_default

PLAIN = Offer(link_type="gs1:pip", href="https://a/plain", title="Plain")
GERMAN = Offer(link_type="gs1:pip", href="https://a/de", title="Deutsch", hreflang=("de",))
SWISS = Offer(link_type="gs1:pip", href="https://a/de-CH", title="Schweiz", hreflang=("de-CH",))
FRENCH = Offer(link_type="gs1:pip", href="https://a/fr", title="Français", hreflang=("fr",), media_type="text/html")
PDF = Offer(link_type="gs1:pip", href="https://a/pdf", title="PDF", hreflang=("fr",), media_type="application/pdf")
LANKA = Offer(link_type="gs1:pip", href="https://a/lk", title="LK", context=("LK",))


def led(offers: tuple[Offer, ...], **wish: str) -> list[str]:
    level = Level("https://id/01/1", offers)
    return [offer.title for offer in answers(with_default([level]), Wish(link_type="gs1:pip", **wish))]


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("de", "Deutsch"),
        ("de-CH", "Schweiz"),
        ("de-AT", "Deutsch"),
        ("fr, de;q=0.9", "Français"),
        ("fr;q=0.1, de;q=0.9", "Deutsch"),
        ("fr;q=0, de;q=0.1", "Deutsch"),
        ("pl", "Plain"),
        ("pl, *;q=0.1", "Plain"),
        ("nonsense;q=x, fr", "Français"),
    ],
)
def test_the_best_language_wins_and_no_claim_beats_a_wrong_one(language: str, title: str) -> None:
    assert led((PLAIN, GERMAN, SWISS, FRENCH), accept_language=language) == [title]


@pytest.mark.parametrize(
    ("accept", "title"),
    [
        ("application/pdf", "PDF"),
        ("application/*, text/html;q=0.5", "PDF"),
        ("text/html, application/pdf;q=0.9", "Français"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "Français"),
    ],
)
def test_the_best_media_type_wins_within_a_language(accept: str, title: str) -> None:
    assert led((FRENCH, PDF), accept_language="fr", accept=accept) == [title]


def test_language_counts_before_media_type_and_context_before_both() -> None:
    assert led((GERMAN, PDF), accept_language="de", accept="application/pdf") == ["Deutsch"]
    assert led((GERMAN, PDF, LANKA), accept_language="de", accept="application/pdf", context="lk") == ["LK"]
    assert led((PLAIN, LANKA)) == ["Plain"]
    assert led((PLAIN, LANKA), context="DE") == ["Plain"]


def test_a_single_link_of_the_type_answers_whatever_the_headers_say() -> None:
    assert led((GERMAN,), accept_language="fr", accept="image/png", context="XX") == ["Deutsch"]


def test_links_that_are_equally_good_are_all_answered() -> None:
    assert led((GERMAN, SWISS)) == ["Deutsch", "Schweiz"]
    assert led((GERMAN, SWISS), accept_language="pl") == ["Deutsch", "Schweiz"]
    assert led((FRENCH, PDF), accept_language="fr") == ["Français", "PDF"]
    assert led((GERMAN, SWISS, PLAIN)) == ["Plain"]


def test_a_type_that_is_not_there_has_no_answer() -> None:
    level = Level("https://id/01/1", (PLAIN,))
    assert answers(with_default([level]), Wish(link_type="gs1:faqs")) == ()
    assert answers((), Wish()) == ()


def test_without_a_default_the_first_link_of_the_primary_key_is_one() -> None:
    item, model = Level("https://id/01/1/21/2", (GERMAN,)), Level("https://id/01/1", (PLAIN, FRENCH))
    assert answers(with_default([item, model]), Wish())[0].title == "Plain"
    assert answers(with_default([item, Level("https://id/01/1", ())]), Wish())[0].title == "Deutsch"
    assert with_default([Level("https://id/01/1", ())]) == ()


def test_the_set_to_choose_among_answers_only_a_request_that_speaks_for_one() -> None:
    default = Offer(link_type="gs1:dpp", href="https://a/dpp", title="Default", default=True)
    several = tuple(
        Offer(link_type="gs1:faqs", href=f"https://a/{tag}", title=tag, hreflang=(tag,), multi=True)
        for tag in ("de", "fr")
    )
    levels = with_default([Level("https://id/01/1", (default, *several))])
    for wish, title in (({"accept_language": "fr"}, "fr"), ({"accept_language": "pl"}, "Default"), ({}, "Default")):
        assert [offer.title for offer in answers(levels, Wish(**wish))] == [title]
    assert answers(levels, Wish(link_type="gs1:defaultLink", accept_language="de"))[0].title == "de"


def test_a_linkset_names_each_link_under_its_type_and_the_default_once_more() -> None:
    default = Offer(link_type="gs1:pip", href="https://a/x", title="X", hreflang=("en",), default=True)
    assert linkset([Level("https://id/01/1", (default, LANKA), "Pump")]) == {
        "linkset": [
            {
                "anchor": "https://id/01/1",
                "itemDescription": "Pump",
                "https://ref.gs1.org/voc/pip": [
                    {"href": "https://a/x", "title": "X", "hreflang": ["en"]},
                    {"href": "https://a/lk", "title": "LK", "context": ["LK"]},
                ],
                "https://ref.gs1.org/voc/defaultLink": [{"href": "https://a/x", "title": "X"}],
            }
        ]
    }


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/linkset+json"),
        ("*/*", "application/linkset+json"),
        ("text/html", "application/linkset+json"),
        ("application/json", "application/json"),
        ("application/json;q=0.5, application/linkset+json;q=0.4", "application/json"),
        ("application/ld+json", "application/ld+json"),
    ],
)
def test_a_linkset_comes_in_the_type_that_was_asked_for(accept: str | None, media_type: str) -> None:
    assert linkset_type(accept) == media_type


def test_weights_are_between_0_and_1() -> None:
    assert weighted("a, b;q=0.5, c;q=2, d;x=1;q=0.1, e;q=nan,") == {"a": 1, "b": 0.5, "c": 0, "d": 0.1, "e": 0}
