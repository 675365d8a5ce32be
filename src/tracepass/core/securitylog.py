"""What happened that changed no product and no passport, and yet must be told: sign-ins, keys, roles, exports.

A note is a record of the one log without a version of an entity: sealed, and shown in the audit log, like a change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.core import completion
from tracepass.core.canonical import canonical_json
from tracepass.core.changes import COLLECTION, Stale
from tracepass.core.clock import Clock, timestamp
from tracepass.core.ids import Id, find_id, new_id
from tracepass.core.mongo import Database, Document, Session, Write
from tracepass.core.tenancy import Actor, Tenancy

Entity = tuple[str, Id | str]
"""The type and the id of what an event is about, such as ``("api_key", id)``."""


class SecurityLog:
    """Writes the security events of all workspaces."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def note(
        self,
        tenancy: Tenancy,
        action: str,
        *,
        entity: Entity,
        actor: Actor,
        details: Mapping[str, Any] | None = None,
        is_event: bool = False,
        session: Session | None = None,
    ) -> None:
        """Write down an event, in the transaction of what it tells of where there is one.

        ``action`` reads like ``api_key.created``. ``details`` are shown to everyone who may read the audit log, so they
        never hold a secret, nor a hash of one. With ``is_event`` webhooks tell of it as well, with the details as data.

        Raises:
            TypeError: the details are no JSON.
        """
        record = self.record(action, entity=entity, actor=actor, details=details)
        if is_event:
            record |= {"eventType": action, "outbox": True}
        await self._database.scoped(COLLECTION, tenancy).insert(record, session=session)
        if session is not None:
            await completion.mark(entity[0], entity[1], None, session=session)

    def noting(
        self, tenancy: Tenancy, action: str, *, entity: Entity, actor: Actor, details: Mapping[str, Any] | None = None
    ) -> Write:
        """Return the write that does as `note`, but for the word to the completion of the request.

        Raises:
            TypeError: the details are no JSON.
        """
        record = self.record(action, entity=entity, actor=actor, details=details)
        return self._database.scoped(COLLECTION, tenancy).insertion(record, taken=Stale)

    def record(
        self, action: str, *, entity: Entity, actor: Actor, details: Mapping[str, Any] | None = None
    ) -> Document:
        """Return the record of an event as `note` stores it.

        Raises:
            TypeError: the details are no JSON.
        """
        plain = dict(details or {})
        # What has no canonical form could never be sealed.
        canonical_json(plain)
        return {
            "_id": new_id(),
            "entity": {"type": entity[0], "id": find_id(str(entity[1])) or entity[1]},
            "action": action,
            "actor": actor.wire,
            "at": timestamp(self._clock()),
            "details": plain,
            "unsealed": True,
        }
