"""The local mongod through everything that happens to a data directory: crashes, moves, rivals, long paths."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from tracepass.core.embedded import (
    DataDirectoryInUse,
    EmbeddedMongod,
    MongodFailed,
    MongodHome,
    MongodNotFound,
    attach_or_launch,
    find_mongod,
    running_uri,
)

LAUNCH_AND_WAIT = """
import sys
from pathlib import Path
from tracepass.core.embedded import EmbeddedMongod
mongod = EmbeddedMongod.launch(Path(sys.argv[1]), executable=Path(sys.argv[2]))
print(mongod.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def executable() -> Path:
    explicit = os.environ.get("TRACEPASS_MONGOD")
    try:
        return find_mongod(Path(explicit) if explicit else None)
    except MongodNotFound as missing:
        pytest.skip(str(missing))


def _environment() -> dict[str, str]:
    """Let a child import what we import, whether the package is installed or not."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def _write(uri: str, value: int) -> None:
    with MongoClient[dict[str, Any]](uri) as client:
        client.drill.notes.insert_one({"_id": value})


def _notes(uri: str) -> list[int]:
    with MongoClient[dict[str, Any]](uri) as client:
        return sorted(note["_id"] for note in client.drill.notes.find())


def test_a_fresh_data_directory_gets_a_server_that_can_do_transactions(tmp_path: Path, executable: Path) -> None:
    with (
        EmbeddedMongod.launch(tmp_path, executable=executable) as mongod,
        MongoClient[dict[str, Any]](mongod.uri) as client,
    ):
        with client.start_session() as session, session.start_transaction():
            client.drill.notes.insert_one({"_id": 1}, session=session)
        assert _notes(mongod.uri) == [1]
        assert mongod.poll() is None
    assert mongod.poll() == 0


def _open_files(pid: int) -> set[str]:
    """Where the open descriptors of a living process lead; one may close while it is looked at."""
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.add(str(entry.readlink()))
    return found


def test_only_its_owner_can_reach_the_server_and_nobody_by_tcp(tmp_path: Path, executable: Path) -> None:
    with EmbeddedMongod.launch(tmp_path, executable=executable) as mongod:
        home = MongodHome.of(tmp_path)
        assert stat.S_IMODE(home.socket.stat().st_mode) == 0o700
        assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700
        sockets = _open_files(mongod.pid)
        inodes = {name.removeprefix("socket:[").rstrip("]") for name in sockets if name.startswith("socket:[")}
        lines = [*Path("/proc/net/tcp").read_text().splitlines(), *Path("/proc/net/tcp6").read_text().splitlines()]
        assert inodes.isdisjoint(line.split()[9] for line in lines)


def test_a_second_launcher_is_refused_while_the_first_one_runs(tmp_path: Path, executable: Path) -> None:
    with (
        EmbeddedMongod.launch(tmp_path, executable=executable),
        pytest.raises(DataDirectoryInUse, match="in use by another TracePass process"),
    ):
        EmbeddedMongod.launch(tmp_path, executable=executable, patience=0.05)


def test_a_launcher_waits_for_the_mongod_of_one_that_was_killed(tmp_path: Path, executable: Path) -> None:
    command = [sys.executable, "-c", LAUNCH_AND_WAIT, str(tmp_path), str(executable)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()) as launcher:
        assert launcher.stdout is not None
        orphan = int(launcher.stdout.readline())
        uri = running_uri(tmp_path)
        assert uri is not None
        _write(uri, 1)
        launcher.kill()
    with EmbeddedMongod.launch(tmp_path, executable=executable) as mongod:
        assert mongod.pid != orphan
        assert not Path(f"/proc/{orphan}/exe").exists()
        assert _notes(mongod.uri) == [1]


def test_acknowledged_writes_and_the_stale_socket_survive_a_crash(tmp_path: Path, executable: Path) -> None:
    mongod = EmbeddedMongod.launch(tmp_path, executable=executable)
    _write(mongod.uri, 1)
    os.kill(mongod.pid, signal.SIGKILL)
    os.waitid(os.P_PID, mongod.pid, os.WEXITED | os.WNOWAIT)
    assert MongodHome.of(tmp_path).socket.is_socket()
    assert running_uri(tmp_path) is None
    mongod.stop()
    MongodHome.of(tmp_path).socket.touch()
    with EmbeddedMongod.launch(tmp_path, executable=executable) as restarted:
        assert restarted.uri == mongod.uri
        assert _notes(restarted.uri) == [1]


def test_a_data_directory_may_be_moved(tmp_path: Path, executable: Path) -> None:
    with EmbeddedMongod.launch(tmp_path / "old", executable=executable) as mongod:
        _write(mongod.uri, 1)
    shutil.move(tmp_path / "old", tmp_path / "new")
    with EmbeddedMongod.launch(tmp_path / "new", executable=executable) as mongod:
        _write(mongod.uri, 2)
        assert _notes(mongod.uri) == [1, 2]


@pytest.mark.parametrize("name", ["d" * 120, "with space, comma: colon", "straße"])
def test_a_path_unfit_for_a_socket_puts_the_socket_into_a_private_folder(
    tmp_path: Path,
    executable: Path,
    name: str,
) -> None:
    with EmbeddedMongod.launch(tmp_path / name, executable=executable) as mongod:
        folder = MongodHome.of(tmp_path / name).socket.parent
        assert tmp_path not in folder.parents
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        _write(mongod.uri, 1)
    assert not folder.exists()


def test_a_private_folder_that_others_can_enter_is_refused(tmp_path: Path, executable: Path) -> None:
    home = MongodHome.of(tmp_path / ("d" * 120))
    home.make()
    folder = home.socket.parent
    folder.chmod(0o755)
    try:
        with pytest.raises(MongodFailed, match="not a private folder"):
            EmbeddedMongod.launch(tmp_path / ("d" * 120), executable=executable)
    finally:
        folder.rmdir()


def test_a_command_joins_the_running_server_and_leaves_it_running(tmp_path: Path, executable: Path) -> None:
    with EmbeddedMongod.launch(tmp_path, executable=executable) as mongod:
        with attach_or_launch(tmp_path, executable_finder=_never_called) as uri:
            assert uri == mongod.uri
            _write(uri, 1)
        assert mongod.poll() is None


def test_a_command_alone_runs_a_server_of_its_own_and_takes_it_down(tmp_path: Path, executable: Path) -> None:
    with attach_or_launch(tmp_path, executable_finder=lambda: executable) as uri:
        assert running_uri(tmp_path) == uri
        with attach_or_launch(tmp_path, executable_finder=_never_called) as joined:
            assert joined == uri
    assert running_uri(tmp_path) is None


def _never_called() -> Path:
    message = "a server is running, there is no need for another"
    raise AssertionError(message)


def _fake_mongod(tmp_path: Path, script: str) -> Path:
    path = tmp_path / "mongod"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return path


@pytest.mark.parametrize(
    ("script", "explanation"),
    [
        ("echo 'x: error while loading shared libraries: libcurl.so.4: cannot open' >&2; exit 127", "libcurl4"),
        ("echo 'x: error while loading shared libraries: libssl.so.3: cannot open' >&2; exit 127", "libssl3"),
        ("echo 'x: error while loading shared libraries: libodd.so.1: cannot open' >&2; exit 127", "libodd.so.1"),
        ('echo "x: version \\`GLIBC_2.34\' not found" >&2; exit 1', "glibc 2.34"),
        ("kill -ILL $$", "AVX"),
        ("kill -KILL $$", "signal 9"),
        ("echo bad news; exit 62", "another version of MongoDB"),
        ("exit 14", "exit code 14"),
        ("echo No space left on device; seq 10000; kill -ABRT $$", "no space is left on the disk that has .*data"),
    ],
)
def test_a_mongod_that_cannot_run_is_explained(tmp_path: Path, script: str, explanation: str) -> None:
    with pytest.raises(MongodFailed, match=explanation):
        EmbeddedMongod.launch(tmp_path / "data", executable=_fake_mongod(tmp_path, script))


def test_a_launch_can_be_given_up(tmp_path: Path) -> None:
    sleeper = _fake_mongod(tmp_path, "exec sleep 600")
    with pytest.raises(MongodFailed, match="given up"):
        EmbeddedMongod.launch(tmp_path / "data", executable=sleeper, cancelled=lambda: True)


def test_a_launch_that_is_given_up_half_way_ends_soon(tmp_path: Path, executable: Path) -> None:
    socket = MongodHome.of(tmp_path / "data").socket
    began = time.monotonic()
    with pytest.raises(MongodFailed, match="given up"):
        EmbeddedMongod.launch(tmp_path / "data", executable=executable, cancelled=socket.is_socket)
    assert time.monotonic() - began < 12  # 15 seconds more, were it to wait for others of its set


def test_a_mongod_without_its_executable_bit_is_made_executable(tmp_path: Path) -> None:
    executable = _fake_mongod(tmp_path, "exit 14")
    executable.chmod(0o600)
    with pytest.raises(MongodFailed, match="exit code 14"):
        EmbeddedMongod.launch(tmp_path / "data", executable=executable)
    assert os.access(executable, os.X_OK)


def test_a_missing_mongod_names_the_three_ways_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.path", [])
    monkeypatch.delitem(sys.modules, "fiftyone", raising=False)
    with pytest.raises(MongodNotFound) as caught:
        find_mongod(None)
    for way in ("TRACEPASS_MONGODB_URI", "TRACEPASS_MONGOD ", "'.[embedded]'"):
        assert way in str(caught.value)


def test_a_mongod_asked_for_by_path_is_the_only_one_looked_for(tmp_path: Path) -> None:
    with pytest.raises(MongodNotFound, match="no such file"):
        find_mongod(tmp_path / "absent")
    assert find_mongod(_fake_mongod(tmp_path, "exit 0")) == (tmp_path / "mongod").resolve()


def test_a_mongod_on_the_path_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    executable = _fake_mongod(tmp_path, "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.path", [])
    assert find_mongod(None) == executable


def test_mongod_is_not_started_from_a_side_thread(tmp_path: Path, executable: Path) -> None:
    program = f"""
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tracepass.core.embedded import EmbeddedMongod
with ThreadPoolExecutor() as pool:
    pool.submit(EmbeddedMongod.launch, Path({str(tmp_path)!r}), executable=Path({str(executable)!r})).result()
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
    assert "from the main thread" in done.stderr
