"""EPCs of every scheme for hypothesis: values that the standard allows, the odd ones more often than by chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import strategies as st

from tracepass.gs1.epc import SCHEMES, TAG_SCHEMES, Epc, EpcError, Scheme, TagScheme
from tracepass.gs1.epc.characters import DIGITS, SET_39, CharacterSet

Read = TypeVar("Read")
ALPHABETS = {DIGITS: "0123456789", SET_39: "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
CHARACTERS_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


def texts(characters: CharacterSet, shortest: int, longest: int) -> st.SearchStrategy[str]:
    return st.text(ALPHABETS.get(characters, CHARACTERS_82), min_size=shortest, max_size=longest)


@st.composite
def epcs(draw: st.DrawFn, scheme: Scheme | None = None, *, classes: bool = True) -> Epc:
    scheme = draw(st.sampled_from(list(SCHEMES.values()))) if scheme is None else scheme
    prefix = draw(st.text("0123456789", min_size=6, max_size=12))
    if scheme.digits is None:
        reference = draw(texts(scheme.characters, scheme.shortest, scheme.longest - len(prefix)))
    else:
        width = scheme.digits - len(prefix)
        reference = draw(texts(DIGITS, width, width))
    pieces = draw(texts(DIGITS, 4, 4)) if scheme.pieces else ""
    return Epc(scheme, prefix, reference, draw(serials(scheme, classes=classes)), pieces[:2], pieces[2:])


def serials(scheme: Scheme, *, classes: bool) -> st.SearchStrategy[str | None]:
    serial = scheme.serial
    if serial is None:
        return st.none()
    values = texts(serial.characters, 1, serial.longest)
    if not serial.padded:
        values = values.map(lambda value: value.lstrip("0") or "0")
    leaves_open = classes and scheme.namespace == "id" and serial.none is None
    return values | st.none() if leaves_open else values


@st.composite
def tagged(draw: st.DrawFn, row: TagScheme | None = None) -> tuple[Epc, TagScheme]:
    """Return an EPC that fits an encoding."""
    row = draw(st.sampled_from(list(TAG_SCHEMES.values()))) if row is None else row
    epc = draw(epcs(row.scheme, classes=False))
    reference, serial = epc.reference, epc.serial
    if row.reference.value == "integer" and row.reference_digits is not None:
        length = len(epc.company_prefix)
        bound = min(1 << row.reference_bits(length), 10 ** (row.reference_digits - length))
        reference = str(draw(st.integers(0, bound - 1)))
    if row.serial is not None and row.serial.value == "integer" and row.scheme.serial is not None:
        bound = min(1 << row.serial_bits, 10**row.scheme.serial.longest)
        serial = str(draw(st.integers(0, bound - 1)))
    if row.serial is not None and row.serial.value == "numeric string":
        serial = draw(texts(DIGITS, 1, 17 if row.name == "gdti-113" else 12))
    return Epc(row.scheme, epc.company_prefix, reference, serial, epc.piece, epc.total), row


def attempt(read: Callable[[str], Read], text: str) -> Read | EpcError:
    """Return what is read, or what was wrong."""
    try:
        return read(text)
    except EpcError as fault:
        return fault
