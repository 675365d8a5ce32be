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
from mkdocs.utils import get_relative_url

SUMMARY = """# TracePass

> {description}

Each page is also there as Markdown. Every server serves its contract as OpenAPI at `/api/v1/openapi.json`.
"""


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
    """Lead to the page of the quickstart, and nowhere outside of the guides: the repository is not part of the site.

    In the search, guides come before templates and decisions.
    """
    uri = page.file.src_uri
    if uri.startswith(("decisions/", "templates/")):
        page.meta["search"] = {"boost": 0.5}
        return markdown
    here = "../" * uri.count("/")
    inside = markdown.replace(f"]({here}../README.md#quickstart)", f"]({here}quickstart.md)")
    return re.sub(rf"\[([^\]]+)\]\({re.escape(here)}\.\./[^)]*\)", r"\1", inside)


def on_post_page(output: str, page: Page, **_: object) -> str:
    """Tell programs where the Markdown of a page is."""
    source = get_relative_url(page.file.src_uri, page.url)
    return output.replace("</head>", f'<link rel="alternate" type="text/markdown" href="{source}"></head>', 1)


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
    templates = sorted(page.relative_to(site) for page in (site / "templates").glob("[!R]*.md"))
    lines += ["\n## Optional\n", *(f"- [Template: {_title(site / page)}]({page})" for page in templates)]
    return "\n".join(lines) + "\n"


def _sections(nav: list[str | dict[str, list[str | dict[str, str]]]]) -> Iterator[tuple[str, list[str]]]:
    """Return the titles of the sections, and the pages of each; a page may stand there under a title of its own."""
    for section in nav:
        if isinstance(section, dict):
            for title, pages in section.items():
                if not isinstance(pages, str):
                    names = [[page] if isinstance(page, str) else page.values() for page in pages]
                    yield title, [name for several in names for name in several]


def _title(page: Path) -> str:
    return next(line for line in page.read_text("utf-8").splitlines() if line.startswith("# "))[2:]
