"""The way in to the commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tracepass.__main__ import INTERRUPTED, main
from tracepass.supervisor.family import own_command

INTERRUPTING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "tracepass.cli":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from tracepass.__main__ import main
main()
"""


def test_ctrl_c_while_the_commands_are_still_being_read_leaves_no_stack() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTING], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (INTERRUPTED, b"", b"")


def test_the_way_in_leads_to_the_commands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["tracepass", "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "serve" in capsys.readouterr().out


def test_files_of_the_working_directory_are_not_taken_for_the_program(tmp_path: Path) -> None:
    for name in ("tracepass", "typer"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a file of somebody else')\n")
    done = subprocess.run(own_command("--help"), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
