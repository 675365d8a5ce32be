"""What is measured, and how near to its floor it shall come."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass

from benchmarks.load import Requests
from benchmarks.stock import BROWSER, PATCHED, Stock

P99_AIM = 1.5


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that clients do: our requests and the floor's, and the ratio of their rates to reach."""

    name: str
    ours: Requests
    floor: Requests
    aim: float
    status: int = 200
    same_size: bool = False
    tag: str = ""
    """What the texts of its requests begin with, so that no two cases make the same passport."""


def all_cases(stock: Stock) -> list[Case]:
    """Return every case; those that write come last, since the others read what they change."""
    return [*_reads(stock), *_scans(stock), *_writes(stock)]


def _reads(stock: Stock) -> list[Case]:
    headers = _bearer(stock.key)
    return [
        Case(
            "get",
            Requests("GET", [f"/api/v1/passports/{one}" for one in stock.published], headers),
            Requests("GET", [f"/fastapi/passports/{one}" for one in stock.published], headers),
            aim=0.80,
        ),
        Case(
            "get-capped",
            Requests("GET", [f"/api/v1/passports/{one}" for one in stock.capped], _bearer(stock.capped_key)),
            Requests("GET", [f"/fastapi/passports/{one}" for one in stock.capped], headers),
            aim=0.60,
        ),
        Case(
            "list",
            Requests("GET", ["/api/v1/passports?limit=20"], headers),
            Requests("GET", ["/passports?limit=20"], headers),
            aim=0.70,
        ),
    ]


def _scans(stock: Stock) -> list[Case]:
    data = {"Accept": "application/ld+json"}
    landing = [f"/p/{claim}" for claim in stock.claims]
    stored_data, stored_page = ([f"/{kind}/{claim}" for claim in stock.claims] for kind in ("data", "page"))
    return [
        Case("scan-jsonld", Requests("GET", landing, data), Requests("GET", stored_data, data), 0.80, same_size=True),
        Case(
            "scan-html", Requests("GET", landing, BROWSER), Requests("GET", stored_page, BROWSER), 0.80, same_size=True
        ),
    ]


def _writes(stock: Stock) -> list[Case]:
    headers = _bearer(stock.key)
    value = json.dumps({"value": "works @@"})
    cases = []
    for name, passports in (("patch", stock.drafts), ("patch-published", stock.published)):
        tails = [f"/passports/{one}/fields/{PATCHED}" for one in passports]
        ours = Requests("PATCH", [f"/api/v1{tail}" for tail in tails], headers, value)
        cases.append(Case(name, ours, Requests("PATCH", tails, headers, value), aim=0.75))
    return [*cases, *_creations(stock)]


def _creations(stock: Stock) -> list[Case]:
    """Return what makes passports: on a plan without caps, the same with idempotency keys, and on a plan with caps."""
    cases = []
    for name, key, body, keyed in (
        ("create", stock.maker_key, stock.new_passport, False),
        ("create-key", stock.maker_key, stock.new_passport, True),
        ("create-capped", stock.capped_key, stock.new_capped, True),
    ):
        text = json.dumps(body, ensure_ascii=False)
        ours = Requests("POST", ["/api/v1/passports"], _bearer(key), text, keyed=keyed)
        floor = Requests("POST", ["/passports"], _bearer(key), text)
        cases.append(Case(name, ours, floor, aim=0.75, status=201, tag=name[-1]))
    return cases


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}


def verify(case: Case, *, ours: str, floor: str) -> None:
    """Ask both sides once, and hold their answers against each other.

    Raises:
        AssertionError: a status is wrong, an answer is empty, or a scan sends more or less than its floor.
    """
    (status, size), (floor_status, floor_size) = (
        _once(origin, requests, f"{case.tag}v-1") for origin, requests in ((ours, case.ours), (floor, case.floor))
    )
    assert status == floor_status == case.status, f"{case.name}: {status} and {floor_status}, not {case.status}"
    assert size, f"{case.name}: our answer is empty"
    assert floor_size, f"{case.name}: the floor's answer is empty"
    assert not case.same_size or size == floor_size, f"{case.name}: {size} bytes, the floor {floor_size}"


def _once(origin: str, requests: Requests, mark: str) -> tuple[int, int]:
    """Send the first request; return the status and the bytes of its answer."""
    body = requests.body_for(mark)
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{origin}{requests.paths[0]}",
        data=None if body is None else body.encode(),
        headers={**requests.headers, **({"Idempotency-Key": mark} if requests.keyed else {})},
        method=requests.method,
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
        return answer.status, len(answer.read())
