"""The EPC schemes that rest on a GS1 key, a row each (TDS 1.13, clauses 6.3 and 7).

Four shapes cover them all. A key of digits is ``[lead] prefix reference check`` (GLN, GRAI, GSRN, GDTI, GCN, GSIN), or
has the first digit of the reference before the prefix (GTIN's indicator, SSCC's extension digit); a key of text is
``prefix reference`` without a check digit (GIAI, GINC, CPI). The serial either has an application identifier of its
own or follows the key within the same one. ITIP carries piece and total behind its GTIN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracepass.gs1.epc.characters import DIGITS, SET_39, SET_82, CharacterSet

PREFIX_LENGTHS = range(6, 13)
"""A GS1 company prefix has 6 to 12 digits where an EPC splits it off (TDS 1.13, clause 14.2)."""


@dataclass(frozen=True, slots=True)
class Serial:
    """The part of an EPC that tells one instance (or one lot) from the others of its class.

    ``ai`` is None where the serial stands in the key's own application identifier. ``none`` is the value by which a URN
    says that there is no such part (``0`` as the extension of an SGLN). ``padded`` allows leading zeros in digits.
    """

    name: str
    longest: int
    ai: str | None = None
    characters: CharacterSet = SET_82
    none: str | None = None
    padded: bool = True


@dataclass(frozen=True, slots=True)
class Scheme:
    """One EPC scheme: its name in a URN, and how its components lie in the key.

    ``digits`` counts company prefix and reference together in a key of digits; it is None in a key of text, where
    ``longest`` bounds both together. ``shortest`` bounds the reference. ``moved``: the first digit of the reference
    stands before the prefix in the key. ``lead``: what the application identifier puts before the key.
    """

    name: str
    ai: str
    key: str
    reference: str
    digits: int | None = None
    serial: Serial | None = None
    namespace: str = "id"
    lead: str = ""
    moved: bool = False
    pieces: bool = False
    characters: CharacterSet = DIGITS
    longest: int = 30
    shortest: int = 0
    components: tuple[str, ...] = field(init=False)
    """The names of what the dots of the URN divide."""

    @property
    def label(self) -> str:
        """Return the name as people write it, ``SGTIN``."""
        return self.name.upper()

    def __post_init__(self) -> None:
        pieces = ("piece", "total") if self.pieces else ()
        serial = () if self.serial is None else (self.serial.name,)
        object.__setattr__(self, "components", ("companyPrefix", self.reference, *pieces, *serial))

    @property
    def key_length(self) -> int:
        """Return how many digits the key has within its application identifier, check digit and pieces included."""
        return len(self.lead) + (self.digits or 0) + 1 + (4 if self.pieces else 0)


def _rows(*schemes: Scheme) -> Mapping[str, Scheme]:
    return {scheme.name: scheme for scheme in schemes}


SCHEMES = _rows(
    Scheme("sgtin", "01", "gtin", "itemReference", 13, Serial("serial", 20, "21"), moved=True, shortest=1),
    Scheme("sscc", "00", "sscc", "serialReference", 17, moved=True, shortest=1),
    Scheme("sgln", "414", "gln", "locationReference", 12, Serial("extension", 20, "254", none="0")),
    Scheme("grai", "8003", "grai", "assetType", 12, Serial("serial", 16), lead="0"),
    Scheme("giai", "8004", "giai", "individualAssetReference", characters=SET_82, shortest=1),
    Scheme("gsrn", "8018", "gsrn", "serviceReference", 17),
    Scheme("gsrnp", "8017", "gsrnp", "serviceReference", 17),
    Scheme("gdti", "253", "gdti", "documentType", 12, Serial("serial", 17)),
    Scheme(
        "cpi",
        "8010",
        "cpi",
        "componentPartReference",
        None,
        Serial("serial", 12, "8011", DIGITS, padded=False),
        characters=SET_39,
        shortest=1,
    ),
    Scheme("sgcn", "255", "gcn", "couponReference", 12, Serial("serial", 12, characters=DIGITS)),
    Scheme("ginc", "401", "ginc", "consignmentReference", characters=SET_82),
    Scheme("gsin", "402", "gsin", "shipperReference", 16),
    Scheme(
        "itip", "8006", "itip", "itemReference", 13, Serial("serial", 20, "21"), moved=True, pieces=True, shortest=1
    ),
    Scheme("upui", "01", "gtin", "itemReference", 13, Serial("tpx", 28, "235"), moved=True, shortest=1),
    Scheme("pgln", "417", "pgln", "partyReference", 12),
    Scheme("lgtin", "01", "gtin", "itemReference", 13, Serial("lot", 20, "10"), "class", moved=True, shortest=1),
)
"""Every scheme by its name in a URN."""
