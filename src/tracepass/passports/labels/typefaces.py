"""The typefaces of labels: one that has every script of the 24 languages, Greek and Cyrillic included."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

# Open Sans (Apache-2.0), which draws all 24 languages.
_PACKAGE, _REGULAR, _BOLD = "ttf_opensans", "ttf/OpenSans-Regular.ttf", "ttf/OpenSans-Bold.ttf"
_SPELLED: Mapping[str, str] = {"\u2010": "-", "\u2011": "-", "\u1e9e": "SS"}
_MISSING = "\ufffd"


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One typeface, registered with reportlab under its name."""

    name: str
    font: TTFont

    def width(self, text: str, size: float) -> float:
        """Return the width of a text in points."""
        return float(self.font.stringWidth(text, size))

    def clean(self, text: str) -> str:
        """Return a text on one line in characters the face has, the nearest ones for others."""
        line = " ".join(unicodedata.normalize("NFC", text).split())
        return "".join(self._drawable(character) for character in line)

    def _drawable(self, character: str) -> str:
        if unicodedata.category(character) in {"Cf", "Cc"}:
            return ""
        if self._has(character):
            return character
        plain = unicodedata.normalize("NFKD", _SPELLED.get(character, character))
        kept = "".join(part for part in plain if self._has(part))
        return kept or (_MISSING if self._has(_MISSING) else "?")

    def _has(self, character: str) -> bool:
        return ord(character) in self.font.face.charToGlyph


@dataclass(frozen=True, slots=True)
class Typefaces:
    """The two faces of a label."""

    regular: Face
    bold: Face


@lru_cache
def typefaces() -> Typefaces:
    """Load the faces, once a process; a fifth of a second, so off the event loop."""
    return Typefaces(_load("Label", _REGULAR), _load("Label-Bold", _BOLD))


def _load(name: str, path: str) -> Face:
    with as_file(files(_PACKAGE).joinpath(path)) as file:
        font = TTFont(name, file)
    pdfmetrics.registerFont(font)
    return Face(name, font)
