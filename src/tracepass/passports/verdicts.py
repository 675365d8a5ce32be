"""What the rules say of one passport and of many, and whether one is ready for the registry."""

from __future__ import annotations

from tracepass.core.errors import Invalid
from tracepass.core.mongo import Document
from tracepass.core.schema import QueryModel, WireId
from tracepass.identity.models import Caller
from tracepass.passports.compliance import Facts, examine, tally
from tracepass.passports.compliance.tally import tally_prefix
from tracepass.passports.desk import Desk, key_of
from tracepass.passports.models import Locator
from tracepass.passports.readiness import readiness


class ComplianceQuery(QueryModel):
    """Whose passports are counted."""

    product_id: WireId | None = None
    category: str | None = None


class Verdicts:
    """Holds passports against the rules; nothing is written."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def of(self, caller: Caller, which: Locator) -> Document:
        """Return the verdict on a passport with everything that was found.

        Raises:
            NotFound: this workspace has no such passport.
            SerialAmbiguous: the serial stands under several GTINs.
        """
        stored = await self.desk.load(caller, which)
        report = examine(Facts.of(stored, self.desk.template_of(stored)))
        return report.wire(stored["completionPercentage"])

    async def counts(self, caller: Caller, query: ComplianceQuery) -> Document:
        """Return how many passports there are by category, verdict and rule; the archived do not count.

        Raises:
            Invalid: there is no such category.
        """
        category = None if query.category is None else self.desk.templates.normalise(query.category)
        if query.category is not None and category is None:
            raise Invalid({"category": [f"{query.category!r} is no category; GET /api/v1/templates lists them"]})
        passports = self.desk.passports(caller)
        return tally(await passports.count_by_compliance(query.product_id, tally_prefix(category)))

    async def readiness(self, caller: Caller, which: Locator) -> Document:
        """Return whether a passport is ready for the registry of the Union, point by point.

        Raises:
            NotFound: this workspace has no such passport.
            SerialAmbiguous: the serial stands under several GTINs.
        """
        stored = await self.desk.load(caller, which)
        facts = Facts.of(stored, self.desk.template_of(stored))
        key = key_of(caller, stored["gs1"], stored["granularity"])
        return readiness(stored, facts, holds_claim=await self.desk.identifiers.holds(key, stored["_id"]))
