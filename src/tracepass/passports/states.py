"""Moving a passport from state to state, and the gate before it is public."""

from __future__ import annotations

from datetime import datetime, timedelta

from tracepass.core.clock import timestamp
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Document, Session
from tracepass.core.origins import Origins
from tracepass.identity.models import Caller
from tracepass.passports.compliance import Facts, examine
from tracepass.passports.desk import UPDATED, Deed, Desk, key_path
from tracepass.passports.expiring import EXPIRE
from tracepass.passports.gtins import GtinClaims
from tracepass.passports.lifecycle import MOVES, target_of
from tracepass.passports.making import digital_link
from tracepass.passports.models import ById, Locator
from tracepass.passports.secondlife.service import SecondLives


class PassportStates:
    """The moves of the state machine."""

    def __init__(self, desk: Desk, *, claims: GtinClaims) -> None:
        self.desk = desk
        self._claims = claims
        self._second_lives = SecondLives(desk)
        self._jobs = Jobs(desk.database, clock=desk.clock)

    async def move(
        self,
        caller: Caller,
        which: Locator,
        move: str,
        *,
        expected: frozenset[int] | None,
        members: Document | None = None,
        reason: str | None = None,
    ) -> Document:
        """Make a move of the state machine; ``members`` are set along with the state.

        Raises:
            InvalidTransition: it does not start from the state the passport is in.
        """

        def edit(passport: Document) -> Document:
            return {**passport, **(members or {}), "status": target_of(move, passport["status"])}

        deed = Deed(move, MOVES[move].event or UPDATED, reason)
        return await self.desk.change(caller, which, deed, edit=edit, expected=expected)

    async def suspend(
        self, caller: Caller, which: Locator, reason: str, *, expected: frozenset[int] | None
    ) -> Document:
        """Take a published passport from its readers until it is published again.

        Raises:
            InvalidTransition: it is not published.
        """
        members = {"suspendedAt": timestamp(self.desk.clock()), "suspensionReason": reason}
        return await self.move(caller, which, "suspend", expected=expected, members=members, reason=reason)

    async def archive(self, caller: Caller, which: Locator, *, expected: frozenset[int] | None) -> Document:
        """Close a passport for good.

        Raises:
            InvalidTransition: it is archived already.
        """
        members = {"archivedAt": timestamp(self.desk.clock())}
        return await self.move(caller, which, "archive", expected=expected, members=members)

    async def publish(
        self,
        caller: Caller,
        which: Locator,
        *,
        acknowledge_gaps: bool,
        expires_at: datetime | None,
        origins: Origins,
        expected: frozenset[int] | None,
    ) -> Document:
        """Publish a passport, if the gate is open; its link, under the resolver of ``origins``, is fixed from now on.

        Raises:
            InvalidTransition: it is not a draft, in review or approved.
            Invalid: the expiry is past.
            Refusal: ``publish_blocked``, with blockers and gaps; ``gtin_registered_elsewhere``.
        """
        stored = await self.desk.load(caller, which)
        blockers = await self._blockers(caller, stored)
        now = timestamp(self.desk.clock())
        future = None if expires_at is None else timestamp(self._future(expires_at))
        latest = self._latest_expiry(caller)
        link = digital_link(caller, key_path(stored["gs1"], stored["granularity"]), origins)

        def edit(passport: Document) -> Document:
            target = target_of("publish", passport["status"])
            open_gaps = [] if blockers else examine(Facts.of(passport, self.desk.template_of(passport))).gaps
            if blockers or (open_gaps and not acknowledge_gaps):
                raise _publish_blocked(blockers, open_gaps)
            gs1 = {**passport["gs1"], "digitalLinkUri": link}
            members = {"gs1": gs1, "status": target, "publishedAt": now, **_due(passport, future, now, latest)}
            return {**passport, **members, **({"publishedIncomplete": True} if open_gaps else {})}

        async def confirm(passport: Document, session: Session) -> None:
            await self._claims.confirm(caller.tenancy, passport["gs1"]["gtin"], session=session)
            await self._second_lives.published(caller, passport, session=session)
            await self._expire_on_its_day(caller, passport, session)

        deed = Deed("publish", MOVES["publish"].event)
        return await self.desk.change(caller, ById(stored["_id"]), deed, edit=edit, expected=expected, also=confirm)

    async def _blockers(self, caller: Caller, stored: Document) -> list[dict[str, str]]:
        category, version = stored["category"], stored["templateVersion"]
        if self.desk.templates.find(category, version) is None:
            return [{"type": "template_unknown", "message": f"There is no template {category} {version}."}]
        try:
            product = await self.desk.products.get_plain(caller, stored["productId"])
        except NotFound:
            return [{"type": "product_missing", "message": "The product of this passport does not exist any more."}]
        if product["status"] == "archived":
            return [{"type": "product_archived", "message": "The product of this passport is archived."}]
        return []

    def _latest_expiry(self, caller: Caller) -> str | None:
        """Return the last moment until which the caller's plan lets a passport be read; None sets none."""
        days = self.desk.plans.of(caller.workspace.plan).passport_days
        return None if days is None else timestamp(self.desk.clock() + timedelta(days=days))

    def _future(self, moment: datetime) -> datetime:
        if moment <= self.desk.clock():
            raise Invalid({"expiresAt": ["must lie in the future"]})
        return moment

    async def republish(
        self, caller: Caller, which: Locator, *, expires_at: datetime | None, expected: frozenset[int] | None
    ) -> Document:
        """Publish a suspended or expired passport again; an expired one needs an expiry in the future.

        Raises:
            InvalidTransition: it is neither suspended nor expired.
            Invalid: the expiry is missing or past.
        """
        now = timestamp(self.desk.clock())
        future = None if expires_at is None else timestamp(self._future(expires_at))
        latest = self._latest_expiry(caller)

        def edit(passport: Document) -> Document:
            target = target_of("republish", passport["status"])
            rest = {name: passport[name] for name in passport.keys() - {"suspendedAt", "suspensionReason"}}
            return {**rest, **_due(passport, future, now, latest), "status": target}

        async def also(passport: Document, session: Session) -> None:
            await self._expire_on_its_day(caller, passport, session)

        deed = Deed("republish", "passport.republished")
        return await self.desk.change(caller, which, deed, edit=edit, expected=expected, also=also)

    async def _expire_on_its_day(self, caller: Caller, passport: Document, session: Session) -> None:
        if "expiresAt" in passport:
            key, payload = str(passport["_id"]), {"passportId": passport["_id"]}
            await self._jobs.enqueue(EXPIRE, key, caller.tenancy, payload, session=session, due=passport["expiresAt"])


def _due(passport: Document, future: str | None, now: str, latest: str | None) -> dict[str, str]:
    """Return the expiry a passport goes out with: the one given, else the one it has, or sooner where the plan ends it.

    Raises:
        Invalid: that one is past.
    """
    due = future or passport.get("expiresAt")
    if due is not None and due <= now:
        raise Invalid({"expiresAt": ["must be given and lie in the future: the day the passport has is past"]})
    first = min(filter(None, (due, latest)), default=None)
    return {} if first is None else {"expiresAt": first}


def _publish_blocked(blockers: list[dict[str, str]], open_gaps: list[dict[str, str]]) -> Refusal:
    if blockers:
        message = blockers[0]["message"]
    else:
        message = f"{len(open_gaps)} gaps stand open; fill them, or accept them with acknowledgeGaps."
    return Refusal("publish_blocked", message, details={"blockers": blockers, "gaps": open_gaps})
