"""The demo's workspace and its API key, which is kept in a file so that every start prints the same one."""

from __future__ import annotations

import os
from pathlib import Path

from tracepass.core.clock import Clock
from tracepass.core.errors import NotFound
from tracepass.core.mongo import Database
from tracepass.identity.models import Workspace
from tracepass.identity.service import ApiKeys, Authenticator, KeyDoor, Unauthorized, Workspaces

FILE_NAME = "demo.key"
WORKSPACE_NAME = "TracePass Demo"
WORKSPACE_SLUG = "tracepass-demo"
PLAN = "scale"


async def demo_key(database: Database, data_dir: Path, *, clock: Clock) -> str:
    """Return an API key of the demo workspace: the one in `data_dir` while it is good, else a new one.

    The workspace is made if it is not there. The file has mode 0600: who can read it can act in the demo workspace.
    """
    workspace = await _workspace(database, clock)
    path = data_dir / FILE_NAME
    kept = path.read_text().strip() if path.exists() else None
    if kept and await _opens(kept, workspace, database, clock=clock):
        return kept
    made = await ApiKeys(database, clock=clock).create(workspace, "Demo")
    _keep(made.secret, path)
    return made.secret


async def _workspace(database: Database, clock: Clock) -> Workspace:
    workspaces = Workspaces(database, clock=clock)
    try:
        return await workspaces.get_by_slug(WORKSPACE_SLUG)
    except NotFound:
        return await workspaces.create(WORKSPACE_NAME, PLAN)


async def _opens(key: str, workspace: Workspace, database: Database, *, clock: Clock) -> bool:
    """Tell whether a key still opens the demo workspace: it may be revoked, or be of another database."""
    try:
        caller = await Authenticator((KeyDoor(database),), clock=clock).authenticate(key)
    except Unauthorized:
        return False
    return caller.workspace.id == workspace.id


def _keep(key: str, path: Path) -> None:
    """Replace the key file, which nobody else may read from its first moment on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{FILE_NAME}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{key}\n")
    fresh.replace(path)
