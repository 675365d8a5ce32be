"""How much of each class there was: made, used up, seen; in the base unit of what is measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from tracepass.epcis.analysis.happenings import Amount, Happening
from tracepass.epcis.analysis.journeys import ARRIVING
from tracepass.epcis.measures import to_base

Account = tuple[str, str]
TOLERANCE: Final = 1e-9
"""What rounding of converted units may add up to, of the whole."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An amount in an event, with what was made and used of its class until then, in the base unit ``unit``."""

    happening: Happening
    amount: Amount
    kind: Literal["used", "seen", "received"]
    quantity: float
    unit: str
    made: float
    used: float
    shipped: float


@dataclass(slots=True)
class Stock:
    """The sums of all classes at a moment; of classes whose making is not told, nothing is known."""

    made: dict[Account, float] = field(default_factory=dict)
    used: dict[Account, float] = field(default_factory=dict)
    shipped: dict[Account, float] = field(default_factory=dict)
    received: dict[Account, float] = field(default_factory=dict)

    def apply(self, happening: Happening) -> Iterator[Entry]:
        """Count what an event says, and yield what it takes or sees of what was made or shipped."""
        for amount in happening.amounts:
            if amount.quantity is None or amount.role == "child":
                continue
            account, quantity = _base(amount, amount.quantity)
            if amount.role == "output" or (amount.role == "object" and happening.is_birth):
                _add(self.made, account, quantity)
            elif amount.role == "input" or happening.is_end:
                _add(self.used, account, quantity)
                if account in self.made:
                    yield self._entry(happening, amount, "used", account, quantity)
            else:
                yield from self._seen(happening, amount, account, quantity)

    def _seen(self, happening: Happening, amount: Amount, account: Account, quantity: float) -> Iterator[Entry]:
        if account in self.made:
            yield self._entry(happening, amount, "seen", account, quantity)
        if happening.step == "shipping":
            _add(self.shipped, account, quantity)
        elif happening.step in ARRIVING:
            _add(self.received, account, quantity)
            if account in self.shipped:
                yield self._entry(happening, amount, "received", account, self.received[account])

    def _entry(
        self,
        happening: Happening,
        amount: Amount,
        kind: Literal["used", "seen", "received"],
        account: Account,
        quantity: float,
    ) -> Entry:
        made, used, shipped = (sums.get(account, 0.0) for sums in (self.made, self.used, self.shipped))
        return Entry(happening, amount, kind, quantity, account[1], made, used, shipped)


def exceeds(quantity: float, bound: float) -> bool:
    """Tell whether a quantity is more than a bound, rounding aside."""
    return quantity > bound + TOLERANCE * max(abs(bound), 1.0)


def _base(amount: Amount, quantity: float) -> tuple[Account, float]:
    if amount.uom is None:
        return (amount.key, ""), quantity
    base = to_base(quantity, amount.uom)
    return ((amount.key, amount.uom), quantity) if base is None else ((amount.key, base[0]), base[1])


def _add(sums: dict[Account, float], account: Account, quantity: float) -> None:
    sums[account] = sums.get(account, 0.0) + quantity
