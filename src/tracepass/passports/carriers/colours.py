"""Colours of a symbol, and whether a scanner tells them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracepass.core.errors import Invalid

MIN_CONTRAST = 0.4
"""Symbol contrast of grade C, the least that GS1 accepts (ISO/IEC 15415 7.8.3; GS1 General Specifications 5.12.3)."""


@dataclass(frozen=True, slots=True)
class Colours:
    """Colours as ``#rrggbb``."""

    dark: str = "#000000"
    light: str = "#ffffff"

    @property
    def rgb(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Return dark and light as shares of red, green and blue, 0 to 1."""
        return _rgb(self.dark), _rgb(self.light)

    @property
    def contrast(self) -> float:
        """Return how much more white light the background throws back than the modules, -1 to 1."""
        dark, light = (_linear(colour) for colour in self.rgb)
        return sum(
            weight * (bright - dim) for weight, bright, dim in zip((0.2126, 0.7152, 0.0722), light, dark, strict=True)
        )

    @property
    def red_contrast(self) -> float:
        """Return the same for the red light of many industrial scanners, which sees red as white."""
        dark, light = (_linear(colour) for colour in self.rgb)
        return light[0] - dark[0]


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _linear(colour: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return the reflectance behind the shares of a screen colour (IEC 61966-2-1)."""
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - the standard's curve
        for share in colour
    )
    return red, green, blue


def choose(dark: str | None, light: str | None, brand: Mapping[str, Any], *, gs1: bool) -> Colours:
    """Return the colours asked for, else those of the brand, else black on white.

    Raises:
        Invalid: a scanner could not read them. A symbol with an element string is held to red light as well.
    """
    found = Colours(
        _long(dark or brand.get("color") or "000000"), _long(light or brand.get("backgroundColor") or "ffffff")
    )
    fault = _fault(found, gs1=gs1)
    if fault is not None:
        asked = [name for name, value in (("color", dark), ("backgroundColor", light)) if value is not None]
        raise Invalid({name: [fault] for name in asked or ["useCompanyBranding"]})
    return found


def _long(colour: str) -> str:
    digits = colour.removeprefix("#").lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))  # noqa: PLR2004 - rrggbb


def _fault(colours: Colours, *, gs1: bool) -> str | None:
    pair = f"{colours.dark} on {colours.light}"
    if colours.contrast < 0:
        return f"{pair} is inverted: the modules must be darker than the background"
    if colours.contrast < MIN_CONTRAST:
        return f"{pair} has a contrast of {colours.contrast:.0%}; scanners need {MIN_CONTRAST:.0%}"
    if gs1 and colours.red_contrast < MIN_CONTRAST:
        share = max(colours.red_contrast, 0)
        return f"{pair} has a contrast of {share:.0%} in the red light of GS1 scanners; they need {MIN_CONTRAST:.0%}"
    return None
