"""Rules on packing and unpacking, and on what is shipped and received."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracepass.epcis.analysis.chain import Chain
from tracepass.epcis.analysis.journeys import site
from tracepass.epcis.analysis.packing import Move, MoveKind, closed
from tracepass.epcis.analysis.rule import Hit, Look, Rule, Severity, named, on, within

_JOINING: Final = frozenset({"AggregationEvent", "AssociationEvent"})


def _moves(chain: Chain, kind: MoveKind) -> list[Move]:
    return chain.replay.moves.get(kind, [])


def _told(move: Move) -> Hit:
    return on(move.happening, move.mention, parent=move.parent, before=move.before)


def _two_parents(chain: Chain) -> Iterator[Hit]:
    return (_told(move) for move in _moves(chain, "pack") if move.before not in {None, move.parent})


def _packed_again(chain: Chain) -> Iterator[Hit]:
    return (_told(move) for move in _moves(chain, "pack") if move.before == move.parent)


def _loops(chain: Chain) -> Iterator[Hit]:
    """Find things that hold themselves: at once where the circle is short, else in what is left at the end."""
    links = chain.replay.links.get("loop", [])
    yield from (_told(move) for move in [*_moves(chain, "loop"), *links])
    for packing in (chain.replay.packing, chain.replay.associations):
        for key in closed(packing):
            parent = packing.parent_of[key]
            happening = chain.happenings[packing.children[parent][key]]
            mention = next(mention for mention in happening.mentions_as("child") if mention.key == key)
            yield on(happening, mention, parent=packing.names[parent])


def _never_packed(chain: Chain) -> Iterator[Hit]:
    return (_told(move) for move in _moves(chain, "unpack") if move.before is None and move.is_known)


def _packed_elsewhere(chain: Chain) -> Iterator[Hit]:
    return (_told(move) for move in _moves(chain, "unpack") if move.before is None and not move.is_known)


def _other_parent(chain: Chain) -> Iterator[Hit]:
    return (_told(move) for move in _moves(chain, "unpack") if move.before not in {None, move.parent})


def _listed_wrongly(chain: Chain) -> Iterator[Hit]:
    return (_told(move) for move in _moves(chain, "listed") if move.is_known and move.before != move.parent)


def _seen_packed(chain: Chain) -> Iterator[Hit]:
    return (_told(move) for move in _moves(chain, "seen") if move.before is not None)


def _ended_packed(chain: Chain) -> Iterator[Hit]:
    return (_told(move) for move in _moves(chain, "end") if move.before is not None)


def _no_parent(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        if happening.kind in _JOINING and happening.action in {"ADD", "DELETE"} and happening.parent is None:
            yield within(happening, "", action=happening.action)


def _lost(chain: Chain) -> Iterator[Hit]:
    """Find what was shipped and never came in, where something else of that shipment did."""
    shipments = chain.replay.journeys.shipments
    arrived = {shipment.happening.index for shipment in shipments if shipment.received is not None}
    last = max((receipt.happening.index for receipt in chain.replay.journeys.receipts), default=None)
    if last is None:
        return
    for shipment in shipments:
        latest = chain.replay.journeys.open.get(shipment.mention.key) is shipment
        if shipment.received is None and latest and (shipment.happening.index in arrived or not arrived):
            yield on(shipment.happening, shipment.mention)


def _underway(chain: Chain) -> Iterator[Hit]:
    """Find what was shipped and is still on its way, where other shipments came in."""
    shipments = chain.replay.journeys.shipments
    arrived = {shipment.happening.index for shipment in shipments if shipment.received is not None}
    for shipment in shipments:
        if shipment.received is None and arrived and shipment.happening.index not in arrived:
            yield on(shipment.happening, shipment.mention)


def _unannounced(chain: Chain) -> Iterator[Hit]:
    if not chain.replay.journeys.shipments:
        return
    for receipt in chain.replay.journeys.receipts:
        if receipt.shipment is None and receipt.happening.step == "receiving":
            yield on(receipt.happening, receipt.mention)


def _shipped_again(chain: Chain) -> Iterator[Hit]:
    for happening, mention, before in chain.replay.journeys.again:
        if happening.read_point == before.happening.read_point:
            yield on(happening, mention, first=named(before.happening))


def _received_elsewhere(chain: Chain) -> Iterator[Hit]:
    for receipt in chain.replay.journeys.receipts:
        wanted = frozenset[str]() if receipt.shipment is None else receipt.shipment.places
        places = [receipt.happening.read_point, receipt.happening.location]
        found = {there for place in places if place is not None for there in [site(place)] if there is not None}
        if wanted and found and not wanted & found:
            yield on(receipt.happening, receipt.mention, wanted=min(wanted), found=min(found))


def _row(code: str, severity: Severity, says: str, fix: str, look: Look) -> Rule:
    return Rule(code, "aggregation", severity, says, fix, look)


AGGREGATION_RULES: Final = (
    _row(
        "packed_in_two_parents",
        "error",
        "{epc} is packed into {parent} while it is still in {before}.",
        "Add the event that takes it out of its first parent, or correct the identifier of the child.",
        _two_parents,
    ),
    _row(
        "packed_again",
        "warning",
        "{epc} is packed into {parent}, where it is already.",
        "Leave the second event out, or add the unpacking between the two.",
        _packed_again,
    ),
    _row(
        "aggregation_cycle",
        "error",
        "{epc} is put into {parent}, which is the thing itself or something in it.",
        "Correct parent or child: nothing holds itself.",
        _loops,
    ),
    _row(
        "unpacked_never_packed",
        "error",
        "{epc} is taken out of {parent}, into which it was never packed.",
        "Add the packing event, or correct the identifier of the child.",
        _never_packed,
    ),
    _row(
        "packing_missing",
        "info",
        "{epc} is taken out of {parent}; its packing is not in this document.",
        "Analyse it together with the events of who packed it, if you want to know.",
        _packed_elsewhere,
    ),
    _row(
        "unpacked_from_other_parent",
        "error",
        "{epc} is taken out of {parent}, but it is in {before}.",
        "Correct the parent, or add the repacking.",
        _other_parent,
    ),
    _row(
        "contents_differ",
        "warning",
        "{epc} is seen in {parent}, into which it was not packed.",
        "Correct the list of children, or add the packing event.",
        _listed_wrongly,
    ),
    _row(
        "observed_while_packed",
        "warning",
        "{epc} is seen by itself while it is in {before}.",
        "Add the unpacking before this event, or name the parent that was seen.",
        _seen_packed,
    ),
    _row(
        "ended_while_packed",
        "warning",
        "{epc} is decommissioned or used up while it is in {before}.",
        "Add the unpacking before this event.",
        _ended_packed,
    ),
    _row(
        "parent_missing",
        "error",
        "An event with the action {action} has no parentID.",
        "Name the parent that the children go into or come out of.",
        _no_parent,
    ),
)
SHIPMENT_RULES: Final = (
    Rule(
        "shipped_not_received",
        "shipment",
        "warning",
        "{epc} was shipped and never received, while other things were.",
        "Look for a missing receiving event, or for what was lost on the way.",
        _lost,
    ),
    Rule(
        "shipment_underway",
        "shipment",
        "info",
        "{epc} was shipped and is not received yet.",
        "If it has arrived, add the receiving event.",
        _underway,
    ),
    Rule(
        "received_not_shipped",
        "shipment",
        "warning",
        "{epc} was received, but nothing tells that it was shipped before.",
        "Add the shipping event of it or of what it was packed in, or correct the identifier.",
        _unannounced,
    ),
    Rule(
        "shipped_twice",
        "shipment",
        "warning",
        "{epc} is shipped from the same place again ({first}) without having been received.",
        "Leave one of the two out, or declare the first void (void_shipping).",
        _shipped_again,
    ),
    Rule(
        "received_elsewhere",
        "shipment",
        "warning",
        "{epc} was received at {found}, but it was sent to {wanted}.",
        "Correct the destination or the place of receipt, or look for a parcel gone astray.",
        _received_elsewhere,
    ),
)
