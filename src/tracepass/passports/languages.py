"""The languages a passport is published in, and how many of them a plan includes.

English is always included. A language counts once a text of a field is in it, be it the value or a translation. What
was published before stays as it is and may be changed; only a language more is refused.
"""

from __future__ import annotations

from tracepass.core.mongo import Document
from tracepass.quotas.models import Plan, PlanRequired

INCLUDED = "en"


def languages_of(passport: Document) -> set[str]:
    """Return the languages, beside English, in which a passport has texts."""
    found: set[str] = set()
    for state in passport["fields"].values():
        found |= state["translations"].keys()
        if state["sourceLocale"] is not None and state["value"] is not None:
            found.add(state["sourceLocale"])
    return found - {INCLUDED}


def refuse_languages(plan: Plan, before: Document, after: Document) -> None:
    """Refuse to publish in more languages than a plan includes; drafts may have texts in all of them.

    Raises:
        PlanRequired: there are more, and one of them is new to the public.
    """
    if plan.extra_languages is None or "publishedAt" not in after:
        return
    languages = languages_of(after)
    published = languages_of(before) if "publishedAt" in before else set()
    if len(languages) <= plan.extra_languages or languages <= published:
        return
    more = f"English and {plan.extra_languages} more" if plan.extra_languages else "English only"
    raise PlanRequired(
        f"The plan {plan.name} publishes in {more}; this passport has texts in {', '.join(sorted(languages))}.",
        {"plan": plan.slug, "limit": plan.extra_languages + 1, "languages": sorted(languages | {INCLUDED})},
    )
