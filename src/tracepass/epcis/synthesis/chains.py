"""Makes the document of a plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tracepass.epcis.contexts import EPCIS_CONTEXT_URL
from tracepass.epcis.hashing import event_hash
from tracepass.epcis.synthesis.faults import FAULTS
from tracepass.epcis.synthesis.plan import Plan
from tracepass.epcis.synthesis.telling import Event, Teller
from tracepass.epcis.synthesis.things import Dice, Things
from tracepass.epcis.times import written


def synthetic_document(plan: Plan) -> dict[str, Any]:
    """Return an EPCISDocument with the events of a plan, in the order of time; each has its hash as eventID.

    Raises:
        PlanFaulty: the plan cannot be told.
    """
    plan.check()
    teller = Teller.of(plan, Things(plan, Dice(plan.seed)))
    events = [event for step in plan.steps for event in teller.told(step)]
    for fault in plan.errors:
        events.extend(FAULTS[fault](teller))
    return {
        "@context": [EPCIS_CONTEXT_URL],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": written(teller.now + timedelta(hours=1)),
        "epcisBody": {"eventList": [_with_id(event) for event in events]},
    }


def _with_id(event: Event) -> Event:
    if "eventID" in event:
        return event
    kind, rest = event["type"], {name: value for name, value in event.items() if name != "type"}
    return {"type": kind, "eventID": event_hash(event, {}), **rest}
