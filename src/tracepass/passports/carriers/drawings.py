"""Draws modules as a file: SVG, PNG, PDF or EPS, all of the same physical size."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from xml.sax.saxutils import escape

from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject
from segno.writers import save  # type: ignore[attr-defined]  # segno types its high-level face only

from tracepass.passports.carriers.colours import Colours
from tracepass.passports.carriers.symbols import Modules, runs

POINTS_PER_INCH = 72
MILLIMETRES_PER_INCH = 25.4


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to draw: modules within a border of light ones, ``scale`` pixels a module at ``dpi`` pixels an inch."""

    modules: Modules
    border: int
    scale: int
    dpi: int
    colours: Colours
    title: str

    @property
    def columns(self) -> int:
        """Return the width in modules, border included."""
        return len(self.modules[0]) + 2 * self.border

    @property
    def rows(self) -> int:
        """Return the height in modules, border included."""
        return len(self.modules) + 2 * self.border

    @property
    def inches(self) -> float:
        """Return the side of a module."""
        return self.scale / self.dpi


def svg(drawing: Drawing) -> bytes:
    """Draw as SVG, its size in millimetres."""
    width, height = (side * drawing.inches * MILLIMETRES_PER_INCH for side in (drawing.columns, drawing.rows))
    border = drawing.border
    path = "".join(f"M{x + border} {y + border}h{length}v1h-{length}z" for x, y, length in runs(drawing.modules))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.4f}mm" height="{height:.4f}mm" '
        f'viewBox="0 0 {drawing.columns} {drawing.rows}" shape-rendering="crispEdges">'
        f"<title>{escape(drawing.title)}</title>"
        f'<path fill="{drawing.colours.light}" d="M0 0h{drawing.columns}v{drawing.rows}H0z"/>'
        f'<path fill="{drawing.colours.dark}" d="{path}"/></svg>\n'
    ).encode()


def png(drawing: Drawing) -> bytes:
    """Draw as PNG that states its resolution (pHYs, W3C PNG 11.3.4.3)."""
    output = io.BytesIO()
    size = (len(drawing.modules[0]), len(drawing.modules))
    save(
        drawing.modules,
        size,
        output,
        kind="png",
        scale=drawing.scale,
        border=drawing.border,
        dpi=drawing.dpi,
        dark=drawing.colours.dark,
        light=drawing.colours.light,
    )
    return output.getvalue()


def pdf(drawing: Drawing) -> bytes:
    """Draw as one page of PDF, cut to the symbol; printers are asked not to scale it."""
    module = drawing.inches * POINTS_PER_INCH
    canvas = Canvas("", pagesize=(drawing.columns * module, drawing.rows * module), invariant=True)
    canvas.setTitle(drawing.title)
    canvas.setViewerPreference("PrintScaling", "None")
    dark, light = drawing.colours.rgb
    canvas.scale(module, module)
    canvas.setFillColorRGB(*light)
    canvas.rect(0, 0, drawing.columns, drawing.rows, stroke=0, fill=1)
    canvas.setFillColorRGB(*dark)
    canvas.translate(drawing.border, drawing.border)
    canvas.drawPath(module_path(drawing.modules), stroke=0, fill=1)
    return bytes(canvas.getpdfdata())


def module_path(modules: Modules) -> PDFPathObject:
    """Return the dark modules as one path of PDF, a unit a module, the lowest row at 0.

    One path, so that no seam shows where two runs meet.
    """
    top = len(modules) - 1
    return PDFPathObject(code=[f"{x} {top - y} {length} 1 re" for x, y, length in runs(modules)])


def eps(drawing: Drawing) -> bytes:
    """Draw as EPS (Adobe EPSF 3.0)."""
    module = drawing.inches * POINTS_PER_INCH
    width, height = drawing.columns * module, drawing.rows * module
    dark, light = (" ".join(f"{share:.4f}" for share in colour) for colour in drawing.colours.rgb)
    top = drawing.rows - drawing.border - 1
    bars = "\n".join(f"{length} {x + drawing.border} {top - y} b" for x, y, length in runs(drawing.modules))
    title = drawing.title.encode("ascii", "backslashreplace").decode()
    return (
        "%!PS-Adobe-3.0 EPSF-3.0\n"
        f"%%BoundingBox: 0 0 {math.ceil(width)} {math.ceil(height)}\n"
        f"%%HiResBoundingBox: 0 0 {width:.4f} {height:.4f}\n"
        f"%%Title: {title[:200]}\n"
        "%%LanguageLevel: 2\n"
        "%%Pages: 1\n"
        "%%EndComments\n"
        "gsave\n"
        "/b { moveto dup 0 rlineto 0 1 rlineto neg 0 rlineto closepath } bind def\n"
        f"{module:.6f} dup scale\n"
        f"{light} setrgbcolor 0 0 {drawing.columns} {drawing.rows} rectfill\n"
        f"{dark} setrgbcolor newpath\n"
        f"{bars}\n"
        "fill\n"
        "grestore\n"
        "%%EOF\n"
    ).encode("ascii")


WRITERS: Mapping[str, tuple[str, Callable[[Drawing], bytes]]] = MappingProxyType(
    {
        "svg": ("image/svg+xml", svg),
        "png": ("image/png", png),
        "pdf": ("application/pdf", pdf),
        "eps": ("application/postscript", eps),
    }
)
"""Media type and writer of each format."""
