"""Labels: that symbols are of exact size, that nothing overflows, and that every script is drawn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.passports import pixels

from tracepass.core.errors import Invalid
from tracepass.core.ids import Id, new_id
from tracepass.locale import LOCALES
from tracepass.passports.carriers.kinds import KINDS, Kind, Symbology
from tracepass.passports.labels.formats import LabelFormat, known_formats
from tracepass.passports.labels.layout import Area, Demand, Layout, plan
from tracepass.passports.labels.models import LabelOrder
from tracepass.passports.labels.service import make_labels
from tracepass.passports.labels.typefaces import typefaces
from tracepass.passports.labels.wording import LEADING, POINTS, SMALLEST, Text, set_text, wrap
from tracepass.templates.service import Templates

GTIN = "04012345000016"
FACES = typefaces()


def roll(width: float, height: float) -> LabelFormat:
    return LabelFormat(width, height, width, height, 1, 1, 0, 0, width, height)


def made(
    count: int = 1,
    *,
    name: str = "Battery pack",
    serials: Sequence[str] | None = None,
    test: bool = False,
    **members: Any,
) -> tuple[bytes, LabelFormat]:
    """The PDF of so many labels, and what it is printed on."""
    order = LabelOrder.model_validate({"passportIds": ["0" * 24], "labelFormat": "roll-50x30"} | members)
    grid = order.custom_format.grid if order.custom_format else known_formats()[order.label_format or ""].grid
    product: Id = new_id()
    passports = [
        {
            "_id": new_id(),
            "productId": product,
            "granularity": "item",
            "gs1": {
                "gtin": GTIN,
                "lot": None,
                "serialNumber": serial,
                "digitalLinkUri": f"https://id.example.test/p/01/{GTIN}/21/{serial}",
            },
        }
        for serial in serials or [f"SN{number}" for number in range(count)]
    ]
    return make_labels(order, grid, passports, {product: {"name": name, "model": "M-1"}}, test=test), grid


def words(pdf: bytes, page: int = 0) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        text: str = document[page].get_textpage().get_text_range()
        return text.splitlines()


class TestFormats:
    def test_each_grid_lies_on_its_page(self) -> None:
        assert {name: known.grid.faults() for name, known in known_formats().items()} == {
            name: {} for name in known_formats()
        }

    def test_sheets_are_centred_and_rolls_have_one_label_a_page(self) -> None:
        for known in known_formats().values():
            grid = known.grid
            left, _ = grid.place(0)
            right, bottom = grid.place(grid.per_page - 1)
            assert left == pytest.approx(grid.page_width - right - grid.label_width, abs=0.1)
            assert bottom == pytest.approx(grid.margin_top, abs=0.1)
            assert (grid.per_page == 1) == (known.kind == "roll")

    @pytest.mark.parametrize(
        ("members", "fault"),
        [
            ({"columns": 3, "pitch_x": 9}, "pitchX"),
            ({"rows": 2, "pitch_y": 9}, "pitchY"),
            ({"margin_left": 91}, "pageWidth"),
            ({"rows": 11, "pitch_y": 10}, "pageHeight"),
        ],
    )
    def test_labels_that_overlap_or_stick_out_are_a_fault(self, members: dict[str, Any], fault: str) -> None:
        usual = {"page_width": 100, "page_height": 100, "label_width": 10, "label_height": 10, "columns": 1, "rows": 1}
        grid = {**usual, "margin_left": 0, "margin_top": 0, "pitch_x": 10, "pitch_y": 10, **members}
        assert list(LabelFormat(**grid).faults()) == [fault]


kinds = st.sampled_from(list(KINDS.values()))


class TestLayout:
    @settings(max_examples=300)
    @given(
        kind=kinds,
        width=st.floats(15, 200),
        height=st.floats(15, 200),
        size=st.integers(10, 60),
        mark=st.sampled_from([0, 9]),
        lines=st.integers(0, 5),
        caption=st.floats(0, 60),
        dpi=st.none() | st.sampled_from([203, 300, 600]),
    )
    def test_symbol_and_text_keep_their_room(
        self,
        kind: Kind,
        width: float,
        height: float,
        size: int,
        mark: int,
        lines: int,
        caption: float,
        dpi: int | None,
    ) -> None:
        demand = Demand(kind, size, size + mark, lines, caption)
        try:
            layout = plan(roll(width, height), demand, x_dimension=None, printer_dpi=dpi)
        except Invalid:
            return
        quiet, symbol = kind.quiet_zone * layout.module, layout.symbol
        assert kind.min_module - 1e-6 <= layout.module <= kind.max_module + 1e-6
        assert symbol.width == pytest.approx(size * layout.module)
        assert symbol.left >= quiet - 1e-6
        assert symbol.bottom >= quiet - 1e-6
        assert symbol.left + symbol.width + quiet <= width + 1e-6
        assert symbol.bottom + symbol.height + quiet <= height + 1e-6
        assert (layout.text is None) == (lines == 0)
        if layout.text is not None:
            self.check_text(layout, layout.text, quiet, lines)
        if dpi is not None:
            dots = layout.module * dpi / 25.4
            assert dots == pytest.approx(round(dots))

    def check_text(self, layout: Layout, text: Area, quiet: float, lines: int) -> None:
        if layout.below:
            assert text.bottom + text.height <= layout.symbol.bottom - quiet + 1e-6
        else:
            assert text.left >= layout.symbol.left + layout.symbol.width + quiet - 1e-6
        assert text.height * POINTS >= lines * SMALLEST * LEADING

    @pytest.mark.parametrize("dpi", [None, 203, 300])
    @pytest.mark.parametrize("symbology", KINDS)
    @pytest.mark.parametrize("asked", [0.4, 0.5, 0.99])
    def test_the_size_asked_for_is_kept_to_the_dot(self, symbology: Symbology, asked: float, dpi: int | None) -> None:
        demand = Demand(KINDS[symbology], 25, 25, 0)
        layout = plan(roll(60, 60), demand, x_dimension=asked, printer_dpi=dpi)
        assert layout.module == pytest.approx(asked, abs=1e-6 if dpi is None else 25.4 / dpi)
        assert layout.module <= KINDS[symbology].max_module + 1e-6

    def test_text_that_a_low_label_has_no_lines_for_is_refused(self) -> None:
        with pytest.raises(Invalid, match="no room for 5 lines"):
            plan(roll(90, 12), Demand(KINDS["gs1datamatrix"], 20, 20, 5), x_dimension=None, printer_dpi=None)

    def test_what_does_not_fit_is_told_with_its_measures(self) -> None:
        with pytest.raises(
            Invalid, match=r"QR Code of 33 modules of 0\.396 mm takes 16\.2 x 16\.2 mm of the 15 x 15 mm"
        ):
            plan(roll(15, 15), Demand(KINDS["qr"], 33, 33, 0), x_dimension=None, printer_dpi=None)
        with pytest.raises(Invalid, match="ask for less text, a smaller xDimension or larger labels"):
            plan(roll(25, 20), Demand(KINDS["qr"], 33, 33, 4), x_dimension=0.4, printer_dpi=None)


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=120)


class TestWording:
    @settings(deadline=None)
    @given(
        name=names,
        captions=st.lists(st.text("ABCDEFGHWM0123456789-_/ .", min_size=1, max_size=104), max_size=3),
        width=st.floats(12, 100),
        height=st.floats(9, 80),
    )
    def test_text_never_overflows(self, name: str, captions: list[str], width: float, height: float) -> None:
        text = Text((FACES.bold.clean(name),), tuple(map(FACES.regular.clean, captions)))
        setting = set_text(text, Area(0, 0, width, height), FACES, label_height=height)
        assert setting.size >= SMALLEST
        assert setting.height <= height * POINTS + 1e-6
        for line in setting.lines:
            assert line.face.width(line.text, setting.size) <= width * POINTS + 1e-6

    def test_what_is_too_long_ends_in_an_ellipsis_and_the_key_stays_whole(self) -> None:
        text = Text(("word " * 60,), (f"GTIN {GTIN}", "SN ABC-000001"))
        setting = set_text(text, Area(0, 0, 20, 12), FACES, label_height=12)
        lines = [line.text for line in setting.lines]
        assert lines[setting.names - 1].endswith("…")
        assert lines[setting.names :] == [f"GTIN {GTIN}", "SN ABC-000001"]

    def test_a_key_that_is_wider_than_its_line_is_broken_not_shortened(self) -> None:
        setting = set_text(Text((), ("SN " + "W" * 20,)), Area(0, 0, 14, 12), FACES, label_height=12)
        assert "".join(line.text for line in setting.lines) == "SN " + "W" * 20

    def test_a_name_takes_four_lines_at_most(self) -> None:
        setting = set_text(Text(("word " * 60,), ()), Area(0, 0, 20, 60), FACES, label_height=60)
        assert len(setting.lines) == setting.names == 4

    def test_room_for_one_line_goes_to_the_key(self) -> None:
        setting = set_text(Text(("Name",), ("SN 1",)), Area(0, 0, 30, 2.2), FACES, label_height=3)
        assert [line.text for line in setting.lines] == ["SN 1"]

    def test_text_is_as_large_as_fits(self) -> None:
        text = Text(("Battery",), ("SN 1",))
        sizes = [set_text(text, Area(0, 0, side, side), FACES, label_height=side).size for side in (10, 30, 60, 200)]
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[-1] <= 16

    def test_words_are_broken_only_where_they_must(self) -> None:
        assert wrap("one two", FACES.regular, 10, 1000) == ["one two"]
        assert wrap("one two", FACES.regular, 10, 25) == ["one", "two"]
        assert "".join(wrap("unbreakable", FACES.regular, 10, 20)) == "unbreakable"

    def test_characters_without_a_glyph_are_spelled_as_near_as_can_be(self) -> None:
        assert FACES.regular.clean("a\tb\n c\u200b") == "a b c"
        assert FACES.regular.clean("x\u2011y") == "x-y"
        assert FACES.regular.clean("電") in {"\ufffd", "?"}

    def test_all_that_templates_say_in_24_languages_has_its_letters(self) -> None:
        templates = Templates.load()
        template = templates.get("battery")
        said = {
            lang: "".join(templates.labels.text(lang, key, field.label) for key, field in template.fields.items())
            for lang in LOCALES
        }
        strange = {lang: set(FACES.bold.clean(text)) - set(text) - {" "} for lang, text in said.items()}
        assert {lang: found for lang, found in strange.items() if found - set("-2")} == {}

    @pytest.mark.parametrize(
        "name",
        [
            "Κυψέλη ιόντων λιθίου ΐΰ",
            "Литиево-йонна батерия щъьюя",
            "Žluťoučký kůň",
            "Ġurnata ħ ż",
            "ășțŞŢ őű ķļņģ ßøæåœ",
        ],
    )
    def test_any_script_of_the_union_is_in_the_file_as_it_is(self, name: str) -> None:
        pdf, _ = made(name=name, labelFormat="roll-100x50")
        assert " ".join(words(pdf)).startswith(f"{name} GTIN")


class TestPrinting:
    @pytest.mark.parametrize("dpi", [203, 300, 600])
    @pytest.mark.parametrize("symbology", KINDS)
    def test_a_module_is_exactly_so_many_dots(self, symbology: Symbology, dpi: int) -> None:
        pdf, _ = made(symbology=symbology, text=[], printerDpi=dpi, labelFormat="roll-25x25")
        dark = pixels.of_pdf(pdf, dpi=dpi * 4).convert("L").point(_dark).getbbox()
        assert dark is not None
        found = pixels.read(pixels.of_pdf(pdf, dpi=600))[0]
        side = (dark[2] - dark[0]) / 4
        sizes = {count for count in range(10, 60) if abs(side / count - round(side / count)) < 0.02}
        modules = {round(side / count) * 25.4 / dpi for count in sizes}
        assert any(KINDS[symbology].min_module <= module <= KINDS[symbology].max_module for module in modules)
        assert found.symbology_identifier == KINDS[symbology].identifier

    @pytest.mark.parametrize("x_dimension", [0.396, 0.5, 0.666])
    def test_the_x_dimension_asked_for_is_printed(self, x_dimension: float) -> None:
        pdf, _ = made(text=[], xDimension=x_dimension, labelFormat="roll-50x30")
        dark = pixels.of_pdf(pdf, dpi=2400).convert("L").point(_dark).getbbox()
        assert dark is not None
        assert (dark[2] - dark[0]) / 2400 * 25.4 / 33 == pytest.approx(x_dimension, abs=0.001)

    @pytest.mark.parametrize("name", known_formats())
    @pytest.mark.parametrize("symbology", ["qr", "gs1datamatrix"])
    def test_each_place_of_each_format_has_a_symbol_that_is_read(self, name: str, symbology: Symbology) -> None:
        grid = known_formats()[name].grid
        text = ["serial"] if min(grid.label_width, grid.label_height) > 25 else []
        pdf, _ = made(grid.per_page, labelFormat=name, symbology=symbology, text=text)
        assert len({symbol.text for symbol in pixels.read(pixels.of_pdf(pdf, dpi=250))}) == grid.per_page

    def test_symbols_stand_on_their_own_labels(self) -> None:
        pdf, grid = made(21, labelFormat="a4-3x7-63x38", text=[])
        millimetre = 250 / 25.4
        for symbol in pixels.read(pixels.of_pdf(pdf, dpi=250)):
            number = int(re.findall(r"SN(\d+)$", symbol.text)[0])
            left, bottom = grid.place(number)
            top = grid.page_height - bottom - grid.label_height
            middle = (
                (symbol.position.top_left.x + symbol.position.bottom_right.x) / 2 / millimetre,
                (symbol.position.top_left.y + symbol.position.bottom_right.y) / 2 / millimetre,
            )
            assert middle == pytest.approx((left + grid.label_width / 2, top + grid.label_height / 2), abs=0.6)

    def test_a_used_sheet_is_gone_on_with(self) -> None:
        pdf, grid = made(3, labelFormat="a4-3x7-63x38", startAt=20, text=[])
        first, second = (pixels.read(pixels.of_pdf(pdf, page=page)) for page in (0, 1))
        assert [len(first), len(second)] == [2, 1]
        with pypdfium2.PdfDocument(pdf) as document:
            assert len(document) == 2
        assert second[0].text.endswith("SN2")
        assert second[0].position.top_left.y < (grid.margin_top + grid.label_height) / 25.4 * 300

    def test_copies_stand_side_by_side_and_are_stored_once(self) -> None:
        pdf, _ = made(2, labelFormat="a4-3x7-63x38", copies=4)
        found = sorted(symbol.text[-3:] for symbol in pixels.read(pixels.of_pdf(pdf)))
        assert found == ["SN0"] * 4 + ["SN1"] * 4
        assert len(pdf) < 2 * len(made(2, labelFormat="a4-3x7-63x38")[0])

    def test_the_file_asks_not_to_be_scaled_and_is_always_the_same(self) -> None:
        pdf, _ = made(2)
        assert b"/PrintScaling /None" in pdf
        assert pdf == made(2)[0].replace(b"", b"")

    @pytest.mark.parametrize("symbology", KINDS)
    def test_labels_of_the_test_environment_are_marked_and_read(self, symbology: Symbology) -> None:
        pdf, _ = made(symbology=symbology, test=True, labelFormat="roll-100x50")
        assert pdf != made(symbology=symbology, labelFormat="roll-100x50")[0]
        assert len(pixels.read(pixels.of_pdf(pdf))) == 1

    def test_the_key_is_bracketed_beside_gs1_symbols(self) -> None:
        assert words(made(labelFormat="roll-100x50")[0]) == ["Battery pack", f"GTIN {GTIN}", "SN SN0"]
        pdf, _ = made(labelFormat="roll-100x50", symbology="gs1datamatrix", text=["model", "serial"])
        assert words(pdf) == ["M-1", "(21)SN0"]

    def test_an_outline_shows_the_edges(self) -> None:
        plain, outlined = (pixels.of_pdf(made(outline=outline, text=[])[0]) for outline in (False, True))
        middle = (plain.width // 2, 0)
        assert plain.getpixel(middle) == (255, 255, 255) != outlined.getpixel(middle)
        assert len(pixels.read(outlined)) == 1

    def test_symbols_of_one_run_have_modules_of_one_size(self) -> None:
        pdf, _ = made(2, serials=["S", "S" * 90], text=[], labelFormat="roll-57x32")
        boxes = [pixels.of_pdf(pdf, dpi=1200, page=page).convert("L").point(_dark).getbbox() for page in (0, 1)]
        small, large = (box[2] - box[0] for box in boxes if box is not None)
        assert small / 29 == pytest.approx(large / 41, rel=0.01)


def _dark(value: int) -> int:
    return 255 * (value < 128)
