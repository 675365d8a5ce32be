"""Files that were meant as exports: told for what they are, in bounded memory, whatever a stranger put into them."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from contextlib import closing

import orjson
import pytest
import zstandard
from tests.api.roundtrip import sealed

from tracepass.core.spool import Spool
from tracepass.exports.writers import JsonLdWriter, NdjsonWriter
from tracepass.imports import exportfile
from tracepass.imports.exportfile import ExportFaulty, ExportFile, Line, is_export, kinds_of

KINDS = kinds_of([("products", "Product"), ("passports", "Passport"), ("files", "File")], after="passports")
ABOUT = {"exportedAt": "2026-11-20T08:15:30.000Z", "environment": "live", "company": {"name": "Voltwerk"}}


def record(kind: str, number: int) -> dict[str, object]:
    return {"@id": f"https://x/{number}", "@type": kind, "_id": f"{number:024x}", "text": '"},\n],"counts":{'}


def written(form: type[JsonLdWriter | NdjsonWriter], *sections: tuple[str, str, int], **about: object) -> bytes:
    """An export as our own writers make it."""
    writer = form("https://api.example.test")
    parts = [writer.head(ABOUT | about)]
    for name, kind, count in sections:
        parts += [writer.begin(name), *(writer.record(name, record(kind, one)) for one in range(count)), writer.end()]
    parts.append(writer.foot({name: count for name, _, count in sections}))
    digest = hashlib.sha256(b"".join(parts)).hexdigest()
    return b"".join([*parts, writer.seal(digest)])


ALL = (("products", "Product", 3), ("passports", "Passport", 0), ("templates", "Template", 1), ("files", "File", 2))


def read(data: bytes) -> list[tuple[int, str, str]]:
    """Line, section and id of the records of a file."""
    return [(line.number, line.section, orjson.loads(line.raw)["_id"]) for line in lines_of(data)]


def lines_of(data: bytes) -> list[Line]:
    with closing(Spool()) as spool:
        spool.write(data)
        return list(ExportFile(spool, KINDS).records())


def fault(data: bytes) -> tuple[str, str]:
    with pytest.raises(ExportFaulty) as caught:
        lines_of(data)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize("form", [JsonLdWriter, NdjsonWriter])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress])
def test_reads_what_our_writers_write(form: type[JsonLdWriter], pack: type[bytes]) -> None:
    data = written(form, *ALL)
    found = read(pack(data))
    assert [section for _, section, _ in found] == ["products"] * 3 + ["templates"] + ["files"] * 2
    lines = data.splitlines()
    assert all(one.encode() in lines[number - 1] for number, _, one in found)
    assert is_export(pack(data)[:8])


@pytest.mark.parametrize("form", [JsonLdWriter, NdjsonWriter])
def test_pieces_may_end_anywhere(form: type[JsonLdWriter], monkeypatch: pytest.MonkeyPatch) -> None:
    data = written(form, *ALL)
    whole = read(data)
    for step in (1, 7, 64):
        monkeypatch.setattr(exportfile, "_PIECE", step)
        assert read(data) == whole


@pytest.mark.parametrize("form", [JsonLdWriter, NdjsonWriter])
def test_an_export_of_nothing_has_no_records(form: type[JsonLdWriter]) -> None:
    assert read(written(form, ("products", "Product", 0))) == []


@pytest.mark.parametrize("form", [JsonLdWriter, NdjsonWriter])
def test_every_shorter_file_is_told_to_be_one(form: type[JsonLdWriter]) -> None:
    data = written(form, *ALL)
    head = data.index(b"\n") + 1
    codes = {fault(data[:end])[0] for end in range(head, len(data) - 1)}
    assert codes == {"import_truncated"}
    assert {fault(gzip.compress(data)[:end])[0] for end in range(40, 90)} <= {"import_truncated", "import_unreadable"}
    packed = zstandard.ZstdCompressor().compress(data)
    assert {fault(packed[:end])[0] for end in range(len(packed) - 30, len(packed) - 5)} <= {
        "import_truncated",
        "import_unreadable",
    }


@pytest.mark.parametrize("form", [JsonLdWriter, NdjsonWriter])
def test_every_other_byte_is_found(form: type[JsonLdWriter]) -> None:
    """A file with one byte changed is never read to its end; the line break of its last line alone may be missing."""
    data = written(form, *ALL)
    assert read(data[:-1]) == read(data)
    for place in range(0, len(data) - 1, 3):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(ExportFaulty):
            lines_of(bytes(changed))


def test_what_is_no_export_is_told_with_what_to_do() -> None:
    data = written(JsonLdWriter, *ALL)
    cases: Sequence[tuple[bytes, str, str]] = [
        (orjson.dumps(orjson.loads(data), option=orjson.OPT_INDENT_2), "import_unreadable", "as it was downloaded"),
        (orjson.dumps(orjson.loads(data)), "import_unreadable", "one line"),
        (b'{"a": 1}', "import_unreadable", "not that of an export"),
        (b"_:export <a> <b> .\n", "import_unreadable", "NDJSON"),
        (b"@prefix x: <y> .\n", "import_unreadable", "NDJSON"),
        (b"{" + b"[" * 100_000, "import_unreadable", "first line"),
        (written(JsonLdWriter, *ALL, since="2026-01-01T00:00:00.000Z"), "import_unreadable", "since"),
        (written(NdjsonWriter, *ALL, formatVersion=2), "import_unreadable", "later version"),
        (written(JsonLdWriter, *ALL, ("robots", "Robot", 1)), "import_unreadable", "later version"),
        (written(NdjsonWriter, *ALL, ("robots", "Robot", 1)), "import_unreadable", "later version"),
        (written(JsonLdWriter, *reversed(ALL)), "import_unreadable", "behind"),
        (written(NdjsonWriter, *reversed(ALL)), "import_unreadable", "behind"),
        (data + b"{}\n", "import_altered", "behind the end"),
        (sealed(data.replace(b'"products":3', b'"products":4')), "import_altered", "counts"),
        (sealed(data.replace(b'"files":2}', b'"files":2,"robots":1}')), "import_altered", "counts"),
        (gzip.compress(data)[:-8] + bytes(8), "import_altered", "unpacked"),
        (b"\x28\xb5\x2f\xfd" + data, "import_altered", "unpacked"),
    ]
    for bad, code, words in cases:
        assert fault(bad)[0] == code, (bad[:80], fault(bad))
        assert words in fault(bad)[1]


def test_bombs_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exportfile, "MOST_UNPACKED", 1_000_000)
    monkeypatch.setattr(exportfile, "LONGEST_LINE", 100_000)
    for pack in (bytes, gzip.compress, zstandard.ZstdCompressor().compress):
        assert fault(pack(b"{" + b" " * 200_000))[0] == "payload_too_large"
        lines = written(JsonLdWriter, ("products", "Product", 20_000))
        assert fault(pack(lines))[0] == "payload_too_large"
    monkeypatch.setattr(exportfile, "MOST_UNPACKED", 10**9)
    monkeypatch.setattr(exportfile, "MOST_RECORDS", 100)
    assert fault(written(NdjsonWriter, ("products", "Product", 101)))[0] == "payload_too_large"


def test_a_window_that_would_need_much_memory_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, compression_level=1)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    assert fault(packer.compress(b"{" * 10) + packer.flush())[0] == "import_altered"


def test_several_members_of_gzip_are_one_file() -> None:
    data = written(JsonLdWriter, *ALL)
    assert read(gzip.compress(data[:100]) + gzip.compress(data[100:])) == read(data)
