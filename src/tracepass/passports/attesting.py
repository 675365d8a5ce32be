"""Credentials of passports, for those who work with them: the same that a scan answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracepass.core.errors import Refusal
from tracepass.identity.models import Caller
from tracepass.passports.desk import Desk, key_of
from tracepass.passports.models import CREDENTIAL_TYPE, Credential, Locator, Notary
from tracepass.passports.repository import IDENTIFIERS

SHOWN = frozenset({"published", "expired"})


class NotPublished(Refusal):
    """The passport is not public, so nothing is said of it under its company's name."""

    def __init__(self, status: str) -> None:
        super().__init__(
            "passport_not_published",
            "Only a published passport has a credential.",
            details={"status": status},
        )


class PassportCredentials:
    """Credentials of the passports of a workspace."""

    def __init__(self, desk: Desk, notary: Notary) -> None:
        self._desk = desk
        self._notary = notary

    async def get(self, caller: Caller, which: Locator) -> Credential:
        """Return the credential of a published passport; one that has expired says so itself.

        Raises:
            NotFound: this workspace has no such passport.
            SerialAmbiguous: the serial stands under several GTINs.
            NotPublished: it is not public yet.
            Refusal: ``locked`` if it is suspended, ``gone`` if it is archived.
        """
        stored = await self._desk.load(caller, which)
        _refuse_closed(stored)
        key = key_of(caller, stored["gs1"], stored["granularity"])
        claim = await self._desk.database.find_one(IDENTIFIERS, {"_id": key, "passportId": stored["_id"]})
        if stored["status"] not in SHOWN or claim is None:
            raise NotPublished(stored["status"])
        return await self._notary.attest(claim)


def _refuse_closed(stored: dict[str, Any]) -> None:
    """Answer as a scan does for what was public once."""
    if stored["status"] == "suspended":
        details = {"suspendedAt": stored.get("suspendedAt"), "reason": stored.get("suspensionReason")}
        raise Refusal("locked", "This passport is suspended, so nobody signs for it.", details=details)
    if stored["status"] == "archived":
        details = {"archivedAt": stored.get("archivedAt")}
        raise Refusal("gone", "This passport is archived for good.", details=details)


def wants_credential(accept: str | None) -> bool:
    """Tell whether an ``Accept`` header would rather have a credential than JSON (RFC 9110 12.5.1)."""
    weights = dict(_weighed(accept or ""))
    wanted = weights.get(CREDENTIAL_TYPE, 0.0)
    return wanted > 0 and wanted >= weights.get("application/json", 0.0)


def _weighed(accept: str) -> Iterator[tuple[str, float]]:
    for member in accept.lower().replace(" ", "").split(","):
        media, *parameters = member.split(";")
        weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        try:
            yield media, float(weight)
        except ValueError:
            yield media, 0.0
