"""The Core Business Vocabulary 2.0 as data, and the three notations in which its terms are written."""

from __future__ import annotations

from enum import Enum


class Vocabulary(Enum):
    """A list of the CBV; the value is its segment in URNs (``urn:epcglobal:cbv:bizstep:shipping``)."""

    BIZ_STEP = "bizstep"
    DISPOSITION = "disp"
    BIZ_TRANSACTION_TYPE = "btt"
    SOURCE_DESTINATION_TYPE = "sdt"
    ERROR_REASON = "er"
    COMPONENT = "comp"


def terms(vocabulary: Vocabulary) -> frozenset[str]:
    """Return the bare names of a list."""
    raise NotImplementedError


def bare(vocabulary: Vocabulary, term: str) -> str:
    """Return the bare name of a term in any notation (bare, ``urn:epcglobal:cbv:``, web URI, ``cbv:``); else itself."""
    raise NotImplementedError


def urn(vocabulary: Vocabulary, term: str) -> str:
    """Return ``urn:epcglobal:cbv:bizstep:shipping`` for a term in any notation; another vocabulary's URI as it is."""
    raise NotImplementedError


def web_uri(vocabulary: Vocabulary, term: str) -> str:
    """Return ``https://ref.gs1.org/cbv/BizStep-shipping`` for a term in any notation; another URI as it is."""
    raise NotImplementedError
