"""`tracepass mcp`: an assistant on this machine reaches an installation through stdin and stdout."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from tracepass.contract import load
from tracepass.mcp.remote import run_at_terminal

KEY = "TRACEPASS_API_KEY"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(mcp)


def mcp(
    base_url: Annotated[
        str, typer.Option(envvar="TRACEPASS_BASE_URL", help="Where the installation is reached, without /api/v1.")
    ] = "http://127.0.0.1:8000",
) -> None:
    """Serve an assistant (Model Context Protocol) on stdin and stdout; the API key is taken from TRACEPASS_API_KEY."""
    if not base_url.startswith(("http://", "https://")):
        raise typer.BadParameter("must start with http:// or https://", param_hint="--base-url")
    run_at_terminal(load(), base_url.rstrip("/").removesuffix("/api/v1"), os.environ.get(KEY) or None)
