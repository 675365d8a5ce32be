"""Rules on quantities, and on corrections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracepass.epcis.analysis.chain import Chain
from tracepass.epcis.analysis.happenings import Happening, items_at, text_at, time_at
from tracepass.epcis.analysis.rule import Hit, Rule, named, on, within
from tracepass.epcis.analysis.stock import Entry, exceeds
from tracepass.epcis.hashing import event_hash


def _negative(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        for amount in happening.amounts:
            if amount.quantity is not None and amount.quantity <= 0:
                yield on(happening, amount, quantity=f"{amount.quantity:g}")


def _broken(chain: Chain) -> Iterator[Hit]:
    """Find counts that are no whole numbers: without a unit a quantity counts things (EPCIS 2.0, 7.3.3.3)."""
    for happening in chain.happenings:
        for amount in happening.amounts:
            if amount.uom is None and amount.quantity is not None and not amount.quantity.is_integer():
                yield on(happening, amount, quantity=f"{amount.quantity:g}")


def _unit_alone(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        for amount in happening.amounts:
            if amount.uom is not None and amount.quantity is None:
                yield on(happening, amount, uom=amount.uom)


def _told(entry: Entry, bound: float, quantity: float) -> Hit:
    unit = f" {entry.unit}" if entry.unit else ""
    return on(entry.happening, entry.amount, quantity=f"{quantity:g}{unit}", bound=f"{bound:g}{unit}")


def _overused(chain: Chain) -> Iterator[Hit]:
    for entry in chain.replay.entries:
        if entry.kind == "used" and exceeds(entry.used, entry.made):
            yield _told(entry, entry.made, entry.used)


def _overseen(chain: Chain) -> Iterator[Hit]:
    for entry in chain.replay.entries:
        if entry.kind == "seen" and exceeds(entry.quantity, entry.made - entry.used):
            yield _told(entry, entry.made - entry.used, entry.quantity)


def _overreceived(chain: Chain) -> Iterator[Hit]:
    for entry in chain.replay.entries:
        if entry.kind == "received" and exceeds(entry.quantity, entry.shipped):
            yield _told(entry, entry.shipped, entry.quantity)


def _declared(chain: Chain) -> Iterator[tuple[Happening, Happening | None]]:
    """Yield declarations of errors, each with the event that it declares wrong."""
    for happening in chain.happenings:
        if happening.declaration is not None:
            yield happening, None if happening.event_id is None else chain.originals.get(happening.event_id)


def _unknown_declared(chain: Chain) -> Iterator[Hit]:
    for happening, original in _declared(chain):
        if original is None and happening.event_id is not None:
            yield within(happening, "/eventID", id=happening.event_id)


def _nameless(chain: Chain) -> Iterator[Hit]:
    for happening, _ in _declared(chain):
        if happening.event_id is None:
            yield within(happening, "/errorDeclaration")


def _content_differs(chain: Chain) -> Iterator[Hit]:
    for happening, original in _declared(chain):
        if original is not None and happening.given.is_valid and original.given.is_valid:
            hashes = {event_hash(one.event, one.given.namespaces) for one in (happening, original)}
            if len(hashes) > 1:
                yield within(happening, "", original=named(original))


def _declared_early(chain: Chain) -> Iterator[Hit]:
    for happening, _ in _declared(chain):
        declared = time_at(happening.declaration or {}, "declarationTime")
        if declared is not None and happening.time is not None and declared < happening.time:
            yield within(happening, "/errorDeclaration/declarationTime", time=happening.event["eventTime"])


def _declared_twice(chain: Chain) -> Iterator[Hit]:
    for happenings in chain.by_id.values():
        declarations = [one for one in happenings if one.declaration is not None]
        for happening in declarations[1:]:
            if happening.event != declarations[0].event:
                yield within(happening, "/errorDeclaration", first=named(declarations[0]))


def _corrections(chain: Chain) -> Iterator[tuple[Happening, str, str]]:
    for happening, _ in _declared(chain):
        for index, corrective in enumerate(items_at(happening.declaration or {}, "correctiveEventIDs")):
            if isinstance(corrective, str):
                yield happening, f"/errorDeclaration/correctiveEventIDs/{index}", corrective


def _unknown_corrective(chain: Chain) -> Iterator[Hit]:
    for happening, at, corrective in _corrections(chain):
        if corrective not in chain.by_id:
            yield within(happening, at, id=corrective)


def _own_corrective(chain: Chain) -> Iterator[Hit]:
    for happening, at, corrective in _corrections(chain):
        if corrective == happening.event_id:
            yield within(happening, at)


def _not_corrected(chain: Chain) -> Iterator[Hit]:
    for happening, _ in _declared(chain):
        declaration = happening.declaration or {}
        reason = text_at(declaration, "reason") or ""
        if reason.endswith("incorrect_data") and not items_at(declaration, "correctiveEventIDs"):
            yield within(happening, "/errorDeclaration")


QUANTITY_RULES: Final = (
    Rule(
        "quantity_not_positive",
        "quantities",
        "error",
        "The quantity {quantity} of {epc} is not above zero.",
        "Write what was there; what goes away is told by the action or the step, not by a minus.",
        _negative,
    ),
    Rule(
        "quantity_needs_unit",
        "quantities",
        "error",
        "{quantity} of {epc} is no whole number, and has no unit.",
        "Add the unit of measure as uom (KGM, LTR, ...), or write a whole number of pieces.",
        _broken,
    ),
    Rule(
        "unit_without_quantity",
        "quantities",
        "warning",
        "{epc} has the unit {uom} and no quantity.",
        "Add the quantity, or leave the unit out.",
        _unit_alone,
    ),
    Rule(
        "used_more_than_made",
        "quantities",
        "error",
        "Until here {quantity} of {epc} were used up, of {bound} that were commissioned or transformed.",
        "Correct one of the quantities or the lot, or add the event that made the rest.",
        _overused,
    ),
    Rule(
        "more_than_there_is",
        "quantities",
        "error",
        "{quantity} of {epc} are told here, of {bound} that there are.",
        "Correct one of the quantities or the lot, or add the event that made the rest.",
        _overseen,
    ),
    Rule(
        "received_more_than_shipped",
        "quantities",
        "warning",
        "Until here {quantity} of {epc} were received, of {bound} that were shipped.",
        "Compare the delivery note; correct the quantity or add the missing shipment.",
        _overreceived,
    ),
)
CORRECTION_RULES: Final = (
    Rule(
        "declared_event_unknown",
        "corrections",
        "info",
        "The event {id} that is declared wrong is not in this document.",
        "Analyse it together with the event, if you want both compared.",
        _unknown_declared,
    ),
    Rule(
        "declaration_without_event_id",
        "corrections",
        "warning",
        "The declaration says of no event that it was wrong: it has no eventID.",
        "Repeat the eventID of the event that was wrong.",
        _nameless,
    ),
    Rule(
        "declared_content_differs",
        "corrections",
        "error",
        "The declaration does not repeat what {original} says, which it declares wrong.",
        "Repeat the wrong event as it was, and tell the right one as an event of its own.",
        _content_differs,
    ),
    Rule(
        "declared_before_event",
        "corrections",
        "error",
        "The event was declared wrong before it happened, at {time}.",
        "Correct declarationTime, most often its time zone.",
        _declared_early,
    ),
    Rule(
        "declared_twice",
        "corrections",
        "warning",
        "The event is declared wrong a second time (first in {first}).",
        "Leave one of the two out.",
        _declared_twice,
    ),
    Rule(
        "corrective_event_unknown",
        "corrections",
        "warning",
        "The corrective event {id} is not in this document.",
        "Add it, or correct the id; whoever gets only this document cannot tell what is right.",
        _unknown_corrective,
    ),
    Rule(
        "corrects_itself",
        "corrections",
        "error",
        "The event names itself as the one that corrects it.",
        "Give the corrective event an eventID of its own and name that.",
        _own_corrective,
    ),
    Rule(
        "correction_missing",
        "corrections",
        "info",
        "The data were declared wrong, and no event is named that has the right ones.",
        "Tell the right event and name it under correctiveEventIDs; if nothing happened, the reason is did_not_occur.",
        _not_corrected,
    ),
)
