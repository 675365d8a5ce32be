"""One thing, one text: EPC URNs and GS1 Digital Links of the same thing become the same canonical link."""

from __future__ import annotations


def normal(uri: str) -> str:
    """Return the one text that stands for what a URI names.

    EPC URNs, EPC classes, ``idpat`` patterns that end in one wildcard, and links of any domain become the canonical
    link (``https://id.gs1.org/01/80614141123458/21/6789``) with the finest level alone (a serial makes the lot
    superfluous) and without attributes. Any other URI stays as it is. Never raises.
    """
    raise NotImplementedError


def ancestors(canonical: str) -> tuple[str, ...]:
    """Return the classes that a canonical identifier belongs to, itself left out: the GTIN of a serial or lot."""
    raise NotImplementedError


def prefixes(pattern: str) -> tuple[str, ...]:
    """Return with which texts the canonical forms begin that an EPC pattern stands for.

    ``urn:epc:idpat:sgtin:0614141.812345.*`` -> ``("https://id.gs1.org/01/80614141123458/21/",)``; a company's pattern
    ``urn:epc:idpat:sgtin:0614141.*.*`` gives ten of them, one for each indicator digit. Serials keep their own
    sub-namespace (``/21/``), so a pattern never stands for a class.

    Raises:
        tracepass.gs1.epc.EpcError: it is no pattern.
    """
    raise NotImplementedError


def as_urn(canonical: str, company_prefix_length: int) -> str | None:
    """Return the EPC URN of a canonical identifier, None where there is none."""
    raise NotImplementedError
