"""How traces and lots turn requests down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracepass.core.errors import Invalid, Refusal
from tracepass.core.mongo import Document


class NotAcceptable(Refusal):
    """A body or query that does not fit: 406, which is what clients of this surface know."""

    def __init__(self, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__("not_acceptable", message, details=details)

    @classmethod
    def of(cls, refusal: Refusal) -> NotAcceptable:
        """Return another refusal of the same fault, with its details as they are."""
        return cls(refusal.message, refusal.details)

    @classmethod
    def at(cls, path: str, sentence: str) -> NotAcceptable:
        """Return the refusal of one member or parameter."""
        return cls.of(Invalid({path: [sentence]}))


class DuplicateLot(Refusal):
    """The product has another lot of this number."""

    def __init__(self, number: str) -> None:
        super().__init__("duplicate_lot", f"This product has another lot {number!r}.", details={"lotNumber": number})


class LineageCycle(Refusal):
    """A lot would come from itself."""

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__(
            "lineage_cycle",
            "A lot cannot come from itself, not even by way of others.",
            details={"cycle": list(path)},
        )


class LineageTooLarge(Refusal):
    """More lots stand before this one than are looked through for a cycle."""

    def __init__(self, *, lots: int, levels: int) -> None:
        super().__init__(
            "lineage_too_large",
            f"More than {lots} lots, or {levels} levels of them, stand before this one: too many to look through.",
            details={"limit": lots, "levels": levels},
        )


class LotInUse(Refusal):
    """Something refers to the lot: its successors, traces or passports."""

    def __init__(self, references: Document, doing: str) -> None:
        named = [name for name, found in references.items() if found]
        super().__init__(
            "lot_in_use",
            f"The lot cannot be {doing} while {' and '.join(named)} refer to it.",
            details=references,
        )
