"""Whatever a caller sends is answered or refused: never a fault of ours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracepass.core.errors import Refusal
from tracepass.tools.models import ToolBody
from tracepass.tools.service import Tools

TOOLS = Tools(clock=lambda: datetime(2026, 11, 21, tzinfo=UTC))
CODED = st.text("0123456789()^\x1d|]CdQe\\./:%+-ABCabc ²é\x00", max_size=80)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    CODED,
    CODED.map(lambda text: f"https://id.gs1.org/{text}"),
    CODED.map(lambda text: f"urn:epc:id:sgtin:{text}"),
    CODED.map(lambda text: f"urn:epc:tag:cpi-var:{text}"),
    CODED.map(lambda text: f"(01)09501101530003{text}"),
    CODED.map(lambda text: f"]C10109501101530003{text}"),
    st.binary(max_size=40).map(bytes.hex),
)
MEMBERS = {
    "encode": ["type", "gtin", "serial", "grai", "gdti", "itip", "piece", "tagScheme", "filter", "companyPrefixLength"],
    "decode": ["value", "companyPrefixLength", "verifyCheckDigit"],
    "decode_barcode": ["data", "barcodeType"],
    "validate_serial": ["gtin", "serial", "batch", "expirationDate", "data", "countryCode"],
}
KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(["SGTIN", "grai", "GDTI", "ITIP", "LGTIN", "x"]),
    "countryCode": st.sampled_from(["AE", "EU", "RU", "US", "BR", "zz"]),
    "companyPrefixLength": st.integers(5, 13),
    "filter": st.integers(-1, 8),
    "verifyCheckDigit": st.booleans(),
}

SCALARS = st.integers() | st.floats(allow_nan=False) | st.booleans() | st.text() | st.none()
ITEMS = st.dictionaries(st.sampled_from(sorted({name for names in MEMBERS.values() for name in names})), SCALARS)


@pytest.mark.parametrize("tool", MEMBERS)
@settings(max_examples=300)
@given(data=st.data())
def test_any_request_is_answered_or_refused(tool: str, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(MEMBERS[tool]), unique=True))
    item = {name: data.draw(KNOWN.get(name, TEXTS)) for name in names}
    answered(tool, item)
    answered(tool, {"items": [item, data.draw(TEXTS)]})


@pytest.mark.parametrize("tool", MEMBERS)
@given(
    body=st.dictionaries(
        st.text(max_size=8) | st.just("items"), SCALARS | st.lists(SCALARS | st.lists(SCALARS) | ITEMS)
    )
)
def test_any_object_is_answered_or_refused(tool: str, body: dict[str, Any]) -> None:
    answered(tool, body)


def answered(tool: str, body: dict[str, Any]) -> None:
    answer = answer_or_refusal(tool, body)
    if isinstance(answer, Refusal):
        assert answer.status == 400
    orjson.dumps(answer.envelope if isinstance(answer, Refusal) else answer)


def answer_or_refusal(tool: str, body: dict[str, Any]) -> dict[str, Any] | Refusal:
    try:
        return dict(getattr(TOOLS, tool)(ToolBody(root=body)))
    except Refusal as refusal:
        return refusal
