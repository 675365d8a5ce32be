"""Patterns over EPCs: ``urn:epc:idpat:sgtin:0614141.*.*`` stands for all items of a company (TDS 1.13, clause 8)."""

from __future__ import annotations

from dataclasses import dataclass

from tracepass.gs1.epc.characters import escape, unescape
from tracepass.gs1.epc.errors import EpcError
from tracepass.gs1.epc.identity import Epc, check
from tracepass.gs1.epc.schemes import SCHEMES, Scheme

PREFIX = "urn:epc:idpat:"
_WILDCARD = "*"


@dataclass(frozen=True, slots=True)
class Pattern:
    """The components that an EPC must have, in the order of the URN; those that are not named may be any."""

    scheme: Scheme
    values: tuple[str, ...]

    def matches(self, epc: Epc) -> bool:
        """Tell whether the pattern stands for an EPC."""
        return epc.scheme is self.scheme and tuple(epc.components.values())[: len(self.values)] == self.values

    @property
    def uri(self) -> str:
        """Return the pattern as a URN."""
        texts = [escape(value) for value in self.values]
        open_ = [_WILDCARD] * (len(self.scheme.components) - len(self.values))
        return f"{PREFIX}{self.scheme.name}:{'.'.join([*texts, *open_])}"


def parse_pattern(text: str) -> Pattern:
    """Read an identity pattern; wildcards stand at its end only.

    Raises:
        EpcError: it is none; the position counts from the start of the text.
    """
    name, colon, body = text.removeprefix(PREFIX).partition(":")
    scheme = SCHEMES.get(name)
    if not text.startswith(PREFIX) or not colon or scheme is None or scheme.namespace == "class":
        raise EpcError("unknown_scheme", f"a pattern is written {PREFIX}<scheme>:<components>", "scheme", 0)
    parts = body.split(".", len(scheme.components) - 1)
    if len(parts) != len(scheme.components):
        message = f"{scheme.label} has {len(scheme.components)} components divided by dots"
        raise EpcError("missing_component", message, scheme.components[len(parts)], len(text))
    named = parts[: parts.index(_WILDCARD)] if _WILDCARD in parts else parts
    if any(part != _WILDCARD for part in parts[len(named) :]):
        message = "what follows a wildcard is a wildcard"
        raise EpcError("invalid_character", message, None, len(text) - len(body))
    values = tuple(map(unescape, named))
    _check(scheme, values)
    return Pattern(scheme, values)


def _check(scheme: Scheme, values: tuple[str, ...]) -> None:
    """Hold the named components against their bounds, with harmless ones in place of those left open."""
    if not values:
        return
    prefix, *others = values
    width = 1 if scheme.digits is None else max(scheme.digits - len(prefix), 0)
    reference, *rest = [*others, *["0" * width][len(others) :]]
    pieces = [*rest, *["00", "00"][len(rest) :]][:2] if scheme.pieces else ["", ""]
    serial = values[-1] if scheme.serial is not None and len(values) == len(scheme.components) else None
    check(Epc(scheme, prefix, reference, serial, *pieces))
