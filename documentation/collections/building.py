"""Makes the requests of the contract's operations and the plan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from documentation.collections.contract import Contract, Operation
from documentation.collections.model import Body, Collection, Folder, Request, Value
from documentation.collections.plan import Plan

TWIN = "BySerial"
Found = TypeVar("Found")
QUICKSTART = (
    "From a product to a published passport that a scan shows. Run it first: it fills the variables of the others."
)
BY_SERIAL = "The same by the serial number, for systems that do not know our id."
_PARAMETER = re.compile(r"\{(\w+)\}")
_MAKES, _READS, _CHANGES, _DELETES = range(4)


@dataclass(frozen=True, slots=True)
class Step:
    """A name in the plan: an operation, and after a colon what makes this request of it another one."""

    name: str

    @property
    def operation(self) -> str:
        """The operation alone."""
        return self.name.partition(":")[0]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the title says besides."""
        return tuple(filter(None, (self.name.partition(":")[2],)))

    @property
    def twin(self) -> Step:
        """The same by serial number."""
        return Step(":".join([self.operation + TWIN, *self.remarks]))

    def of(self, said: Mapping[str, Found]) -> Found | None:
        """Return what is said of this step, else of its operation; what is said of one holds for its twin."""
        plain = self.name.replace(TWIN, "", 1)
        return said.get(plain, said.get(plain.partition(":")[0]))


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds one collection; raises LookupError where the plan names what the contract does not have."""

    contract: Contract
    plan: Plan
    operations: Mapping[str, Operation]

    def collection(self) -> Collection:
        """Return everything."""
        info = self.contract.document["info"]
        tags = [self._folder(tag) for tag in self.contract.document["tags"]]
        quickstart = Folder("Quickstart", QUICKSTART, self._requests(self.plan.quickstart))
        folders = (quickstart, *(folder for folder in tags if folder.requests))
        waiting = dict.fromkeys(sorted({one.variable for one in self.plan.by_hand.values()}), "")
        return Collection("TracePass", str(info["description"]), {**self.plan.variables, **waiting}, folders)

    def _folder(self, tag: Mapping[str, str]) -> Folder:
        plan = self.plan.folder(tag["name"])
        order = (*plan.requests, *self._others(tag["name"], plan.requests))
        twins = (*plan.first, *self._twins(order)) if any(map(self._has_twin, order)) else ()
        folders = (Folder("By serial number", BY_SERIAL, self._requests(twins)),) if twins else ()
        return Folder(tag["name"], tag["description"].strip(), self._requests((*plan.first, *order)), folders)

    def _has_twin(self, name: str) -> bool:
        return Step(name).twin.operation in self.operations

    def _others(self, tag: str, named: Sequence[str]) -> list[str]:
        """Return the operations of a tag that the plan does not name, in an order that usually works."""
        found = [
            one
            for one in self.operations.values()
            if one.tag == tag and one.id not in {*named, *self.plan.left_out} and not one.id.endswith(TWIN)
        ]
        return [one.id for one in sorted(found, key=self._rank)]

    def _rank(self, operation: Operation) -> tuple[int, int]:
        if operation.method == "DELETE":
            return _DELETES, -operation.path.count("/")
        if operation.method == "GET":
            return _READS, 0
        return (_MAKES, 0) if operation.id in self.plan.saves else (_CHANGES, 0)

    def _twins(self, order: Sequence[str]) -> Iterator[str]:
        """Give the same requests by serial number, after what makes a passport that has one."""
        for name in order:
            if self._has_twin(name):
                yield Step(name).twin.name
            elif "serial" in (Step(name).of(self.plan.saves) or ()):
                yield name

    def _requests(self, ids: Sequence[str]) -> tuple[Request, ...]:
        steps = [Step(one) for one in ids]
        titles = [self._title(step) for step in steps]
        return tuple(self._request(step, _told(titles, at)) for at, step in enumerate(steps))

    def _title(self, step: Step) -> str:
        return " ".join([self.operations[step.operation].definition["summary"], *step.remarks])

    def _request(self, step: Step, title: str) -> Request:
        operation, by_hand = self.operations[step.operation], self.plan.by_hand.get(step.operation)
        return Request(
            title=title,
            operation=operation.id,
            method=operation.method,
            path=operation.path,
            places=tuple(self._places(operation)),
            query=tuple(self._values(operation, "query", step.of(self.plan.queries) or {})),
            headers=tuple(self._headers(operation)),
            body=self._body(operation, step.of(self.plan.bodies) or {}),
            keyed="bearerKey" in operation.schemes or operation.id in self.plan.keyed,
            follows=not operation.redirects,
            statuses=step.of(self.plan.statuses) or operation.successes,
            saves=step.of(self.plan.saves) or {},
            waits_for=by_hand.variable if by_hand else None,
            description=self._description(operation),
        )

    def _places(self, operation: Operation) -> Iterator[Value]:
        known = {one["name"]: one for one in operation.parameters if one["in"] == "path"}
        for found in _PARAMETER.finditer(operation.path):
            name, before = found[1], operation.path[: found.start()]
            variable = self.plan.places.get(before) or self.plan.places.get(name)
            value = f"{{{{{variable}}}}}" if variable else self.contract.example(known[name])
            yield Value(name, value, str(known[name].get("description", "")).strip())

    def _values(self, operation: Operation, place: str, given: Mapping[str, str]) -> Iterator[Value]:
        """Give the parameters of a place; what is neither required nor given is not sent."""
        for one in operation.parameters:
            if one["in"] == place:
                name = str(one["name"])
                sent = name in given or bool(one.get("required"))
                value = given.get(name) or self.plan.headers["*"].get(name) or self.contract.example(one)
                yield Value(name, value, str(one.get("description", "")).strip(), sent)

    def _headers(self, operation: Operation) -> Iterator[Value]:
        given = self.plan.headers.get(operation.id, {})
        declared = tuple(self._values(operation, "header", given))
        for name in given.keys() - {value.name for value in declared}:
            yield Value(name, given[name], "")
        if operation.schemes == {"sessionCookie"} and operation.method != "GET":
            yield Value("X-CSRF-Token", "{{csrfToken}}", "From the sign-in.")
        yield from declared

    def _body(self, operation: Operation, given: Any) -> Body | None:
        if operation.body is None:
            return None
        media, sample = operation.body
        if operation.id in self.plan.files:
            return Body("file", media, self.plan.files[operation.id])
        sample = _merged(sample, given)
        if isinstance(sample, str):
            return Body("text", media, sample)
        if media != "application/json":
            return Body("form", media, fields=tuple((name, str(value)) for name, value in sample.items()))
        return Body("json", media, json.dumps(sample, ensure_ascii=False, indent=2))

    def _description(self, operation: Operation) -> str:
        text = str(operation.definition.get("description", "")).strip()
        scopes = " and ".join(f"`{scope}`" for scope in sorted(operation.scopes))
        by_hand = self.plan.by_hand.get(operation.id)
        parts = [text, f"Needs the scope {scopes}." if scopes else ""]
        parts += [f"Fill in the variable `{by_hand.variable}` first: {by_hand.reason}."] if by_hand else []
        return "\n\n".join(filter(None, parts))


def _told(titles: Sequence[str], at: int) -> str:
    """Return a title, counted where it stands among its like."""
    before = titles[:at].count(titles[at])
    return f"{titles[at]} ({before + 1})" if before else titles[at]


def _merged(sample: Any, given: Any) -> Any:
    """Return an example with members replaced, those of objects one by one."""
    if isinstance(sample, dict) and isinstance(given, dict):
        return {**sample, **{name: _merged(sample.get(name), value) for name, value in given.items()}}
    return sample if given == {} else given


def build(document: Mapping[str, Any], plan: Plan) -> Collection:
    """Return the collection of a contract.

    Raises:
        LookupError: the plan names an operation that the contract does not have.
    """
    contract = Contract(document)
    return Builder(contract, plan, {one.id: one for one in contract.operations()}).collection()
