"""Makes symbols: a payload becomes modules, light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import zxingcpp

from tracepass.core.errors import Invalid
from tracepass.passports.carriers.kinds import DEFAULT_CORRECTION, KINDS, Correction, Kind, Symbology
from tracepass.passports.carriers.payloads import bracketed, check_elements, elements_of

Modules = tuple[bytes, ...]
"""Rows of modules, each byte 1 for dark and 0 for light."""

# "TEST" in modules, five high: the mark every symbol of the test environment carries below its quiet zone.
_TEST_MARK = (
    "11111011110111101111",
    "00100010000100000110",
    "00100011100111100110",
    "00100010000000100110",
    "00100011110111100110",
)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol without its quiet zone. ``text`` is its content as people read it; ``ecc`` is None where it is fixed."""

    symbology: Symbology
    text: str
    modules: Modules
    ecc: Correction | None

    @property
    def kind(self) -> Kind:
        """Return what the standards ask of it."""
        return KINDS[self.symbology]

    @property
    def size(self) -> int:
        """Return the modules of one side."""
        return len(self.modules)

    @property
    def version(self) -> int | None:
        """Return the version of a QR Code (ISO/IEC 18004 6.3.1); a Data Matrix is named by its size."""
        return (self.size - 17) // 4 if self.kind.matrix == "qr" else None


def symbol_of(passport: Mapping[str, Any], symbology: Symbology, ecc: Correction | None = None) -> Symbol:
    """Make the symbol of a passport; ``ecc`` is of QR Codes only.

    Raises:
        Invalid: the symbology cannot hold what the passport has to say, or has no choice of error correction.
    """
    kind = KINDS[symbology]
    options: dict[str, Any] = {}
    if kind.matrix == "datamatrix":
        options["forceSquare"] = True
        if ecc is not None:
            raise Invalid({"ecc": ["is fixed in a Data Matrix (ECC 200); leave it out"]})
    else:
        ecc = options["ec_level"] = ecc or DEFAULT_CORRECTION
    if not kind.gs1:
        link = passport["gs1"]["digitalLinkUri"]
        return Symbol(symbology, link, _modules(link, kind, options), ecc)
    elements = elements_of(passport)
    check_elements(elements)
    # Square brackets, because round ones may be part of a serial.
    content = "".join(f"[{code}]{value}" for code, value in elements)
    return Symbol(symbology, bracketed(elements), _modules(content, kind, {**options, "gs1": True}), ecc)


_MATRICES = {"qr": zxingcpp.BarcodeFormat.QRCode, "datamatrix": zxingcpp.BarcodeFormat.DataMatrix}


def _modules(content: str, kind: Kind, options: Mapping[str, Any]) -> Modules:
    try:
        made = zxingcpp.create_barcode(content, _MATRICES[kind.matrix], **options)
    except ValueError:
        raise _no_room(content, kind) from None
    picture: Any = zxingcpp.write_barcode_to_image(made, scale=1, add_quiet_zones=False)
    pixels: list[list[int]] = memoryview(picture).tolist()  # type: ignore[assignment]  # its stub knows one dimension
    return tuple(bytes(not pixel for pixel in row) for row in pixels)


def _no_room(content: str, kind: Kind) -> Invalid:
    if kind.matrix == "qr":
        return Invalid({"ecc": [f"leaves no room for {len(content)} characters in a QR Code; a lower level does"]})
    return Invalid({"symbology": [f"has no room for {len(content)} characters; a QR Code of level L may have"]})


def marked(symbol: Symbol) -> Modules:
    """Return the modules of a symbol with the mark of the test environment below it, its quiet zone kept.

    A symbol narrower than the mark stands in its middle.
    """
    gap = max(symbol.kind.quiet_zone, symbol.kind.border)
    width = max(symbol.size, len(_TEST_MARK[0]))
    light = bytes(width)
    mark = [bytes(map(int, row.center(width, "0"))) for row in _TEST_MARK]
    return (*(row.center(width, b"\0") for row in symbol.modules), *[light] * gap, *mark)


def runs(modules: Modules) -> list[tuple[int, int, int]]:
    """Return the runs of dark modules as (column, row, length), row by row from the top."""
    found = []
    for row, line in enumerate(modules):
        start = line.find(1)
        while start >= 0:
            end = line.find(0, start)
            end = len(line) if end < 0 else end
            found.append((start, row, end - start))
            start = line.find(1, end)
    return found
