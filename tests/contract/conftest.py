"""What the generated tests of the contract share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conftest import Make, Office
from tests.contract.checker import Checker
from tests.contract.premises import Owner, Premises
from tests.contract.requests import Requests
from tests.contract.server import Site, served

from tracepass.app import create_app
from tracepass.contract import as_json, document
from tracepass.settings import Settings


@pytest.fixture(scope="module")
def requests(contract: Checker) -> Requests:
    """Send samples of operations."""
    return Requests(contract)


@pytest.fixture
def premises(contract: Checker, office: Office, make_product: Make, make_passport: Make) -> Premises:
    """Make what operations are about."""
    return Premises(contract, office, make_product, make_passport)


@pytest.fixture(scope="module")
async def landlord(office: Office) -> Owner:
    """A workspace that all tests of a module may use, with a client that has all rights."""
    workspace = await office.workspace()
    return Owner(workspace, await office.client(workspace))


@pytest.fixture
async def site(settings: Settings, office: Office, tmp_path: Path) -> AsyncIterator[Site]:
    """Serve an application to clients that we do not write ourselves."""
    contract = tmp_path / "openapi.json"
    key = await office.key(await office.workspace(name="Clients"))
    with served(create_app(settings)) as address:
        contract.write_bytes(as_json(document(address)))
        yield Site(address, key, contract)
