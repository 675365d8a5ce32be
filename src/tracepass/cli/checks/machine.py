"""What the machine must have: a mongod that runs, room on the disk, a free port, a key."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

from tracepass.cli.checks import Check
from tracepass.core.embedded import MongodFailed, MongodNotFound, find_mongod, version_of
from tracepass.core.secretkey import SecretKeyMissing, load_secret_key
from tracepass.settings import Settings
from tracepass.supervisor import AddressInUse, Listener

_LEAST_FREE_BYTES = 1_000_000_000
_CPUINFO = Path("/proc/cpuinfo")


def check_mongod(settings: Settings) -> list[Check]:
    """Look for a mongod that this machine can run: the file, its shared libraries, AVX, and a trial run."""
    if not settings.embedded:
        return [Check("mongod", "not needed, TRACEPASS_MONGODB_URI is set")]
    try:
        executable = find_mongod(settings.mongod)
    except MongodNotFound as missing:
        return [Check("mongod", "not found", str(missing))]
    return [_libraries(executable), _avx(), _trial_run(executable)]


def check_disk(settings: Settings) -> Check:
    """Look for a gigabyte of room where the data goes."""
    folder = settings.data_dir.resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB free for {settings.data_dir}"
    enough = free >= _LEAST_FREE_BYTES
    return Check("disk", found, None if enough else "Make room, or choose another place with --data-dir.")


def check_secret_key(settings: Settings) -> Check:
    """Look for the key that seals secrets."""
    if settings.embedded and settings.secret_key is None:
        return Check("secret key", f"kept in {settings.data_dir / 'secret.key'}, made at the first start")
    try:
        load_secret_key(settings)
    except SecretKeyMissing as missing:
        return Check("secret key", "not set", str(missing))
    return Check("secret key", "set")


def check_port(host: str, port: int) -> Check:
    """Look whether the port is free, or taken by TracePass itself."""
    try:
        Listener.bind(host, port, patience=0).close()
    except AddressInUse as error:
        if Listener.probe(host, port, "/healthz"):
            return Check("port", f"a server answers on {host} port {port}")
        return Check("port", str(error), "Stop the program that has it, or choose another with --port.")
    return Check("port", f"{host} port {port} is free")


def _libraries(executable: Path) -> Check:
    ldd = shutil.which("ldd")
    if ldd is None:
        return Check("libraries", "not looked at, there is no ldd")
    listed = subprocess.run([ldd, str(executable)], capture_output=True, text=True, check=False).stdout  # noqa: S603 - no shell
    missing = sorted({line.split()[0] for line in listed.splitlines() if "not found" in line and "=>" in line})
    if missing:
        remedy = "Install the packages that hold them; on Debian and Ubuntu: apt install libcurl4 libssl3."
        return Check("libraries", f"missing: {', '.join(missing)}", remedy)
    return Check("libraries", "all there")


def _avx() -> Check:
    if platform.machine() not in {"x86_64", "AMD64"} or not _CPUINFO.exists():
        return Check("AVX", "does not apply to this processor")
    flags = {word for line in _CPUINFO.read_text().splitlines() if line.startswith("flags") for word in line.split()}
    if "avx" in flags:
        return Check("AVX", "there")
    remedy = "MongoDB 5 and later need a processor with AVX: set TRACEPASS_MONGODB_URI to a MongoDB on another machine."
    return Check("AVX", "this processor, or the virtual machine's, lacks it", remedy)


def _trial_run(executable: Path) -> Check:
    try:
        return Check("mongod", f"{version_of(executable)} at {executable}")
    except MongodFailed as failure:
        return Check("mongod", f"{executable} does not run", str(failure))
