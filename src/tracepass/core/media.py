"""What an uploaded file really is, told by its content and never by its name."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from PIL import ExifTags, Image

from tracepass.core.errors import Invalid, Refusal

MAX_PIXELS = 40_000_000
PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"
_WRITERS: Mapping[str, str] = {PNG: "PNG", JPEG: "JPEG", WEBP: "WEBP"}
_QUALITY = 92
_UPRIGHT: Mapping[Any, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow lets through when a file is broken in a way that its readers did not expect.
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error, zlib.error)
_CSV_CONTROLS = frozenset(range(32)) - {0x09, 0x0A, 0x0D}

# Pillow only warns from its own limit on; ours is lower and is checked before a pixel is decoded.
Image.MAX_IMAGE_PIXELS = None


def _unsupported(expected: str) -> Refusal:
    return Refusal(
        "unsupported_media_type",
        f"The content of the file is not {expected}; its name and declared type do not count.",
        details={"expected": expected},
    )


def image_type(data: bytes) -> str | None:
    """Return the media type of PNG, JPEG or WebP content, or None."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    return None


def document_type(data: bytes) -> str:
    """Return the media type of a PDF, a picture or a CSV text.

    Raises:
        Refusal: it is none of them.
    """
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    picture = image_type(data)
    if picture is not None:
        return picture
    if _is_csv(data):
        return "text/csv"
    raise _unsupported("PDF, PNG, JPEG, WebP or CSV")


def _is_csv(data: bytes) -> bool:
    """Tell whether the bytes are a UTF-8 text of comma- or semicolon-separated lines that is no markup."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    head = text.lstrip()[:1]
    first_line = text.split("\n", 1)[0]
    separated = "," in first_line or ";" in first_line or "\t" in first_line
    return bool(head) and head not in "<{" and separated and not _CSV_CONTROLS.intersection(data)


def clean_image(data: bytes) -> tuple[bytes, str]:
    """Return a picture without its metadata, turned upright, and its media type. Slow: run it off the event loop.

    Raises:
        Refusal: the content is no PNG, JPEG or WebP picture.
        Invalid: it is broken, or larger than 40 million pixels.
    """
    media_type = image_type(data)
    if media_type is None:
        raise _unsupported("PNG, JPEG or WebP")
    try:
        # The media type and not the opened format: a JPEG that holds several pictures opens as MPO.
        picture = Image.open(io.BytesIO(data), formats=list(_WRITERS.values()))
        _refuse_huge(picture)
        return _rewrite(picture, _WRITERS[media_type]), media_type
    except _BROKEN as error:
        raise Invalid({"file": ["is a picture that cannot be read"]}) from error


def _refuse_huge(picture: Image.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise Invalid(
            {"file": [f"has {picture.width} x {picture.height} pixels; at most {MAX_PIXELS:,} in all are taken"]}
        )


def _rewrite(picture: Image.Image, kind: str) -> bytes:
    """Write the pixels anew: EXIF, comments and whatever else stood in the file stay behind."""
    turn = _UPRIGHT.get(_orientation(picture))
    upright = picture.copy() if turn is None else picture.transpose(turn)
    upright.info = {name: value for name, value in upright.info.items() if name == "transparency"}
    output = io.BytesIO()
    if kind == "JPEG":
        upright.convert("RGB").save(output, kind, quality=_QUALITY, optimize=True)
    elif kind == "WEBP":
        upright.save(output, kind, quality=_QUALITY)
    else:
        upright.save(output, kind, optimize=True)
    return output.getvalue()


def _orientation(picture: Image.Image) -> Any:
    """Return how the camera was held (EXIF 2.32, tag 0x0112); broken metadata says nothing and harms no picture."""
    try:
        return picture.getexif().get(ExifTags.Base.Orientation)
    except _BROKEN:
        return None
