"""Children that end with their parent (PR_SET_PDEATHSIG, prctl(2)), even when the parent is killed with SIGKILL.

The file is also a tiny program: `python tether.py PARENT SIGNAL COMMAND...` ties itself to its parent and becomes the
command. That needs no code between fork and exec, which would be unsafe in a process with threads. It therefore
imports the standard library only.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int, *, signal_number: int) -> None:
    """Have the kernel send this process `signal_number` when the thread that started it ends.

    `parent` is the process id of the parent as the parent itself knew it: if it died before the call, this process
    exits at once. Does nothing where there is no prctl (not Linux).
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        sys.exit(1)


def tethered(command: list[str], *, signal_number: int) -> list[str]:
    """Give the command line that runs `command` as a child that ends with this process.

    Start it from the main thread: the signal is sent when the *thread* that started the child ends.
    """
    own = [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid()), str(int(signal_number))]
    return [*own, *command]


def _become(arguments: list[str]) -> None:
    parent, signal_number, *command = arguments
    die_with_parent(int(parent), signal_number=int(signal_number))
    os.execv(command[0], command)  # noqa: S606 - the command is the launcher's own, there is no shell


if __name__ == "__main__":
    _become(sys.argv[1:])
