"""The demo's declaration of conformity: one page of PDF, plainly marked as a sample."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFont

_DOTS_PER_INCH: Final = 120
_PAGE: Final = (992, 1403)  # A4 at 120 dpi
_MARGIN: Final = 110
_INK, _GREY, _ACCENT = "#1b2428", "#66737a", "#0f8a5f"
_HEADING: Final = "EU declaration of conformity"
_PARAGRAPHS: Final = (
    ("Sample document of the TracePass demo", "It declares nothing: product and company are invented."),
    ("Product", "48 V 100 Ah battery pack, model BP-48V-100\nLithium iron phosphate, 51.2 V, 5.12 kWh"),
    ("Manufacturer", "Voltwerk Energy GmbH\nHafenstrasse 12, 04179 Leipzig, Germany"),
    (
        "Object of the declaration",
        "It conforms to Regulation (EU) 2023/1542 on batteries, Articles 6 to 10 and 12 to 14.",
    ),
    ("Standards applied", "IEC 62619:2022, safety\nIEC 62620:2014, performance\nIEC 61000-6-1 and 61000-6-3, EMC"),
    ("Signed for the manufacturer", "Leipzig, 1 September 2026\nA. Sommer, head of quality"),
)


def declaration_of_conformity() -> bytes:
    """Return the PDF."""
    page = Image.new("RGB", _PAGE, "white")
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, _PAGE[0], 18), fill=_ACCENT)
    draw.text((_MARGIN, 120), _HEADING, font=ImageFont.load_default(44), fill=_INK)
    top = 240
    for title, text in _PARAGRAPHS:
        draw.text((_MARGIN, top), title, font=ImageFont.load_default(20), fill=_GREY)
        draw.multiline_text((_MARGIN, top + 34), text, font=ImageFont.load_default(24), fill=_INK, spacing=10)
        top += 96 + 36 * (text.count("\n") + 1)
    file = BytesIO()
    page.save(file, "PDF", resolution=_DOTS_PER_INCH, title=_HEADING)
    return file.getvalue()
