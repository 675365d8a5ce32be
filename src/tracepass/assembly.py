"""Every service of an installation is made here, and only here do they meet; web process and worker build the same."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tracepass.accessgrants import service as accessgrants
from tracepass.accessgrants.inventory_repository import WorkspaceInventory
from tracepass.accessgrants.service import AccessGrants, GrantDoor, GrantUses
from tracepass.accounts.audit import AuditLog
from tracepass.accounts.company import Company
from tracepass.belongings import export_sections
from tracepass.contract.served import Contract
from tracepass.contract.template_pages import TemplatePages
from tracepass.core import changes, jobs
from tracepass.core.blobs import open_blobs
from tracepass.core.clock import Clock
from tracepass.core.jobs import Jobs
from tracepass.core.mail import Mailer
from tracepass.core.mongo import Database
from tracepass.core.origins import Origins
from tracepass.core.outbound import Outbound
from tracepass.core.sealing import Sealing
from tracepass.core.secretkey import load_secret_key, load_secret_keys
from tracepass.credentials import service as credentials
from tracepass.credentials.service import Credentials, SigningKeys
from tracepass.domains import service as domains
from tracepass.domains.service import DnsTxtRecords, DomainDirectory, Domains, TxtRecords
from tracepass.epcis import namedqueriesrepository, subscriptionsrepository
from tracepass.epcis import service as epcis
from tracepass.epcis.histories import Histories
from tracepass.epcis.namedqueries import NamedQueries
from tracepass.epcis.resources import Resources
from tracepass.epcis.restoring import EventRestorer
from tracepass.epcis.restoringbeside import MasterDataRestorer, VisibilityRestorer
from tracepass.epcis.service import Captures, EventQueries
from tracepass.epcis.subscriptions import Subscriptions
from tracepass.epcis.timelines import PublicTimelines
from tracepass.epcis.visibility import INDEXES as VISIBILITY_INDEXES
from tracepass.epcis.visibility import Visibility
from tracepass.epcis.workbench import Workbench
from tracepass.exports import service as exports
from tracepass.exports.context import Contexts
from tracepass.exports.making import Content
from tracepass.exports.service import BUCKET as EXPORTS
from tracepass.exports.service import TenantExports
from tracepass.exports.signing import Links as DownloadLinks
from tracepass.exports.working import ExportWork
from tracepass.files import service as documents
from tracepass.files.restoring import FileRestorer
from tracepass.files.service import BUCKET as DOCUMENTS
from tracepass.files.service import Files
from tracepass.idempotency import service as idempotency
from tracepass.idempotency.service import Claims
from tracepass.identity import service as identity
from tracepass.identity.service import (
    AccessTokens,
    Arrivals,
    Authenticator,
    KeyDoor,
    SessionDoor,
    TokenDoor,
    account_services,
)
from tracepass.imports import service as imports
from tracepass.imports.service import BUCKET as IMPORTS
from tracepass.imports.service import Imports
from tracepass.links import service as links
from tracepass.links.restoring import LinkRestorer
from tracepass.links.service import LinkDirectory, Links
from tracepass.measurements import service as measurements
from tracepass.measurements.restoring import MeasurementRestorer
from tracepass.measurements.service import Measurements
from tracepass.oauth import service as oauth
from tracepass.oauth.service import OAuth
from tracepass.passports import service as passports
from tracepass.passports.attesting import PassportCredentials
from tracepass.passports.batches import BatchPassports
from tracepass.passports.conditionflags import ConditionFlags
from tracepass.passports.defaults import DefaultsCopier
from tracepass.passports.desk import Desk
from tracepass.passports.fieldwork import PassportFields
from tracepass.passports.granted import GrantedPassports
from tracepass.passports.gtins import GtinClaims
from tracepass.passports.labels.service import Labels
from tracepass.passports.life.restoring import LifeRestorer
from tracepass.passports.life.service import PassportLives
from tracepass.passports.records import PassportRecords
from tracepass.passports.rehearsal import Rehearsal
from tracepass.passports.repository import FileReferences, PassportCounts
from tracepass.passports.restoring.claims import ArrivingClaims
from tracepass.passports.restoring.restorer import PassportRestorer
from tracepass.passports.service import Passports
from tracepass.passports.states import PassportStates
from tracepass.passports.upgrading import TemplateUpgrades
from tracepass.passports.usedata import UseData
from tracepass.passports.verdicts import Verdicts
from tracepass.products import service as products
from tracepass.products.images import BUCKET as IMAGES
from tracepass.products.images import ProductImages
from tracepass.products.restoring import ProductRestorer
from tracepass.products.service import Products
from tracepass.quotas import service as quotas
from tracepass.quotas.service import EpcisEvents, Plans, Quotas, Slots
from tracepass.resolver.granted import GrantedScans
from tracepass.resolver.hosts import Hosts
from tracepass.resolver.linking import Linking
from tracepass.resolver.service import Resolver
from tracepass.resolver.vocabulary import Vocabulary
from tracepass.settings import Settings
from tracepass.templates.service import Templates
from tracepass.tools.service import Tools
from tracepass.traces import service as traces
from tracepass.traces.lot_repository import LotNumbers
from tracepass.traces.lots import Lots
from tracepass.traces.restoring import LotRestorer, TraceRestorer
from tracepass.traces.service import Traces
from tracepass.webhooks import service as webhooks
from tracepass.webhooks.service import Webhooks

INDEXES = (
    *changes.INDEXES,
    *jobs.INDEXES,
    *identity.INDEXES,
    *products.INDEXES,
    *passports.INDEXES,
    *documents.INDEXES,
    *links.INDEXES,
    *domains.INDEXES,
    *oauth.INDEXES,
    *quotas.INDEXES,
    *idempotency.INDEXES,
    *webhooks.INDEXES,
    *epcis.INDEXES,
    *VISIBILITY_INDEXES,
    *namedqueriesrepository.INDEXES,
    *subscriptionsrepository.INDEXES,
    *exports.INDEXES,
    *imports.INDEXES,
    *accessgrants.INDEXES,
    *traces.INDEXES,
    *measurements.INDEXES,
    *credentials.INDEXES,
)


@lru_cache
def packaged_templates() -> Templates:
    """Return the templates of the package; nothing in them ever changes."""
    return Templates.load()


def build_services(
    database: Database,
    settings: Settings,
    clock: Clock,
    *,
    templates: Templates | None = None,
    records: TxtRecords | None = None,
) -> dict[type, Any]:
    """Return every service of an installation, by its class.

    The templates are those of the package, and TXT records are looked up in the DNS, unless given.
    """
    templates = templates or packaged_templates()
    origins = Origins(settings.api_origin, settings.resolver_origin)
    lots = LotNumbers(database)
    catalogue = Products(database, clock=clock, rules=templates, passports=PassportCounts(database), lots=lots)
    blobs = open_blobs(database, DOCUMENTS, settings.storage)
    claims = GtinClaims(database, clock=clock)
    plans = Plans.load(settings.plans)
    slots = Slots(database, plans=plans, clock=clock, passports=PassportCounts(database))
    desk = Desk(database, clock=clock, templates=templates, products=catalogue, origins=origins, plans=plans)
    granted = GrantedPassports(desk, GrantUses(database, clock=clock))
    files = Files(database, blobs=blobs, clock=clock, references=FileReferences(database), openings=granted)
    services = (
        database,
        templates,
        catalogue,
        files,
        claims,
        *_identity_services(database, settings, clock),
        ProductImages(open_blobs(database, IMAGES, settings.storage), catalogue),
        ProductRestorer(database, clock=clock, rules=templates, passports=PassportCounts(database), lots=lots),
        FileRestorer(database, blobs=blobs),
        *_quota_services(database, plans, slots, clock),
        Passports(desk, claims=claims, files=files, slots=slots, lots=lots),
        *_lot_services(database, clock, catalogue),
        *_desk_services(desk, claims, files, settings),
        *_history_services(PassportLives(desk, files=files), origins),
        *_plain_services(templates, origins, clock),
        *_scan_services(desk, settings, granted, files),
        *_link_services(database, settings, clock, claims, records or DnsTxtRecords()),
        *_webhook_services(database, settings, clock),
        *_export_services(database, settings, clock, templates),
    )
    return {type(service): service for service in services}


def _plain_services(templates: Templates, origins: Origins, clock: Clock) -> tuple[object, ...]:
    """Return what needs no database."""
    vocabulary = Vocabulary(templates, origin=origins.api)
    contract = Contract(origins.api, origins.resolver)
    return contract, TemplatePages(templates), vocabulary, Tools(clock=clock), Workbench(clock=clock)


def _desk_services(desk: Desk, claims: GtinClaims, files: Files, settings: Settings) -> tuple[object, ...]:
    """Return what is done to passports once they are there, and what brings many at once."""
    return (
        PassportFields(desk, files=files),
        PassportStates(desk, claims=claims),
        PassportRecords(desk),
        Labels(desk),
        DefaultsCopier(desk, files=files),
        TemplateUpgrades(desk),
        Verdicts(desk),
        ConditionFlags(desk),
        *_import_services(desk, settings, claims, files),
        Measurements(UseData(desk)),
        PassportRestorer(desk, claims=ArrivingClaims(desk.database, claims, desk.clock), files=files),
        LifeRestorer(desk, files=files),
        MeasurementRestorer(UseData(desk)),
    )


def _scan_services(desk: Desk, settings: Settings, granted: GrantedPassports, files: Files) -> tuple[object, ...]:
    """Return who signs what the public may see, and what gives it out: to companies, to holders, and to everybody."""
    database, clock, origins = desk.database, desk.clock, desk.origins
    sealing = Sealing(load_secret_keys(settings))
    keys = SigningKeys(database, clock=clock, sealing=sealing, origin=origins.api)
    notary = Credentials(keys, desk.templates, origin=origins.api)
    resolver = Resolver.over(database, desk.templates, notary, clock=clock, origin=origins.resolver)
    measured = Measurements(UseData(desk))
    scans = GrantedScans(database, desk.templates, resolver, granted, measured=measured)
    grants = AccessGrants(database, clock=clock, inventory=WorkspaceInventory(database, files))
    return keys, notary, PassportCredentials(desk, notary), resolver, scans, granted, grants


def _history_services(lives: PassportLives, origins: Origins) -> tuple[object, ...]:
    """Return what tells the lives of products: to their companies, and to everybody."""
    database, clock = lives.desk.database, lives.desk.clock
    visibility = Visibility(database, clock=clock)
    timelines = PublicTimelines(database, jobs=Jobs(database, clock=clock), visibility=visibility)
    histories = Histories(database, lives, EventQueries(database, clock=clock), clock=clock, origins=origins)
    arriving = (MasterDataRestorer(database), VisibilityRestorer(database, clock=clock))
    return lives, visibility, timelines, histories, EventRestorer(database, clock=clock), *arriving


def _identity_services(database: Database, settings: Settings, clock: Clock) -> tuple[object, ...]:
    """Return what knows callers, and what people do with their accounts."""
    tokens = AccessTokens(load_secret_key(settings), issuer=settings.api_origin, clock=clock)
    people = (KeyDoor(database), SessionDoor(database), TokenDoor(database, tokens, clock=clock))
    doors = (*people, GrantDoor(database, clock=clock))
    return (
        Authenticator(doors, clock=clock, origin=settings.api_origin),
        *account_services(database, clock),
        Company(database, clock=clock),
        Mailer(settings.smtp),
        Arrivals(database, clock=clock),
        AuditLog(database),
        *OAuth.over(database, tokens, issuer=settings.api_origin, clock=clock).all,
    )


def _lot_services(database: Database, clock: Clock, catalogue: Products) -> tuple[object, ...]:
    """Return lots and traces, and what takes in those of elsewhere."""
    traced, batches = Traces(database, clock=clock), BatchPassports(database)
    return (
        traced,
        Lots(database, clock=clock, products=catalogue, passports=batches, traces=traced),
        LotRestorer(database, clock=clock, products=catalogue),
        TraceRestorer(database, clock=clock),
    )


def _quota_services(database: Database, plans: Plans, slots: Slots, clock: Clock) -> tuple[object, ...]:
    """Return what counts against plans and repetitions, and what captures the events that are counted."""
    events = EpcisEvents(database, plans=plans, clock=clock)
    quotas = Quotas(database, plans=plans, clock=clock, slots=slots, events=events)
    captures, claims = Captures(database, clock=clock, events=events), Claims(database, clock=clock)
    return slots, events, quotas, claims, captures, EventQueries(database, clock=clock)


def _link_services(
    database: Database, settings: Settings, clock: Clock, claims: GtinClaims, records: TxtRecords
) -> tuple[object, ...]:
    """Return what keeps links and domains, and what leads to links."""
    origins = Origins(settings.api_origin, settings.resolver_origin)
    hosts = Hosts(DomainDirectory(database), origins, settings.resolver_hosts, clock=clock)
    directory = LinkDirectory(database, clock=clock, gtins=claims)
    return (
        hosts,
        Links(database, clock=clock, gtins=claims, hosts=hosts.names),
        LinkRestorer(database, clock=clock, gtins=claims, hosts=hosts.names),
        Linking.over(database, directory, clock=clock),
        Domains(database, clock=clock, records=records, reserved=hosts.names),
    )


def _webhook_services(database: Database, settings: Settings, clock: Clock) -> tuple[object, ...]:
    """Return what calls others, what seals, and who wants to be told."""
    sealing = Sealing(load_secret_keys(settings))
    outbound = Outbound(allow_local=settings.webhooks.allow_local)
    return (
        sealing,
        outbound,
        Webhooks(database, clock=clock, sealing=sealing, outbound=outbound),
        *_query_services(database, clock, sealing, outbound),
    )


def _query_services(database: Database, clock: Clock, sealing: Sealing, outbound: Outbound) -> tuple[object, ...]:
    """Return what answers for the values of EPCIS events, and what keeps queries and subscriptions to them."""
    queries = EventQueries(database, clock=clock)
    named = NamedQueries(database, clock=clock, queries=queries)
    return (
        Resources(database, queries=queries),
        named,
        Subscriptions(database, clock=clock, sealing=sealing, outbound=outbound, queries=named),
    )


def _import_services(desk: Desk, settings: Settings, claims: GtinClaims, files: Files) -> tuple[object, ...]:
    """Return what takes spreadsheets, and what tells of new passports without making them."""
    database, clock, templates = desk.database, desk.clock, desk.templates
    blobs = open_blobs(database, IMPORTS, settings.storage)
    imported = Imports(database, clock=clock, blobs=blobs, templates=templates, products=desk.products)
    return imported, Rehearsal(desk, claims=claims, files=files)


def _export_services(database: Database, settings: Settings, clock: Clock, templates: Templates) -> tuple[object, ...]:
    """Return what gives a workspace all that it has, at once or by a worker."""
    content = Content(export_sections(templates, settings.api_origin), templates, settings.api_origin)
    blobs = open_blobs(database, EXPORTS, settings.storage)
    links = DownloadLinks(load_secret_keys(settings), clock=clock)
    return (
        TenantExports(database, clock=clock, content=content, blobs=blobs, links=links),
        ExportWork(database, clock, Jobs(database, clock=clock), blobs, content),
        Contexts(origin=settings.api_origin),
    )
