"""The first pass over an export: is it whole, is it ours, and which ids has it; features have not seen it yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from tracepass.api.bodies import MalformedJson, read_json
from tracepass.core.errors import Invalid
from tracepass.core.mongo import Document
from tracepass.core.restores import Intake
from tracepass.core.spool import Spool
from tracepass.imports.exportfile import TEMPLATES, ExportFaulty, ExportFile, Line, unreadable
from tracepass.imports.newids import NewIds
from tracepass.imports.tally import Tally
from tracepass.templates.service import Templates

DEEPEST: Final = 40
"""Levels of a record: what bodies may have, and what records put around their values."""
AT_ONCE: Final = 100
MOST_AT_ONCE: Final = 2 * 1024 * 1024
"""Records, and bytes of them, that are looked at or written together."""


@dataclass(slots=True)
class Survey:
    """Reads a file from its beginning to its end, and knows its ids then."""

    spool: Spool
    kinds: Mapping[str, str]
    templates: Templates
    ids: NewIds
    tally: Tally = field(default_factory=Tally)
    file: ExportFile = field(init=False)
    _lines: Iterator[Line] = field(init=False)

    def __post_init__(self) -> None:
        """Begin."""
        self.file = ExportFile(self.spool, self.kinds)
        self._lines = self.file.records()

    async def go_on(self) -> bool:
        """Read some more; tell whether there is more.

        Raises:
            ExportFaulty: the file is no export, not a whole one, or one of templates that are not here.
        """
        return await asyncio.to_thread(self._read)

    def twice(self, ids: frozenset[str]) -> None:
        """Note the lines of records that have ids of others."""
        for line in ExportFile(self.spool, self.kinds).records():
            old = orjson.loads(line.raw).get("_id")
            if isinstance(old, str) and old in ids:
                message = f"{old} is the id of another record of the file, too"
                self.tally.fault(line.number, line.section, "validation_error", message, "_id")

    def _read(self) -> bool:
        read = size = 0
        for line in self._lines:
            self._look(line)
            read, size = read + 1, size + len(line.raw)
            if read == 20 * AT_ONCE or size > MOST_AT_ONCE:
                return True
        return False

    def _look(self, line: Line) -> None:
        self.tally.rows += line.section != TEMPLATES
        try:
            record = read_json(line.raw, depth=DEEPEST)
        except MalformedJson:
            self.tally.fault(line.number, line.section, "malformed_json", "The record is no JSON.")
            return
        except Invalid as refusal:
            message = refusal.message.replace("The body", "The record")
            self.tally.fault(line.number, line.section, refusal.code, message)
            return
        if line.section == TEMPLATES:
            self._look_at_template(record)
            return
        kind = self.kinds[line.section]
        if not isinstance(record, dict):
            self.tally.fault(line.number, line.section, "validation_error", "is no object")
        elif record.get("@type") != kind:
            message = f"stands among the {line.section}, which are of the type {kind}"
            self.tally.fault(line.number, line.section, "validation_error", message, "@type")
        elif not self.ids.add(line.section, record.get("_id")):
            self.tally.fault(line.number, line.section, "validation_error", "is no id", "_id")

    def _look_at_template(self, record: Any) -> None:
        """Hold a template against ours.

        Raises:
            ExportFaulty: we have another, or none.
        """
        if not isinstance(record, dict):
            raise unreadable("A template is no object.")
        category, version = (str(record.get(name))[:100] for name in ("category", "version"))
        template = self.templates.find(category, version)
        which = f"The template {category} in version {version}"
        if template is None:
            message = f"{which} is not here. Update this installation to the version of the one that made the export."
            raise ExportFaulty("import_template_unknown", message)
        if orjson.loads(self.templates.detail_json(template).body) != record.get("definition"):
            raise ExportFaulty(
                "import_template_unknown",
                f"{which} is another one here. Bring both installations to the same version of the software.",
            )


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of one section, with new ids, and the lines that they stand on."""

    section: str
    records: list[Document]
    lines: list[int]
    file: ExportFile

    @property
    def share(self) -> float:
        """Tell which part of the file was read."""
        return self.file.share


@dataclass(slots=True)
class Batches:
    """Reads a file that was surveyed once more."""

    spool: Spool
    kinds: Mapping[str, str]
    intakes: Mapping[str, Intake]
    ids: NewIds
    after: int = 0
    _rows: dict[str, int] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Batch]:
        """Give the records that stand behind a line, some at a time."""
        file = ExportFile(self.spool, self.kinds)
        held: list[tuple[Line, int]] = []
        size = 0
        for line in file.records():
            row = self._rows[line.section] = self._rows.get(line.section, -1) + 1
            if line.section == TEMPLATES or line.number <= self.after:
                continue
            if held and (held[0][0].section != line.section or len(held) == AT_ONCE or size > MOST_AT_ONCE):
                yield self._batch(held, file)
                held, size = [], 0
            held.append((line, row))
            size += len(line.raw)
        if held:
            yield self._batch(held, file)

    def _batch(self, lines: Sequence[tuple[Line, int]], file: ExportFile) -> Batch:
        records = [self._record(line, row) for line, row in lines]
        return Batch(lines[0][0].section, records, [line.number for line, _ in lines], file)

    def _record(self, line: Line, row: int) -> Document:
        intake = self.intakes[line.section]
        raw = line.raw if intake.is_opaque else self.ids.moved(line.raw)
        record: Document = orjson.loads(raw)
        if intake.order != "ids":
            record["_id"] = self.ids.of_row(line.section, row)
        return record


async def batches_of(batches: Batches) -> AsyncIterator[Batch]:
    """Give batches that are made off the event loop."""
    pending = iter(batches)
    while (batch := await asyncio.to_thread(next, pending, None)) is not None:
        yield batch
