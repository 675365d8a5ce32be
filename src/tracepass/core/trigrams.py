"""Search terms, so that finding a part of a text is a look-up in an index and never a walk over a collection."""

from __future__ import annotations

from collections.abc import Iterable

TERM_LENGTH = 3


def search_terms(texts: Iterable[str]) -> list[str]:
    """Return the terms a document is found by: each run of three characters, and the first one and two (``^a``)."""
    terms: set[str] = set()
    for text in texts:
        folded = text.casefold()
        terms.update(folded[start : start + TERM_LENGTH] for start in range(len(folded) - TERM_LENGTH + 1))
        terms.update(f"^{folded[:length]}" for length in range(1, min(TERM_LENGTH, len(folded) + 1)))
    return sorted(terms)


def query_terms(search: str) -> list[str]:
    """Return the terms a document must all have; one or two characters are looked for at the start only.

    The last come first: MongoDB follows the index of the first one alone, and numbers differ at their ends.
    """
    folded = search.casefold()
    if len(folded) < TERM_LENGTH:
        return [f"^{folded}"]
    starts = range(len(folded) - TERM_LENGTH, -1, -1)
    return list(dict.fromkeys(folded[start : start + TERM_LENGTH] for start in starts))
