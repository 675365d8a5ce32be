"""The door of the authorization server: its services, and how they are put together."""

from __future__ import annotations

from dataclasses import dataclass

from tracepass.core.clock import Clock
from tracepass.core.mongo import Database
from tracepass.identity.service import GRANT_INDEXES, AccessTokens, Grants
from tracepass.oauth.apps import ConnectedApps
from tracepass.oauth.clients import Clients
from tracepass.oauth.consent import Consents
from tracepass.oauth.exchange import Exchange
from tracepass.oauth.inspection import Inspection
from tracepass.oauth.repository import INDEXES as OWN_INDEXES

INDEXES = (*OWN_INDEXES, *GRANT_INDEXES)

__all__ = ["INDEXES", "Clients", "ConnectedApps", "Consents", "Exchange", "Inspection", "OAuth"]


@dataclass(frozen=True, slots=True)
class OAuth:
    """All services of the authorization server."""

    clients: Clients
    consents: Consents
    exchange: Exchange
    inspection: Inspection
    apps: ConnectedApps

    @classmethod
    def over(cls, database: Database, tokens: AccessTokens, *, issuer: str, clock: Clock) -> OAuth:
        """Return the services of an installation; ``issuer`` is the origin of its API (RFC 8414 2)."""
        clients = Clients(database, issuer=issuer, clock=clock)
        grants = Grants(database, clock=clock)
        return cls(
            clients=clients,
            consents=Consents(database, clients=clients, grants=grants, issuer=issuer, clock=clock),
            exchange=Exchange(database, clients=clients, grants=grants, tokens=tokens, issuer=issuer, clock=clock),
            inspection=Inspection(database, clients=clients, grants=grants, tokens=tokens, issuer=issuer, clock=clock),
            apps=ConnectedApps(grants, database, clock=clock),
        )

    @property
    def all(self) -> tuple[object, ...]:
        """Return the services one by one, as routers ask for them."""
        return (self.clients, self.consents, self.exchange, self.inspection, self.apps)
