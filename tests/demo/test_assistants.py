"""The MCP SDK's own client uses all that is listed against what `make run` starts in an empty folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.assistants import PROGRAMS, Assistant, connected, spawned, use_everything
from tests.demo.running import Demo

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def demo(mongod: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:  # noqa: ARG001 - skips where there is no mongod
    with Demo(tmp_path_factory.mktemp("assistants") / ".tracepass") as running:
        yield running


async def test_over_http(demo: Demo) -> None:
    async with connected(demo.url, demo.key) as client:
        await use_everything(Assistant(client))


@pytest.mark.parametrize("command", PROGRAMS)
async def test_on_stdin_and_stdout(demo: Demo, command: list[str]) -> None:
    async with spawned(command, demo.url, demo.key) as client:
        await use_everything(Assistant(client))
