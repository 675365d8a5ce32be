from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import ndef
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.unit.passports import pixels

from tracepass.core.errors import Invalid
from tracepass.passports.carriers.colours import MIN_CONTRAST, Colours, choose
from tracepass.passports.carriers.kinds import KINDS, Correction, Symbology
from tracepass.passports.carriers.ndef import uri_message
from tracepass.passports.carriers.payloads import captions, elements_of
from tracepass.passports.carriers.symbols import marked, runs, symbol_of
from tracepass.passports.qr import QrQuery, colours, describe, draw

ORIGIN = "https://id.example.test/p"
GTIN = "04012345000016"
LOT, SERIAL = "L-2026/03", "SN-(1)"
GS1_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
LINK = f"{ORIGIN}/01/{GTIN}/21/SN-%281%29"

RENDERERS: dict[str, Callable[[bytes], pixels.Picture]] = {
    "png": pixels.of_png,
    "pdf": pixels.of_pdf,
    "svg": pixels.of_svg,
    "eps": pixels.of_eps,
}


def passport(
    *, granularity: str = "item", lot: str | None = LOT, serial: str | None = SERIAL, link: str = LINK
) -> dict[str, Any]:
    gs1 = {"gtin": GTIN, "lot": lot, "serialNumber": serial, "digitalLinkUri": link}
    return {"granularity": granularity, "gs1": gs1}


def query(**members: Any) -> QrQuery:
    return QrQuery.model_validate(members)


def drawn(asked: QrQuery, *, test: bool = False, **of: Any) -> pixels.Picture:
    wanted = passport(**of)
    return RENDERERS[asked.format](draw(wanted, asked, colours(asked, {}), test=test))


def said(symbology: Symbology) -> bytes:
    """What a scanner hands on for the sample passport; FNC1 between two elements comes as GS (ISO/IEC 15424)."""
    return f"01{GTIN}10{LOT}\x1d21{SERIAL}".encode() if KINDS[symbology].gs1 else LINK.encode()


class TestSymbols:
    @pytest.mark.parametrize("test", [False, True])
    @pytest.mark.parametrize("form", RENDERERS)
    @pytest.mark.parametrize("symbology", KINDS)
    def test_every_symbol_in_every_format_is_read_back(self, symbology: Symbology, form: str, *, test: bool) -> None:
        (found,) = pixels.read(drawn(query(symbology=symbology, format=form), test=test))
        assert found.bytes == said(symbology)
        assert found.symbology_identifier == KINDS[symbology].identifier

    @pytest.mark.parametrize("scale", [2, 3, 5, 20])
    @pytest.mark.parametrize("symbology", KINDS)
    def test_it_is_read_back_at_any_size(self, symbology: Symbology, scale: int) -> None:
        (found,) = pixels.read(drawn(query(symbology=symbology, format="png", scale=scale)))
        assert found.bytes == said(symbology)

    @pytest.mark.parametrize("ecc", ["L", "M", "Q", "H"])
    @pytest.mark.parametrize("symbology", ["qr", "gs1qr"])
    def test_a_qr_code_has_the_error_correction_asked_for(self, symbology: Symbology, ecc: Correction) -> None:
        asked = query(symbology=symbology, format="png", ecc=ecc)
        (found,) = pixels.read(drawn(asked))
        assert (found.bytes, found.ec_level) == (said(symbology), ecc)
        assert describe(passport(), asked)["ecc"] == ecc

    @pytest.mark.parametrize("symbology", ["qr", "gs1qr"])
    def test_a_sixteenth_of_a_code_of_level_h_may_be_lost(self, symbology: Symbology) -> None:
        picture = drawn(query(symbology=symbology, format="png", ecc="H"))
        side = picture.width
        picture.paste("white", (side // 2, side // 2, side * 3 // 4, side * 3 // 4))
        (found,) = pixels.read(picture)
        assert found.bytes == said(symbology)

    @pytest.mark.parametrize("symbology", ["datamatrix", "gs1datamatrix"])
    def test_a_data_matrix_has_no_choice_of_error_correction(self, symbology: Symbology) -> None:
        with pytest.raises(Invalid) as refused:
            symbol_of(passport(), symbology, "M")
        assert list(dict(refused.value.details or {})["fieldErrors"]) == ["ecc"]

    @pytest.mark.parametrize(
        ("granularity", "text"),
        [
            ("model", f"(01){GTIN}"),
            ("batch", f"(01){GTIN}(10){LOT}"),
            ("item", f"(01){GTIN}(10){LOT}(21){SERIAL}"),
        ],
    )
    def test_an_element_string_says_what_identifies_the_level(self, granularity: str, text: str) -> None:
        picture = drawn(query(symbology="gs1datamatrix", format="png"), granularity=granularity)
        (found,) = pixels.read(picture)
        assert found.text == symbol_of(passport(granularity=granularity), "gs1datamatrix").text == text
        assert found.symbology_identifier == "]d2"

    @settings(deadline=None, max_examples=60)
    @given(
        symbology=st.sampled_from(["gs1datamatrix", "gs1qr"]),
        lot=st.none() | st.text(GS1_82, min_size=1, max_size=20),
        serial=st.text(GS1_82, min_size=1, max_size=20),
    )
    def test_any_lot_and_serial_of_gs1_is_read_back(self, symbology: Symbology, lot: str | None, serial: str) -> None:
        (found,) = pixels.read(drawn(query(symbology=symbology, format="png", scale=4), lot=lot, serial=serial))
        batch = "" if lot is None else f"10{lot}\x1d"
        assert found.bytes.decode() == f"01{GTIN}{batch}21{serial}"

    @settings(deadline=None, max_examples=40)
    @given(symbology=st.sampled_from(["qr", "datamatrix"]), tail=st.text("%/-._~" + GS1_82, min_size=1, max_size=300))
    def test_any_link_is_read_back(self, symbology: Symbology, tail: str) -> None:
        link = f"{ORIGIN}/01/{GTIN}/21/{tail}"
        (found,) = pixels.read(drawn(query(symbology=symbology, format="png", scale=4), link=link))
        assert found.text == link

    @pytest.mark.parametrize("symbology", ["gs1datamatrix", "gs1qr"])
    @pytest.mark.parametrize("member", [{"serial": "X" * 21}, {"serial": "ä"}, {"lot": "#1"}, {"lot": "a b"}])
    def test_what_no_gs1_symbol_can_hold_is_refused(self, symbology: Symbology, member: dict[str, str]) -> None:
        with pytest.raises(Invalid, match=r"no valid AI \((10|21)\)") as refused:
            symbol_of(passport(**member), symbology)
        assert list(dict(refused.value.details or {})["fieldErrors"]) == ["symbology"]

    @pytest.mark.parametrize(("symbology", "named"), [("qr", "ecc"), ("datamatrix", "symbology")])
    def test_a_link_without_room_is_refused(self, symbology: Symbology, named: str) -> None:
        with pytest.raises(Invalid) as refused:
            symbol_of(passport(link=LINK + "aZ-" * 1100), symbology)
        assert list(dict(refused.value.details or {})["fieldErrors"]) == [named]

    def test_captions_are_bracketed_where_the_symbol_holds_elements(self) -> None:
        elements = elements_of(passport())
        assert captions(elements, "gs1qr") == [f"(01){GTIN}", f"(10){LOT}", f"(21){SERIAL}"]
        assert captions(elements, "qr") == [f"GTIN {GTIN}", f"LOT {LOT}", f"SN {SERIAL}"]

    def test_data_matrix_is_square(self) -> None:
        for length in range(1, 21):
            symbol = symbol_of(passport(serial="x" * length), "gs1datamatrix")
            assert {len(row) for row in symbol.modules} == {symbol.size}


class TestMark:
    @pytest.mark.parametrize("symbology", KINDS)
    def test_it_stands_below_the_quiet_zone(self, symbology: Symbology) -> None:
        symbol = symbol_of(passport(granularity="model"), symbology)
        rows = marked(symbol)
        below = rows[symbol.size :]
        quiet = next(index for index, row in enumerate(below) if any(row))
        assert quiet >= symbol.kind.quiet_zone
        assert len({len(row) for row in rows}) == 1
        assert len(below) == quiet + 5

    def test_a_small_symbol_stands_above_the_middle_of_the_mark(self) -> None:
        symbol = symbol_of(passport(granularity="model"), "gs1datamatrix")
        assert symbol.size < 20
        side = (20 - symbol.size) // 2
        assert [row[side : side + symbol.size] for row in marked(symbol)[: symbol.size]] == list(symbol.modules)

    def test_the_title_says_test(self) -> None:
        assert b"<title>TEST " in draw(passport(), query(), Colours(), test=True)
        assert b"<title>https" in draw(passport(), query(), Colours(), test=False)


class TestDrawings:
    @given(st.lists(st.binary(min_size=6, max_size=6), min_size=1, max_size=4))
    def test_runs_are_the_dark_modules(self, rows: list[bytes]) -> None:
        modules = tuple(bytes(byte & 1 for byte in row) for row in rows)
        painted = [bytearray(6) for _ in rows]
        for x, y, length in runs(modules):
            painted[y][x : x + length] = b"\1" * length
        assert tuple(map(bytes, painted)) == modules

    @pytest.mark.parametrize(("scale", "dpi"), [(8, 300), (1, 72), (50, 1200), (3, 203)])
    def test_every_format_is_of_one_physical_size(self, scale: int, dpi: int) -> None:
        def made(form: str) -> bytes:
            return draw(passport(), query(format=form, scale=scale, dpi=dpi), Colours(), test=False)

        told = describe(passport(), query(format="json", scale=scale, dpi=dpi))["print"]
        inches = told["sidePixels"] / dpi
        assert told["sideMillimetres"] == pytest.approx(inches * 25.4, abs=1e-3)
        png = Image.open(io.BytesIO(made("png")))
        assert png.size == (told["sidePixels"], told["sidePixels"])
        assert png.info["dpi"] == pytest.approx((dpi, dpi), rel=1e-3)
        with pypdfium2.PdfDocument(made("pdf")) as document:
            assert document[0].get_size() == pytest.approx((inches * 72, inches * 72), abs=1e-3)
        assert re.findall(rb'(?:width|height)="([\d.]+)mm"', made("svg")) == [
            f"{inches * 25.4:.4f}".encode() for _ in range(2)
        ]
        assert f"%%HiResBoundingBox: 0 0 {inches * 72:.4f} {inches * 72:.4f}".encode() in made("eps")

    @pytest.mark.parametrize("form", RENDERERS)
    def test_the_same_code_is_the_same_file(self, form: str) -> None:
        first, second = (draw(passport(), query(format=form), Colours(), test=False) for _ in range(2))
        assert first == second

    @pytest.mark.parametrize(
        ("symbology", "border"), [("qr", 4), ("gs1qr", 4), ("datamatrix", 2), ("gs1datamatrix", 2)]
    )
    def test_the_quiet_zone_is_that_of_the_symbology(self, symbology: Symbology, border: int) -> None:
        assert describe(passport(), query(symbology=symbology))["border"] == border >= KINDS[symbology].quiet_zone
        assert describe(passport(), query(symbology=symbology, border=9))["border"] == 9
        picture = drawn(query(symbology=symbology, format="png", scale=1))
        dark = picture.convert("L").point(lambda value: 255 - value).getbbox()
        assert dark is not None
        assert dark[0] == dark[1] == border

    @pytest.mark.parametrize(
        ("scale", "symbology", "allowed"),
        [(4, "qr", False), (5, "qr", True), (11, "qr", True), (12, "qr", False), (3, "gs1datamatrix", True)],
    )
    def test_it_is_told_whether_gs1_allows_the_size(self, scale: int, symbology: str, *, allowed: bool) -> None:
        told = describe(passport(), query(scale=scale, symbology=symbology))["print"]
        assert told["withinGs1Range"] is allowed

    def test_the_modules_hold_the_link(self) -> None:
        told = describe(passport(), query())
        assert told["digitalLinkUri"] == told["content"] == LINK
        assert told["size"] == len(told["modules"]) == told["version"] * 4 + 17
        finder = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
        assert [row[:7] for row in told["modules"][:7]] == finder
        assert [row[-7:] for row in told["modules"][:7]] == finder

    def test_a_data_matrix_has_neither_version_nor_level(self) -> None:
        told = describe(passport(), query(symbology="gs1datamatrix"))
        assert (told["version"], told["ecc"], told["symbologyIdentifier"]) == (None, None, "]d2")
        assert told["content"] == f"(01){GTIN}(10){LOT}(21){SERIAL}"


class TestColours:
    @pytest.mark.parametrize(
        ("asked", "dark", "light"),
        [
            ({}, "#000000", "#ffffff"),
            ({"color": "#C00000"}, "#c00000", "#ffffff"),
            ({"useCompanyBranding": True}, "#123456", "#ffffff"),
            ({"useCompanyBranding": True, "color": "abc", "backgroundColor": "fff"}, "#aabbcc", "#ffffff"),
        ],
    )
    def test_they_are_those_asked_for_then_the_company_s(self, asked: dict[str, Any], dark: str, light: str) -> None:
        assert colours(query(**asked), {"color": "#123456"}) == Colours(dark, light)

    @pytest.mark.parametrize(
        ("asked", "named", "why"),
        [
            ({"color": "333", "backgroundColor": "000"}, ["color", "backgroundColor"], "inverted"),
            ({"color": "FFFFFF", "backgroundColor": "1B4332"}, ["color", "backgroundColor"], "inverted"),
            ({"color": "FFFFFF"}, ["color"], "contrast of 0%"),
            ({"backgroundColor": "555"}, ["backgroundColor"], "contrast of 9%"),
            ({"color": "ddd"}, ["color"], "contrast"),
            ({"useCompanyBranding": True}, ["useCompanyBranding"], "contrast"),
            ({"color": "D00000", "symbology": "gs1datamatrix"}, ["color"], "red light"),
            ({"color": "F80", "symbology": "gs1qr"}, ["color"], "red light"),
        ],
    )
    def test_what_no_scanner_tells_apart_is_refused(self, asked: dict[str, Any], named: list[str], why: str) -> None:
        with pytest.raises(Invalid, match=why) as refused:
            colours(query(**asked), {"color": "#f4f4f4"})
        assert list(dict(refused.value.details or {})["fieldErrors"]) == named

    @pytest.mark.parametrize("form", RENDERERS)
    @pytest.mark.parametrize(
        ("dark", "light"), [("1b4332", "ffffff"), ("c00000", "fff4d6"), ("0000ff", "ffff00"), ("777777", "ffffff")]
    )
    def test_what_is_accepted_is_read_back(self, form: str, dark: str, light: str) -> None:
        asked = query(format=form, color=dark, backgroundColor=light)
        picture = drawn(asked)
        assert picture.getpixel((0, 0)) == tuple(bytes.fromhex(light))
        assert pixels.read(picture)[0].text == LINK

    @settings(deadline=None, max_examples=60)
    @given(st.tuples(st.integers(0, 0xFFFFFF), st.integers(0, 0xFFFFFF)))
    def test_any_two_colours_accepted_are_read_back(self, pair: tuple[int, int]) -> None:
        dark, light = (f"{colour:06x}" for colour in pair)
        try:
            chosen = choose(dark, light, {}, gs1=False)
        except Invalid:
            return
        assert chosen.contrast >= MIN_CONTRAST
        picture = pixels.of_png(draw(passport(), query(format="png", scale=3), chosen, test=False))
        assert pixels.read(picture)[0].text == LINK


class TestNdef:
    @pytest.mark.parametrize(
        "link",
        [LINK, LINK.replace("https", "http"), "https://www.example.test/p/01/1", "http://www.example.test/", "ftp://x"],
    )
    def test_a_reader_finds_the_link_in_one_record(self, link: str) -> None:
        (record,) = ndef.message_decoder(uri_message(link))
        assert (record.type, record.iri, record.name) == ("urn:nfc:wkt:U", link, "")

    @pytest.mark.parametrize("length", [1, 200, 246, 247, 248, 1000, 70_000])
    def test_it_is_what_other_writers_write_at_any_length(self, length: int) -> None:
        link = "https://" + "x" * length
        assert uri_message(link) == b"".join(ndef.message_encoder([ndef.UriRecord(link)]))

    def test_the_prefix_is_one_byte(self) -> None:
        assert uri_message("https://www.a.b") == b"\xd1\x01\x04U\x02a.b"
        assert uri_message("https://a.b") == b"\xd1\x01\x04U\x04a.b"

    def test_json_and_ndef_say_the_same(self) -> None:
        raw = draw(passport(), query(format="ndef"), Colours(), test=True)
        assert bytes.fromhex(describe(passport(), query())["ndef"]) == raw == uri_message(LINK)
