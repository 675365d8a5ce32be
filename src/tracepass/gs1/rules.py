"""What a reader of GS1 data lets pass beyond the standard, and what it does not look at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """How strictly to read; the defaults are the standard's.

    Attributes:
        associations: hold the AIs against each other: exclusions, requisites, repeats, signed keys.
        unknown_ais: let AIs pass that the table does not know, where their length is clear.
        unknown_attributes: let unknown AIs stand in the query of a GS1 Digital Link.
        short_gtins: fill GTIN-8, -12 and -13 up to 14 digits in a GS1 Digital Link, as older releases allowed.
        convenience_alphas: read ``/gtin/.../lot/...`` in a GS1 Digital Link, as releases before 1.3 allowed.
    """

    associations: bool = True
    unknown_ais: bool = False
    unknown_attributes: bool = False
    short_gtins: bool = False
    convenience_alphas: bool = False


STANDARD = Rules()
