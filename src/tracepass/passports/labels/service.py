"""Labels of many passports: all of them, or none."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tracepass.core.errors import Invalid, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.identity.models import Caller
from tracepass.passports.carriers.kinds import KINDS
from tracepass.passports.carriers.payloads import captions, elements_of
from tracepass.passports.carriers.symbols import Modules, marked, symbol_of
from tracepass.passports.desk import Desk
from tracepass.passports.labels.formats import LabelFormat, known_formats
from tracepass.passports.labels.layout import Demand, plan
from tracepass.passports.labels.models import MAX_LABELS, LabelFilter, LabelOrder, SerialReference
from tracepass.passports.labels.printing import Label, Run, print_labels
from tracepass.passports.labels.repository import LabelledPassports
from tracepass.passports.labels.typefaces import Typefaces, typefaces
from tracepass.passports.labels.wording import Text, caption_width
from tracepass.passports.models import BySerial
from tracepass.passports.service import filter_of

_TEXT_OF = {"01": "gtin", "10": "lot", "21": "serial"}
_FAULTS_TOLD = 100


class Labels:
    """Prints labels; one run at a time in a process, so that memory stays within one run's."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._press = asyncio.Semaphore(1)

    async def print(self, caller: Caller, order: LabelOrder) -> bytes:
        """Return the PDF of a print run.

        Raises:
            Invalid: the order contradicts itself, or a symbol has no room on its label.
            Refusal: ``not_found`` with the passports that do not exist, ``ambiguous_serial`` with the serials.
        """
        grid = _grid(order)
        _check(order, grid)
        passports = await self._find(caller, order)
        if len(passports) * order.copies > MAX_LABELS:
            raise Invalid({"copies": [f"makes {len(passports) * order.copies} labels; a run has {MAX_LABELS} at most"]})
        products = await self._desk.products.named(caller, {passport["productId"] for passport in passports})
        async with self._press:
            return await asyncio.to_thread(
                make_labels, order, grid, passports, products, test=caller.environment == "test"
            )

    async def _find(self, caller: Caller, order: LabelOrder) -> list[Document]:
        store = LabelledPassports(self._desk.database, caller.tenancy)
        if order.filter is not None:
            return await self._matching(store, order.filter)
        if order.passport_ids is not None:
            found = {passport["_id"]: passport for passport in await store.by_id(order.passport_ids)}
            unknown = [str(each) for each in order.passport_ids if each not in found]
            _refuse_unknown(unknown)
            return [found[each] for each in order.passport_ids]
        return await _by_serial(store, order.serials or [])

    async def _matching(self, store: LabelledPassports, wanted: LabelFilter) -> list[Document]:
        found = await store.matching(filter_of(wanted, self._desk.templates), limit=wanted.limit + 1)
        if len(found) > wanted.limit:
            message = f"matches more than {wanted.limit} passports; narrow it, or raise its limit"
            raise Invalid({"filter": [message]})
        if not found:
            raise Refusal("not_found", "No passport of this workspace matches the filter.")
        return found


def _grid(order: LabelOrder) -> LabelFormat:
    """Return the format that an order names or describes."""
    if (order.label_format is None) == (order.custom_format is None):
        raise Invalid(form_errors=["Name a labelFormat or describe a customFormat, one of both."])
    if order.custom_format is not None:
        grid = order.custom_format.grid
        if grid.faults():
            raise Invalid({f"customFormat.{name}": [sentence] for name, sentence in grid.faults().items()})
        return grid
    known = known_formats().get(order.label_format or "")
    if known is None:
        raise Invalid({"labelFormat": [f"{order.label_format!r} is unknown; GET /api/v1/label-formats lists them"]})
    return known.grid


def _check(order: LabelOrder, grid: LabelFormat) -> None:
    """Refuse orders that contradict themselves.

    Raises:
        Invalid: with what does.
    """
    named = [name for name in ("passportIds", "serials", "filter") if getattr(order, _MEMBERS[name]) is not None]
    if len(named) != 1:
        raise Invalid(form_errors=["Name the passports by passportIds, serials or filter, one of the three."])
    faults = _repeated(order)
    if order.start_at > grid.per_page:
        faults["startAt"] = [f"is beyond the {grid.per_page} labels of a page"]
    if KINDS[order.symbology].matrix == "datamatrix" and order.ecc is not None:
        faults["ecc"] = ["is fixed in a Data Matrix (ECC 200); leave it out"]
    if faults:
        raise Invalid(faults)


_MEMBERS = {"passportIds": "passport_ids", "serials": "serials", "filter": "filter"}


def _repeated(order: LabelOrder) -> dict[str, list[str]]:
    """Return what an order names twice."""
    for name, wanted in (("passportIds", order.passport_ids), ("serials", order.serials)):
        counted: Counter[Id | SerialReference] = Counter(wanted or ())
        for each, times in counted.items():
            if times > 1:
                shown = each.serial_number if isinstance(each, SerialReference) else each
                return {name: [f"names {shown} more than once; ask for copies instead"]}
    return {}


async def _by_serial(store: LabelledPassports, wanted: Sequence[SerialReference]) -> list[Document]:
    references = [BySerial(each.serial_number, each.gtin) for each in wanted]
    found = await store.by_serial(references)
    by_pair = {(each["gs1"]["serialNumber"], each["gs1"]["gtin"]): each for each in found}
    by_name: dict[str, list[Document]] = {}
    for each in by_pair.values():
        by_name.setdefault(each["gs1"]["serialNumber"], []).append(each)
    candidates = [
        by_name.get(each.serial, []) if each.gtin is None else _listed(by_pair.get((each.serial, each.gtin)))
        for each in references
    ]
    ambiguous = [each.serial for each, hits in zip(references, candidates, strict=True) if len(hits) > 1]
    if ambiguous:
        message = f"Serial {ambiguous[0]!r} stands under more than one GTIN; add the gtin to each such serial."
        raise Refusal("ambiguous_serial", message, details={"serials": ambiguous})
    _refuse_unknown([each.serial for each, hits in zip(references, candidates, strict=True) if not hits])
    return [hits[0] for hits in candidates]


def _listed(found: Document | None) -> list[Document]:
    return [] if found is None else [found]


def _refuse_unknown(unknown: Sequence[str]) -> None:
    if unknown:
        count = f"{len(unknown)} of the passports do" if len(unknown) > 1 else "One of the passports does"
        raise Refusal(
            "not_found", f"{count} not exist in this workspace; no label was made.", details={"unknown": list(unknown)}
        )


def make_labels(
    order: LabelOrder,
    grid: LabelFormat,
    passports: Sequence[Mapping[str, Any]],
    products: Mapping[Id, Mapping[str, Any]],
    *,
    test: bool,
) -> bytes:
    """Return the PDF; milliseconds a label, so off the event loop.

    Raises:
        Invalid: a symbol cannot hold its passport, or has no room on its label.
    """
    faces = typefaces()
    symbols = _symbols(order, passports, test=test)
    texts = [_text(order, passport, products[passport["productId"]], faces) for passport in passports]
    demand = Demand(
        KINDS[order.symbology],
        columns=max(len(symbol[0]) for symbol in symbols),
        rows=max(len(symbol) for symbol in symbols),
        lines=max(text.lines for text in texts),
        caption=caption_width(texts, faces),
    )
    layout = plan(grid, demand, x_dimension=order.x_dimension, printer_dpi=order.printer_dpi)
    labels = [Label(symbol, text) for symbol, text in zip(symbols, texts, strict=True)]
    title = f"{'TEST ' if test else ''}{len(labels)} x {order.copies} labels"
    run = Run(start_at=order.start_at, copies=order.copies, outline=order.outline, title=title)
    return print_labels(labels, grid, layout, run, faces)


def _symbols(order: LabelOrder, passports: Sequence[Mapping[str, Any]], *, test: bool) -> list[Modules]:
    """Make all symbols, or tell of each that cannot be made, by its place in the order."""
    source = next(name for name, member in _MEMBERS.items() if getattr(order, member) is not None)
    symbols, faults = [], {}
    for index, passport in enumerate(passports):
        try:
            symbol = symbol_of(passport, order.symbology, order.ecc)
        except Invalid as fault:
            faults[f"{source}[{index}]"] = [f"passport {passport['_id']}: {fault.message}"]
        else:
            symbols.append(marked(symbol) if test else symbol.modules)
    if faults:
        raise Invalid(dict(list(faults.items())[:_FAULTS_TOLD]))
    return symbols


def _text(order: LabelOrder, passport: Mapping[str, Any], product: Mapping[str, Any], faces: Typefaces) -> Text:
    names = [product[name] for name in ("name", "model") if name in order.text]
    elements = tuple((code, value) for code, value in elements_of(passport) if _TEXT_OF[code] in order.text)
    return Text(
        names=tuple(faces.bold.clean(name) for name in names),
        captions=tuple(faces.regular.clean(caption) for caption in captions(elements, order.symbology)),
    )
