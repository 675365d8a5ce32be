"""What is put together from what members say is what the whole event says."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.epcis.examples import DOCUMENTS, EX, NAMES, object_event, read

from tracepass.core.ids import new_id
from tracepass.epcis.contexts import namespaces_of
from tracepass.epcis.documents import read_document
from tracepass.epcis.hashing import event_hash
from tracepass.epcis.normalising import normalised
from tracepass.epcis.storing import Preparing
from tracepass.epcis.terms import facts_of, term, terms_of
from tracepass.epcis.validation import problems_of

SERIALS = ("1", "A-1", "A%2F1", "%27", ".", "12345678901234567890", "123456789012345678901", "")
HEADS = (
    *("urn:epc:id:sgtin:0614141.107346", "urn:epc:id:sgtin:0614141.1073460", "urn:epc:class:lgtin:0614141.107346"),
    *("urn:epc:id:gdti:0614141.00002", "urn:epc:id:sscc:0614141", "urn:epc:id:nothing:0614141"),
    *("https://id.gs1.org/01/04012345111118/21", "https://example.com/01/04012345111118/10/L7/21", "urn:uuid:77"),
)
LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")


def hold(events: list[Any], namespaces: Mapping[str, str]) -> None:
    """Hold what is stored of events against what whole events say."""
    capture = new_id()
    batch = Preparing(namespaces, capture_id=capture, record_time="")(events)
    sound = [event for event in events if not problems_of(event, namespaces)]
    assert len(batch.prepared) == len(sound)
    for one, event in zip(batch.prepared, sound, strict=True):
        known = namespaces_of(event.get("@context", []), namespaces)
        digest, twin = event_hash(event, known), normalised(event, known)
        twin["eventID"] = twin.get("eventID") or digest
        facts = facts_of(twin)
        assert one.document["hash"] == digest
        assert one.document["eventTime"] == twin["eventTime"]
        wanted = {term("capture", str(capture)), *terms_of(twin, facts)}
        assert (set(one.document["terms"]), len(one.document["terms"])) == (wanted, len(wanted))
        assert {(fact["k"], fact["v"]) for fact in one.document["facts"]} == set(facts)


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_of_every_example_of_the_standard(path: Any) -> None:
    document = read_document(read(path))
    hold([*document.events, *document.events], document.namespaces)


def test_of_members_that_were_never_together() -> None:
    found = [event for path in DOCUMENTS for event in read_document(read(path)).events]
    members = [(name, value) for event in found for name, value in event.items() if name != "@context"]
    dice = random.Random(7)  # noqa: S311 - no secret
    hold([object_event(**dict(dice.sample(members, 6) if members else [])) for _ in range(2000)], EX)


@pytest.mark.parametrize("namespaces", [{}, EX, {"urn": "https://example.com/urn/"}])
def test_of_lists_of_any_identifiers(namespaces: Mapping[str, str]) -> None:
    dice = random.Random(9)  # noqa: S311 - no secret

    def epcs() -> list[str]:
        made = (f"{dice.choice(HEADS)}.{dice.choice(SERIALS)}" for _ in range(dice.randrange(4)))
        return sorted({epc.replace("21.", "21/") for epc in made})

    events = [object_event(**{name: epcs() for name in dice.sample(LISTS, 1)}) for _ in range(500)]
    others = [object_event(type="urn:example:event", **{name: epcs() for name in LISTS}) for _ in range(500)]
    hold([*events, *others], namespaces)


def test_an_undeclared_prefix_is_told_wherever_it_stands() -> None:
    faulty = [object_event(**{"no:lot": "L1"}), object_event(readPoint={"id": "urn:x:1", "no:lot": "L1"})]
    batch = Preparing(EX, capture_id=new_id(), record_time="")([object_event(), *faulty, *faulty])
    assert [(problem.index, problem.code) for problem in batch.problems] == [
        (index, "namespace_unknown") for index in range(1, 5)
    ]


def test_what_is_remembered_holds_for_one_context_alone() -> None:
    contexts: list[list[Any]] = [[{"ex": f"https://example.com/{number}/"}] for number in range(30)]
    hold([object_event(**{"@context": context, "ex:lot": "L1"}) for context in contexts * 2], {"ex": "urn:x:"})
