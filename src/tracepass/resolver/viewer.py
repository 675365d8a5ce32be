"""The page a person sees after a scan: plain values in, HTML out, no script anywhere.

Only fields whose audience includes the public, or the one a grant is for, are shown, whatever the data hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from typing import Any, Final
from urllib.parse import unquote, urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tracepass import __version__
from tracepass.locale import LOCALES, resolve
from tracepass.resolver.courses import courses_of
from tracepass.resolver.formats import formats_for, own_name
from tracepass.resolver.models import Access
from tracepass.resolver.texts import Texts, Words
from tracepass.resolver.timelines import NOTHING, Timeline, happenings
from tracepass.resolver.values import Entry, Party, Presenter
from tracepass.templates.models import Regulation, Section, Template
from tracepass.templates.service import Templates

Json = Mapping[str, Any]

PACKAGE: Final = "tracepass.resolver"
OPERATORS: Final = "operators"
"""The section that also holds the passport's parties."""
PREDECESSORS: Final = "predecessor_passports"
MAX_HIGHLIGHTS: Final = 4
_HIGHLIGHTS: Final[Mapping[str, list[str]]] = json.loads(
    (resources.files(PACKAGE) / "data" / "highlights.json").read_text("utf-8")
)


def _fingerprint(*folders: str) -> str:
    """Return a short digest of the package's files in some folders."""
    files = (file for folder in folders for file in (resources.files(PACKAGE) / folder).iterdir())
    contents = (file.read_bytes() for file in sorted(files, key=lambda file: file.name))
    return sha256(b"".join(contents)).hexdigest()[:12]


STYLE_VERSION: Final = _fingerprint("static")
BUILD: Final = f"{__version__}-{_fingerprint('static', 'pages', 'texts', 'data')}"
"""Changes whenever a new release may draw the same passport otherwise."""
ROLES: Final = (
    "manufacturer", "importer", "authorisedRepresentative", "distributor", "recycler", "producerResponsibilityOrg"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chapter:
    """One section of the page."""

    key: str
    title: str
    entries: tuple[Entry, ...]
    parties: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled text; ``code`` marks identifiers, which are set in fixed width."""

    label: str
    text: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class ListedLink:
    """A link to choose: ``note`` says in which language and form it is."""

    href: str
    title: str
    hreflang: str
    note: str


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """The links of one identifier."""

    title: str
    path: str
    links: tuple[ListedLink, ...]


@dataclass(frozen=True, slots=True)
class OtherPassport:
    """An earlier or later passport: its Digital Link, and the serial number and host in it."""

    href: str
    serial: str
    host: str


class Viewer:
    """Renders pages in the 24 languages."""

    def __init__(self, templates: Templates, texts: Texts) -> None:
        self._templates = templates
        self._texts = texts
        self._pages = Environment(
            loader=PackageLoader(PACKAGE, "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages.globals |= {
            "languages": [(locale, own_name(locale)) for locale in LOCALES],
            "style_version": STYLE_VERSION,
        }

    def passport(
        self,
        page: Json,
        template: Template,
        *,
        locale: str,
        status: str,
        timeline: Timeline = NOTHING,
        keys: str = "",
        access: Access | None = None,
    ) -> str:
        """Return the page of a published or expired passport; with ``access`` as the holder of a grant reads it.

        ``keys`` is where the keys of its company are.
        """
        presenter = self._presenter(locale)
        chapters = chapters_of(page, template, presenter, audience=access.audience if access else "")
        description = resolve(
            {"value": page["product"].get("description"), "sourceLocale": page["product"].get("sourceLocale")}, locale
        )
        return self._pages.get_template("passport.html.j2").render(
            locale=locale,
            t=presenter.words,
            page=page,
            status=status,
            description=description,
            foreign=presenter.foreign(description.locale),
            identifiers=_identifiers(page, presenter.words),
            highlights=_highlights(chapters, template.category),
            chapters=chapters,
            lineage=_lineage(page, presenter.words),
            happenings=happenings(timeline, page, presenter),
            more_happened=timeline.more,
            courses=courses_of(page.get("courses", {}), template, presenter),
            keys=keys,
            record=_record(page, presenter, self._templates.category_label(template, locale)),
            acts=_acts(template, locale),
            expired_on=_day(page.get("expiresAt"), presenter),
            access=access,
            access_until=_day(access.expires_at if access else None, presenter),
            suspended_on=_day(access.suspended_at if access else None, presenter),
            reserved=_reserved(template),
            offers_access=bool(_reserved(template)) and not template.dpp.usage_tracking_prohibited,
            here=urlsplit(page["gs1"]["digitalLinkUri"]).path,
        )

    def suspended(self, *, locale: str, at: str | None, reason: str | None) -> str:
        """Return the page of a suspended passport (423); ``at`` is a timestamp."""
        words = self._texts.words(locale)
        text = words("suspended_text", date=_day(at, self._presenter(locale)))
        facts = [Fact(words("reason"), reason)] if reason else []
        return self._notice(words, words("suspended_title"), text, facts=facts, tone="warning")

    def archived(self, page: Json, *, locale: str, at: str | None) -> str:
        """Return the page of an archived passport (410), which says what product it was about."""
        words = self._texts.words(locale)
        text = words("archived_text", date=_day(at, self._presenter(locale)))
        return self._notice(words, words("archived_title"), text, facts=_former(page, words), tone="neutral")

    def missing(self, *, locale: str) -> str:
        """Return the page for a link without a published passport (404)."""
        words = self._texts.words(locale)
        return self._notice(words, words("missing_title"), words("missing_text"))

    def links(self, groups: Sequence[LinkGroup], *, locale: str, kept: str, data: str) -> str:
        """Return the page of links to choose among.

        Args:
            groups: the links by what they are about.
            locale: the reader's language.
            kept: the query that a change of language keeps.
            data: the same links as JSON-LD, fit to stand in HTML.
        """
        page = self._pages.get_template("links.html.j2")
        return page.render(locale=locale, t=self._texts.words(locale), groups=groups, kept=kept, data=Markup(data))  # noqa: S704 - escaped by its maker

    def grant_form(self, *, locale: str, to: str, fault: bool, access: Access | None) -> str:
        """Return the page on which a person shows the token of an access grant, or gives it back."""
        words, kept = self._texts.words(locale), urlencode({"to": to}) + "&" if to else ""
        until = _day(access.expires_at if access else None, self._presenter(locale))
        page = self._pages.get_template("grant_form.html.j2")
        return page.render(locale=locale, t=words, to=to, kept=kept, fault=fault, access=access, access_until=until)

    def malformed(self, *, locale: str) -> str:
        """Return the page for a link whose number cannot be right (400)."""
        words = self._texts.words(locale)
        return self._notice(words, words("malformed_title"), words("malformed_text"))

    def _notice(
        self, words: Words, title: str, text: str, *, facts: list[Fact] | None = None, tone: str = "neutral"
    ) -> str:
        return self._pages.get_template("notice.html.j2").render(
            locale=words.locale, t=words, title=title, text=text, facts=facts or [], tone=tone
        )

    def _presenter(self, locale: str) -> Presenter:
        return Presenter(self._texts.words(locale), formats_for(locale), self._templates)


def chapters_of(page: Json, template: Template, presenter: Presenter, *, audience: str = "") -> list[Chapter]:
    """Return the sections that have something to show the public, and another audience, in the template's order."""
    parties = tuple(
        presenter.party(page["parties"][role], presenter.words(f"role_{role}"))
        for role in ROLES
        if role in page["parties"]
    )
    audiences = frozenset({"public", audience})
    chapters = [_chapter(section, page, template, presenter, parties, audiences) for section in template.sections]
    if parties and all(section.key != OPERATORS for section in template.sections):
        chapters.insert(0, Chapter(OPERATORS, presenter.words("operators"), (), parties))
    return [chapter for chapter in chapters if chapter.entries or chapter.parties]


def _chapter(
    section: Section,
    page: Json,
    template: Template,
    presenter: Presenter,
    parties: tuple[Party, ...],
    audiences: frozenset[str],
) -> Chapter:
    entries = tuple(
        presenter.entry(field, page["fields"][field.key])
        for field in template.fields.values()
        if field.section == section.key and field.key in page["fields"] and not audiences.isdisjoint(field.audiences)
        if not _is_told_by_lineage(field.key, page)
    )
    title = presenter.label(section.key, section.label)
    return Chapter(section.key, title, entries, parties if section.key == OPERATORS else ())


def _reserved(template: Template) -> frozenset[str]:
    """Return the keys of the fields that the public does not see."""
    return frozenset(field.key for field in template.fields.values() if "public" not in field.audiences)


def _lineage(page: Json, words: Words) -> list[tuple[str, list[OtherPassport]]]:
    """Return the earlier and later passports of a battery, each kind under its heading."""
    lineage = page.get("lineage", {})
    ends = (("lineage_before", "predecessors"), ("lineage_after", "successors"))
    return [(words(key), [_other(href) for href in lineage[name]]) for key, name in ends if lineage.get(name)]


def _other(href: str) -> OtherPassport:
    parts = urlsplit(href)
    return OtherPassport(href, unquote(parts.path.rstrip("/").rpartition("/")[2]), parts.netloc)


def _is_told_by_lineage(key: str, page: Json) -> bool:
    """Tell whether a field says nothing but what stands in the section of earlier and later passports."""
    if key != PREDECESSORS:
        return False
    links = set(page.get("lineage", {}).get("predecessors", ()))
    return all(row.get("url") in links and row.keys() <= {"identifier", "url"} for row in page["fields"][key]["value"])


def _highlights(chapters: list[Chapter], category: str) -> list[Entry]:
    """Return the few numbers that say most about a product of this category."""
    entries = {entry.key: entry for chapter in chapters for entry in chapter.entries}
    chosen = [entries[key] for key in _HIGHLIGHTS.get(category, []) if key in entries]
    return chosen[:MAX_HIGHLIGHTS]


def _identifiers(page: Json, words: Words) -> list[Fact]:
    gs1 = page["gs1"]
    pairs = (("model", page["product"]["model"]), ("gtin", gs1["gtin"]), ("serial", gs1["serialNumber"]))
    return [Fact(words(key), value, code=True) for key, value in (*pairs, ("lot", gs1["lot"])) if value]


def _record(page: Json, presenter: Presenter, category: str) -> list[Fact]:
    """Return the facts on the passport itself."""
    words = presenter.words
    days = (("published_on", "publishedAt"), ("updated_on", "updatedAt"), ("valid_until", "expiresAt"))
    return [
        Fact(words("category"), category),
        *(Fact(words(key), _day(page[member], presenter)) for key, member in days if page.get(member)),
        Fact(words("version"), str(page["version"])),
        Fact(words("link"), page["gs1"]["digitalLinkUri"], code=True),
    ]


def _former(page: Json, words: Words) -> list[Fact]:
    return [Fact(words("passport"), page["product"]["name"]), *_identifiers(page, words)]


def _acts(template: Template, locale: str) -> list[tuple[Regulation, str]]:
    """Return the acts the passport rests on, each with its address in the reader's language."""
    acts = [act for act in template.regulations if act.role in {"dpp_basis", "content_basis"} and act.url]
    return [(act, act.url.replace("/legal-content/EN/", f"/legal-content/{locale.upper()}/")) for act in acts]


def _day(timestamp: str | None, presenter: Presenter) -> str:
    return presenter.formats.day_of(timestamp) if timestamp else ""
