"""The composition root of the web process: every service is made here, and only here do they meet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import lru_cache
from typing import Any

from fastapi import FastAPI

from tracepass.api import health
from tracepass.api.edge import Edge
from tracepass.api.failures import install_failures
from tracepass.contract.router import router as contract_router
from tracepass.contract.served import Contract
from tracepass.core import changes
from tracepass.core.clock import Clock, system_clock
from tracepass.core.logging import configure_logging
from tracepass.core.mongo import Database
from tracepass.core.periodic import repeated
from tracepass.core.secretkey import load_secret_key
from tracepass.files.router import router as files_router
from tracepass.files.service import Files
from tracepass.identity import service as identity
from tracepass.identity.authentication import Authenticator
from tracepass.passports import service as passports
from tracepass.passports.content_router import content_router
from tracepass.passports.desk import Desk, Origins
from tracepass.passports.fieldwork import PassportFields
from tracepass.passports.gtins import GtinClaims
from tracepass.passports.records import PassportRecords
from tracepass.passports.records_router import records_router
from tracepass.passports.repository import FileReferences, PassportCounts
from tracepass.passports.router import router as passports_router
from tracepass.passports.service import Passports
from tracepass.passports.states import PassportStates
from tracepass.products import service as products
from tracepass.products.images import ProductImages
from tracepass.products.router import media_router
from tracepass.products.router import router as products_router
from tracepass.products.service import Products
from tracepass.settings import Settings
from tracepass.templates.router import router as templates_router
from tracepass.templates.service import Templates

INDEXES = (*changes.INDEXES, *identity.INDEXES, *products.INDEXES, *passports.INDEXES)
FLUSH_SECONDS = 5.0

ROUTERS = (
    health.router,
    contract_router,
    products_router,
    media_router,
    passports_router,
    content_router,
    records_router,
    files_router,
    templates_router,
)


def create_app(settings: Settings, *, clock: Clock = system_clock) -> FastAPI:
    """Return the web application of an installation.

    Raises:
        SecretKeyMissing: the database is given by URI and no secret key is set.
    """
    load_secret_key(settings)
    configure_logging(settings.log_level)
    app = FastAPI(
        title="TracePass", openapi_url=None, docs_url=None, redoc_url=None, lifespan=_lifespan, redirect_slashes=False
    )
    app.state.settings, app.state.clock, app.state.gates = settings, clock, ()
    install_failures(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Edge)
    return app


@lru_cache
def packaged_templates() -> Templates:
    """Return the templates of the package; nothing in them ever changes."""
    return Templates.load()


def build_services(database: Database, settings: Settings, clock: Clock) -> dict[type, Any]:
    """Return every service of an installation, by its class."""
    templates = packaged_templates()
    origins = Origins(settings.api_origin, settings.resolver_origin)
    catalogue = Products(database, clock=clock, rules=templates, passports=PassportCounts(database))
    files = Files(database, clock=clock, references=FileReferences(database))
    claims = GtinClaims(database, clock=clock)
    desk = Desk(database, clock=clock, templates=templates, products=catalogue, origins=origins)
    services = (
        database,
        templates,
        catalogue,
        files,
        claims,
        Authenticator(database, clock=clock),
        Contract(settings.api_origin, settings.resolver_origin),
        ProductImages(database, catalogue, api_origin=settings.api_origin),
        Passports(desk, claims=claims, files=files),
        PassportFields(desk, files=files),
        PassportStates(desk, claims=claims),
        PassportRecords(desk),
    )
    return {type(service): service for service in services}


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the database and make the services; at the end, write down what was only counted."""
    settings: Settings = app.state.settings
    if settings.mongodb_uri is None:
        message = "a web process needs TRACEPASS_MONGODB_URI; `tracepass serve` starts its own database and sets it"
        raise RuntimeError(message)
    database = Database.connect(
        settings.mongodb_uri.get_secret_value(), name=settings.database, max_pool_size=settings.max_pool_size
    )
    app.state.services = services = build_services(database, settings, app.state.clock)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        await stack.enter_async_context(repeated(services[Authenticator].flush, seconds=FLUSH_SECONDS))
        yield
