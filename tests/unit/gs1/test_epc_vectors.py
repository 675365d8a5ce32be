"""Our EPCs against published vectors, where their folder is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from benchmarks.epc_agreement import disagreements

FOLDER = Path(os.environ.get("TRACEPASS_CONFORMANCE", Path(__file__).parents[4] / "shared" / "conformance")) / "epc"


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the published vectors are not there")
def test_every_published_translation_agrees() -> None:
    for path in sorted(FOLDER.glob("*.json")):
        count, differing = disagreements(path)
        assert count
        assert differing == []
