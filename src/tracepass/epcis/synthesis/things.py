"""The things and places of a synthetic chain, and the dice that decide about them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Final

from tracepass.epcis.synthesis.plan import Plan
from tracepass.gs1.checkdigit import check_digit
from tracepass.gs1.epc import from_values, to_urn

STEM: Final = "https://id.gs1.org"
_LETTERS: Final = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_SSCC_BODY: Final = 17


@dataclass(slots=True)
class Dice:
    """Numbers that look random and depend on nothing but a seed: the same on every machine and version."""

    seed: int
    thrown: int = 0

    def below(self, bound: int) -> int:
        """Return a number from 0 up to, and without, a bound."""
        digest = hashlib.sha256(f"{self.seed}/{self.thrown}".encode()).digest()
        self.thrown += 1
        return int.from_bytes(digest[:8], "big") % bound

    def text(self, length: int) -> str:
        """Return letters and digits."""
        return "".join(_LETTERS[self.below(len(_LETTERS))] for _ in range(length))


@dataclass(frozen=True)
class Things:
    """What a plan is about. Serials are ``SYN``, letters of the seed, and a running number."""

    plan: Plan
    dice: Dice
    counters: dict[str, int] = field(default_factory=dict)

    @cached_property
    def mark(self) -> str:
        """Return what the serials of this chain have in common."""
        return "SYN" + self.dice.text(6)

    @cached_property
    def container_base(self) -> int:
        """Return the number from which on containers count."""
        return self.dice.below(10**9)

    @cached_property
    def items(self) -> list[str]:
        """Return the items."""
        return [self.new_item() for _ in range(self.plan.items)]

    @cached_property
    def cases(self) -> list[str]:
        """Return the cases."""
        return [self.new_container() for _ in range(self.plan.cases)]

    @cached_property
    def pallets(self) -> list[str]:
        """Return the pallets."""
        return [self.new_container() for _ in range(self.plan.pallets)]

    @property
    def levels(self) -> list[list[str]]:
        """Return items, cases and pallets, innermost first, without those there are none of."""
        return [level for level in (self.items, self.cases, self.pallets) if level]

    @cached_property
    def packings(self) -> list[tuple[str, list[str]]]:
        """Return which container holds what, inner containers first."""
        return [
            pair
            for inner, outer in pairwise(self.levels)
            for pair in zip(outer, _spread(inner, len(outer)), strict=True)
        ]

    def new_item(self) -> str:
        """Return another item."""
        return self._named({"01": self.plan.item_gtin, "21": f"{self.mark}{self._next('item'):05d}"})

    def new_container(self) -> str:
        """Return another container (SSCC)."""
        prefix = self.plan.company_prefix
        width = _SSCC_BODY - 1 - len(prefix)
        number = (self.container_base + self._next("container")) % 10**width
        body = f"0{prefix}{number:0{width}d}"
        return self._named({"00": body + check_digit(body)})

    def lot_class(self, lot: str) -> str:
        """Return a lot of the items, as a class."""
        return self._named({"01": self.plan.item_gtin, "10": lot})

    def place(self, number: int) -> str:
        """Return a place."""
        return self._named({"414": self.plan.gln(number)})

    def _next(self, kind: str) -> int:
        self.counters[kind] = self.counters.get(kind, 0) + 1
        return self.counters[kind]

    def _named(self, values: dict[str, str]) -> str:
        if self.plan.notation == "link":
            return STEM + "".join(f"/{ai}/{value}" for ai, value in values.items())
        return to_urn(from_values(values, len(self.plan.company_prefix)))


def _spread(things: Sequence[str], parts: int) -> list[list[str]]:
    """Divide things into parts that differ by one at most."""
    size, rest = divmod(len(things), parts)
    ends = [number * size + min(number, rest) for number in range(parts + 1)]
    return [list(things[ends[number] : ends[number + 1]]) for number in range(parts)]
