"""Writes the collections anew: ``python -m documentation.collections``."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from documentation.collections import plan
from documentation.collections.bruno import bruno
from documentation.collections.building import build
from documentation.collections.httpfile import http_file
from documentation.collections.postman import postman
from tracepass.contract import load

TARGET = Path(__file__).parents[2] / "integrations/collections"
UPLOADS = Path(__file__).with_name("files")


def files() -> Mapping[str, bytes]:
    """Return every file by its path below the target."""
    collection = build(load(), plan.read())
    texts = {
        "tracepass.postman_collection.json": postman(collection),
        "tracepass.http": http_file(collection, "scripts"),
        "tracepass.rest": http_file(collection, "names"),
        **{f"bruno/{name}": text for name, text in bruno(collection)},
    }
    uploads = {file.name: file.read_bytes() for file in sorted(UPLOADS.iterdir())}
    beside = {f"{folder}{name}": data for folder in ("", "bruno/") for name, data in uploads.items()}
    return {**{name: text.encode() for name, text in texts.items()}, **beside}


def write(target: Path = TARGET) -> None:
    """Write every file; what an earlier contract had is gone after it."""
    shutil.rmtree(target / "bruno", ignore_errors=True)
    for name, data in files().items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    write()
