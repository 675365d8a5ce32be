"""What is captured, as it arrives: one of the four shapes in JSON or XML, small enough for memory or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tracepass.core.errors import Invalid, Refusal
from tracepass.core.spool import Spool
from tracepass.epcis.documents import Document, read_document
from tracepass.epcis.largedocuments import LargeDocument, TooMany, read_json_document, read_xml_document
from tracepass.epcis.models import CAPTURE_LIMIT
from tracepass.epcis.problems import EpcisInvalid, Problem
from tracepass.epcis.xml import read_xml

WHOLE_BYTES: Final = 4 * 1024 * 1024
"""A body up to here is read at once; a longer one is looked at as a stream, and a worker captures it."""
FLAG: Final = "confirmOverage"
"""Our own member of a body that is otherwise the standard's."""


class TooManyEvents(Refusal):
    """More events than one capture takes."""

    def __init__(self, most: int) -> None:
        super().__init__(
            "payload_too_large",
            f"A capture takes at most {most} events; there are more here.",
            details={"limit": most},
            headers={"GS1-EPCIS-Capture-Limit": str(most)},
        )


def read(value: Any) -> Document:
    """Read one of the four shapes.

    Raises:
        Invalid: it is none.
    """
    try:
        return read_document(value)
    except EpcisInvalid as fault:
        raise invalid_of(fault.problems) from None


def from_xml(text: bytes) -> Any:
    """Return the JSON of a document in XML.

    Raises:
        Invalid: it is none, or hostile.
    """
    try:
        return read_xml(text)
    except EpcisInvalid as fault:
        raise invalid_of(fault.problems) from None


def read_large(body: Spool, room: Spool, *, is_xml: bool) -> tuple[LargeDocument, bool]:
    """Read a document that is too large for memory, and whether its flag says that more may be bought.

    ``room`` takes the events of a document in XML.

    Raises:
        Invalid: it is no document of EPCIS.
        MalformedJson: it is no JSON.
        Refusal: ``payload_too_large``.
    """
    flags: list[bool] = []

    def strip(around: Mapping[str, Any]) -> dict[str, Any]:
        value, flag = without_flag(around, confirmed=False)
        flags.append(flag)
        return dict(value)

    try:
        if is_xml:
            return read_xml_document(body, room, most=CAPTURE_LIMIT), False
        return read_json_document(body, most=CAPTURE_LIMIT, strip=strip), any(flags)
    except TooMany as many:
        raise TooManyEvents(many.most) from None
    except EpcisInvalid as fault:
        raise invalid_of(fault.problems) from None


def invalid_of(problems: Sequence[Problem]) -> Invalid:
    """Return the refusal that names these problems."""
    fields: dict[str, list[str]] = {}
    for problem in problems:
        fields.setdefault(problem.path or "body", []).append(problem.message)
    return Invalid(fields)


def without_flag(value: Any, *, confirmed: bool) -> tuple[Any, bool]:
    """Take our own flag out of a body that is otherwise the standard's.

    Raises:
        Invalid: it is neither true nor false.
    """
    if not isinstance(value, Mapping) or FLAG not in value:
        return value, confirmed
    flag = value[FLAG]
    if not isinstance(flag, bool):
        raise Invalid({FLAG: ["must be true or false"]})
    return {name: member for name, member in value.items() if name != FLAG}, confirmed or flag
