"""The routes that bring passports up to date: with the defaults of their product, with their template."""

from __future__ import annotations

from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, path_id
from tracepass.passports.addresses import locator, on_passport
from tracepass.passports.defaults import DefaultsCopier
from tracepass.passports.models import DefaultsApply, TemplateUpgrade
from tracepass.passports.router import PREFIX, WRITE
from tracepass.passports.service import Passports
from tracepass.passports.upgrading import TemplateUpgrades

upkeep_router = Router()


@upkeep_router.operation("POST", "/api/v1/products/{id}/apply-defaults", scope=WRITE, budget=Budget.WRITES)
async def apply_defaults(call: Call, body: DefaultsApply) -> Response:
    """Copy the defaults of a product into its passports, or tell what that would change."""
    copier = call.service(DefaultsCopier)
    return answer(await copier.run(call.caller, path_id(call, "id"), body, expected=call.expected_versions))


upgrade_router = Router(prefix=PREFIX)


@on_passport(upgrade_router, "POST", "/upgrade-template", scope=WRITE, budget=Budget.WRITES)
async def upgrade_template(call: Call, body: TemplateUpgrade) -> Response:
    """Move a passport on to a newer version of its template, or tell what that would do."""
    upgrades = call.service(TemplateUpgrades)
    if body.dry_run:
        expected = call.expected_versions
        return answer(await upgrades.preview(call.caller, locator(call), body.version, expected=expected))
    report, stored = await upgrades.apply(call.caller, locator(call), body.version, expected=call.expected_versions)
    passport = call.service(Passports).show(stored)
    return answer({**report, "passport": passport}, headers={"ETag": f'"{stored["version"]}"'})
