"""Renders what we draw to pixels, and reads the symbols in them as a scanner does."""

from __future__ import annotations

import io
import re

import pypdfium2
import zxingcpp
from PIL import Image, ImageDraw

Picture = Image.Image


def read(picture: Picture) -> list[zxingcpp.Barcode]:
    """Return the symbols of a picture; light on dark is not looked for."""
    # Without Micro QR Codes, of which the reader sees one in the middle of others now and then.
    kinds = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCodeModel2, zxingcpp.BarcodeFormat.DataMatrix])
    return zxingcpp.read_barcodes(picture.convert("L"), formats=kinds, try_invert=False)


def of_png(data: bytes) -> Picture:
    return Image.open(io.BytesIO(data)).convert("RGB")


def of_pdf(data: bytes, *, dpi: float = 300, page: int = 0) -> Picture:
    with pypdfium2.PdfDocument(data) as document:
        picture: Picture = document[page].render(scale=dpi / 72).to_pil().convert("RGB")
        return picture


def of_svg(data: bytes, *, pixels: int = 6) -> Picture:
    """Paint the bars of our SVG, so many pixels a module."""
    text = data.decode()
    box = re.search(r'viewBox="0 0 (\d+) (\d+)"', text)
    fills = re.findall(r'fill="(#[0-9a-f]{6})"', text)
    assert box is not None
    bars = [[int(part) for part in bar] for bar in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", text)]
    return _paint(int(box[1]), int(box[2]), bars, fills, pixels)


def of_eps(data: bytes, *, pixels: int = 6) -> Picture:
    """Paint the bars of our EPS, so many pixels a module."""
    text = data.decode("ascii")
    field = re.search(r"0 0 (\d+) (\d+) rectfill", text)
    assert field is not None
    colours = re.findall(r"^([\d.]+) ([\d.]+) ([\d.]+) setrgbcolor", text, re.MULTILINE)
    fills = ["#" + "".join(f"{round(float(share) * 255):02x}" for share in colour) for colour in colours]
    height = int(field[2])
    bars = [
        [int(x), height - 1 - int(y), int(length)]
        for length, x, y in re.findall(r"^(\d+) (\d+) (\d+) b$", text, re.MULTILINE)
    ]
    return _paint(int(field[1]), height, bars, fills, pixels)


def _paint(width: int, height: int, bars: list[list[int]], fills: list[str], pixels: int) -> Picture:
    light, dark = fills
    picture = Image.new("RGB", (width * pixels, height * pixels), light)
    pen = ImageDraw.Draw(picture)
    for x, y, length in bars:
        pen.rectangle((x * pixels, y * pixels, (x + length) * pixels - 1, (y + 1) * pixels - 1), dark)
    return picture
