"""The kinds of symbol a passport is printed as, and what the standards ask of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Symbology = Literal["qr", "datamatrix", "gs1datamatrix", "gs1qr"]
Correction = Literal["L", "M", "Q", "H"]
DEFAULT_CORRECTION: Correction = "M"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of symbol.

    ``identifier`` is what scanners announce it with (ISO/IEC 15424). ``gs1`` symbols hold an element string behind
    FNC1, others the link. ``quiet_zone`` is what the symbology asks for, ``border`` what we draw unless told otherwise,
    in modules. The bounds of the module size, in millimetres, are those of the GS1 General Specifications, 5.12.3:
    retail point of sale for links, and healthcare, which goes lower, for GS1 DataMatrix.
    """

    title: str
    identifier: str
    gs1: bool
    matrix: Literal["qr", "datamatrix"]
    quiet_zone: int
    border: int
    min_module: float
    max_module: float


KINDS: Mapping[Symbology, Kind] = MappingProxyType(
    {
        # ISO/IEC 18004 6.3.8: four modules on all sides.
        "qr": Kind("QR Code", "]Q1", False, "qr", 4, 4, 0.396, 0.99),
        "gs1qr": Kind("GS1 QR Code", "]Q3", True, "qr", 4, 4, 0.396, 0.99),
        # ISO/IEC 16022 7.1: one module; a second one costs little, and cameras find the corner sooner.
        "datamatrix": Kind("Data Matrix", "]d1", False, "datamatrix", 1, 2, 0.396, 0.99),
        "gs1datamatrix": Kind("GS1 DataMatrix", "]d2", True, "datamatrix", 1, 2, 0.254, 0.99),
    }
)
