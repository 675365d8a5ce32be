"""What the pipeline answers, for every operation that documents it: generated from the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.conftest import Office, client_of, new_gtin, running
from tests.contract.checker import Checker, Operation
from tests.contract.premises import Owner, Premises
from tests.contract.requests import Requests

from tracepass.app import create_app
from tracepass.contract import load
from tracepass.core import mongo
from tracepass.settings import Settings

OPERATIONS = Checker(load()).operations
SCANS = tuple(operation for operation in OPERATIONS if operation.id.startswith(("scan", "resolve")))
UNKNOWN_ID = "0123456789abcdef01234567"
GONE = "mongodb://127.0.0.1:9/?directConnection=true"


def _documenting(status: str, *, but: Callable[[Operation], bool] = lambda _: False) -> pytest.MarkDecorator:
    """Parametrize a test with the operations that document a status."""
    chosen = [
        operation
        for operation in OPERATIONS
        if status in operation.answers
        and not but(operation)
        and not _is_a_page(operation, status)
        and not _is_of_a_protocol(operation, status)
    ]
    return pytest.mark.parametrize("operation", chosen, ids=lambda operation: operation.id)


def _is_a_page(operation: Operation, status: str) -> bool:
    """Tell whether the answer is a page and nothing else."""
    return set(operation.answers[status].bodies) == {"text/html"}


def _is_of_a_protocol(operation: Operation, status: str) -> bool:
    """Tell whether a status means what JSON-RPC says, not what the pipeline says; tests of assistants produce it."""
    return operation.path == "/mcp" and status in {"400", "404", "406"}


def _is_scan(operation: Operation) -> bool:
    return operation.path.startswith(("/p/", "/test/", "/01/", "/{"))


def _is_of_traces(operation: Operation) -> bool:
    """Tell whether an operation has 406 where others have 400."""
    return operation.path.startswith("/api/v1/traces")


def _is_oauth(operation: Operation) -> bool:
    """Tell whether an operation has the refusals of a standard, or shows a page; tests of its own look at those."""
    return "OAuth" in operation.definition["tags"]


def _shows_a_page(operation: Operation) -> bool:
    """Tell whether an operation is for a browser, which gets to the database only with its cookies."""
    return operation.id in {"showSignIn", "signIn", "listApps", "disconnectApp", "showAccess", "openAccess"}


def _has_code(operation: Operation, status: str, code: str) -> bool:
    return any(code in codes for codes in operation.answers[status].codes.values())


@pytest.fixture(scope="module")
def owner(landlord: Owner) -> httpx2.AsyncClient:
    return landlord.client


@pytest.fixture(scope="module")
async def without_database(settings: Settings, contract: Checker) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an application whose database went away, and which does not wait long for it."""
    app = create_app(Settings.model_validate({**settings.model_dump(), "mongodb_uri": GONE}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mongo, "SELECTION_TIMEOUT_MS", 20)
        # The driver looks again only so often, and would keep each of some 250 tests waiting for half a second.
        patch.setattr("pymongo.common.MIN_HEARTBEAT_INTERVAL", 0.02)
        async with running(app):
            yield client_of(app, contract, key="tp_live_any")


def _is_entrance(operation: Operation) -> bool:
    """Tell whether an operation finds out itself who comes."""
    return _is_oauth(operation) or operation.id in {"login", "acceptInvitation"}


def _is_for_people(operation: Operation) -> bool:
    return operation.definition.get("security") == [{"sessionCookie": []}]


@_documenting("401", but=lambda operation: _is_entrance(operation) or _is_scan(operation))
async def test_a_call_with_a_key_that_opens_nothing_is_unauthorized(
    operation: Operation, requests: Requests, office: Office
) -> None:
    answer = await requests.send(client_of(office.app, office.contract, key="tp_live_nothing"), operation)
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")


@_documenting("400", but=lambda operation: _is_scan(operation) or operation.path == "/api/oauth/authorize")
async def test_an_unknown_query_parameter_is_refused(
    operation: Operation, requests: Requests, owner: httpx2.AsyncClient
) -> None:
    answer = await requests.send(owner, operation, params={"surprise": "1"})
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")
    assert list(answer.json()["details"]["fieldErrors"]) == ["surprise"]


@_documenting("400", but=lambda operation: not _is_scan(operation))
async def test_a_link_with_a_wrong_check_digit_is_refused(
    operation: Operation, requests: Requests, anonymous: httpx2.AsyncClient
) -> None:
    wrong = requests.at(gtin="04012345000015", value="4012345000008", compressed="AQd1NhYLhw")
    answer = await wrong.send(anonymous, operation, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")


@_documenting("308")
async def test_a_shorter_gtin_is_forwarded_to_its_14_digits(
    operation: Operation, requests: Requests, anonymous: httpx2.AsyncClient
) -> None:
    short = requests.at(gtin="4012345000016")
    answer = await short.send(anonymous, operation)
    assert answer.status_code == 308
    assert answer.headers["location"] == short.at(gtin="04012345000016").path(operation)


@_documenting(
    "404",
    but=lambda operation: operation.id.startswith(("getTemplate", "describeResolver")) or _is_for_people(operation),
)
async def test_what_does_not_exist_is_not_found(
    operation: Operation, requests: Requests, owner: httpx2.AsyncClient
) -> None:
    places = {
        "id": UNKNOWN_ID,
        "imageId": UNKNOWN_ID,
        "serial": "nobody",
        "gtin": new_gtin(),
        "workspace": "nobody",
        "slug": "nobody",
        "name": "nobody",
        "eventId": "urn:uuid:nobody",
        **dict.fromkeys(("eventType", "epc", "bizStep", "bizLocation", "readPoint", "disposition"), "urn:uuid:nobody"),
        "value": "4099999991235",
    }
    answer = await requests.at(**places).send(owner, operation, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_a_category_that_does_not_exist_has_no_template(owner: httpx2.AsyncClient) -> None:
    for path in ("/api/v1/templates/spaceships", "/templates/spaceships"):
        answer = await owner.get(path)
        assert (answer.status_code, answer.json()["error"]) == (404, "template_not_found")


@_documenting("406", but=lambda operation: not _is_of_traces(operation))
async def test_an_unknown_query_parameter_of_traces_is_not_acceptable(
    operation: Operation, requests: Requests, owner: httpx2.AsyncClient
) -> None:
    answer = await requests.send(owner, operation, params={"surprise": "1"})
    assert (answer.status_code, answer.json()["error"]) == (406, "not_acceptable")
    assert list(answer.json()["details"]["fieldErrors"]) == ["surprise"]


@_documenting("406", but=lambda operation: _is_of_traces(operation) or "/exports/" in operation.path)
async def test_a_caller_who_reads_no_version_that_is_written_is_told_so(
    operation: Operation, requests: Requests, premises: Premises, landlord: Owner
) -> None:
    places = await premises.of(operation, landlord) if "{" in operation.path else {}
    answer = await requests.at(**places).send(landlord.client, operation, headers={"GS1-EPCIS-Min": "9.0"})
    assert (answer.status_code, answer.json()["error"]) == (406, "not_acceptable")
    assert "2.0.0" in answer.json()["details"]["offered"]


@_documenting("413", but=lambda operation: "requestBody" not in operation.definition)
async def test_a_body_beyond_the_limit_is_refused_before_it_is_read(
    operation: Operation, requests: Requests, owner: httpx2.AsyncClient
) -> None:
    # More than anything takes.
    headers = {"Content-Length": str(1024 * 1024 * 1024)}
    answer = await requests.send(owner, operation, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")


@_documenting("415")
async def test_a_body_of_another_type_is_refused(
    operation: Operation, requests: Requests, owner: httpx2.AsyncClient
) -> None:
    path = requests.path(operation)
    answer = await owner.request(operation.method, path, content=b".TH", headers={"Content-Type": "text/troff"})
    assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media_type")


@_documenting("503", but=_shows_a_page)
async def test_a_database_that_is_away_is_said_so(
    operation: Operation, requests: Requests, without_database: httpx2.AsyncClient
) -> None:
    answer = await requests.send(without_database, operation)
    assert (answer.status_code, answer.json()["error"]) == (503, "service_unavailable")


@_documenting("412")
async def test_a_change_to_another_version_is_refused(
    operation: Operation, requests: Requests, owner: httpx2.AsyncClient, premises: Premises, landlord: Owner
) -> None:
    places = await premises.of(operation, landlord)
    answer = await requests.at(**places).send(owner, operation, headers={"If-Match": '"999"'})
    assert (answer.status_code, answer.json()["error"]) == (412, "precondition_failed")


@_documenting("304", but=lambda operation: operation in SCANS)
async def test_what_has_not_changed_is_not_sent_again(
    operation: Operation, requests: Requests, owner: httpx2.AsyncClient, premises: Premises, landlord: Owner
) -> None:
    places = await premises.of(operation, landlord)
    here = requests.at(**places)
    first = await here.send(owner, operation)
    again = await here.send(owner, operation, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["etag"] == first.headers["etag"]


@_documenting("409", but=lambda each: "{serial}" not in each.path or not _has_code(each, "409", "ambiguous_serial"))
async def test_a_serial_under_two_gtins_is_ambiguous(
    operation: Operation, requests: Requests, owner: httpx2.AsyncClient, make_product: Any, make_passport: Any
) -> None:
    serial, product = uuid4().hex, await make_product(owner, model=uuid4().hex)
    for gtin in (new_gtin(), new_gtin()):
        await make_passport(owner, productId=product["_id"], gs1={"gtin": gtin, "serialNumber": serial})
    here = requests.at(serial=serial)
    answer = await here.send(owner, operation)
    named = await here.send(owner, operation, params={"gtin": gtin})
    assert (answer.status_code, answer.json()["error"]) == (409, "ambiguous_serial")
    assert named.headers["content-type"] != "application/json" or named.json().get("error") != "ambiguous_serial"
