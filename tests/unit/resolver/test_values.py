"""How values are shown, type by type."""

from __future__ import annotations

import pytest

from tracepass.resolver.formats import formats_for
from tracepass.resolver.texts import Texts
from tracepass.resolver.values import MAX_ADDRESS, Presenter, Shown
from tracepass.templates.models import Column, Option, Validation, ValueType
from tracepass.templates.service import Templates


@pytest.fixture(scope="module")
def presenter() -> Presenter:
    return Presenter(Texts.load().words("de"), formats_for("de"), Templates.load())


def test_a_list_keeps_its_items(presenter: Presenter) -> None:
    kind = ValueType(key="tools", label="Tools", data_type="array")
    assert presenter.show(kind, ["Torx 25", "Torx 30"]) == Shown(kind="list", items=("Torx 25", "Torx 30"))


def test_choices_are_shown_by_their_labels(presenter: Presenter) -> None:
    options = (Option("li_ion_lfp", "Li-ion LFP"), Option("pb", "Lead-acid"))
    kind = ValueType(key="kinds", label="Kinds", data_type="multi_enum", options=options)
    assert presenter.show(kind, ["li_ion_lfp", "unheard_of"]).items == ("Lithium-Ionen LFP", "unheard_of")


def test_choices_without_a_label_of_their_own_begin_with_a_capital() -> None:
    english = Presenter(Texts.load().words("en"), formats_for("en"), Templates.load())
    options = (Option("item", "item"), Option("mg_kg", "mg/kg"), Option("lmt", "LMT battery"))
    kind = ValueType(key="kinds", label="Kinds", data_type="multi_enum", options=options)
    assert english.show(kind, ["item", "mg_kg", "lmt"]).items == ("Item", "mg/kg", "LMT battery")


def test_a_truth_is_said_in_words(presenter: Presenter) -> None:
    kind = ValueType(key="ce", label="CE", data_type="boolean")
    assert [presenter.show(kind, value).items for value in (True, False)] == [("Ja",), ("Nein",)]


def test_a_country_has_a_name(presenter: Presenter) -> None:
    kind = ValueType(key="origin", label="Origin", data_type="string", format="country")
    assert presenter.show(kind, "CL").text == "Chile"


def test_only_shares_of_a_whole_get_a_bar(presenter: Presenter) -> None:
    share = ValueType(key="a", label="A", data_type="number", unit="%", validation=Validation(min=0, max=100))
    growth = ValueType(key="b", label="B", data_type="number", unit="%")
    bare = ValueType(key="c", label="C", data_type="number")
    assert [presenter.show(kind, 7.5).share for kind in (share, growth, bare)] == [7.5, None, None]


def test_a_file_of_ours_is_fetched_from_us(presenter: Presenter) -> None:
    kind = ValueType(key="doc", label="Doc", data_type="file_reference", format="document")
    shown = presenter.show(kind, {"fileId": "65a1f0c2d3e4b5a69788aa09"})
    assert shown == Shown(kind="file", href="/api/v1/files/65a1f0c2d3e4b5a69788aa09", text="Dokument öffnen")


def test_a_long_address_is_cut_and_its_link_is_whole(presenter: Presenter) -> None:
    kind = ValueType(key="url", label="Url", data_type="url")
    address = "https://www.maker.example/" + "long/" * 20
    shown = presenter.show(kind, address)
    assert shown.href == address
    assert shown.text.startswith("maker.example/long/")
    assert len(shown.text) == MAX_ADDRESS + 1


def test_a_table_leaves_out_columns_that_nobody_filled(presenter: Presenter) -> None:
    columns = (
        Column(key="name", label="Name", data_type="string"),
        Column(key="issued", label="Issued", data_type="date", precision="day"),
        Column(key="empty", label="Empty", data_type="string"),
    )
    table = ValueType(key="rows", label="Rows", data_type="array", columns=columns)
    shown = presenter.show(table, [{"name": "A", "issued": "2026-06-11"}, {"name": "B"}])
    assert len(shown.headings) == 2
    assert shown.rows[0][1] == Shown(kind="text", text="11.06.2026")
    assert shown.rows[1][1] is None
    assert (shown.layout, shown.crowded) == ("wide", False)
