"""Our reading of GS1 data against published vectors, where their folder is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from benchmarks.gs1_agreement import disagreements, files
from benchmarks.gs1_dictionary import differences

FOLDER = Path(os.environ.get("TRACEPASS_CONFORMANCE", Path(__file__).parents[4] / "shared" / "conformance"))
VECTORS = FOLDER / "gs1-syntax"


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the published vectors are not there")
def test_every_published_case_agrees() -> None:
    for path in files(VECTORS):
        count, differing = disagreements(path)
        assert count
        assert differing == []


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the published vectors are not there")
def test_the_table_says_of_every_ai_what_the_published_dictionary_says() -> None:
    assert differences(VECTORS / "gs1-syntax-dictionary.txt") == []
