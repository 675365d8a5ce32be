"""What the workbench of EPCIS is asked: a plan for a synthetic chain, and what becomes of a spreadsheet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from tracepass.core.schema import QueryModel, WireModel, WireTimestamp
from tracepass.epcis.synthesis.faults import FAULTS
from tracepass.epcis.synthesis.plan import EXAMPLE_PREFIX, MOST_ITEMS, USUAL, Notation, Plan, PlanFaulty, Step
from tracepass.gs1.checkdigit import check_digit, is_valid
from tracepass.gs1.gtin import InvalidGtin, normalise_gtin

_START: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)
_YEARS: Final = range(1970, 2101)
Gln = Annotated[str, StringConstraints(pattern=r"^[0-9]{13}$")]


class SyntheticPlan(WireModel):
    """The plan of a synthetic chain; without anything it is a small one from making to selling."""

    seed: int = Field(default=0, ge=0, le=2**53)
    start: WireTimestamp = _START
    time_zone_offset: Annotated[str, StringConstraints(pattern=r"^[+-](0[0-9]|1[0-3]):(00|30|45)$")] = "+00:00"
    company_prefix: Annotated[str, StringConstraints(pattern=r"^[0-9]{6,12}$")] = EXAMPLE_PREFIX
    gtin: Annotated[str, StringConstraints(max_length=14)] | None = None
    items: int = Field(default=12, ge=1, le=MOST_ITEMS)
    cases: int = Field(default=2, ge=0, le=MOST_ITEMS)
    pallets: int = Field(default=1, ge=0, le=MOST_ITEMS)
    steps: Annotated[list[Step], Field(min_length=1, max_length=30, default_factory=lambda: list(USUAL))]
    locations: Annotated[list[Gln], Field(max_length=32, default_factory=list)]
    lot: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,20}$")] | None = None
    notation: Notation = "link"
    errors: Annotated[list[str], Field(max_length=len(FAULTS), default_factory=list)]

    def plan(self) -> Plan:
        """Return the plan as values.

        Raises:
            PlanFaulty: a number has a wrong check digit, or a value is none of those there are.
        """
        return Plan(
            seed=self.seed,
            start=self._start(),
            offset=self.time_zone_offset,
            company_prefix=self.company_prefix,
            gtin=self._gtin(),
            items=self.items,
            cases=self.cases,
            pallets=self.pallets,
            steps=tuple(self.steps),
            locations=self._locations(),
            lot=self.lot,
            notation=self.notation,
            errors=self._errors(),
        )

    def _start(self) -> datetime:
        if self.start.year not in _YEARS:
            raise PlanFaulty("start", "must lie in the years 1970 to 2100")
        return self.start.astimezone(UTC)

    def _gtin(self) -> str | None:
        try:
            return None if self.gtin is None else normalise_gtin(self.gtin)
        except InvalidGtin as fault:
            raise PlanFaulty("gtin", str(fault)) from None

    def _locations(self) -> tuple[str, ...]:
        for index, gln in enumerate(self.locations):
            if not is_valid(gln):
                right = check_digit(gln[:-1])
                raise PlanFaulty(f"locations[{index}]", f"has check digit {gln[-1]}, but {right} is right")
            if gln in self.locations[:index]:
                raise PlanFaulty(f"locations[{index}]", "stands there twice")
        return tuple(self.locations)

    def _errors(self) -> tuple[str, ...]:
        for index, fault in enumerate(self.errors):
            if fault not in FAULTS:
                raise PlanFaulty(f"errors[{index}]", f"must be one of {', '.join(FAULTS)}")
            if fault in self.errors[:index]:
                raise PlanFaulty(f"errors[{index}]", "stands there twice")
        return tuple(self.errors)


class SpreadsheetQuery(QueryModel):
    """The query of a spreadsheet's upload."""

    partial: Literal["true", "false"] = "false"


class TemplateQuery(QueryModel):
    """The query of the template."""

    format: Literal["xlsx", "csv"] = "xlsx"
