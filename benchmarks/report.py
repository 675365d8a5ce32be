"""From runs to a table: medians of the rounds, ratios of what ran side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.cases import P99_AIM, Case
from benchmarks.load import Result

HEAD = (
    "case",
    "ours/s",
    "floor/s",
    "ratio",
    "aim",
    "p50 ms",
    "floor",
    "p99 ms",
    "floor",
    "ratio",
    "cpu us",
    "floor",
    "",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """The rounds of one case: what we and the floor did, pair by pair."""

    case: Case
    rounds: Sequence[tuple[Result, Result]]

    @property
    def ratio(self) -> float:
        """Return the median, over the rounds, of our rate as a share of the floor's."""
        return median(ours.rate / floor.rate for ours, floor in self.rounds)

    @property
    def p99_ratio(self) -> float:
        """Return the median, over the rounds, of our 99th percentile as a multiple of the floor's."""
        return median(ours.p99 / floor.p99 for ours, floor in self.rounds)

    @property
    def met(self) -> bool:
        """Tell whether both aims are met, and nobody failed."""
        return self.ratio >= self.case.aim and self.p99_ratio <= P99_AIM and not self.errors

    @property
    def errors(self) -> int:
        """Return how many requests failed on either side."""
        return sum(ours.errors + floor.errors for ours, floor in self.rounds)

    def middle(self, side: int, member: str) -> float:
        """Return the median of a member of our results (0) or the floor's (1)."""
        values: list[float] = [getattr(pair[side], member) for pair in self.rounds]
        return median(values)

    @property
    def row(self) -> tuple[str, ...]:
        """Return the line of the table."""
        rates, p50, p99, cpu = (
            [self.middle(side, name) for side in (0, 1)] for name in ("rate", "p50", "p99", "processor")
        )
        verdict = "met" if self.met else "not met"
        return (
            self.case.name,
            *(f"{rate:.0f}" for rate in rates),
            f"{self.ratio:.2f}",
            f"{self.case.aim:.2f}",
            *(f"{latency:.1f}" for latency in (*p50, *p99)),
            f"{self.p99_ratio:.2f}",
            *(f"{spent:.0f}" for spent in cpu),
            f"{verdict}, {self.errors} failed" if self.errors else verdict,
        )

    @property
    def json(self) -> dict[str, Any]:
        """Return everything as JSON: latencies in milliseconds, processor time in microseconds a request."""
        return {
            "case": self.case.name,
            "aim": self.case.aim,
            "p99Aim": P99_AIM,
            "ratio": self.ratio,
            "p99Ratio": self.p99_ratio,
            "met": self.met,
            "rounds": [{"ours": asdict(ours), "floor": asdict(floor)} for ours, floor in self.rounds],
        }


def table(measured: Sequence[Measured]) -> str:
    """Return the table for a terminal."""
    rows = [HEAD, *(one.row for one in measured)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
