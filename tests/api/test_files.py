"""Files that field values refer to."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import httpx2
import pytest
from PIL import Image
from tests.conftest import Office

PATH = "/api/v1/files"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
CSV = "Größe;Wert\n1;2\n".encode()
LIMIT = 10 * 1024 * 1024
UNKNOWN = "0123456789abcdef01234567"


def picture(kind: str) -> bytes:
    output = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "at home"
    Image.new("RGB", (4, 4)).save(output, kind, exif=exif)
    return output.getvalue()


async def upload(client: httpx2.AsyncClient, data: bytes = PDF, *, name: str = "a.pdf") -> httpx2.Response:
    return await client.post(PATH, files={"file": (name, data)})


async def put(client: httpx2.AsyncClient, passport: dict[str, Any], key: str, value: Any) -> httpx2.Response:
    return await client.patch(f"/api/v1/passports/{passport['_id']}/fields/{key}", json={"value": value})


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PDF, "application/pdf"), (CSV, "text/csv"), (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"), (picture("WEBP"), "image/webp"),
    ],
)  # fmt: skip
async def test_a_file_is_taken_by_its_content_and_given_back(
    client: httpx2.AsyncClient, data: bytes, media_type: str
) -> None:
    answer = await upload(client, data, name="report.exe")
    file = answer.json()
    assert answer.status_code == 201
    assert set(file) == {"_id", "name", "mediaType", "size", "sha256", "createdAt"}
    assert (file["name"], file["mediaType"]) == ("report.exe", media_type)
    assert answer.headers["location"] == f"{PATH}/{file['_id']}"
    served = await client.get(answer.headers["location"])
    assert (served.status_code, served.headers["content-type"].split(";")[0]) == (200, media_type)
    assert (len(served.content), hashlib.sha256(served.content).hexdigest()) == (file["size"], file["sha256"])
    assert b"at home" not in served.content
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in served.headers["content-security-policy"]
    kind = "inline" if media_type.startswith("image/") else "attachment"
    assert served.headers["content-disposition"] == f"{kind}; filename*=UTF-8''report.exe"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Users\\me\\q.pdf", "q.pdf"), ("größe 1.pdf", "größe 1.pdf"),
        ("a\u200bb\u202ec.pdf", "abc.pdf"),
        ("x" * 300, "x" * 200), ("..", ".."), ("dir/", "file"), ("a; x=y", "a; x=y"),
    ],
)  # fmt: skip
async def test_a_name_is_its_last_part_without_what_cannot_be_seen(
    client: httpx2.AsyncClient, sent: str, kept: str
) -> None:
    file = (await upload(client, name=sent)).json()
    served = await client.get(f"{PATH}/{file['_id']}")
    assert file["name"] == kept
    assert served.headers["content-disposition"].isascii()
    assert len(served.headers["content-disposition"].split(";")) == 2


@pytest.mark.parametrize("data", [b"", b"<html>,</html>", b"\x7fELF\x00", b'{"a": 1}', b"one line", b"PK\x03\x04"])
async def test_other_content_is_refused(client: httpx2.AsyncClient, data: bytes) -> None:
    answer = await client.post(PATH, files={"file": ("a.pdf", data, "application/pdf")})
    assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media_type")


async def test_a_broken_picture_is_refused(client: httpx2.AsyncClient) -> None:
    answer = await upload(client, picture("PNG")[:60])
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["file"])


async def test_a_file_has_at_most_10_mb(client: httpx2.AsyncClient) -> None:
    assert (await upload(client, PDF.ljust(LIMIT, b" "))).status_code == 201
    for size in (LIMIT + 1, LIMIT + 100_000):
        answer = await upload(client, PDF.ljust(size, b" "))
        assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")


async def test_a_file_is_for_its_workspace_and_environment_alone(
    client: httpx2.AsyncClient,
    stranger: httpx2.AsyncClient,
    anonymous: httpx2.AsyncClient,
    office: Office,
    workspace: Any,
) -> None:
    path = f"{PATH}/{(await upload(client)).json()['_id']}"
    test = await office.client(workspace, environment="test")
    for other in (stranger, anonymous, test):
        answer = await other.get(path)
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    for other in (stranger, test):
        assert (await other.delete(path)).status_code == 404
    assert (await anonymous.delete(path)).status_code == 401
    assert (await client.get(path)).content == PDF


async def test_a_key_that_opens_nothing_or_too_little_is_refused_even_where_none_is_needed(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, office: Office, workspace: Any
) -> None:
    path = f"{PATH}/{(await upload(client)).json()['_id']}"
    assert (await anonymous.get(path, headers={"X-API-Key": "tp_live_wrong"})).status_code == 401
    writer = await office.client(workspace, scopes=frozenset({"passports:write"}))
    assert (await writer.get(path)).status_code == 403


async def test_a_file_is_public_while_a_published_passport_shows_it(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Any
) -> None:
    file = (await upload(client)).json()
    path = f"{PATH}/{file['_id']}"
    passport = await make_passport(client)
    assert (await put(client, passport, "eu_declaration_of_conformity", {"fileId": file["_id"]})).status_code == 200
    assert (await anonymous.get(path)).status_code == 404
    states = f"/api/v1/passports/{passport['_id']}"
    await client.post(f"{states}/publish", json={"acknowledgeGaps": True})
    assert (await anonymous.get(path)).content == PDF
    await client.post(f"{states}/suspend", json={"reason": "check"})
    assert (await anonymous.get(path)).status_code == 404
    await client.post(f"{states}/republish")
    await put(client, passport, "eu_declaration_of_conformity", None)
    assert (await anonymous.get(path)).status_code == 404
    assert (await client.get(path)).status_code == 200


async def test_a_file_that_is_referred_to_is_not_deleted(client: httpx2.AsyncClient, make_passport: Any) -> None:
    file = (await upload(client)).json()
    path = f"{PATH}/{file['_id']}"
    passport = await make_passport(client)
    await put(client, passport, "eu_declaration_of_conformity", {"fileId": file["_id"]})
    answer = await client.delete(path)
    assert (answer.status_code, answer.json()["error"]) == (409, "file_in_use")
    await put(client, passport, "eu_declaration_of_conformity", None)
    answer = await client.delete(path)
    assert (answer.status_code, list(answer.json())) == (200, ["message"])
    assert [(await client.get(path)).status_code, (await client.delete(path)).status_code] == [404, 404]


@pytest.mark.parametrize("whose", ["nobody", "stranger"])
async def test_a_value_refers_to_a_file_of_its_own_workspace_alone(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, make_passport: Any, whose: str
) -> None:
    identifier = UNKNOWN if whose == "nobody" else (await upload(stranger)).json()["_id"]
    answer = await put(client, await make_passport(client), "eu_declaration_of_conformity", {"fileId": identifier})
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")


@pytest.mark.parametrize("identifier", ["x", "..%2Fkeys", UNKNOWN[1:]])
async def test_an_id_that_is_none_is_refused(client: httpx2.AsyncClient, identifier: str) -> None:
    for answer in (await client.get(f"{PATH}/{identifier}"), await client.delete(f"{PATH}/{identifier}")):
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["id"])
