"""Fits the text of a label into its area: smaller first, then on more lines, and at last shortened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tracepass.passports.labels.layout import Area
from tracepass.passports.labels.typefaces import Face, Typefaces

POINTS = 72 / 25.4
"""Points a millimetre."""
SMALLEST, LARGEST = 5.0, 16.0
LEADING = 1.2
_STEP = 0.5
_NAME_LINES, _CAPTION_LINES = 4, 3
_GAP = 0.35
"""Space between names and captions, as a share of a line."""
_ELLIPSIS = "\u2026"


@dataclass(frozen=True, slots=True)
class Text:
    """What a label says: names may be long and are wrapped, captions say the key and stay whole as long as they can."""

    names: tuple[str, ...]
    captions: tuple[str, ...]

    @property
    def lines(self) -> int:
        """Return how many lines it takes at least."""
        return len(self.names) + len(self.captions)


def caption_width(texts: Iterable[Text], faces: Typefaces) -> float:
    """Return how wide the widest caption is at least, in millimetres."""
    captions = {caption for text in texts for caption in text.captions}
    return max((faces.regular.width(caption, SMALLEST) for caption in captions), default=0) / POINTS


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is drawn."""

    text: str
    face: Face


@dataclass(frozen=True, slots=True)
class Setting:
    """Lines of one size, in points; the first ones are names, and stand a little apart."""

    size: float
    lines: tuple[Line, ...]
    names: int

    @property
    def gap(self) -> float:
        """Return the space between names and captions, in lines."""
        return _GAP if 0 < self.names < len(self.lines) else 0

    @property
    def height(self) -> float:
        """Return the height in points."""
        return self.size * LEADING * (len(self.lines) + self.gap)

    def above(self, number: int) -> float:
        """Return how far below the top a line begins, in points."""
        return self.size * LEADING * (number + (self.gap if number >= self.names else 0))


def set_text(text: Text, area: Area, faces: Typefaces, *, label_height: float) -> Setting:
    """Return the largest setting that fits, or the smallest one, shortened. It never overflows its area."""
    width, height = area.width * POINTS, area.height * POINTS
    size = min(LARGEST, max(SMALLEST, _STEP * round(label_height * 0.075 * POINTS / _STEP)))
    while size > SMALLEST:
        whole = _whole(text, width, faces, size)
        if whole is not None and whole.height <= height:
            return whole
        size -= _STEP
    return _shortened(text, width, _room(text, height), faces)


def _room(text: Text, height: float) -> int:
    """Return how many of the smallest lines there is room for, the gap considered where both sides of it have lines."""
    lines = height / (SMALLEST * LEADING)
    if text.names and text.captions and lines > len(text.captions):
        return max(len(text.captions), int(lines - _GAP))
    return int(lines)


def _whole(text: Text, width: float, faces: Typefaces, size: float) -> Setting | None:
    """Set everything, or nothing: the names on a few lines, each caption on one."""
    lines = []
    for number, name in enumerate(text.names):
        face = faces.regular if number else faces.bold
        wrapped = wrap(name, face, size, width)
        if len(wrapped) > _NAME_LINES:
            return None
        lines += [Line(part, face) for part in wrapped]
    captions = [Line(caption, faces.regular) for caption in text.captions]
    if any(line.face.width(line.text, size) > width for line in captions):
        return None
    return Setting(size, (*lines, *captions), len(lines))


def _shortened(text: Text, width: float, room: int, faces: Typefaces) -> Setting:
    """Set in the smallest size: a line for each, the captions first; spare lines go to captions, then names."""
    names = [(name, faces.regular if number else faces.bold, _NAME_LINES) for number, name in enumerate(text.names)]
    captions = [(caption, faces.regular, _CAPTION_LINES) for caption in text.captions[:room]]
    names = names[: room - len(captions)]
    kept = [*captions, *names]
    spare = room - len(kept)
    cut = []
    for words, face, most in kept:
        parts = wrap(words, face, SMALLEST, width) if most == _NAME_LINES else _pieces(words, face, SMALLEST, width)
        count = 1 + min(spare, most - 1, len(parts) - 1)
        spare -= count - 1
        cut.append([Line(line, face) for line in _cut(parts, count, face, width)])
    first = [line for lines in cut[len(captions) :] for line in lines]
    return Setting(SMALLEST, (*first, *(line for lines in cut[: len(captions)] for line in lines)), len(first))


def wrap(text: str, face: Face, size: float, width: float) -> list[str]:
    """Break a text into lines no wider than ``width`` points, between words where it can."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if face.width(joined, size) <= width:
            lines[-1] = joined
            continue
        pieces = _pieces(word, face, size, width)
        lines = [*(line for line in lines if line), *pieces]
    return lines


def _pieces(word: str, face: Face, size: float, width: float) -> list[str]:
    """Break a text wherever a line is full; what is a key has no better place."""
    pieces = [""]
    for character in word:
        if pieces[-1] and face.width(pieces[-1] + character, size) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _cut(lines: list[str], count: int, face: Face, width: float) -> list[str]:
    """Return at most so many lines, the last one with an ellipsis if more followed."""
    if len(lines) <= count:
        return lines
    last = lines[count - 1]
    while last and face.width(last + _ELLIPSIS, SMALLEST) > width:
        last = last[:-1]
    return [*lines[: count - 1], last.rstrip() + _ELLIPSIS]
