"""Puts an export together: section after section from one snapshot, batch after batch, each off the event loop."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import orjson

from tracepass.core.extracts import Section, Snapshot, decoded
from tracepass.core.mongo import Document
from tracepass.exports.models import FormatName
from tracepass.exports.packing import Packer
from tracepass.exports.writers import WRITERS
from tracepass.templates.service import Templates

TEMPLATES: Final = "templates"
TEMPLATES_AFTER: Final = "passports"
"""The section behind which it is known which templates are in use."""


@dataclass(frozen=True, slots=True)
class Content:
    """What exports of an installation hold: the sections in their order, templates, and where all of it is known."""

    sections: Sequence[Section]
    templates: Templates
    origin: str


class Making:
    """The making of one export; while it runs, ``counts`` says how far it is."""

    def __init__(self, content: Content, form: FormatName, packer: Packer) -> None:
        self._content = content
        self._writer = WRITERS[form](content.origin)
        self._packer = packer
        self._digest = hashlib.sha256()
        self._used: set[tuple[str, str]] = set()
        self.counts: dict[str, int] = {}

    async def run(self, snapshot: Snapshot, about: Document, since: str | None) -> AsyncGenerator[bytes, None]:
        """Give the bytes of the export, packed; the last of them come only if nothing went wrong.

        Raises:
            SnapshotTooOld: it took too long.
        """
        yield self._packed(self._writer.head(about))
        for section in self._content.sections:
            if section.only_since and since is None:
                continue
            self._begin(section.name)
            yield self._packed(self._writer.begin(section.name))
            async with aclosing(snapshot.batches(section, since)) as batches:
                async for batch in batches:
                    yield await asyncio.to_thread(self._render, section, batch)
            yield self._packed(self._writer.end())
            if section.name == TEMPLATES_AFTER:
                yield await asyncio.to_thread(self._render_templates)
        foot = self._packed(self._writer.foot(self.counts))
        yield foot + self._packed(self._writer.seal(self._digest.hexdigest())) + self._packer.flush()

    def _begin(self, name: str) -> None:
        self.counts[name] = 0

    def _packed(self, data: bytes) -> bytes:
        self._digest.update(data)
        return self._packer.compress(data)

    def _render(self, section: Section, batch: bytes) -> bytes:
        """Write the documents of a batch."""
        parts = []
        start = f"{self._content.origin}{section.path}/"
        write, name = self._writer.record, section.name
        for stored in decoded(batch):
            members = section.record(stored)
            self._note_template(members)
            record = {"@id": f"{start}{members['_id']}", "@type": section.kind, **members}
            parts.append(write(name, record))
        self.counts[name] += len(parts)
        return self._packed(b"".join(parts))

    def _note_template(self, members: Mapping[str, str]) -> None:
        version = members.get("templateVersion")
        if version is not None:
            self._used.add((members["category"], version))
        elif "templateId" in members:
            category, _, version = members["templateId"].partition("@")
            self._used.add((category, version))

    def _render_templates(self) -> bytes:
        records = list(self._template_records())
        self.counts[TEMPLATES] = len(records)
        parts = [self._writer.begin(TEMPLATES)]
        parts += [self._writer.record(TEMPLATES, record) for record in records]
        return self._packed(b"".join([*parts, self._writer.end()]))

    def _template_records(self) -> Iterator[Document]:
        for category, version in sorted(self._used):
            definition = self._content.templates.detail_json(self._content.templates.get(category, version))
            yield {
                "@id": f"{self._content.origin}/api/v1/templates/{quote(category)}#{quote(version)}",
                "@type": "Template",
                "category": category,
                "version": version,
                "definition": orjson.loads(definition.body),
            }
