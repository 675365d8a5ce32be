"""``python -m benchmarks.conformance``: how far we agree with the published vectors, file by file.

The vectors are not part of this project; their folder is named by ``TRACEPASS_CONFORMANCE`` and is otherwise looked
for beside the project's.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import epc_agreement, gs1_agreement, link_agreement

BESIDE = Path(__file__).parents[2] / "shared" / "conformance"
Answer = Callable[[Path], tuple[int, list[str]]]


def main() -> int:
    """Print the agreement per file and what differs, and return 1 if anything does."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conformance", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("TRACEPASS_CONFORMANCE", BESIDE)))
    folder: Path = parser.parse_args().folder
    if not folder.is_dir():
        print(f"Nothing was held against anything: there is no folder {folder}", file=sys.stderr)
        return 0
    differing = 0
    for path, answer in _files(folder):
        rows, differences = answer(path)
        differing += len(differences)
        print(f"{path.relative_to(folder)!s:45} {rows - len(differences):>5} of {rows:>5}")
        for difference in differences:
            print(f"    {difference}")
    return 1 if differing else 0


def _files(folder: Path) -> Iterator[tuple[Path, Answer]]:
    for path in gs1_agreement.files(folder / "gs1-syntax"):
        yield path, gs1_agreement.disagreements
    for path in sorted((folder / "epc").glob("*.json")):
        yield path, epc_agreement.disagreements
    for name, answer in link_agreement.FILES.items():
        if (folder / "digital-link" / name).is_file():
            yield folder / "digital-link" / name, answer


if __name__ == "__main__":
    sys.exit(main())
