"""Every version of a template stays for ever: passports were made with it. ``data/versions.json`` holds their SHA-256.

A template file that is in the list never changes again and never goes; what must change becomes a file of its own.
``python -m tracepass.templates.versions`` adds a line for each new file and touches no other.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tracepass.templates.categories import CATEGORIES
from tracepass.templates.loader import DATA

VERSIONS = "versions.json"
COMMAND = "python -m tracepass.templates.versions"


def published(folder: Path = DATA) -> dict[str, str]:
    """Return the SHA-256 of every published file, by ``<category>/<version>.json``."""
    path = folder / VERSIONS
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}


def present(folder: Path = DATA) -> dict[str, str]:
    """Return the SHA-256 of every template file that is there."""
    files = [path for path in sorted(folder.glob("*/*.json")) if path.parent.name in CATEGORIES]
    return {f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def faults(known: Mapping[str, str], there: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each published file that changed or is gone, and for each file that is not in the list."""
    for name, digest in known.items():
        category = name.partition("/")[0]
        if name not in there:
            yield f"{name} is gone, but passports were made with it: bring it back from the history"
        elif there[name] != digest:
            yield (
                f"{name} has changed, but passports were made with it: bring it back from the history, put the change "
                f"into a new file {category}/<year>.<month>.<number>.json with that version inside, and run `{COMMAND}`"
            )
    for name in there.keys() - known.keys():
        yield f"{name} is not in {VERSIONS}: run `{COMMAND}`"


def publish(folder: Path = DATA) -> list[str]:
    """Add the new files to the list; return their names. Lines that are there already stay as they are."""
    known, there = published(folder), present(folder)
    new = sorted(there.keys() - known.keys())
    lines = dict(sorted({**known, **{name: there[name] for name in new}}.items()))
    (folder / VERSIONS).write_text(json.dumps(lines, indent=2) + "\n", "utf-8")
    return new


def main(folder: Path = DATA) -> int:
    """Publish the new files, then tell what is wrong with the others; return the exit status."""
    for name in publish(folder):
        sys.stdout.write(f"published {name}\n")
    wrong = list(faults(published(folder), present(folder)))
    sys.stderr.writelines(f"{sentence}\n" for sentence in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
