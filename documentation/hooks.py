"""What MkDocs does for our site besides: a page of the quickstart, the source of each page beside it, ``llms.txt``.

MkDocs calls these functions by their names (its events).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

SUMMARY = "# TracePass\n\n> {description}\n\nEach page is also there as Markdown.\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the quickstart, which lives in the README, as a page of its own."""
    readme = Path(config.config_file_path).parent / "README.md"
    files.append(File.generated(config, "quickstart.md", content=quickstart(readme.read_text("utf-8"))))
    return files


def quickstart(readme: str) -> str:
    """Return the README's section with its links as they are among the guides.

    Raises:
        ValueError: there is no such section.
    """
    found = re.search(r"^## Quickstart\n(.*?)(?=^## )", readme, re.DOTALL | re.MULTILINE)
    if found is None:
        message = "the README has no section Quickstart"
        raise ValueError(message)
    return "# Quickstart\n" + re.sub(r"\]\(docs/", "](", found[1])


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Lead to the page of the quickstart, and nowhere outside of the guides: the repository is not part of the site."""
    uri = page.file.src_uri
    if uri.startswith(("decisions/", "templates/")):
        return markdown
    here = "../" * uri.count("/")
    inside = markdown.replace(f"]({here}../README.md#quickstart)", f"]({here}quickstart.md)")
    return re.sub(rf"\[([^\]]+)\]\({re.escape(here)}\.\./[^)]*\)", r"\1", inside)


def on_post_build(config: MkDocsConfig) -> None:
    """Put what each page was made of beside it, and list all of them for readers that are no people."""
    site = Path(config.site_dir)
    readme = Path(config.config_file_path).parent / "README.md"
    (site / "quickstart.md").write_text(quickstart(readme.read_text("utf-8")), "utf-8")
    docs = Path(config.docs_dir)
    for page in docs.rglob("*.md"):
        target = site / page.relative_to(docs)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(page.read_bytes())
    (site / "llms.txt").write_text(_listed(site, config), "utf-8")


def _listed(site: Path, config: MkDocsConfig) -> str:
    lines = [SUMMARY.format(description=config.site_description)]
    for title, pages in _sections(config.nav or []):
        lines.append(f"\n## {title}\n")
        lines += [f"- [{_title(site / page)}]({page})" for page in pages]
    return "\n".join(lines) + "\n"


def _sections(nav: list[str | dict[str, list[str | dict[str, str]]]]) -> Iterator[tuple[str, list[str]]]:
    """Return the titles of the sections, and the pages of each; a page may stand there under a title of its own."""
    for section in nav:
        if isinstance(section, dict):
            for title, pages in section.items():
                yield title, [name for page in pages for name in ([page] if isinstance(page, str) else page.values())]


def _title(page: Path) -> str:
    return next(line for line in page.read_text("utf-8").splitlines() if line.startswith("# "))[2:]
