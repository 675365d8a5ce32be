"""What an uploaded file really is, and pictures without what their camera told."""

from __future__ import annotations

import io
import random
import struct
import zlib
from contextlib import suppress
from typing import Any

import pytest
from PIL import Image

from tracepass.core.errors import Invalid, Refusal
from tracepass.core.media import MAX_PIXELS, clean_image, document_type, image_type

SECRET = b"taken at my home"
RED, BLUE = (250, 10, 10), (10, 10, 250)


def picture(kind: str = "PNG", *, size: tuple[int, int] = (40, 20), orientation: int = 1, **options: Any) -> bytes:
    """A picture, red left and blue right, whose metadata tell a secret."""
    image = Image.new("RGB", size, BLUE)
    image.paste(RED, (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, SECRET.decode()
    output = io.BytesIO()
    image.save(output, kind, exif=exif, **options)
    return output.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A valid PNG head of any size with next to no data behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_a_picture_keeps_its_kind_and_size_and_loses_its_metadata(kind: str, media_type: str) -> None:
    data = picture(kind)
    assert SECRET in data
    clean, found = clean_image(data)
    assert found == image_type(clean) == document_type(clean) == media_type
    assert SECRET not in clean
    assert opened(clean).size == (40, 20)
    assert not opened(clean).getexif()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [
        (1, (40, 20), (2, 10)), (2, (40, 20), (37, 10)), (3, (40, 20), (37, 10)), (4, (40, 20), (2, 10)),
        (5, (20, 40), (10, 2)), (6, (20, 40), (10, 2)), (7, (20, 40), (10, 37)), (8, (20, 40), (10, 37)),
    ],
)  # fmt: skip
def test_a_picture_stands_upright(kind: str, orientation: int, size: tuple[int, int], red_at: tuple[int, int]) -> None:
    upright = opened(clean_image(picture(kind, orientation=orientation))[0]).convert("RGB")
    assert upright.size == size
    pixel = upright.getpixel(red_at)
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200
    assert pixel[2] < 60


def test_comments_and_text_stay_behind() -> None:
    assert SECRET not in clean_image(picture("JPEG", comment=SECRET))[0]
    assert b"<html" not in clean_image(picture() + b"<html><script>alert(1)</script>")[0]


def test_a_jpeg_of_several_pictures_as_phones_make_them_is_a_jpeg() -> None:
    output = io.BytesIO()
    first = Image.new("RGB", (8, 8), RED)
    first.save(output, "MPO", save_all=True, append_images=[Image.new("RGB", (8, 8), BLUE)])
    clean, media_type = clean_image(output.getvalue())
    assert media_type == "image/jpeg"
    assert opened(clean).format == "JPEG"


def test_transparency_is_kept() -> None:
    output = io.BytesIO()
    Image.new("P", (4, 4)).save(output, "PNG", transparency=0)
    assert opened(clean_image(output.getvalue())[0]).convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)


def test_a_printers_jpeg_is_turned_into_screen_colours() -> None:
    output = io.BytesIO()
    Image.new("CMYK", (4, 4)).save(output, "JPEG")
    assert opened(clean_image(output.getvalue())[0]).mode == "RGB"


@pytest.mark.parametrize("size", [(20_000, 20_000), (MAX_PIXELS + 1, 1), (9_000, 9_000)])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(Invalid, match=f"has {size[0]} x {size[1]} pixels"):
        clean_image(png_of(*size))


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", png_of(2_000, 2_000), picture()[:60]]
)
def test_a_broken_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        clean_image(data)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_damage_at_any_place_is_never_more_than_a_refusal(kind: str) -> None:
    whole = picture(kind)
    for seed in range(600):
        chance = random.Random(seed)  # noqa: S311 - a repeatable choice of damage
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with suppress(Refusal):
            clean_image(bytes(damaged))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_broken_metadata_do_not_spoil_a_good_picture() -> None:
    data = bytearray(picture("JPEG", orientation=6))
    at = data.index(b"Exif\0\0") + 6
    data[at : at + 2] = b"??"
    assert opened(clean_image(bytes(data))[0]).size == (40, 20)


@pytest.mark.parametrize("data", [b"", b"<html>", b"GIF89a", b"<svg/>", b"%PDF-1.7", b"RIFF\0\0\0\0WAVE"])
def test_what_is_no_picture_is_unsupported(data: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        clean_image(data)
    assert refused.value.code == "unsupported_media_type"
    assert image_type(data) is None


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"a,b\n1,2\n", "text/csv"),
        ("\ufeffGröße;Wert\n1;2".encode(), "text/csv"),
        (b"a\tb\r\n", "text/csv"),
    ],
)
def test_documents_are_told_by_their_content(data: bytes, media_type: str) -> None:
    assert document_type(data) == media_type


@pytest.mark.parametrize(
    "data",
    [b"", b"  \n", b"<html>,</html>", b'{"a": 1, "b": 2}', b"one column\nonly", b"a,b\x00c", b"a,\xff\xfe", b"\x7fELF"],
)
def test_other_content_is_refused(data: bytes) -> None:
    with pytest.raises(Refusal, match="PDF, PNG, JPEG, WebP or CSV"):
        document_type(data)
