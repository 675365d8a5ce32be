"""Rules on identifiers: whether URNs and links are what the standard has, and whether they fit their places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Final

from tracepass.epcis.analysis.chain import Chain
from tracepass.epcis.analysis.identifierfaults import Written, written_in
from tracepass.epcis.analysis.rule import Hit, Look, Rule, Severity
from tracepass.gs1.epc.links import STEM

_PREFIX = re.compile(r"urn:epc:(?:id|class|idpat):[a-z]+:(\d+)\.", re.ASCII)
_SERIAL_LINK: Final = re.compile(re.escape(STEM) + r"/(?:01|8006)/[^/]+/(?:21|235)/.")
_CLASS_LINK: Final = re.compile(re.escape(STEM) + r"/(?:01|8006)/[^/]+(?:/10/[^/]+)?")


def _faulty(code: str, chain: Chain) -> Iterator[Hit]:
    for happening, at, uri, found, why in chain.faults:
        if found == code:
            yield Hit(happening, at, uri, {"why": why})


def _stopped(chain: Chain) -> Iterator[Hit]:
    if chain.has_more_faults:
        yield Hit(None, words={"count": len(chain.faults)})


def _prefixes_differ(chain: Chain) -> Iterator[Hit]:
    """Find company prefixes that begin with one another, which GS1 never assigns."""
    first: dict[str, Written] = {}
    for happening in chain.happenings:
        for written in written_in(happening):
            found = _PREFIX.match(written[2])
            if found:
                first.setdefault(found[1], written)
    for shorter, longer in pairwise(sorted(first)):
        if longer.startswith(shorter):
            happening, at, uri = first[longer]
            yield Hit(happening, at, uri, {"longer": longer, "shorter": shorter, "other": first[shorter][2]})


def _mixed(chain: Chain) -> Iterator[Hit]:
    """Find things that are named in two notations, and tell of the first."""
    for life in chain.lives.values():
        notations = {mention.uri[:4]: (happening, mention) for happening, mention in reversed(life)}
        if "urn:" in notations and "http" in notations:
            happening, mention = max(notations.values(), key=lambda pair: pair[0].index)
            yield Hit(happening, mention.at, mention.uri, {"other": min(n[1].uri for n in notations.values())})


def _class_as_thing(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        for mention in happening.mentions:
            if _CLASS_LINK.fullmatch(mention.key):
                yield Hit(happening, mention.at, mention.uri)


def _thing_as_class(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        for amount in happening.amounts:
            if _SERIAL_LINK.match(amount.key):
                yield Hit(happening, f"{amount.at}/epcClass", amount.uri)


def _no_place(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        for name, key in (("readPoint", happening.read_point), ("bizLocation", happening.location)):
            ai = key[len(STEM) + 1 :].partition("/")[0] if key is not None and key.startswith(STEM) else None
            if ai in {"01", "00", "8006", "8018", "8017"}:
                yield Hit(happening, f"/{name}/id", happening.event[name]["id"], {"name": name})


def _rows() -> Mapping[str, tuple[str, str]]:
    return {
        "invalid_urn": (
            "{epc} is no EPC: {why}.",
            "Write prefix and reference with the lengths that the scheme has; POST /api/v1/epc/encode makes the URN.",
        ),
        "wrong_check_digit": (
            "{epc} has a wrong check digit: {why}.",
            "Compare the number with the label or the master data: a digit was misread, or two were swapped.",
        ),
        "invalid_link": (
            "{epc} is no GS1 Digital Link that the standard has: {why}.",
            "Correct the link at that position.",
        ),
    }


def _row(code: str, severity: Severity, says: str, fix: str, look: Look) -> Rule:
    return Rule(code, "identifiers", severity, says, fix, look)


IDENTIFIER_RULES: Final = (
    *(_row(code, "error", says, fix, partial(_faulty, code)) for code, (says, fix) in _rows().items()),
    _row(
        "identifier_check_stopped",
        "warning",
        "After {count} faulty identifiers no more were checked.",
        "Correct the faults told here, and analyse the document again.",
        _stopped,
    ),
    _row(
        "company_prefixes_overlap",
        "warning",
        "The company prefixes {longer} and {shorter} (in {other}) cannot both be: one begins with the other.",
        "Find out how long the company prefix is, and split all URNs alike.",
        _prefixes_differ,
    ),
    _row(
        "mixed_notations",
        "info",
        "The same thing is named as {epc} and as {other}.",
        "Write URNs or links throughout, so that systems which compare texts find it again.",
        _mixed,
    ),
    _row(
        "class_in_epc_list",
        "warning",
        "{epc} names a class, where a single thing belongs.",
        "Add the serial number, or move it to the quantity list as epcClass.",
        _class_as_thing,
    ),
    _row(
        "serial_in_quantity_list",
        "warning",
        "{epc} names a single thing, where a class belongs.",
        "Move it to the list of EPCs, or leave the serial number out.",
        _thing_as_class,
    ),
    _row(
        "no_location",
        "warning",
        "{epc} is a {name}, but names no place.",
        "Write the GLN of the place.",
        _no_place,
    ),
)
