"""People, keys, sessions and workspaces as they are shown: never a hash, and a secret only once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracepass.core.mongo import Document
from tracepass.identity.models import Caller, SignedIn, User, Workspace, csrf_token_of
from tracepass.identity.service import Home, Invitation, Member

KEY_MEMBERS = (
    "_id",
    "name",
    "prefix",
    "environment",
    "scopes",
    "expiresAt",
    "revokedAt",
    "createdAt",
    "lastUsedAt",
)
SESSION_MEMBERS = ("_id", "workspaceId", "address", "agent", "createdAt", "lastSeenAt", "expiresAt")

Json = dict[str, Any]


def user_wire(user: User) -> Json:
    """Show a person."""
    return {"_id": user.id, "email": user.email, "name": user.name, "createdAt": user.created_at}


def workspace_wire(workspace: Workspace) -> Json:
    """Show a workspace."""
    return {
        "_id": workspace.id,
        "slug": workspace.slug,
        "name": workspace.name,
        "plan": workspace.plan,
        "defaultLocale": workspace.default_locale,
        "branding": workspace.branding or None,
    }


def entrance_wire(signed_in: SignedIn, homes: Sequence[Home]) -> Json:
    """Show who is signed in where, where else they belong, and what their writes must carry."""
    workspaces = [
        {"_id": home.workspace.id, "slug": home.workspace.slug, "name": home.workspace.name, "role": home.role}
        for home in homes
    ]
    return {
        "user": user_wire(signed_in.user),
        "workspace": workspace_wire(signed_in.workspace),
        "role": signed_in.role,
        "csrfToken": csrf_token_of(signed_in.secret),
        "workspaces": workspaces,
    }


def member_wire(member: Member) -> Json:
    """Show a member."""
    user = {"_id": member.user.id, "email": member.user.email, "name": member.user.name}
    return {"_id": member.id, "user": user, "role": member.role, "joinedAt": member.joined_at}


def invitation_wire(invitation: Invitation) -> Json:
    """Show an invitation."""
    return {
        "_id": invitation.id,
        "email": invitation.email,
        "role": invitation.role,
        "invitedBy": invitation.invited_by,
        "createdAt": invitation.created_at,
        "expiresAt": invitation.expires_at,
    }


def key_wire(key: Document) -> Json:
    """Show a key without its secret."""
    return {name: key[name] for name in KEY_MEMBERS}


def session_wire(session: Document, caller: Caller) -> Json:
    """Show a session of the caller."""
    return {name: session[name] for name in SESSION_MEMBERS} | {"current": session["_id"] == caller.credential.id}


def me_wire(caller: Caller, user: User | None, *, plan: Mapping[str, Any], quota: Json, quotas: Json) -> Json:
    """Show who calls, and what they may do how often."""
    workspace, credential = caller.workspace, caller.credential
    key = {
        "name": credential.name,
        "prefix": credential.prefix,
        "environment": caller.environment,
        "createdAt": credential.created_at,
        "lastUsedAt": credential.last_used_at,
    }
    return {
        "company": {"id": workspace.id, "name": workspace.name, "slug": workspace.slug},
        "key": key if credential.kind == "api_key" else None,
        "user": None if user is None else {"_id": user.id, "email": user.email, "name": user.name},
        "role": caller.role,
        "environment": caller.environment,
        "scopes": sorted(caller.rights),
        "plan": plan,
        "quota": quota,
        "quotas": quotas,
    }
