"""Pages that are run as they stand: files by their titles, commands in their order, what they print.

A fenced block with ``title="name"`` is a file, or the next part of it; a block of ``bash`` is run, and a block of
``text`` after it is what it prints, in which ``...`` is anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

ORIGIN = "http://127.0.0.1:8000"
FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="([^"]+)"')
MARK = "<<<step {}>>>"


@dataclass(frozen=True)
class Block:
    """One fenced block: the first word behind the fence, all that stands there, and the text."""

    language: str
    info: str
    text: str


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page, in their order."""
    found = FENCE.findall(page)
    return [Block(info.split(" ")[0], info, dedent(text)) for _, info, text in found]


@dataclass
class Recipe:
    """What a page has to be run: its files, its commands, and what each of them prints."""

    files: dict[str, str] = field(default_factory=dict)
    steps: list[tuple[str, str | None]] = field(default_factory=list)

    @classmethod
    def of(cls, page: str) -> Recipe:
        """Read a page."""
        recipe = cls()
        for block in blocks(page):
            title = TITLE.search(block.info)
            if title is not None:
                recipe.files[title[1]] = recipe.files.get(title[1], "") + block.text + "\n"
            elif block.language == "bash":
                recipe.steps.append((block.text, None))
            elif block.language == "text":
                recipe.steps[-1] = recipe.steps[-1][0], block.text
        return recipe

    def write(self, folder: Path, origin: str) -> None:
        """Put the files where the commands look for them."""
        for name, text in self.files.items():
            (folder / name).write_text(text.replace(ORIGIN, origin), "utf-8")

    def script(self, origin: str) -> str:
        """Return all commands as one script, which marks where the output of each ends."""
        parts = [f"{commands}\necho '{MARK.format(n)}'\n" for n, (commands, _) in enumerate(self.steps)]
        return "set -euo pipefail\n" + "".join(parts).replace(ORIGIN, origin)

    def differences(self, printed: str) -> list[str]:
        """Return where the page shows something else than was printed."""
        found = []
        for number, (commands, shown) in enumerate(self.steps):
            told, _, printed = printed.partition(MARK.format(number) + "\n")
            if shown is not None and not like(shown).fullmatch(told.strip()):
                found.append(f"{commands}\nshows\n{shown}\nand printed\n{told}")
        return found


def like(shown: str) -> re.Pattern[str]:
    """What an output must look like."""
    return re.compile(re.escape(shown.strip()).replace(r"\.\.\.", ".*"))


async def run(script: str, folder: Path) -> str:
    """Run a script with the interpreter of the tests as ``python3``; return what it printed.

    Raises:
        AssertionError: it failed.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", script, cwd=folder, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        printed, complained = await asyncio.wait_for(process.communicate(), 90)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, f"{printed.decode()}\n{complained.decode()}"
    return printed.decode()
