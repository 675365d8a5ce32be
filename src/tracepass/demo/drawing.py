"""The demo's pictures, drawn when they are needed: a battery pack, and the symbol for separate collection.

All measures are of a 1200 x 900 canvas that is drawn at twice its size and scaled down, which smooths every edge.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

WIDTH: Final = 1200
HEIGHT: Final = 900
_SCALE: Final = 2
_ACCENT: Final = "#35d39a"
_DIM: Final = "#2c4a45"

Box = tuple[float, float, float, float]


class Canvas:
    """A picture in the making; its units are those of the finished one."""

    def __init__(self, width: int, height: int, *, top: str, bottom: str) -> None:
        self._size = (width * _SCALE, height * _SCALE)
        self.image = _gradient(self._size, top, bottom)

    def rounded(self, box: Box, radius: float, *, top: str, bottom: str) -> None:
        """Fill a rounded rectangle with a vertical gradient."""
        left, upper, right, lower = (round(value * _SCALE) for value in box)
        size = (right - left, lower - upper)
        mask = Image.new("L", size, 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius * _SCALE, fill=255)
        self.image.paste(_gradient(size, top, bottom), (left, upper), mask)

    def outline(self, box: Box, radius: float, *, colour: str, width: float) -> None:
        """Draw the edge of a rounded rectangle."""
        scaled = tuple(value * _SCALE for value in box)
        ImageDraw.Draw(self.image).rounded_rectangle(
            (scaled[0], scaled[1], scaled[2], scaled[3]), radius * _SCALE, outline=colour, width=round(width * _SCALE)
        )

    def polygon(self, points: list[tuple[float, float]], colour: str) -> None:
        """Fill a polygon."""
        ImageDraw.Draw(self.image).polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=colour)

    def line(self, points: list[tuple[float, float]], colour: str, *, width: float) -> None:
        """Draw a line with round joints."""
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        ImageDraw.Draw(self.image).line(scaled, fill=colour, width=round(width * _SCALE), joint="curve")

    def shadow(self, box: Box, *, blur: float, strength: int) -> None:
        """Darken an ellipse with a soft edge; `strength` is its opacity of 255."""
        mask = Image.new("L", self._size, 0)
        scaled = tuple(value * _SCALE for value in box)
        ImageDraw.Draw(mask).ellipse((scaled[0], scaled[1], scaled[2], scaled[3]), fill=strength)
        mask = mask.filter(ImageFilter.GaussianBlur(blur * _SCALE))
        self.image.paste(Image.new("RGB", self._size, "#0b1512"), (0, 0), mask)

    def text(self, at: tuple[float, float], text: str, *, size: float, colour: str) -> None:
        """Write, with the left end of the baseline at `at`."""
        font = ImageFont.load_default(size * _SCALE)
        ImageDraw.Draw(self.image).text((at[0] * _SCALE, at[1] * _SCALE), text, font=font, fill=colour, anchor="ls")

    def png(self) -> bytes:
        """Return the finished picture."""
        file = BytesIO()
        self.image.resize((self._size[0] // _SCALE, self._size[1] // _SCALE), Image.Resampling.LANCZOS).save(
            file, "PNG", optimize=True
        )
        return file.getvalue()


def battery_pack() -> bytes:
    """Return a PNG of 1200 x 900 pixels: a 48 V battery pack, seen from the front."""
    canvas = Canvas(WIDTH, HEIGHT, top="#f4f8f6", bottom="#cbdad5")
    canvas.shadow((190, 720, 1010, 830), blur=30, strength=150)
    _handle_and_terminals(canvas)
    _case(canvas)
    _front(canvas)
    return canvas.png()


def collection_symbol() -> bytes:
    """Return a PNG of 480 x 540 pixels: the crossed-out wheeled bin of Annex VI, Part B of (EU) 2023/1542."""
    canvas = Canvas(480, 540, top="#ffffff", bottom="#ffffff")
    black = "#111111"
    canvas.line([(118, 150), (362, 150)], black, width=18)
    canvas.line([(205, 118), (275, 118)], black, width=18)
    canvas.line([(140, 160), (166, 420), (314, 420), (340, 160)], black, width=14)
    canvas.outline((164, 398, 208, 442), 22, colour=black, width=12)
    canvas.line([(205, 200), (215, 380)], black, width=8)
    canvas.line([(275, 200), (265, 380)], black, width=8)
    canvas.line([(70, 70), (410, 470)], black, width=16)
    canvas.line([(410, 70), (70, 470)], black, width=16)
    return canvas.png()


def _handle_and_terminals(canvas: Canvas) -> None:
    canvas.outline((450, 92, 750, 260), 44, colour="#263238", width=30)
    canvas.outline((456, 98, 744, 260), 38, colour="#3d4d54", width=4)
    for left, top, bottom in ((300, "#ff8a5c", "#c8401f"), (820, "#5b6b73", "#20292e")):
        canvas.rounded((left, 138, left + 80, 230), 14, top=top, bottom=bottom)
        canvas.rounded((left + 14, 122, left + 66, 150), 8, top="#e9eef0", bottom="#9fadb3")


def _case(canvas: Canvas) -> None:
    canvas.rounded((210, 184, 990, 790), 54, top="#43545c", bottom="#10181c")
    canvas.rounded((214, 190, 986, 786), 50, top="#2f3e45", bottom="#141d22")
    for number in range(11):
        upper = 250 + number * 44
        for left in (236, 928):
            canvas.rounded((left, upper, left + 36, upper + 18), 9, top="#0a1013", bottom="#1f2a30")


def _front(canvas: Canvas) -> None:
    canvas.rounded((306, 244, 894, 736), 34, top="#0c1316", bottom="#1d282d")
    canvas.rounded((309, 247, 891, 733), 31, top="#26343a", bottom="#182227")
    canvas.polygon([(368, 296), (334, 372), (362, 372), (346, 428), (402, 350), (372, 350), (392, 296)], _ACCENT)
    canvas.text((430, 350), "VOLTWERK", size=46, colour="#eef5f2")
    canvas.text((432, 398), "Stationary storage BP-48V-100", size=27, colour="#9fb4ad")
    canvas.text((346, 566), "48 V", size=128, colour="#ffffff")
    canvas.text((654, 520), "100 Ah", size=50, colour="#dfe9e5")
    canvas.text((654, 566), "5.12 kWh", size=34, colour="#9fb4ad")
    for number in range(6):
        left = 346 + number * 84
        lit = number < 5  # noqa: PLR2004 - five of six lights are on
        canvas.rounded(
            (left, 630, left + 68, 660), 15, top=_ACCENT if lit else _DIM, bottom="#1ea878" if lit else "#20352f"
        )
    canvas.text((346, 704), "LiFePO4", size=27, colour="#9fb4ad")


def _gradient(size: tuple[int, int], top: str, bottom: str) -> Image.Image:
    ramp = Image.linear_gradient("L").resize(size)
    return ImageOps.colorize(ramp, top, bottom)
