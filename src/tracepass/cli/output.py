"""What a command prints: a sentence for a person, or one JSON document for a program."""

from __future__ import annotations

from typing import Any

import orjson
import typer


def show(document: Any, *, text: str, as_json: bool) -> None:
    """Print `document` as JSON, or `text`."""
    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2, default=str).decode() if as_json else text)
