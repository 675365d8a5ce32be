"""The sheets and rolls that labels are printed on: data, so that another one is another line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

ROUNDING = 0.05
"""Millimetres by which a grid may stick out of its page: inches do not come out even."""


@dataclass(frozen=True, slots=True)
class LabelFormat:
    """A page and the grid of labels on it, in millimetres from its upper left corner."""

    page_width: float
    page_height: float
    label_width: float
    label_height: float
    columns: int
    rows: int
    margin_left: float
    margin_top: float
    pitch_x: float
    pitch_y: float

    @property
    def per_page(self) -> int:
        """Return how many labels a page has."""
        return self.columns * self.rows

    def place(self, index: int) -> tuple[float, float]:
        """Return left and bottom edge of a label, counted from 0 along the rows, from the lower left of the page."""
        row, column = divmod(index, self.columns)
        top = self.margin_top + row * self.pitch_y
        return self.margin_left + column * self.pitch_x, self.page_height - top - self.label_height

    def faults(self) -> dict[str, str]:
        """Return what keeps the labels from lying side by side on the page, by dimension."""
        right = self.margin_left + (self.columns - 1) * self.pitch_x + self.label_width
        bottom = self.margin_top + (self.rows - 1) * self.pitch_y + self.label_height
        found = {}
        if self.columns > 1 and self.pitch_x < self.label_width:
            found["pitchX"] = "is less than the width of a label: the labels would overlap"
        if self.rows > 1 and self.pitch_y < self.label_height:
            found["pitchY"] = "is less than the height of a label: the labels would overlap"
        if right > self.page_width + ROUNDING:
            found["pageWidth"] = f"is {self.page_width:g} mm, but the last column ends at {right:g} mm"
        if bottom > self.page_height + ROUNDING:
            found["pageHeight"] = f"is {self.page_height:g} mm, but the last row ends at {bottom:g} mm"
        return found


@dataclass(frozen=True, slots=True)
class KnownFormat:
    """A format by its name; ``alike`` are products on the market of the same grid."""

    id: str
    title: str
    kind: str
    alike: tuple[str, ...]
    grid: LabelFormat

    @property
    def shown(self) -> dict[str, Any]:
        """Return the format as the API shows it."""
        grid = self.grid
        return {
            "id": self.id,
            "title": self.title,
            "kind": self.kind,
            "pageWidth": grid.page_width,
            "pageHeight": grid.page_height,
            "labelWidth": grid.label_width,
            "labelHeight": grid.label_height,
            "columns": grid.columns,
            "rows": grid.rows,
            "marginLeft": grid.margin_left,
            "marginTop": grid.margin_top,
            "pitchX": grid.pitch_x,
            "pitchY": grid.pitch_y,
            "labelsPerPage": grid.per_page,
            "alike": list(self.alike),
        }


@lru_cache
def known_formats() -> Mapping[str, KnownFormat]:
    """Return the formats of the package by id, in the order of the file."""
    rows = json.loads((files("tracepass.passports") / "data" / "labelformats.json").read_text("utf-8"))
    return MappingProxyType({row["id"]: _known(row) for row in rows})


def _known(row: Mapping[str, Any]) -> KnownFormat:
    grid = LabelFormat(
        page_width=row["pageWidth"],
        page_height=row["pageHeight"],
        label_width=row["labelWidth"],
        label_height=row["labelHeight"],
        columns=row["columns"],
        rows=row["rows"],
        margin_left=row["marginLeft"],
        margin_top=row["marginTop"],
        pitch_x=row["pitchX"],
        pitch_y=row["pitchY"],
    )
    return KnownFormat(row["id"], row["title"], row["kind"], tuple(row["alike"]), grid)
