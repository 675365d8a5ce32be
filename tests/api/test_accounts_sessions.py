"""Sessions: who is signed in, from where, and how it ends."""

from __future__ import annotations

import pytest
from tests.conftest import Office

from tracepass.identity.models import Role, Workspace


@pytest.mark.parametrize("role", ["owner", "admin", "editor", "viewer"])
async def test_a_signed_in_person_reads_what_their_role_allows(
    office: Office, workspace: Workspace, role: Role
) -> None:
    person = await office.person(workspace, role)
    assert (await person.get("/api/v1/products")).status_code == 200
