"""What an uploaded file really is, told by its content and never by its name."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from tracepass.core.errors import Invalid, Refusal

MAX_PIXELS = 40_000_000
IMAGE_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_JPEG_QUALITY = 92
_CSV_CONTROLS = frozenset(range(32)) - {0x09, 0x0A, 0x0D}


def _unsupported(expected: str) -> Refusal:
    return Refusal(
        "unsupported_media_type",
        f"The content of the file is not {expected}; its name and declared type do not count.",
        details={"expected": expected},
    )


def image_type(data: bytes) -> str | None:
    """Return the media type of PNG, JPEG or WebP content, or None."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return IMAGE_TYPES["PNG"]
    if data.startswith(b"\xff\xd8\xff"):
        return IMAGE_TYPES["JPEG"]
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return IMAGE_TYPES["WEBP"]
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
    if image_type(data) is None:
        raise _unsupported("PNG, JPEG or WebP")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=list(IMAGE_TYPES))
        _refuse_huge(picture)
        return _rewrite(picture), IMAGE_TYPES[str(picture.format)]
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Invalid({"file": ["is a picture that cannot be read"]}) from error


def _refuse_huge(picture: Image.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise Invalid(
            {"file": [f"has {picture.width} x {picture.height} pixels; at most {MAX_PIXELS:,} in all are taken"]}
        )


def _rewrite(picture: Image.Image) -> bytes:
    """Write the pixels anew: EXIF, comments and whatever else stood in the file stay behind."""
    kind = str(picture.format)
    upright = ImageOps.exif_transpose(picture)
    upright.info = {name: value for name, value in upright.info.items() if name == "transparency"}
    output = io.BytesIO()
    if kind == "JPEG":
        upright.convert("RGB").save(output, kind, quality=_JPEG_QUALITY, optimize=True)
    elif kind == "WEBP":
        upright.save(output, kind, quality=_JPEG_QUALITY)
    else:
        upright.save(output, kind, optimize=True)
    return output.getvalue()
