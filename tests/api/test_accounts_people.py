"""Members and invitations: who belongs to a workspace, and who decides it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from tests.api.visitors import PASSWORD, new_email, registered, sign_in, visitor
from tests.conftest import _CLOCK, MovableClock, Office

from tracepass.core.tenancy import OPERATOR
from tracepass.identity.models import Role, Workspace, user_of
from tracepass.identity.service import Authenticator, Members, SessionDoor, Unauthorized

ROLES: tuple[Role, ...] = ("owner", "admin", "editor", "viewer")


async def invite(client: httpx2.AsyncClient, email: str, role: str = "editor") -> str:
    """Invite an address and return the token of the link."""
    answer = await client.post("/api/v1/invitations", json={"email": email, "role": role})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/invitations/{answer.json()['_id']}"
    assert answer.json()["mailed"] is False
    return str(answer.json()["link"].partition("?token=")[2])


async def accept(client: httpx2.AsyncClient, token: str, **members: Any) -> httpx2.Response:
    return await client.post("/api/auth/invitations/accept", json={"token": token} | members)


async def members_of(client: httpx2.AsyncClient) -> dict[str, dict[str, Any]]:
    """The members of the client's workspace by their e-mail addresses."""
    items = (await client.get("/api/v1/members")).json()["data"]["items"]
    return {member["user"]["email"]: member for member in items}


async def test_whoever_is_invited_joins_with_a_new_account(office: Office) -> None:
    owner, told = await registered(office)
    email, guest = new_email(), visitor(office)
    token = await invite(owner, email)
    listed = (await owner.get("/api/v1/invitations")).json()["data"]["items"]
    assert [(one["email"], one["role"], one["invitedBy"]["label"]) for one in listed] == [
        (email, "editor", "Ada Lovelace")
    ]
    answer = await accept(guest, token, name="Charles", password=PASSWORD)
    assert (answer.status_code, answer.json()["role"]) == (200, "editor")
    assert answer.json()["workspace"] == told["workspace"]
    assert (await guest.get("/api/v1/products")).status_code == 200
    assert (await members_of(owner))[email]["role"] == "editor"
    assert (await owner.get("/api/v1/invitations")).json()["data"]["total"] == 0
    assert (await accept(visitor(office), token, name="C", password=PASSWORD)).status_code == 404


async def test_whoever_is_invited_joins_with_the_account_there_is(office: Office) -> None:
    owner, _ = await registered(office)
    person, told = await registered(office)
    email = told["user"]["email"]
    token = await invite(owner, email, "viewer")
    wrong = await accept(visitor(office), token, password="not the password", name="X")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "unauthorized")
    answer = await accept(person, token)
    assert (answer.status_code, answer.json()["role"], len(answer.json()["workspaces"])) == (200, "viewer", 2)
    token = await invite((await registered(office))[0], email)
    answer = await accept(visitor(office), token, password=PASSWORD)
    assert (answer.status_code, len(answer.json()["workspaces"])) == (200, 3)


async def test_an_invitation_is_for_the_invited_person_alone(office: Office) -> None:
    owner, _ = await registered(office)
    other, _ = await registered(office)
    token = await invite(owner, new_email())
    answer = await accept(other, token)
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    del other.headers["X-CSRF-Token"]
    assert (await accept(other, token)).status_code == 403


async def test_a_stale_cookie_does_not_keep_a_guest_out(office: Office) -> None:
    owner, _ = await registered(office)
    guest = visitor(office)
    guest.cookies.set("tp_session", "tps_" + "x" * 43)
    token = await invite(owner, new_email())
    assert (await accept(guest, token, name="Guest", password=PASSWORD)).status_code == 200


async def test_who_became_a_member_meanwhile_does_not_join_twice(office: Office, workspace: Workspace) -> None:
    owner = await office.person(workspace)
    person, told = await registered(office)
    token = await invite(owner, told["user"]["email"])
    user = await office.database.collection("users").find_one({"emailKey": told["user"]["email"]})
    assert user is not None
    await Members(office.database, clock=_CLOCK).set_role(workspace, user_of(user), "viewer", actor=OPERATOR)
    answer = await accept(person, token)
    assert (answer.status_code, answer.json()["error"]) == (409, "already_member")


@pytest.mark.usefixtures("stopped_clock")
async def test_who_guesses_the_password_of_an_invited_account_is_slowed_down(office: Office) -> None:
    owner, _ = await registered(office)
    _, told = await registered(office)
    token = await invite(owner, told["user"]["email"])
    statuses = [(await accept(visitor(office), token, password="wrong password")).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


async def test_a_member_is_not_invited_again(office: Office) -> None:
    owner, told = await registered(office)
    again = await owner.post("/api/v1/invitations", json={"email": told["user"]["email"], "role": "viewer"})
    assert (again.status_code, again.json()["error"]) == (409, "already_member")


async def test_of_two_who_accept_one_invitation_at_once_one_does(office: Office) -> None:
    owner, _ = await registered(office)
    token = await invite(owner, new_email())
    answers = await asyncio.gather(*(accept(visitor(office), token, name="Twin", password=PASSWORD) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers).count(200) == 1
    assert {answer.status_code for answer in answers} <= {200, 401, 404, 409}


async def test_inviting_again_replaces_the_invitation(office: Office) -> None:
    owner, _ = await registered(office)
    email = new_email()
    first, second = await invite(owner, email), await invite(owner, email, "viewer")
    assert (await owner.get("/api/v1/invitations")).json()["data"]["total"] == 1
    assert (await accept(visitor(office), first, name="X", password=PASSWORD)).status_code == 404
    answer = await accept(visitor(office), second, name="X", password=PASSWORD)
    assert (answer.status_code, answer.json()["role"]) == (200, "viewer")


async def test_an_invitation_ends_after_seven_days_or_when_it_is_taken_back(
    office: Office, clock: MovableClock
) -> None:
    owner, _ = await registered(office)
    token = await invite(owner, new_email())
    invitation = (await owner.get("/api/v1/invitations")).json()["data"]["items"][0]
    assert (await owner.delete(f"/api/v1/invitations/{invitation['_id']}")).status_code == 200
    assert (await owner.delete(f"/api/v1/invitations/{invitation['_id']}")).status_code == 404
    assert (await accept(visitor(office), token, name="X", password=PASSWORD)).status_code == 404
    late = await invite(owner, new_email())
    clock.move(days=7)
    assert (await accept(visitor(office), late, name="X", password=PASSWORD)).status_code == 404
    assert (await owner.get("/api/v1/invitations")).json()["data"]["total"] == 0


@pytest.mark.usefixtures("stopped_clock")
async def test_who_invites_too_many_is_slowed_down(office: Office, workspace: Workspace) -> None:
    admin = await office.person(workspace, "admin")
    statuses = []
    for _ in range(51):
        answer = await admin.post("/api/v1/invitations", json={"email": new_email(), "role": "viewer"})
        statuses.append(answer.status_code)
    assert statuses == [201] * 50 + [429]


@pytest.mark.parametrize("role", ROLES)
async def test_only_owners_make_owners(office: Office, workspace: Workspace, role: Role) -> None:
    client = await office.person(workspace, role)
    answer = await client.post("/api/v1/invitations", json={"email": new_email(), "role": "owner"})
    assert answer.status_code == (201 if role == "owner" else 403)


async def test_a_key_with_few_rights_cannot_invite_somebody_with_more(office: Office, workspace: Workspace) -> None:
    weak = await office.client(workspace, scopes=frozenset({"workspace:manage", "workspace:read"}))
    answer = await weak.post("/api/v1/invitations", json={"email": new_email(), "role": "admin"})
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert "passports:read" in answer.json()["details"]["missing"]


async def test_a_test_key_has_no_say_over_people(office: Office, workspace: Workspace) -> None:
    tester = await office.client(workspace, environment="test")
    answer = await tester.post("/api/v1/invitations", json={"email": new_email(), "role": "viewer"})
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert (await tester.patch("/api/v1/workspace", json={"name": "Mine"})).status_code == 403
    assert (await tester.delete(f"/api/v1/members/{'0' * 24}")).status_code == 403
    assert (await tester.delete(f"/api/v1/invitations/{'0' * 24}")).status_code == 403


async def test_a_changed_role_counts_at_the_next_sign_in(office: Office) -> None:
    owner, _ = await registered(office)
    email, guest = new_email(), visitor(office)
    token = await invite(owner, email, "viewer")
    told = (await accept(guest, token, name="Guest", password=PASSWORD)).json()
    guest.headers["X-CSRF-Token"] = told["csrfToken"]
    refused = await guest.post("/api/v1/products", json={"name": "P", "model": "M", "category": "battery"})
    assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
    member = (await members_of(owner))[email]
    changed = await owner.patch(f"/api/v1/members/{member['_id']}", json={"role": "admin"})
    assert (changed.status_code, changed.json()["role"]) == (200, "admin")
    fresh = visitor(office)
    await sign_in(fresh, email)
    assert (await fresh.get("/api/v1/audit-log")).status_code == 200


async def test_a_role_takes_effect_within_five_seconds_where_a_session_was_cached(
    office: Office, workspace: Workspace
) -> None:
    owner, moment = await office.person(workspace), [0.0]
    user, secret = await office.session(workspace, "admin")
    doors = [SessionDoor(office.database)]
    kept = Authenticator(doors, clock=_CLOCK, monotonic=lambda: moment[0])
    assert (await kept.authenticate(secret)).role == "admin"
    member = f"/api/v1/members/{(await members_of(owner))[user.email]['_id']}"
    assert (await owner.patch(member, json={"role": "viewer"})).status_code == 200
    moment[0] = 5.0
    assert (await kept.authenticate(secret)).role == "viewer"
    assert (await owner.delete(member)).status_code == 200
    moment[0] = 10.0
    with pytest.raises(Unauthorized):
        await kept.authenticate(secret)


async def test_the_last_owner_neither_leaves_nor_steps_down(office: Office, workspace: Workspace) -> None:
    owner = await office.person(workspace, "owner")
    alone = next(iter((await members_of(owner)).values()))
    for answer in (
        await owner.delete(f"/api/v1/members/{alone['_id']}"),
        await owner.patch(f"/api/v1/members/{alone['_id']}", json={"role": "admin"}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (409, "last_owner")
    kept = await owner.patch(f"/api/v1/members/{alone['_id']}", json={"role": "owner"})
    assert (kept.status_code, kept.json()["role"]) == (200, "owner")


async def test_of_two_owners_who_leave_at_once_one_stays(office: Office, workspace: Workspace) -> None:
    first, second = await office.person(workspace), await office.person(workspace)
    members = list((await members_of(first)).values())
    answers = await asyncio.gather(
        first.patch(f"/api/v1/members/{members[0]['_id']}", json={"role": "viewer"}),
        second.patch(f"/api/v1/members/{members[1]['_id']}", json={"role": "viewer"}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


@pytest.mark.parametrize("role", ROLES)
async def test_anybody_may_leave(office: Office, workspace: Workspace, role: Role) -> None:
    owner, leaver = await office.person(workspace), await office.person(workspace, role)
    assert len(await members_of(owner)) == 2
    answer = await leaver.delete("/api/v1/members/me")
    assert (answer.status_code, answer.headers["set-cookie"].startswith("tp_session=;")) == (200, True)
    assert (await leaver.get("/api/auth/session")).status_code == 401
    assert len(await members_of(owner)) == 1
    entry = (await owner.get("/api/v1/audit-log")).json()["data"]["items"][0]
    assert (entry["action"], entry["entity"]["id"]) == ("member.removed", entry["actor"]["id"])


async def test_only_people_leave_and_never_the_last_owner(office: Office, workspace: Workspace) -> None:
    owner, key = await office.person(workspace), await office.client(workspace)
    for client, refusal in ((key, (403, "forbidden")), (owner, (409, "last_owner"))):
        answer = await client.delete("/api/v1/members/me")
        assert (answer.status_code, answer.json()["error"]) == refusal


async def test_who_was_removed_this_moment_has_left(office: Office, workspace: Workspace) -> None:
    user, secret = await office.session(workspace, "viewer")
    caller = await SessionDoor(office.database).open(secret)
    owner, members = await office.person(workspace), Members(office.database, clock=_CLOCK)
    member = (await members_of(owner))[user.email]
    assert (await owner.delete(f"/api/v1/members/{member['_id']}")).status_code == 200
    assert caller is not None
    await members.leave(caller.caller)
    assert len(await members_of(owner)) == 1


async def test_of_two_owners_who_leave_by_themselves_at_once_one_stays(office: Office, workspace: Workspace) -> None:
    pair = [await office.person(workspace), await office.person(workspace)]
    answers = await asyncio.gather(*(person.delete("/api/v1/members/me") for person in pair))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_an_admin_does_not_touch_an_owner(office: Office, workspace: Workspace) -> None:
    await office.person(workspace, "owner")
    owner, admin = await office.person(workspace, "owner"), await office.person(workspace, "admin")
    for member in (await members_of(owner)).values():
        if member["role"] == "owner":
            for answer in (
                await admin.delete(f"/api/v1/members/{member['_id']}"),
                await admin.patch(f"/api/v1/members/{member['_id']}", json={"role": "viewer"}),
            ):
                assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


async def test_who_is_removed_is_signed_out_of_this_workspace(office: Office) -> None:
    owner, _ = await registered(office)
    person, told = await registered(office)
    email, there = told["user"]["email"], visitor(office)
    assert (await accept(there, await invite(owner, email), password=PASSWORD)).status_code == 200
    member = (await members_of(owner))[email]
    assert (await owner.delete(f"/api/v1/members/{member['_id']}")).status_code == 200
    assert (await there.get("/api/auth/session")).status_code == 401
    assert (await person.get("/api/auth/session")).status_code == 200
    assert email not in await members_of(owner)


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"role": "viewer"}), ("DELETE", None)])
async def test_members_of_another_workspace_do_not_exist(
    office: Office, workspace: Workspace, method: str, body: dict[str, str] | None
) -> None:
    owner, stranger = await office.person(workspace), await office.person(await office.workspace())
    member = next(iter((await members_of(owner)).values()))
    answer = await stranger.request(method, f"/api/v1/members/{member['_id']}", json=body)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_invitations_of_another_workspace_do_not_exist(office: Office, workspace: Workspace) -> None:
    owner, stranger = await office.person(workspace), await office.person(await office.workspace())
    await invite(owner, new_email())
    invitation = (await owner.get("/api/v1/invitations")).json()["data"]["items"][0]
    assert (await stranger.delete(f"/api/v1/invitations/{invitation['_id']}")).status_code == 404
    assert (await stranger.get("/api/v1/invitations")).json()["data"]["total"] == 0


async def test_all_of_it_is_told_in_the_audit_log(office: Office) -> None:
    owner, _ = await registered(office)
    email = new_email()
    await accept(visitor(office), await invite(owner, email), name="Guest", password=PASSWORD)
    member = (await members_of(owner))[email]
    await owner.patch(f"/api/v1/members/{member['_id']}", json={"role": "viewer"})
    await owner.delete(f"/api/v1/members/{member['_id']}")
    entries = (await owner.get("/api/v1/audit-log")).json()["data"]["items"]
    assert [entry["action"] for entry in entries] == [
        "member.removed",
        "member.role_changed",
        "member.joined",
        "member.invited",
        "member.joined",
    ]
    assert entries[1]["details"] == {"from": "editor", "to": "viewer"}
