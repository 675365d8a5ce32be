"""Prints labels: pages of PDF with symbols of exact size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from tracepass.passports.carriers.drawings import module_path
from tracepass.passports.carriers.symbols import Modules
from tracepass.passports.labels.formats import LabelFormat
from tracepass.passports.labels.layout import Area, Layout
from tracepass.passports.labels.typefaces import Typefaces
from tracepass.passports.labels.wording import Text, set_text

_CORNER = 1.5
_HAIRLINE = 0.25
_GREY = 0.6
_BASELINE = 0.93
"""Where the letters of a line stand, as a share of its size from above."""


@dataclass(frozen=True, slots=True)
class Label:
    """One label: a symbol, its mark included, and what stands beside it."""

    modules: Modules
    text: Text


@dataclass(frozen=True, slots=True)
class Run:
    """How to print: the first place that is free on the first page, counted from 1, and how often each label."""

    start_at: int
    copies: int
    outline: bool
    title: str


def print_labels(labels: Sequence[Label], grid: LabelFormat, layout: Layout, run: Run, faces: Typefaces) -> bytes:
    """Return the PDF. A label of several copies is stored once."""
    canvas = Canvas("", pagesize=(grid.page_width * mm, grid.page_height * mm), invariant=True, pageCompression=1)
    canvas.setTitle(run.title)
    canvas.setViewerPreference("PrintScaling", "None")
    press = _Press(canvas, grid, layout, faces, outline=run.outline)
    for place, (number, label) in enumerate(_in_order(labels, run.copies), start=run.start_at - 1):
        page, index = divmod(place, grid.per_page)
        if index == 0 and page > 0 and place > run.start_at - 1:
            canvas.showPage()
        canvas.saveState()
        left, bottom = grid.place(index)
        canvas.translate(left * mm, bottom * mm)
        if run.copies > 1:
            press.stamp(f"label{number}", label)
        else:
            press.draw(label)
        canvas.restoreState()
    return bytes(canvas.getpdfdata())


def _in_order(labels: Sequence[Label], copies: int) -> Iterator[tuple[int, Label]]:
    for number, label in enumerate(labels):
        for _ in range(copies):
            yield number, label


class _Press:
    """Draws labels at the origin of a canvas."""

    def __init__(self, canvas: Canvas, grid: LabelFormat, layout: Layout, faces: Typefaces, *, outline: bool) -> None:
        self._canvas = canvas
        self._grid = grid
        self._layout = layout
        self._faces = faces
        self._outline = outline

    def stamp(self, name: str, label: Label) -> None:
        """Draw a label that was perhaps drawn before."""
        if not self._canvas.hasForm(name):
            width, height = self._grid.label_width * mm, self._grid.label_height * mm
            self._canvas.beginForm(name, 0, 0, width, height)
            self.draw(label)
            self._canvas.endForm()
        self._canvas.doForm(name)

    def draw(self, label: Label) -> None:
        """Draw outline, symbol and text."""
        if self._outline:
            self._draw_outline()
        self._draw_symbol(label.modules)
        if self._layout.text is not None:
            self._draw_text(label.text, self._layout.text)

    def _draw_outline(self) -> None:
        width, height = self._grid.label_width * mm, self._grid.label_height * mm
        self._canvas.setStrokeGray(_GREY)
        self._canvas.setLineWidth(_HAIRLINE)
        self._canvas.roundRect(0, 0, width, height, _CORNER * mm, stroke=1, fill=0)

    def _draw_symbol(self, modules: Modules) -> None:
        """Draw the symbol in the middle of its place, which fits the largest symbol of the run."""
        place, module = self._layout.symbol, self._layout.module
        left = place.left + (place.width - len(modules[0]) * module) / 2
        bottom = place.bottom + (place.height - len(modules) * module) / 2
        self._canvas.saveState()
        self._canvas.translate(left * mm, bottom * mm)
        self._canvas.scale(module * mm, module * mm)
        self._canvas.drawPath(module_path(modules), stroke=0, fill=1)
        self._canvas.restoreState()

    def _draw_text(self, text: Text, area: Area) -> None:
        setting = set_text(text, area, self._faces, label_height=self._grid.label_height)
        top = (area.bottom + area.height) * mm
        if not self._layout.below:
            top -= (area.height * mm - setting.height) / 2
        for number, line in enumerate(setting.lines):
            baseline = top - setting.above(number) - setting.size * _BASELINE
            self._canvas.setFont(line.face.name, setting.size)
            if self._layout.below:
                self._canvas.drawCentredString((area.left + area.width / 2) * mm, baseline, line.text)
            else:
                self._canvas.drawString(area.left * mm, baseline, line.text)
