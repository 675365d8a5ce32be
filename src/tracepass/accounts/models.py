"""What people send: how they come in, whom they bring, which keys they make."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from tracepass.core.schema import QueryModel, Text, WireModel, WireTimestamp
from tracepass.core.tenancy import Environment
from tracepass.identity.models import Role
from tracepass.locale import check_locale

Locale = Annotated[str, AfterValidator(check_locale)]
Email = Annotated[str, StringConstraints(min_length=3, max_length=300)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
"""A password or a token: what is longer is none of ours, and would only cost time."""
Slug = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]


class Register(WireModel):
    """A company and the person who brings it."""

    email: Email
    name: Text
    password: Secret
    workspace_name: Text
    default_locale: Locale = "en"


class Login(WireModel):
    """An account, and the workspace to work in if there are several."""

    email: Email
    password: Secret
    workspace: Slug | None = None


class Forgotten(WireModel):
    """Whose password is lost."""

    email: Email


class Reset(WireModel):
    """The token from the mail, and the password from now on."""

    token: Secret
    password: Secret


class PasswordChange(WireModel):
    """The old password and the new one."""

    current_password: Secret
    new_password: Secret


class Accept(WireModel):
    """The token of an invitation; name and password of somebody who is not signed in."""

    token: Secret
    name: Text | None = None
    password: Secret | None = None


class Switch(WireModel):
    """The workspace to go on in."""

    workspace: Slug


class RoleChange(WireModel):
    """The role from now on."""

    role: Role


class Invite(WireModel):
    """Whom to invite, and as what."""

    email: Email
    role: Role


class KeyCreate(WireModel):
    """A key to be made; without scopes it may do all that its maker may."""

    name: Text
    environment: Environment | None = None
    scopes: Annotated[list[str], Field(max_length=50)] | None = None
    expires_at: WireTimestamp | None = None


class KeyPatch(WireModel):
    """What a key is called from now on."""

    name: Text


class Branding(WireModel):
    """The colours of codes that are drawn with the company's branding."""

    color: Colour
    background_color: Colour = "#ffffff"


class WorkspacePatch(WireModel):
    """Settings of a workspace; what is left out stays as it is, branding of null is none."""

    name: Text | None = None
    default_locale: Locale | None = None
    branding: Branding | None = None


class PageQuery(QueryModel):
    """A page of a list."""

    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20

    @property
    def skip(self) -> int:
        """Return how many items come before the page."""
        return (self.page - 1) * self.limit
