"""The stateless tools of EPCIS: analysis, synthetic chains, spreadsheets; nothing of them is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, BinaryIO, Final, TypeVar

from tracepass.core.clock import Clock
from tracepass.core.errors import Invalid, Refusal
from tracepass.epcis.analysis.reading import MOST_EVENTS, TooManyEvents, read_json, read_xml
from tracepass.epcis.analysis.report import analyse
from tracepass.epcis.sheets.conversion import convert
from tracepass.epcis.sheets.tables import FileFaulty
from tracepass.epcis.sheets.template import Format, template
from tracepass.epcis.synthesis.chains import synthetic_document
from tracepass.epcis.synthesis.plan import PlanFaulty
from tracepass.epcis.workbenchmodels import SyntheticPlan

Answer = TypeVar("Answer")
AT_ONCE: Final = 2
"""Calls that work at the same time; a large document takes a second or two, and others want to be served as well."""


class Workbench:
    """The tools; they know the time, to tell what is still to come."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def analyse(self, value: Any) -> dict[str, Any]:
        """Return what is wrong with a document: JSON's, or the bytes of one in XML.

        Raises:
            Refusal: ``payload_too_large``: it has more events than are looked at.
        """
        now = self._clock()

        def work() -> dict[str, Any]:
            return analyse(read_xml(value) if isinstance(value, bytes) else read_json(value), now=now)

        try:
            return await self._in_turn(work)
        except TooManyEvents as fault:
            raise Refusal("payload_too_large", str(fault), details={"limit": MOST_EVENTS}) from None

    async def generate(self, plan: SyntheticPlan) -> dict[str, Any]:
        """Return the EPCISDocument of a plan.

        Raises:
            Invalid: the plan cannot be told.
        """
        try:
            return await self._in_turn(lambda: synthetic_document(plan.plan()))
        except PlanFaulty as fault:
            raise Invalid({fault.field: [fault.message]}) from None

    async def from_spreadsheet(self, file: BinaryIO, *, partial: bool) -> dict[str, Any]:
        """Return the document that a spreadsheet holds, or what is wrong with its cells.

        Raises:
            Invalid: the file is damaged or empty.
            Refusal: ``unsupported_media_type``, ``payload_too_large``.
        """
        now = self._clock()
        try:
            return await self._in_turn(lambda: convert(file, now=now, partial=partial))
        except FileFaulty as fault:
            if fault.code == "validation_error":
                raise Invalid({"file": [fault.message]}) from None
            raise Refusal(fault.code, fault.message) from None

    async def template(self, form: Format) -> bytes:
        """Return the empty spreadsheet to begin with."""
        return await self._in_turn(lambda: template(form))

    async def _in_turn(self, work: Callable[[], Answer]) -> Answer:
        async with self._turns:
            return await asyncio.to_thread(work)
