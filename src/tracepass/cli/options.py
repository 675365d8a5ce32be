"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Where the installation keeps its data (TRACEPASS_DATA_DIR).",
        show_default=".tracepass",
        file_okay=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else on stdout.")]
WorkspaceSlug = Annotated[str, typer.Option("--workspace", help="The workspace's slug.")]
