"""The keys that companies sign with: made when first needed, replaced when asked, withdrawn when lost."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import NotFound, Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.sealing import Sealing
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Actor, Environment, Tenancy
from tracepass.credentials.dids import Issuer
from tracepass.credentials.repository import KeyRing, KeyTaken
from tracepass.credentials.signing import KeyPair, thumbprint
from tracepass.identity.models import Caller
from tracepass.identity.service import Workspaces

PURPOSE: Final = "signing-key"
MOST: Final = 100
"""Keys of a workspace that its DID document may hold."""
OPENED: Final = 256
"""Opened keys that a process keeps at hand."""
SYSTEM: Final = Actor("system", None, "system")


class TooManyKeys(Refusal):
    """The DID document has as many keys as it may have."""

    def __init__(self) -> None:
        super().__init__(
            "too_many_signing_keys",
            f"A workspace publishes at most {MOST} keys; withdraw one whose credentials nobody needs any more.",
            details={"limit": MOST},
        )


class KeyInUse(Refusal):
    """The key signs, so it cannot be withdrawn."""

    def __init__(self) -> None:
        super().__init__("signing_key_in_use", "This key signs; rotate first, then withdraw it.")


class SigningKeys:
    """The signing keys of every workspace; ``origin`` is where their DID documents are served."""

    def __init__(self, database: Database, *, clock: Clock, sealing: Sealing, origin: str) -> None:
        self._database = database
        self._clock = clock
        self._sealing = sealing
        self._origin = origin
        self._log = SecurityLog(database, clock=clock)
        self._workspaces = Workspaces(database, clock=clock)
        self._opened: OrderedDict[str, KeyPair] = OrderedDict()

    def issuer(self, slug: str, environment: Environment) -> Issuer:
        """Return the name under which a workspace signs."""
        return Issuer(self._origin, slug, environment)

    async def current(self, tenancy: Tenancy) -> Document:
        """Return the key that signs; the first time, it is made."""
        ring = KeyRing(self._database, tenancy)
        found = await ring.current()
        if found is not None:
            return found
        try:
            return await self._database.transact(lambda session: self._make(tenancy, SYSTEM, session=session))
        except KeyTaken:
            return await self.current(tenancy)

    def pair(self, key: Document) -> KeyPair:
        """Open the key that signs.

        Raises:
            SealBroken: it was sealed by a secret key that is not here any more.
        """
        name: str = key["thumbprint"]
        pair = self._opened.get(name)
        if pair is None:
            secret = self._sealing.open(bytes(key["sealed"]), purpose=PURPOSE, about=str(key["_id"]))
            pair = self._opened[name] = KeyPair.read(secret)
            if len(self._opened) > OPENED:
                self._opened.popitem(last=False)
        return pair

    async def list_(self, caller: Caller) -> list[Document]:
        """Return the keys of the caller's environment, newest first; if there is none, the first one is made."""
        issuer = self.issuer(caller.workspace.slug, caller.environment)
        return [shown(key, issuer) for key in await self._all(caller.tenancy)]

    async def rotate(self, caller: Caller) -> Document:
        """Sign with a new key from now on; the one before stays published, and its secret is forgotten.

        Raises:
            TooManyKeys: there are too many already.
            Refusal: ``conflict``.
        """
        ring = KeyRing(self._database, caller.tenancy)
        if await ring.count() >= MOST:
            raise TooManyKeys

        async def work(session: Session) -> Document:
            before = await ring.current(session=session)
            if before is not None:
                await ring.retire(before["_id"], timestamp(self._clock()), session=session)
            replaced = None if before is None else before["thumbprint"]
            return await self._make(caller.tenancy, caller.actor, replaced=replaced, session=session)

        try:
            made = await self._database.transact(work)
        except KeyTaken:
            raise Refusal("conflict", "Another call made a key at the same time; try again.") from None
        return shown(made, self.issuer(caller.workspace.slug, caller.environment))

    async def withdraw(self, caller: Caller, key_id: Id) -> None:
        """Take a retired key out of the DID document: nothing that it signed can be verified any more.

        Raises:
            NotFound: this workspace has no such key.
            KeyInUse: it signs.
        """
        ring = KeyRing(self._database, caller.tenancy)
        key = await ring.find(key_id)
        if key is None:
            raise NotFound("signing key")
        if key["retiredAt"] is None:
            raise KeyInUse

        async def work(session: Session) -> None:
            if not await ring.remove(key_id, session=session):
                raise NotFound("signing key")
            await self._note(caller.tenancy, "signing_key.withdrawn", key, actor=caller.actor, session=session)

        await self._database.transact(work)

    async def published(self, environment: Environment, slug: str) -> tuple[Issuer, list[Document]]:
        """Return a company by its slug, as it signs in an environment, and its keys, the one that signs first.

        Raises:
            Refusal: ``not_found``, there is no such company.
        """
        try:
            workspace = await self._workspaces.get_by_slug(slug)
        except NotFound:
            raise Refusal("not_found", "No company of this name signs here.") from None
        tenancy = Tenancy(workspace.id, environment)
        return self.issuer(workspace.slug, environment), await self._all(tenancy)

    async def _all(self, tenancy: Tenancy) -> list[Document]:
        await self.current(tenancy)
        return await KeyRing(self._database, tenancy).all()

    async def _make(self, tenancy: Tenancy, actor: Actor, *, replaced: str | None = None, session: Session) -> Document:
        pair, key_id = KeyPair.fresh(), new_id()
        key: Document = {
            "_id": key_id,
            "thumbprint": thumbprint(pair.public_jwk),
            "publicJwk": pair.public_jwk,
            "sealed": self._sealing.seal(pair.secret, purpose=PURPOSE, about=str(key_id)),
            "createdAt": timestamp(self._clock()),
            "retiredAt": None,
        }
        await KeyRing(self._database, tenancy).insert(key, session=session)
        action = "signing_key.created" if replaced is None else "signing_key.rotated"
        await self._note(tenancy, action, key, actor=actor, replaced=replaced, session=session)
        return key

    async def _note(
        self, tenancy: Tenancy, action: str, key: Document, *, actor: Actor, session: Session, **more: Any
    ) -> None:
        details = {"thumbprint": key["thumbprint"]} | {name: value for name, value in more.items() if value is not None}
        entity = ("signing_key", key["_id"])
        await self._log.note(tenancy, action, entity=entity, actor=actor, details=details, session=session)


def shown(key: Document, issuer: Issuer) -> Document:
    """Return a key as its company sees it."""
    return {
        "_id": key["_id"],
        "kid": issuer.method(key["thumbprint"]),
        "status": "current" if key["retiredAt"] is None else "retired",
        "publicJwk": key["publicJwk"],
        "createdAt": key["createdAt"],
        "retiredAt": key["retiredAt"],
    }
