"""The Core Business Vocabulary 2.0 as data, and the notations in which its terms are written.

A term is bare in JSON (``shipping``), a URN in XML before 2.0 (``urn:epcglobal:cbv:bizstep:shipping``), and a web URI
in graphs (``https://ref.gs1.org/cbv/BizStep-shipping``); ``data/vocabulary.json`` has a list for each vocabulary.
Kinds of measurement and alerts belong to the GS1 Web Vocabulary and have no URN.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import resources


class Vocabulary(Enum):
    """A list of terms; the value is its name in the data, and its segment in URNs where it has any."""

    BIZ_STEP = "bizstep"
    DISPOSITION = "disp"
    BIZ_TRANSACTION_TYPE = "btt"
    SOURCE_DESTINATION_TYPE = "sdt"
    ERROR_REASON = "er"
    COMPONENT = "comp"
    MEASUREMENT = "measurement"
    ALERT = "alert"

    # There is one of each: no need to go by the name.
    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class _Notations:
    """A list of terms: each notation of each term -> its bare name, and the beginnings that make the others."""

    bare: Mapping[str, str]
    web: str
    urn: str


def _read() -> dict[Vocabulary, _Notations]:
    text = resources.files("tracepass.epcis").joinpath("data/vocabulary.json").read_text(encoding="utf-8")
    return {Vocabulary(name): _notations(row) for name, row in json.loads(text).items()}


def _notations(row: Mapping[str, str | list[str]]) -> _Notations:
    web, prefixed, urn_ = str(row["web"]), str(row["prefixed"]), str(row.get("urn", row["web"]))
    beginnings = ("", web, web.replace("https:", "http:"), web.replace("//gs1.org", "//www.gs1.org"), prefixed, urn_)
    return _Notations({begin + term: term for term in row["terms"] for begin in beginnings}, web, urn_)


_ALL = _read()
BARE: Mapping[Vocabulary, Mapping[str, str]] = {vocabulary: rows.bare for vocabulary, rows in _ALL.items()}
"""Every notation of every term of a list -> its bare name; for the hot path."""


def terms(vocabulary: Vocabulary) -> frozenset[str]:
    """Return the bare names of a list."""
    return frozenset(BARE[vocabulary].values())


def bare(vocabulary: Vocabulary, term: str) -> str:
    """Return the bare name of a term in any notation (bare, ``urn:epcglobal:cbv:``, web URI, ``cbv:``); else itself."""
    return BARE[vocabulary].get(term, term)


def urn(vocabulary: Vocabulary, term: str) -> str:
    """Return ``urn:epcglobal:cbv:bizstep:shipping`` for a term in any notation; another vocabulary's URI as it is."""
    name = BARE[vocabulary].get(term)
    return term if name is None else _ALL[vocabulary].urn + name


def web_uri(vocabulary: Vocabulary, term: str) -> str:
    """Return ``https://ref.gs1.org/cbv/BizStep-shipping`` for a term in any notation; another URI as it is."""
    name = BARE[vocabulary].get(term)
    return term if name is None else _ALL[vocabulary].web + name
