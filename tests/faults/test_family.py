"""`tracepass serve`: who is started, who is started again, and how all of them end."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.installation import Installation, Part, command, environment, wait_for

from tracepass.core.embedded import MongodNotFound, find_mongod, running_uri
from tracepass.supervisor import AddressInUse, Listener
from tracepass.supervisor.child import Backoff

# With several test workers one of them runs all of these, since they share a running installation.
pytestmark = pytest.mark.xdist_group("family")


@pytest.fixture(scope="module", autouse=True)
def _mongod_needed() -> None:
    explicit = os.environ.get("TRACEPASS_MONGOD")
    try:
        find_mongod(Path(explicit) if explicit else None)
    except MongodNotFound as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("family") / "data") as installation:
        yield installation


def _answers(installation: Installation) -> bool:
    return Listener.probe("127.0.0.1", installation.port, "/readyz")


def _gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}/exe").exists()


def _serve(*options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "tracepass", "serve", *options]
    return subprocess.run(line, capture_output=True, text=True, check=False, env=environment() | settings)


def test_a_family_is_web_processes_a_worker_and_mongod(running: Installation) -> None:
    assert len(running.members("web")) == 2
    assert len(running.members("worker")) == 1
    assert len(running.members("mongod")) == 1
    assert _answers(running)


def test_a_server_does_not_name_its_software(running: Installation) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", running.port)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.getheader("server") is None
    connection.close()


def test_commands_work_beside_a_running_server(running: Installation) -> None:
    folder = str(running.data_dir)
    made = command("workspace", "create", "--name", "Beside", "--plan", "pro", "--data-dir", folder)
    assert made["apiKey"].startswith("tp_live_")
    assert set(made) == {"workspace", "apiKey"}
    listed = command("api-key", "list", "--workspace", made["workspace"]["slug"], "--data-dir", folder)
    assert [key["prefix"] for key in listed["keys"]] == [made["apiKey"][:12]]
    checked = command("doctor", "--port", str(running.port), "--data-dir", folder)
    assert checked["ok"] is True


@pytest.mark.parametrize("part", ["web", "worker", "mongod"])
def test_a_killed_member_is_replaced(running: Installation, part: Part) -> None:
    before = running.members(part)
    running.kill(part)
    wait_for(lambda: len(running.members(part)) == len(before) and running.members(part) != before)
    wait_for(lambda: _answers(running))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_of_them(tmp_path: Path, number: signal.Signals) -> None:
    installation = Installation(tmp_path / "data").start()
    members = installation.members("everything")
    assert installation.stop(number) == 0
    assert all(_gone(pid) for pid in members)
    assert running_uri(tmp_path / "data") is None


def test_nobody_outlives_a_killed_parent_and_the_next_start_takes_over_at_once(tmp_path: Path) -> None:
    with Installation(tmp_path / "data") as installation:
        members = installation.members("everything")
        made = command("workspace", "create", "--name", "Kept", "--data-dir", str(tmp_path / "data"))
        installation.kill("supervisor")
        installation.await_recovery()
        wait_for(lambda: all(_gone(pid) for pid in members))
        listed = command("api-key", "list", "--workspace", "kept", "--data-dir", str(tmp_path / "data"))
        assert [key["prefix"] for key in listed["keys"]] == [made["apiKey"][:12]]


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = _serve("--port", str(taken.getsockname()[1]), "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert "Cannot listen on 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_mongod_is_said_in_one_sentence(tmp_path: Path) -> None:
    done = _serve("--port", "0", "--data-dir", str(tmp_path), TRACEPASS_MONGOD=str(tmp_path / "absent"))
    assert done.returncode == 1
    assert "TRACEPASS_MONGODB_URI" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_setting_that_cannot_be_is_said_by_its_variable(tmp_path: Path) -> None:
    done = _serve("--port", "0", "--data-dir", str(tmp_path), TRACEPASS_PUBLIC_URL="ftp://example.org")
    assert done.returncode == 1
    assert "TRACEPASS_PUBLIC_URL" in done.stderr


def test_a_database_by_uri_without_a_secret_key_is_refused(tmp_path: Path) -> None:
    options = ("--port", "0", "--data-dir", str(tmp_path))
    done = _serve(*options, TRACEPASS_MONGODB_URI="mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50")
    assert done.returncode == 1
    assert "TRACEPASS_SECRET_KEY" in done.stderr


def test_what_keeps_ending_is_started_ever_more_rarely() -> None:
    backoff = Backoff()
    assert [backoff.delay(lived=0.0) for _ in range(8)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0]
    assert backoff.delay(lived=60.0) == 0.1


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:"),
        ("0.0.0.0", "http://localhost:"),  # noqa: S104 - what a container listens on
        ("::1", "http://[::1]:"),
    ],
)
def test_a_listener_names_an_origin_that_can_be_opened(host: str, url: str) -> None:
    if host == "::1" and not Path("/proc/net/if_inet6").read_text():
        pytest.skip("this machine has no IPv6")
    listener = Listener.bind(host, 0)
    assert listener.url == f"{url}{listener.port}"
    listener.close()


def test_an_unknown_host_cannot_be_listened_on() -> None:
    with pytest.raises(AddressInUse, match="Cannot listen on"):
        Listener.bind("host.invalid", 0)
