"""The README's quickstart, run as it stands against a live server: every command works, every answer is as shown."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.demo.running import Demo

README = (Path(__file__).parents[2] / "README.md").read_text()
ORIGIN = "http://127.0.0.1:8000"
MARK = "<<<step {}>>>"

pytestmark = pytest.mark.xdist_group("demo")


@dataclass(frozen=True)
class Step:
    """One block of commands, and what the README says that they answer."""

    commands: str
    answer: str | None


def quickstart() -> list[Step]:
    """The blocks of the quickstart; a block in another language than bash right after one is its answer."""
    section = README.split("\n## Quickstart\n", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    steps: list[Step] = []
    for language, text in blocks:
        if language == "bash":
            steps.append(Step(text, None))
        else:
            steps[-1] = Step(steps[-1].commands, text)
    return steps


def pattern_of(answer: str) -> re.Pattern[str]:
    """What an answer must look like: `...` is anything, ids and times are any, blanks do not count."""
    text = re.escape(re.sub(r"\s+", "", answer))
    text = text.replace(r"\.\.\.", ".*")
    text = re.sub(r"(?<![0-9a-f])[0-9a-f]{24}(?![0-9a-f])", "[0-9a-f]{24}", text)
    return re.compile(re.sub(r"\d{4}\\-\d\d\\-\d\dT\d\d:\d\d:\d\d\\\.\d{3}Z", r"[0-9T:.Z-]{24}", text))


@pytest.mark.skipif(shutil.which("curl") is None, reason="the quickstart needs curl")
def test_the_quickstart_copied_line_by_line_ends_with_a_scan_page(mongod: str, tmp_path: Path) -> None:  # noqa: ARG001 - skips where there is no mongod
    steps = quickstart()
    assert len(steps) >= 10
    with Demo(tmp_path / ".tracepass") as demo:
        script = "".join(f"{step.commands}\necho\necho '{MARK.format(n)}'\n" for n, step in enumerate(steps))
        script = "set -eu\n" + script.replace(ORIGIN, demo.url)
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        rest = done.stdout.replace(demo.url, ORIGIN)
        for number, step in enumerate(steps):
            printed, _, rest = rest.partition(MARK.format(number))
            if step.answer is not None:
                assert pattern_of(step.answer).fullmatch(re.sub(r"\s+", "", printed)), f"{step}\n\nsaid:\n{printed}"
    assert (tmp_path / "code.svg").read_text().startswith("<svg")


def test_the_readme_shows_what_the_demo_prints() -> None:
    shown = README.split("keeps its data in `.tracepass` for the next time:", 1)[1].split("```")[1].strip().splitlines()
    assert shown[0] == f"TracePass is ready: {ORIGIN}/api/v1"
    assert [line[:17].strip() for line in shown[2:]] == ["API", "Documentation", "API key", "Scan link"]
