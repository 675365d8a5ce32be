"""The code of one passport: as a file to print, as data, or for an NFC tag."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from tracepass.core.schema import QueryModel
from tracepass.passports.carriers.colours import Colours, choose
from tracepass.passports.carriers.drawings import MILLIMETRES_PER_INCH, WRITERS, Drawing
from tracepass.passports.carriers.kinds import KINDS, Correction, Kind, Symbology
from tracepass.passports.carriers.ndef import MEDIA_TYPE as NDEF
from tracepass.passports.carriers.ndef import uri_message
from tracepass.passports.carriers.symbols import marked, symbol_of

Format = Literal["svg", "png", "json", "pdf", "eps", "ndef"]
Colour = Annotated[str, StringConstraints(pattern=r"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")]
MEDIA_TYPES = {"ndef": NDEF, **{name: media_type for name, (media_type, _) in WRITERS.items()}}


class QrQuery(QueryModel):
    """How to draw a code: a module is ``scale`` pixels at ``dpi`` pixels an inch wide, in every format."""

    format: Format = "svg"
    color: Colour | None = None
    background_color: Colour | None = None
    use_company_branding: bool = False
    scale: Annotated[int, Field(ge=1, le=50)] = 8
    border: Annotated[int, Field(ge=0, le=20)] | None = None
    ecc: Correction | None = None
    dpi: Annotated[int, Field(ge=72, le=1200)] = 300
    symbology: Symbology = "qr"

    @property
    def kind(self) -> Kind:
        """Return the kind of symbol."""
        return KINDS[self.symbology]

    @property
    def quiet_zone(self) -> int:
        """Return the border to draw, in modules."""
        return self.kind.border if self.border is None else self.border


def colours(query: QrQuery, branding: Mapping[str, Any]) -> Colours:
    """Return the colours asked for, else the company's if it wants them, else black on white.

    Raises:
        Invalid: no scanner could read them.
    """
    brand = branding if query.use_company_branding else {}
    return choose(query.color, query.background_color, brand, gs1=query.kind.gs1)


def draw(passport: Mapping[str, Any], query: QrQuery, drawn_in: Colours, *, test: bool) -> bytes:
    """Draw the code of a passport; slow enough to run off the event loop. ``test`` adds the mark.

    Raises:
        Invalid: the symbology cannot hold what the passport has to say.
    """
    if query.format == "ndef":
        return uri_message(passport["gs1"]["digitalLinkUri"])
    symbol = symbol_of(passport, query.symbology, query.ecc)
    drawing = Drawing(
        modules=marked(symbol) if test else symbol.modules,
        border=query.quiet_zone,
        scale=query.scale,
        dpi=query.dpi,
        colours=drawn_in,
        title=f"{'TEST ' if test else ''}{symbol.text}",
    )
    _, write = WRITERS[query.format]
    return write(drawing)


def describe(passport: Mapping[str, Any], query: QrQuery) -> dict[str, Any]:
    """Return the code as data: each row of modules as a text of 0 and 1, for clients that draw it themselves.

    Raises:
        Invalid: the symbology cannot hold what the passport has to say.
    """
    symbol = symbol_of(passport, query.symbology, query.ecc)
    side = symbol.size + 2 * query.quiet_zone
    module = query.scale / query.dpi * MILLIMETRES_PER_INCH
    link = passport["gs1"]["digitalLinkUri"]
    return {
        "digitalLinkUri": link,
        "symbology": query.symbology,
        "symbologyIdentifier": symbol.kind.identifier,
        "content": symbol.text,
        "ecc": symbol.ecc,
        "version": symbol.version,
        "border": query.quiet_zone,
        "size": symbol.size,
        "modules": ["".join(map(str, row)) for row in symbol.modules],
        "print": {
            "moduleMillimetres": round(module, 4),
            "sideMillimetres": round(side * module, 3),
            "sidePixels": side * query.scale,
            "withinGs1Range": symbol.kind.min_module <= round(module, 3) <= symbol.kind.max_module,
        },
        "ndef": uri_message(link).hex(),
    }
