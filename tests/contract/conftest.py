"""What the generated tests of the contract share."""

from __future__ import annotations

import pytest
from tests.conftest import Make, Office
from tests.contract.checker import Checker
from tests.contract.premises import Owner, Premises
from tests.contract.requests import Requests


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
