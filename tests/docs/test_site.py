"""The site of the guides: built without a warning, whole, and readable for those who are no people."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDES = [str(path.relative_to(DOCS)) for folder in (DOCS, DOCS / "cookbook") for path in folder.glob("*.md")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make site` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    return folder


def test_every_guide_is_a_page_with_its_source_beside_it(site: Path) -> None:
    pages = [name for name in GUIDES if name != "index.md"]
    assert len(pages) > 20
    assert [name for name in pages if not (site / re.sub(r"(README)?\.md$", "", name) / "index.html").is_file()] == []
    assert [name for name in GUIDES if (site / name).read_bytes() != (DOCS / name).read_bytes()] == []


def test_every_template_is_a_page(site: Path) -> None:
    names = [path.stem for path in (DOCS / "templates").glob("[!R]*.md")]
    assert len(names) == 24
    assert [name for name in names if not (site / "templates" / name / "index.html").is_file()] == []
    listed = (site / "llms.txt").read_text("utf-8")
    assert [name for name in names if f"](templates/{name}.md)" not in listed] == []


def test_every_page_says_where_its_source_is(site: Path) -> None:
    pages = list(site.rglob("index.html"))
    assert len(pages) > len(GUIDES)
    for page in pages:
        found = re.search(r'<link rel="alternate" type="text/markdown" href="([^"]+)">', page.read_text("utf-8"))
        assert found is not None, page
        assert (page.parent / found[1]).is_file(), page


def test_every_guide_is_listed_for_readers_that_are_no_people(site: Path) -> None:
    listed = (site / "llms.txt").read_text("utf-8")
    assert [name for name in [*GUIDES, "quickstart.md"] if name != "index.md" and f"]({name})" not in listed] == []


def test_the_quickstart_of_the_readme_is_a_page(site: Path) -> None:
    page = (site / "quickstart/index.html").read_text("utf-8")
    assert "A passport" in page
    assert "](docs/" not in (site / "quickstart.md").read_text("utf-8")


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = [page.read_text("utf-8") for page in site.rglob("*.html")]
    assert len(pages) > len(GUIDES)
    assert not any('src="http' in page or 'rel="stylesheet" href="http' in page for page in pages)
