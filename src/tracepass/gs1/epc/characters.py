"""Which characters the parts of an EPC may hold, and how a URN spells those it reserves (TDS 1.13, clauses 5, A, B)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
# GS1 characters that a URN or a path segment of one cannot carry as they are (TDS 1.13, table A-1 and G-1).
_URN_ESCAPES = str.maketrans({character: f"%{ord(character):02X}" for character in '"#%&/<>?'})


@dataclass(frozen=True, slots=True)
class CharacterSet:
    """A set of characters: ``name`` is what an error calls it, ``allowed`` the pattern of a value that is not empty."""

    name: str
    allowed: re.Pattern[str]

    def fault(self, value: str) -> int | None:
        """Return the position of the first character outside the set, or None."""
        match = self.allowed.match(value)
        end = 0 if match is None else match.end()
        return None if end == len(value) else end


DIGITS = CharacterSet("digits", re.compile("[0-9]+"))
SET_82 = CharacterSet("the 82 characters of GS1 set 82", re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+"))
SET_39 = CharacterSet("the 39 characters of GS1 set 39", re.compile(r"[#\-/0-9A-Z]+"))


def escape(value: str) -> str:
    """Return a value as a URN spells it: ``" # % & / < > ?`` become percent escapes, all else stays."""
    return value.translate(_URN_ESCAPES)


def unescape(text: str) -> str:
    """Return the value that an escaped text stands for; a ``%`` without two hexadecimal digits stands for itself."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "%" in text else text


def position_in_escaped(text: str, position: int) -> int:
    """Return where in the escaped text the character at ``position`` of its value begins."""
    at = 0
    for _ in range(position):
        at += 3 if _ESCAPE.match(text, at) else 1
    return at
