"""Bodies too large for memory: written once, read anywhere, and gone with their last holder."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracepass.core.spool import NoRoom, Spool, SpoolClosed

HELD = 100


@pytest.fixture
def spool() -> Iterator[Spool]:
    made = Spool(held=HELD)
    yield made
    made.close()


def files_open() -> int:
    """Count the files without a name."""
    return sum("(deleted)" in str(os.path.realpath(link)) for link in Path("/proc/self/fd").iterdir())


def test_a_little_stays_in_memory(spool: Spool) -> None:
    before = files_open()
    spool.write(b"x" * HELD)
    assert (len(spool), spool.whole(), files_open()) == (HELD, b"x" * HELD, before)


async def test_what_was_added_is_read_in_any_piece(spool: Spool) -> None:
    text = bytes(range(256)) * 20
    for offset in range(0, len(text), 33):
        await spool.add(text[offset : offset + 33])
    assert len(spool) == len(text)
    assert spool.whole() == b"".join(spool.chunks()) == text
    assert spool.read(4000, 50) == text[4000:4050]
    assert spool.read(len(text) - 3, 50) == text[-3:]
    assert spool.read(len(text), 5) == b""
    with spool.opened() as opened:
        assert opened.read(10) + opened.read() == text


def test_it_can_be_added_to_after_it_was_read(spool: Spool) -> None:
    spool.write(b"a" * 150)
    assert len(spool.whole()) == 150
    spool.write(b"b")
    assert spool.whole() == b"a" * 150 + b"b"


def test_closing_gives_the_file_back_and_tells_readers(spool: Spool) -> None:
    before = files_open()
    spool.write(b"x" * 1000)
    assert files_open() == before + 1
    spool.close()
    spool.close()
    assert files_open() == before
    with pytest.raises(SpoolClosed):
        spool.read(0, 1)
    with pytest.raises(SpoolClosed):
        spool.write(b"")


def test_the_file_has_no_name(spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spool.write(b"x" * 1000)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import os, signal; from tracepass.core.spool import Spool; s = Spool(); s.write(b'x' * 3_000_000);"
        " os.kill(os.getpid(), signal.SIGKILL)"
    )
    variables = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    assert subprocess.run([sys.executable, "-c", program], env=variables, check=False).returncode < 0
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let temporary files be on a disk that is full."""

    def opened(**_: object) -> io.FileIO:
        return io.FileIO("/dev/full", "r+")

    monkeypatch.setattr("tempfile.TemporaryFile", opened)


@pytest.mark.usefixtures("full")
async def test_a_full_disk_is_told_and_nothing_stays_open() -> None:
    before, spool = files_open(), Spool(held=HELD)
    await spool.add(b"x" * 90)
    with pytest.raises(NoRoom):
        await spool.add(b"x" * 400)
    spool.close()
    await asyncio.sleep(0)
    assert files_open() == before
