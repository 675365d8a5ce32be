"""Where symbol and text stand on a label: as large as the label allows, never beyond what GS1 allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tracepass.core.errors import Invalid
from tracepass.passports.carriers.kinds import Kind
from tracepass.passports.labels.formats import LabelFormat

_FINE = 0.001
"""Steps of the module size where no printer sets them, in millimetres."""
_TEXT_WIDTH = 12.0
_TEXT_SHARE = 0.4
_LINE = 2.2
"""Millimetres a line of the smallest text takes."""
_GAP = 1.0
_WIDE = 1.2
"""From which proportion on the text would rather stand beside the symbol."""
_INCH = 25.4


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of a label, in millimetres from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The side of a module, where the largest symbol stands without its quiet zone, and where text has room."""

    module: float
    symbol: Area
    text: Area | None
    below: bool


@dataclass(frozen=True, slots=True)
class Demand:
    """What all labels of a print run must hold: the largest symbol, mark included, and so many lines of text.

    ``caption`` is the width of the widest key in the smallest letters, in millimetres; text is narrower if it must be.
    """

    kind: Kind
    columns: int
    rows: int
    lines: int
    caption: float = 0


Arrange = Callable[[float], Layout | None]
"""Returns the layout for a module size, or None where it does not fit."""


def plan(grid: LabelFormat, demand: Demand, *, x_dimension: float | None, printer_dpi: int | None) -> Layout:
    """Return the layout with the largest modules, or with modules of the size asked for.

    A printer's resolution makes the modules whole dots, which keeps the bars of one symbol equally wide.

    Raises:
        Invalid: the size is not one that GS1 allows, or the label is too small.
    """
    sizes = list(_sizes(demand.kind, x_dimension, printer_dpi))
    label = (grid.label_width, grid.label_height)
    fitting: list[Layout] = []
    for wanted in (demand, replace(demand, caption=0)):
        found = [_first(arrange, sizes) for arrange in _arrangements(*label, wanted)]
        fitting = fitting or [layout for layout in found if layout is not None]
    if not fitting:
        raise _too_small(label, demand, sizes[-1], asked=x_dimension is not None)
    # Of two with equal modules the first one wins.
    return max(fitting, key=lambda layout: round(layout.module, 2))


def _sizes(kind: Kind, x_dimension: float | None, printer_dpi: int | None) -> Iterable[float]:
    """Return the module sizes to try, the largest first."""
    if x_dimension is not None and not kind.min_module <= x_dimension <= kind.max_module:
        message = f"must be {kind.min_module:g} to {kind.max_module:g} mm for {kind.title} (GS1 General Specifications)"
        raise Invalid({"xDimension": [message]})
    step = _FINE if printer_dpi is None else _INCH / printer_dpi
    low, high = math.ceil(kind.min_module / step - _FINE), math.floor(kind.max_module / step + _FINE)
    if x_dimension is not None:
        return [min(max(round(x_dimension / step), low), high) * step]
    return [count * step for count in range(high, low - 1, -1)]


def _first(arrange: Arrange, sizes: Iterable[float]) -> Layout | None:
    return next((layout for layout in map(arrange, sizes) if layout is not None), None)


def _arrangements(width: float, height: float, demand: Demand) -> list[Arrange]:
    pad = min(2.0, max(0.8, 0.06 * min(width, height)))
    least = max(_TEXT_WIDTH, demand.caption)

    def measures(module: float) -> tuple[float, float, float, float]:
        """Return the free margin around the symbol, its width and height, and the gap to the text."""
        quiet = demand.kind.border * module
        return max(pad, quiet), demand.columns * module, demand.rows * module, max(_GAP, quiet)

    def alone(module: float) -> Layout | None:
        margin, across, up, _ = measures(module)
        if across + 2 * margin > width or up + 2 * margin > height:
            return None
        symbol = Area((width - across) / 2, (height - up) / 2, across, up)
        return Layout(module, symbol, None, below=False)

    def beside(module: float) -> Layout | None:
        margin, across, up, gap = measures(module)
        left = margin + across + gap
        room = width - left - pad
        if room < max(least, _TEXT_SHARE * width) or up + 2 * margin > height:
            return None
        if height - 2 * pad < (demand.lines + 1) * _LINE:
            return None
        symbol = Area(margin, (height - up) / 2, across, up)
        return Layout(module, symbol, Area(left, pad, room, height - 2 * pad), below=False)

    def below(module: float) -> Layout | None:
        margin, across, up, gap = measures(module)
        bottom = height - margin - up
        room = bottom - gap - pad
        if room < (demand.lines + 1) * _LINE or across + 2 * margin > width or width - 2 * pad < least:
            return None
        symbol = Area((width - across) / 2, bottom, across, up)
        return Layout(module, symbol, Area(pad, pad, width - 2 * pad, room), below=True)

    if not demand.lines:
        return [alone]
    return [beside, below] if width > _WIDE * height else [below, beside]


def _too_small(label: tuple[float, float], demand: Demand, module: float, *, asked: bool) -> Invalid:
    side = module * (demand.columns + 2 * demand.kind.border)
    up = module * (demand.rows + 2 * demand.kind.border)
    message = (
        f"is too small: {demand.kind.title} of {demand.columns} modules of {module:.3f} mm takes "
        f"{side:.1f} x {up:.1f} mm of the {label[0]:g} x {label[1]:g} mm"
    )
    if demand.lines:
        message += f", which leaves no room for {demand.lines} lines of text; ask for less text"
    message += ", a smaller xDimension" if asked else ""
    return Invalid({"labelFormat": [f"{message}{' or' if demand.lines or asked else ';'} larger labels"]})
