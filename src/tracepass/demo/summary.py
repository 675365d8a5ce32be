"""What the demo prints when all is there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


def summary(passport: Mapping[str, Any], *, key: str, api_origin: str, resolver_origin: str, data_dir: Path) -> str:
    """Return the addresses, the key, the scan link and a line to try, laid out for a terminal."""
    printed = passport["gs1"]["digitalLinkUri"]
    link = resolver_origin + urlsplit(printed).path
    rows = [
        ("API", f"{api_origin}/api/v1"),
        ("Documentation", f"{api_origin}/docs"),
        ("API key", key),
        ("Scan link", link),
    ]
    if link != printed:
        rows.append(("", f"(in the code: {printed}; a link is fixed when its passport is first published)"))
    if passport["status"] != "published":
        rows.append(("", f"(the passport is {passport['status']} now; `republish` brings back a suspended one)"))
    lines = [f"  {name:<15}{text}" for name, text in rows]
    curl = f'curl -sS "{api_origin}/api/v1/passports?limit=1" -H "Authorization: Bearer {key}"'
    return "\n".join(
        [
            f"TracePass is ready: {api_origin}/api/v1",
            "",
            *lines,
            "",
            "  Open the scan link in a browser, or try the API:",
            "",
            f"  {curl}",
            "",
            f"Ctrl-C ends it. The data stay in {data_dir}; the next start shows the same key and the same passport.",
        ]
    )
