"""Pictures of products: by content, clean, served, and never another's."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from typing import Any

import httpx2
import pytest
from PIL import Image
from tests.conftest import ORIGIN
from tests.queries_plugin import A_TEST_LOOKS

PATH = "/api/v1/products"
SECRET = "48.1372 N, 11.5756 E"
LIMIT = 5 * 1024 * 1024


def picture(kind: str = "PNG", *, size: tuple[int, int] = (40, 20), orientation: int = 1) -> bytes:
    """A picture whose metadata say where it was taken."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, SECRET
    output = io.BytesIO()
    Image.new("RGB", size, (250, 10, 10)).save(output, kind, exif=exif)
    return output.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is very large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + chunk(b"IEND", b"")


async def upload(
    client: httpx2.AsyncClient, product: dict[str, Any], data: bytes, *, name: str = "a.png", **more: Any
) -> httpx2.Response:
    return await client.post(f"{PATH}/{product['_id']}/images", files={"file": (name, data)}, **more)


def path_of(url: str) -> str:
    assert url.startswith(f"{ORIGIN}/media/")
    return url.removeprefix(ORIGIN)


@pytest.fixture
async def product(client: httpx2.AsyncClient, make_product: Any) -> dict[str, Any]:
    """A product without pictures."""
    made: dict[str, Any] = await make_product(client)
    return made


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
async def test_a_picture_is_taken_by_its_content_and_served_clean(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, product: dict[str, Any], kind: str, media_type: str
) -> None:
    data = picture(kind, orientation=6)
    assert SECRET.encode() in data
    answer = await upload(client, product, data, name="page.html")
    assert (answer.status_code, answer.json()["version"], answer.headers["etag"]) == (201, 2, '"2-0"')
    (url,) = answer.json()["imageUrls"]
    served = await anonymous.get(path_of(url))
    assert served.status_code == 200
    assert served.headers["content-type"] == media_type
    assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert SECRET.encode() not in served.content
    shown = Image.open(io.BytesIO(served.content))
    assert (shown.format, shown.size) == (kind, (20, 40))


@pytest.mark.parametrize("data", [b"<html><script>alert(1)</script></html>", b"GIF89a", b"<svg/>", b"%PDF-1.7", b""])
async def test_what_is_no_picture_is_refused_whatever_it_calls_itself(
    client: httpx2.AsyncClient, product: dict[str, Any], data: bytes
) -> None:
    files = {"file": ("picture.png", data, "image/png")}
    answer = await client.post(f"{PATH}/{product['_id']}/images", files=files)
    assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media_type")
    assert (await client.get(f"{PATH}/{product['_id']}")).json() == product


@pytest.mark.parametrize("data", [bomb(20_000, 20_000), bomb(8_000, 8_000), picture()[:100], picture("JPEG")[:200]])
async def test_a_picture_that_is_too_large_or_broken_is_refused(
    client: httpx2.AsyncClient, product: dict[str, Any], data: bytes
) -> None:
    answer = await upload(client, product, data)
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["file"])


async def test_a_picture_of_more_than_5_mb_is_refused(client: httpx2.AsyncClient, product: dict[str, Any]) -> None:
    head = picture()
    for size in (LIMIT + 1, LIMIT + 100_000, 2 * LIMIT):
        answer = await upload(client, product, head.ljust(size, b"\0"))
        assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")
    assert (await upload(client, product, head.ljust(LIMIT, b"\0"))).status_code == 201


async def test_the_21st_picture_is_refused(client: httpx2.AsyncClient, make_product: Any) -> None:
    urls = [f"https://example.test/{number}.png" for number in range(19)]
    product = await make_product(client, imageUrls=urls)
    data = picture()
    answers = await asyncio.gather(*(upload(client, product, data) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    last = await upload(client, product, data)
    assert (last.status_code, last.json()["error"]) == (409, "too_many_images")
    assert last.json()["details"] == {"limit": 20}


async def test_a_picture_that_came_too_late_is_not_kept(
    client: httpx2.AsyncClient, product: dict[str, Any], database: Any
) -> None:
    answer = await upload(client, product, picture(), headers={"If-Match": '"9"'})
    assert (answer.status_code, answer.json()["error"]) == (412, "precondition_failed")
    whose = {"metadata.product": product["_id"]}
    kept = database.collection("images.files")
    assert await kept.find_one(whose, comment=A_TEST_LOOKS) is None
    await upload(client, product, picture())
    assert await kept.find_one(whose, comment=A_TEST_LOOKS) is not None


@pytest.mark.parametrize(
    "request_",
    [
        {"files": {"picture": ("a.png", b"x")}},
        {"files": [("file", ("a.png", b"x")), ("file", ("b.png", b"x"))]},
        {"files": {"file": ("a.png", b"x")}, "data": {"title": "x"}},
        {"content": b"no form", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"no form", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"--x\r\n\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {
            "content": b'--x\r\nContent-Disposition: form-data; name="file"; filename="\xff"\r\n\r\n1\r\n--x--\r\n',
            "headers": {"Content-Type": "multipart/form-data; boundary=x; charset=idna"},
        },
    ],
)
async def test_a_form_that_does_not_hold_one_file_is_refused(
    client: httpx2.AsyncClient, product: dict[str, Any], request_: dict[str, Any]
) -> None:
    answer = await client.post(f"{PATH}/{product['_id']}/images", **request_)
    assert answer.status_code in {400, 415}, answer.text
    assert answer.json()["error"] in {"validation_error", "unsupported_media_type"}


async def test_a_picture_must_come_as_a_form(client: httpx2.AsyncClient, product: dict[str, Any]) -> None:
    path = f"{PATH}/{product['_id']}/images"
    for answer in (
        await client.post(path, content=picture(), headers={"Content-Type": "image/png"}),
        await client.post(path, json={"file": "x"}),
        await client.post(path),
    ):
        assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media_type")


async def test_an_upload_with_an_unknown_query_parameter_is_refused_unread(
    client: httpx2.AsyncClient, product: dict[str, Any]
) -> None:
    answer = await upload(client, product, picture().ljust(2_000_000, b"\0"), params={"alt": "x"})
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["alt"])


class TestDelete:
    async def test_a_picture_is_taken_away_by_its_place(
        self, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, product: dict[str, Any]
    ) -> None:
        for _ in range(3):
            urls = (await upload(client, product, picture())).json()["imageUrls"]
        answer = await client.delete(f"{PATH}/{product['_id']}/images/1")
        assert (answer.status_code, answer.json()["imageUrls"]) == (200, [urls[0], urls[2]])
        statuses = [(await anonymous.get(path_of(url))).status_code for url in urls]
        assert statuses == [200, 404, 200]

    @pytest.mark.parametrize(
        ("index", "status"), [("0", 404), ("19", 404), ("999", 404), ("1000", 400), ("-1", 400), ("x", 400),
                                ("1.0", 400), ("%31", 404), ("%C2%B2", 400)]
    )  # fmt: skip
    async def test_a_place_without_a_picture_is_not_found(
        self, client: httpx2.AsyncClient, product: dict[str, Any], index: str, status: int
    ) -> None:
        answer = await client.delete(f"{PATH}/{product['_id']}/images/{index}")
        assert answer.status_code == status

    async def test_a_patch_or_delete_of_the_product_takes_its_pictures_along(
        self, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, product: dict[str, Any]
    ) -> None:
        path = f"{PATH}/{product['_id']}"
        await upload(client, product, picture())
        first, second = (await upload(client, product, picture())).json()["imageUrls"]
        patched = await client.patch(path, json={"imageUrls": ["https://example.test/x.png", second]})
        assert patched.json()["imageUrls"] == ["https://example.test/x.png", second]
        assert (await anonymous.get(path_of(first))).status_code == 404
        assert (await anonymous.get(path_of(second))).status_code == 200
        deleted = await client.delete(path)
        assert deleted.json()["summary"]["deletedCounts"] == {"images": 1}
        assert (await anonymous.get(path_of(second))).status_code == 404

    async def test_naming_anothers_picture_gives_no_power_over_it(
        self,
        client: httpx2.AsyncClient,
        stranger: httpx2.AsyncClient,
        product: dict[str, Any],
        make_product: Any,
    ) -> None:
        (url,) = (await upload(client, product, picture())).json()["imageUrls"]
        thief = await make_product(stranger, model="thief", imageUrls=[url, f"https://evil.test{path_of(url)}"])
        path = f"{PATH}/{thief['_id']}"
        await stranger.delete(f"{path}/images/1")
        await stranger.delete(f"{path}/images/0")
        await stranger.patch(path, json={"imageUrls": [url]})
        await stranger.patch(path, json={"imageUrls": []})
        await stranger.patch(path, json={"imageUrls": [url]})
        assert (await stranger.delete(path)).json()["summary"]["deletedCounts"] == {"images": 0}
        assert (await client.get(path_of(url))).status_code == 200


async def test_an_unknown_picture_is_not_found_and_a_wrong_id_refused(anonymous: httpx2.AsyncClient) -> None:
    assert (await anonymous.get("/media/0123456789abcdef01234567")).status_code == 404
    answer = await anonymous.get("/media/..%2F..%2Fetc")
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["imageId"])


async def test_an_uploaded_picture_is_stored_without_a_host_and_may_change_places(
    client: httpx2.AsyncClient, make_product: Any
) -> None:
    product = await make_product(client, imageUrls=["https://cdn.example.test/a.png"])
    uploaded = (await upload(client, product, picture())).json()["imageUrls"]

    swapped = await client.patch(f"/api/v1/products/{product['_id']}", json={"imageUrls": uploaded[::-1]})

    assert swapped.status_code == 200, swapped.text
    assert swapped.json()["imageUrls"] == uploaded[::-1]
    assert uploaded[1].startswith(f"{ORIGIN}/media/")


async def test_the_page_of_a_passport_shows_uploaded_pictures_from_its_own_host(
    client: httpx2.AsyncClient, make_product: Any, make_passport: Any
) -> None:
    product = await make_product(client)
    url = (await upload(client, product, picture())).json()["imageUrls"][0]
    passport = await make_passport(client, productId=product["_id"], published=True)
    path = passport["gs1"]["digitalLinkUri"].removeprefix("https://id.example.test")

    page = await client.get(path, headers={"Accept": "text/html"})
    data = await client.get(path, headers={"Accept": "application/ld+json"})

    assert f'src="{url.removeprefix(ORIGIN)}"' in page.text
    assert data.json()["image"] == [f"https://id.example.test{url.removeprefix(ORIGIN)}"]
