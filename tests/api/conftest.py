"""Fixtures of the tests that look at what is sent to others."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from tests.api.hooks import Hooks
from tests.conftest import MovableClock, Office, running
from tests.contract.checker import Checker
from tests.receiver import Receiver, receiving

from tracepass.app import create_app
from tracepass.identity.models import Workspace
from tracepass.settings import Settings, Webhooks


@pytest.fixture(scope="session")
async def local_app(app: FastAPI, settings: Settings) -> AsyncIterator[tuple[FastAPI, Settings]]:
    """An application over the same database that may call receivers on this machine."""
    local = settings.model_copy(update={"webhooks": Webhooks(allow_local=True, timeout_seconds=2)})
    async with running(create_app(local, clock=app.state.clock)) as application:
        yield application, local


@pytest.fixture
def hooks(local_app: tuple[FastAPI, Settings], contract: Checker, clock: MovableClock) -> Hooks:
    """Workspaces whose events go to this machine."""
    return Hooks(*local_app, contract, clock)


@pytest.fixture
async def listener(hooks: Hooks, office: Office, workspace: Workspace) -> httpx2.AsyncClient:
    """A client of this test's workspace that may make webhooks to this machine."""
    return hooks.client(await office.key(workspace))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that takes everything until it is told otherwise."""
    async with receiving() as found:
        yield found
