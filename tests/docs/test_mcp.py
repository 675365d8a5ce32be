"""The page on assistants: its calls are answered as it says, and it names every tool and action."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx2

from tracepass.mcp.catalogue import TOOLS
from tracepass.mcp.prompts import PROMPTS

PAGE = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text()
SAMPLE = re.compile(r"```http\nPOST /mcp\n\n(.*?)\n```\n\n```json\n(.*?)\n```", re.DOTALL)
ROW = re.compile(r"^\| `(tracepass_\w+)` \| ([^;|]+)", re.MULTILINE)


def holds(shown: Any, real: Any) -> bool:
    """Tell whether an answer has at least what the page shows."""
    if isinstance(shown, dict):
        return shown.keys() <= real.keys() and all(holds(part, real[name]) for name, part in shown.items())
    if isinstance(shown, list):
        return len(shown) == len(real) and all(map(holds, shown, real))
    return bool(shown == real)


async def test_every_sample_is_answered_as_it_says(client: httpx2.AsyncClient) -> None:
    samples = SAMPLE.findall(PAGE)
    assert len(samples) == 3
    for sent, shown in samples:
        answer = await client.post("/mcp", json=json.loads(sent))
        result = answer.json()["result"]
        assert holds(json.loads(shown), result["structuredContent"]), result
        assert result["isError"] is ("error" in json.loads(shown))


def test_every_tool_action_and_prompt_is_named() -> None:
    rows = {name: re.findall(r"`(\w+)`", actions) for name, actions in ROW.findall(PAGE)}
    assert rows == {name: list(plan.actions) for name, plan in TOOLS.items()}
    assert all(f"`{name}`" in PAGE for name in PROMPTS)
