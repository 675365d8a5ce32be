"""Capture jobs as documents: how they begin, what becomes of them, how they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.epcis.problems import Problem
from tracepass.epcis.storing import Prepared

Behaviour = Literal["rollback", "proceed"]
MOST_TOLD = 200
"""Errors and warnings that a job lists; the counts say how many there are."""
_SHOWN = (
    "captureErrorBehaviour",
    "eventCount",
    "capturedCount",
    "repeatedCount",
    "errors",
    "errorCount",
    "warnings",
    "warningCount",
    "createdAt",
)
VALIDATION = ("epcisException:ValidationException", "The event breaks a rule of the standard.", 400)
TAKEN = ("epcisException:ResourceAlreadyExistsException", "Another event has this eventID.", 409)


def new_capture(capture_id: Id, *, behaviour: Behaviour, count: int, now: str, taken: Any) -> Document:
    """Return a capture job that begins; ``taken`` is what was counted of the plan."""
    return {
        "_id": capture_id,
        "running": True,
        "success": True,
        "captureErrorBehaviour": behaviour,
        "eventCount": count,
        "capturedCount": 0,
        "repeatedCount": 0,
        "errors": [],
        "errorCount": 0,
        "warnings": [],
        "warningCount": 0,
        "createdAt": now,
        "finishedAt": None,
        "phase": "storing" if behaviour == "proceed" else "checking",
        "step": 0,
        "taken": taken,
    }


def advanced(capture: Mapping[str, Any], members: Mapping[str, Any]) -> Document:
    """Return a capture after a part of it: counts grow, lists become longer up to their limit."""
    after = dict(capture)
    for name, value in members.items():
        if name in {"capturedCount", "repeatedCount", "errorCount", "warningCount"}:
            after[name] = capture[name] + value
        elif name in {"errors", "warnings"}:
            after[name] = [*capture[name], *value][:MOST_TOLD]
        else:
            after[name] = value
    return {**after, "success": after["errorCount"] == 0, "step": capture["step"] + 1}


def finished(capture: Mapping[str, Any], *, now: str) -> Document:
    """Return a capture that is over."""
    return {**capture, "running": False, "finishedAt": now, "phase": "done"}


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the update from one to the other."""
    return {"$set": {name: value for name, value in after.items() if before.get(name) != value}}


def shown(capture: Mapping[str, Any]) -> dict[str, Any]:
    """Return a capture job as it is shown, in both vocabularies: the standard's and ours."""
    outcome = "success" if capture["success"] else "failed"
    name = str(capture["_id"])
    over = {} if capture["finishedAt"] is None else {"finishedAt": capture["finishedAt"]}
    return {
        "captureJobId": name,
        "captureID": name,
        "status": "running" if capture["running"] else outcome,
        "running": capture["running"],
        "success": capture["success"],
        **{member: capture[member] for member in _SHOWN},
        **over,
    }


def errors_of(problems: Iterable[Problem]) -> list[Document]:
    """Return problems of events as a job lists them."""
    return [_error(problem.index, problem.message, problem.code, problem.path, VALIDATION) for problem in problems]


def taken_errors(events: Iterable[Prepared]) -> list[Document]:
    """Return the errors of events whose id other events have."""
    message = "There is another event with this eventID; one that corrects it has an errorDeclaration."
    return [_error(event.index, message, "event_id_taken", "/eventID", TAKEN) for event in events]


def _error(index: int | None, message: str, code: str, path: str, kind: tuple[str, str, int]) -> Document:
    name, title, status = kind
    return {
        "index": index,
        "message": message,
        "code": code,
        "path": path,
        "type": name,
        "title": title,
        "status": status,
    }


def unknown_warnings(events: Sequence[Prepared], known: Mapping[str, Id]) -> tuple[list[Document], int]:
    """Return a warning for each product that no passport of the workspace is about, once, and how many there are.

    No more are made than a job lists.
    """
    seen: dict[str, int] = {}
    for event in events:
        for epc in event.products:
            if epc not in known:
                seen.setdefault(epc, event.index)
    return [_unknown(epc, index) for epc, index in islice(seen.items(), MOST_TOLD)], len(seen)


def _unknown(epc: str, index: int) -> Document:
    message = f"No passport of this workspace is about {epc}."
    return {"index": index, "code": "unknown_epc", "message": message, "epc": epc}
