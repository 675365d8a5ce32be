"""The code printed on a product: a QR Code of the passport's link (ISO/IEC 18004, GS1 Digital Link)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import segno
from pydantic import Field, StringConstraints
from segno.writers import save  # type: ignore[attr-defined]  # segno types its high-level face only

from tracepass.core.errors import Invalid
from tracepass.core.schema import QueryModel

Format = Literal["svg", "png", "json", "pdf", "eps"]
Colour = Annotated[str, StringConstraints(pattern=r"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")]
MEDIA_TYPES = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "eps": "application/postscript",
}
CSS_DPI = 96

# "TEST" in modules, five high: the mark every code of the test environment carries below its quiet zone.
_TEST_MARK = (
    "11111011110111101111",
    "00100010000100000110",
    "00100011100111100110",
    "00100010000000100110",
    "00100011110111100110",
)
_MARK_GAP = 3


class QrQuery(QueryModel):
    """How to draw a code. ``dpi`` is written into PNG files and changes no pixel."""

    format: Format = "svg"
    color: Colour | None = None
    background_color: Colour | None = None
    use_company_branding: bool = False
    scale: Annotated[int, Field(ge=1, le=50)] = 8
    border: Annotated[int, Field(ge=0, le=20)] = 4
    ecc: Literal["L", "M", "Q", "H"] = "M"
    dpi: Annotated[int, Field(ge=72, le=1200)] = 300
    symbology: Literal["qr"] = "qr"


@dataclass(frozen=True, slots=True)
class Colours:
    """Colours as ``#rrggbb``."""

    dark: str = "#000000"
    light: str = "#ffffff"


def colours(query: QrQuery, branding: dict[str, Any]) -> Colours:
    """Return the colours asked for, else the company's if it wants them, else black on white."""
    brand = branding if query.use_company_branding else {}
    dark = query.color or brand.get("color") or "000000"
    light = query.background_color or brand.get("backgroundColor") or "ffffff"
    return Colours(f"#{dark.removeprefix('#')}", f"#{light.removeprefix('#')}")


def draw(link: str, query: QrQuery, drawn_in: Colours, *, test: bool) -> bytes:
    """Draw the code of a link; slow enough to run off the event loop. ``test`` adds the mark."""
    code = _encode(link, query.ecc)
    matrix = _marked(code.matrix) if test else code.matrix
    size = (len(matrix[0]), len(matrix))
    options: dict[str, Any] = {
        "scale": query.scale,
        "border": query.border,
        "dark": drawn_in.dark,
        "light": drawn_in.light,
    }
    if query.format == "png":
        options["dpi"] = query.dpi
    if query.format == "svg":
        options |= {"title": f"{'TEST ' if test else ''}{link}", "xmldecl": False, "omitsize": False}
    if query.format == "eps":
        text = io.StringIO()
        save(matrix, size, text, kind=query.format, **options)
        return text.getvalue().encode("ascii")
    output = io.BytesIO()
    save(matrix, size, output, kind=query.format, **options)
    return output.getvalue()


def _encode(link: str, ecc: str) -> segno.QRCode:
    """Encode a link.

    Raises:
        Invalid: the largest symbol has no room for the link and so much error correction.
    """
    try:
        return segno.make_qr(link, error=ecc, boost_error=False)
    except segno.DataOverflowError:
        message = f"leaves no room in a QR Code for a link of {len(link)} characters; a lower level does"
        raise Invalid({"ecc": [message]}) from None


def _marked(matrix: tuple[bytearray, ...]) -> tuple[bytearray, ...]:
    """Return the modules of a code with the mark below them."""
    width = len(matrix[0])
    mark = [bytearray(int(module) for module in row.center(width, "0")) for row in _TEST_MARK]
    return (*matrix, *(bytearray(width) for _ in range(_MARK_GAP)), *mark)


def describe(link: str, query: QrQuery) -> dict[str, Any]:
    """Return the code as data: each row of modules as a text of 0 and 1, for clients that draw it themselves."""
    code = _encode(link, query.ecc)
    return {
        "digitalLinkUri": link,
        "symbology": "qr",
        "ecc": query.ecc,
        "version": int(code.version),
        "border": query.border,
        "size": len(code.matrix),
        "modules": ["".join("1" if module else "0" for module in row) for row in code.matrix],
    }
