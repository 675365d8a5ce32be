"""The plan of a synthetic chain, and whether it makes sense."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final, Literal, get_args

from tracepass.gs1.checkdigit import check_digit

Step = Literal[
    "commissioning",
    "inspecting",
    "packing",
    "shipping",
    "receiving",
    "storing",
    "unpacking",
    "selling",
    "decommissioning",
]
Notation = Literal["link", "urn"]
STEPS: Final[tuple[Step, ...]] = get_args(Step)
USUAL: Final[tuple[Step, ...]] = ("commissioning", "packing", "shipping", "receiving", "unpacking", "selling")
EXAMPLE_PREFIX: Final = "9521321"
"""GS1 keeps prefix 952 for demonstrations and examples: nothing on sale has such a number."""
MOST_ITEMS: Final = 10_000
MOST_EVENTS: Final = 5_000
MOST_NAMED: Final = 100_000
"""Things that all events name together."""
AT_ONCE: Final = 100
"""Things that one event of commissioning or selling names."""
_GTIN_BODY: Final = 13
_GLN_BODY: Final = 12


class PlanFaulty(ValueError):
    """A plan that cannot be; ``field`` is its member at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Plan:
    """What a chain is to be.

    Attributes:
        seed: serials and times depend on it.
        start: of the first event, in UTC.
        offset: of the places, like ``+01:00``.
        company_prefix: 6 to 12 digits.
        gtin: of the items, 14 digits; None makes one of the prefix.
        items, cases, pallets: how many of each; things are spread evenly.
        steps: what happens, in order.
        locations: GLNs; goods move from one to the next with each shipment.
        lot: of all items, as ILMD.
        notation: of identifiers.
        errors: faults to plant, by the codes of the analysis.
    """

    seed: int
    start: datetime
    offset: str
    company_prefix: str
    gtin: str | None
    items: int
    cases: int
    pallets: int
    steps: tuple[Step, ...]
    locations: tuple[str, ...]
    lot: str | None
    notation: Notation
    errors: tuple[str, ...]

    @property
    def item_gtin(self) -> str:
        """Return the GTIN of the items."""
        if self.gtin is not None:
            return self.gtin
        body = f"0{self.company_prefix}".ljust(_GTIN_BODY, "1")
        return body + check_digit(body)

    def gln(self, number: int) -> str:
        """Return the GLN of the place with a number: as given, or one of the prefix."""
        return self.locations[number] if number < len(self.locations) else gln_of(self.company_prefix, number)

    def check(self) -> None:
        """See whether the chain can be told.

        Raises:
            PlanFaulty: it cannot.
        """
        _check_sizes(self)
        _check_identifiers(self)
        if self.errors and self.steps[0] != "commissioning":
            raise PlanFaulty("steps[0]", "must be commissioning where errors are planted")
        _check_steps(self.steps, has_containers=bool(self.cases or self.pallets))
        places = 1 + self.steps.count("shipping") + bool(self.errors)
        if self.locations and len(self.locations) < places:
            more = ", and another for errors" if self.errors else ""
            raise PlanFaulty("locations", f"must hold {places} places: one more than there are shipments{more}")


def gln_of(company_prefix: str, number: int) -> str:
    """Return a GLN of a company prefix; numbers wrap where the prefix leaves few digits."""
    width = _GLN_BODY - len(company_prefix)
    body = company_prefix + (f"{number % 10**width:0{width}d}" if width else "")
    return body + check_digit(body)


def _check_sizes(plan: Plan) -> None:
    levels = [count for count in (plan.items, plan.cases, plan.pallets) if count]
    if any(outer > inner for inner, outer in pairwise(levels)):
        raise PlanFaulty("cases", "there are more containers than things to put into them")
    events, named = 0, 0
    for step in plan.steps:
        added = _size(plan, step)
        events, named = events + added[0], named + added[1]
    if events > MOST_EVENTS:
        raise PlanFaulty("items", f"the plan makes {events} events; at most {MOST_EVENTS} are made")
    if named > MOST_NAMED:
        raise PlanFaulty("items", f"all events together name {named} things; at most {MOST_NAMED} are named")


def _size(plan: Plan, step: Step) -> tuple[int, int]:
    """Return how many events a step makes at most, and how many things they name."""
    containers = plan.cases + plan.pallets
    batches = -(-plan.items // AT_ONCE)
    if step == "commissioning":
        return batches + (containers > 0), plan.items + containers
    if step in {"packing", "unpacking"}:
        return containers, plan.items + containers
    if step in {"selling", "decommissioning"}:
        return batches, plan.items
    return batches, plan.pallets or plan.cases or plan.items


def _check_identifiers(plan: Plan) -> None:
    if plan.gtin is not None and plan.notation == "urn" and not plan.gtin[1:].startswith(plan.company_prefix):
        raise PlanFaulty("companyPrefix", f"does not begin the GTIN {plan.gtin}, which a URN needs")
    if len(plan.company_prefix) == _GLN_BODY and not plan.locations:
        raise PlanFaulty("locations", "must be given: a company prefix of 12 digits leaves no room for places")
    if plan.notation == "urn":
        for index, gln in enumerate(plan.locations):
            if not gln.startswith(plan.company_prefix):
                raise PlanFaulty(f"locations[{index}]", "must begin with the company prefix, which a URN needs")


def _check_steps(steps: Sequence[Step], *, has_containers: bool) -> None:
    for index, message in _nonsense(steps, has_containers=has_containers):
        raise PlanFaulty(f"steps[{index}]", message)


def _nonsense(steps: Sequence[Step], *, has_containers: bool) -> Iterator[tuple[int, str]]:
    """Yield the steps that cannot be where they stand, and why."""
    packed = travelling = False
    gone = ""
    for index, step in enumerate(steps):
        if step == "commissioning" and index:
            yield index, "commissioning comes first"
        if gone and step != "decommissioning":
            yield index, f"nothing comes after {gone} but decommissioning"
        if gone == "decommissioning":
            yield index, "things are decommissioned once"
        if travelling is not (step == "receiving"):
            yield index, "what is shipped is received next, and nothing else is received"
        if step == "packing" and not has_containers:
            yield index, "packing needs cases or pallets"
        if step in {"packing", "unpacking"} and packed is (step == "packing"):
            yield index, "packing and unpacking take turns, packing first"
        if step in {"selling", "decommissioning"} and packed:
            yield index, f"{step} comes after unpacking"
        packed = (packed or step == "packing") and step != "unpacking"
        travelling = step == "shipping"
        gone = step if step in {"selling", "decommissioning"} else gone
