"""The composition root of the web process: routes, lifespan, middleware."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from tracepass.accessgrants.router import grants_router
from tracepass.accounts.audit_router import audit_router
from tracepass.accounts.auth_router import auth_router
from tracepass.accounts.keys_router import keys_router, workspace_router
from tracepass.accounts.pages_router import account_pages_router
from tracepass.accounts.people_router import invitations_router, members_router, sessions_router
from tracepass.api import health
from tracepass.api.crossorigin import CrossOrigin
from tracepass.api.dispatch import Dispatch
from tracepass.api.edge import Edge
from tracepass.api.failures import install_failures
from tracepass.api.metering import metering
from tracepass.api.repetition import repetition
from tracepass.api.rewriting import Rewriting
from tracepass.assembly import build_services
from tracepass.contract import load
from tracepass.contract.router import router as contract_router
from tracepass.contract.template_router import template_router
from tracepass.core.clock import Clock, system_clock
from tracepass.core.logging import configure_logging
from tracepass.core.mongo import Database
from tracepass.core.outbound import Outbound
from tracepass.core.periodic import repeated
from tracepass.core.secretkey import load_secret_key
from tracepass.credentials.router import did_router
from tracepass.credentials.router import keys_router as signing_keys_router
from tracepass.domains.router import router as domains_router
from tracepass.domains.service import TxtRecords
from tracepass.epcis import failures as epcis_failures
from tracepass.epcis.histories_router import histories_router, product_events_router, visibility_router
from tracepass.epcis.namedqueries_router import queries_router
from tracepass.epcis.resources_router import resources_router
from tracepass.epcis.router import router as epcis_router
from tracepass.epcis.workbench_router import workbench_router
from tracepass.exports.router import console_router, context_router
from tracepass.exports.router import router as exports_router
from tracepass.files.router import router as files_router
from tracepass.idempotency.service import Claims
from tracepass.identity.arrivals import Arrivals
from tracepass.identity.authentication import Authenticator
from tracepass.imports.router import router as imports_router
from tracepass.links.router import router as links_router
from tracepass.mcp.router import Hosted
from tracepass.measurements.router import router as measurements_router
from tracepass.oauth.pages_router import pages_router as oauth_pages_router
from tracepass.oauth.router import router as oauth_router
from tracepass.pages.router import router as pages_router
from tracepass.passports.compliance_router import compliance_router, verdict_router
from tracepass.passports.content_router import content_router
from tracepass.passports.labels_router import labels_router
from tracepass.passports.life.router import life_router
from tracepass.passports.records_router import records_router
from tracepass.passports.router import router as passports_router
from tracepass.passports.upkeep_router import upgrade_router, upkeep_router
from tracepass.products.router import media_router
from tracepass.products.router import router as products_router
from tracepass.quotas.service import Quotas
from tracepass.resolver.access_router import access_router
from tracepass.resolver.root_router import link_router, root_router
from tracepass.resolver.router import landing_router
from tracepass.resolver.router import router as resolver_router
from tracepass.resolver.service import Resolver
from tracepass.resolver.vocabulary_router import vocabulary_router
from tracepass.settings import Settings
from tracepass.templates.router import router as templates_router
from tracepass.templates.service import Templates
from tracepass.tools.router import router as tools_router
from tracepass.traces.lots_router import lots_router
from tracepass.traces.router import router as traces_router
from tracepass.webhooks.router import router as webhooks_router

FLUSH_SECONDS = 5.0
GARBAGE = (20_000, 20, 20)
"""How many new containers it takes to look for cycles: a passport alone has several hundred, and none."""
RENEW_SECONDS = 20.0
"""A third of the lease of a claim."""

ROUTERS = (
    resolver_router,
    root_router,
    vocabulary_router,
    health.router,
    contract_router,
    template_router,
    products_router,
    media_router,
    passports_router,
    content_router,
    records_router,
    life_router,
    measurements_router,
    labels_router,
    upkeep_router,
    upgrade_router,
    verdict_router,
    compliance_router,
    files_router,
    grants_router,
    access_router,
    webhooks_router,
    epcis_router,
    workbench_router,
    histories_router,
    product_events_router,
    visibility_router,
    exports_router,
    imports_router,
    console_router,
    context_router,
    signing_keys_router,
    did_router,
    resources_router,
    queries_router,
    links_router,
    traces_router,
    lots_router,
    domains_router,
    landing_router,
    link_router,
    templates_router,
    tools_router,
    pages_router,
    account_pages_router,
    auth_router,
    members_router,
    invitations_router,
    sessions_router,
    keys_router,
    workspace_router,
    oauth_router,
    oauth_pages_router,
    audit_router,
)


def create_app(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    templates: Templates | None = None,
    records: TxtRecords | None = None,
) -> FastAPI:
    """Return the web application of an installation.

    Its templates are those of the package, and TXT records are looked up in the DNS, unless given.

    Raises:
        SecretKeyMissing: the database is given by URI and no secret key is set.
    """
    load_secret_key(settings)
    configure_logging(settings.log_level)
    app = FastAPI(
        title="TracePass", openapi_url=None, docs_url=None, redoc_url=None, lifespan=_lifespan, redirect_slashes=False
    )
    app.state.settings, app.state.clock, app.state.templates = settings, clock, templates
    app.state.gates = (repetition, metering)
    app.state.records = records
    install_failures(app)
    app.state.mcp = Hosted(app, load(), origin=settings.api_origin, cors_origins=settings.cors_origins)
    app.router.routes.append(app.state.mcp.route)
    for router in ROUTERS:
        # As include_router, which would go through two layers more for each request: prefixes are in the paths already.
        app.router.routes.extend(router.routes)
    app.add_middleware(Dispatch, routes=app.router.routes)
    if settings.cors_origins:
        app.add_middleware(CrossOrigin, origins=settings.cors_origins)
    app.add_middleware(Edge, https=settings.api_origin.startswith("https:"), seconds=settings.request_seconds)
    app.add_middleware(Rewriting, prefix=epcis_failures.PREFIX, rewrite=epcis_failures.rewrite)
    return app


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
    app.state.services = services = build_services(
        database, settings, app.state.clock, templates=app.state.templates, records=app.state.records
    )
    # What was made until now, templates above all, lives as long as the process: no collection need look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        stack.push_async_callback(services[Outbound].aclose)
        await stack.enter_async_context(repeated(services[Authenticator].flush, seconds=FLUSH_SECONDS))
        await stack.enter_async_context(repeated(services[Arrivals].flush, seconds=FLUSH_SECONDS))
        await stack.enter_async_context(repeated(services[Resolver].flush, seconds=FLUSH_SECONDS))
        stack.push_async_callback(services[Quotas].close)
        stack.push_async_callback(services[Claims].close)
        await stack.enter_async_context(repeated(services[Claims].renew, seconds=RENEW_SECONDS))
        await stack.enter_async_context(app.state.mcp.running())
        yield
