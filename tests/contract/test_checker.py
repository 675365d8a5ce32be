"""The checker itself: a test that cannot fail is worse than none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.contract.checker import Checker, ContractBroken

from tracepass.contract import load

HEADERS = {"content-type": "application/json", "x-request-id": "1", "etag": '"1"'}
HEALTH = {"status": "ok"}


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(load())


def _check(checker: Checker, path: str, status: int, body: Any, **headers: str) -> None:
    checker.check("GET", path, status, headers={**HEADERS, **headers}, body=json.dumps(body).encode())


def test_what_fits_is_accepted_and_remembered() -> None:
    fresh = Checker(load())
    _check(fresh, "/healthz", 200, HEALTH)
    assert fresh.seen == {("getHealth", "200")}
    assert ("getHealth", "200") not in fresh.missing()
    assert ("getReadiness", "503") in fresh.missing()


@pytest.mark.parametrize(
    ("path", "status", "body", "fault"),
    [
        ("/healthz", 418, HEALTH, "not documented"),
        ("/healthz", 200, {"status": "ok", "more": 1}, "does not fit"),
        ("/healthz", 200, {}, "does not fit"),
        ("/readyz", 503, {"error": "other", "message": "m"}, "has the code other"),
        ("/api/v1/passports/6650b2c3d4e5f6a7b8c9d0e1", 200, {"_id": "6650b2c3d4e5f6a7b8c9d0e1"}, "does not fit"),
        ("/nowhere", 200, {}, "is no operation"),
    ],
)
def test_what_does_not_fit_is_a_failure(checker: Checker, path: str, status: int, body: Any, fault: str) -> None:
    with pytest.raises(ContractBroken, match=fault):
        _check(checker, path, status, body)


def test_a_missing_header_is_a_failure(checker: Checker) -> None:
    with pytest.raises(ContractBroken, match="lacks the header x-request-id"):
        checker.check("GET", "/healthz", 200, headers={"content-type": "application/json"}, body=b'{"status":"ok"}')


def test_another_media_type_is_a_failure(checker: Checker) -> None:
    with pytest.raises(ContractBroken, match="is text/html"):
        _check(checker, "/healthz", 200, HEALTH, **{"content-type": "text/html"})


def test_a_body_beside_304_is_a_failure(checker: Checker) -> None:
    with pytest.raises(ContractBroken, match="has a body"):
        _check(checker, "/api/v1/passports/6650b2c3d4e5f6a7b8c9d0e1", 304, {})


def test_refusals_outside_of_operations_are_in_the_envelope(checker: Checker) -> None:
    _check(checker, "/nowhere", 404, {"error": "not_found", "message": "There is no such address."})
    checker.check("OPTIONS", "/p/01/04012345000016", 204, headers={}, body=b"")
    with pytest.raises(ContractBroken, match="does not fit"):
        _check(checker, "/nowhere", 404, {"detail": "Not Found"})


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/api/v1/passports/batch", None),
        ("/api/v1/passports/by-serial/A%2F1", "getPassportBySerial"),
        ("/api/v1/passports/by-serial/qr", "getPassportBySerial"),
        ("/api/v1/passports/by-serial/qr/qr", "getQrBySerial"),
        ("/api/v1/passports/6650b2c3d4e5f6a7b8c9d0e1/qr", "getQr"),
        ("/p/01/04012345000016/10/L1/21/S1", "scanItemOfBatch"),
    ],
)
def test_the_most_literal_path_is_meant(checker: Checker, path: str, operation: str | None) -> None:
    found = checker.find("GET", path)
    expected = operation or "getPassport"
    assert found is not None
    assert found.id == expected
