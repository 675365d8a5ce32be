"""`tracepass user`: people, as the operator makes them and helps them back in."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import typer

from tracepass.accounts.links import reset_link
from tracepass.cli.installation import settings_for, with_database, workspace_named
from tracepass.cli.options import AsJson, DataDir, WorkspaceSlug
from tracepass.cli.output import show
from tracepass.core.clock import system_clock
from tracepass.core.mongo import Database, Session
from tracepass.core.tenancy import OPERATOR
from tracepass.identity.models import Role, User
from tracepass.identity.people import check_email
from tracepass.identity.service import INDEXES, Members, Passwords, People, Recovery, check_name
from tracepass.settings import Settings

app = typer.Typer(name="user", help="People: who may sign in, where, and as what.", no_args_is_help=True)

Person = Annotated[str, typer.Argument(help="The person's e-mail address, or their id.")]


@app.command()
def create(
    email: Annotated[str, typer.Argument(help="The person's e-mail address.")],
    name: Annotated[str, typer.Option(help="What the person is called.")],
    workspace: WorkspaceSlug,
    role: Annotated[Role, typer.Option(help="What the person may do there.")] = "owner",
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Create a person in a workspace, and print the link by which they choose a password."""
    settings = settings_for(data_dir)

    async def work(database: Database) -> dict[str, Any]:
        await database.create_indexes(INDEXES)
        home = await workspace_named(workspace, database)
        people, passwords = People(database, clock=system_clock), Passwords()
        address, called = check_email(email), check_name(name)
        nobody_knows = await passwords.hash(secrets.token_urlsafe())

        async def add(session: Session) -> User:
            user = await people.add(address, called, password_hash=nobody_knows, session=session)
            members = Members(database, clock=system_clock)
            await members.join(home.id, user, role, actor=OPERATOR, session=session)
            return user

        user = await database.transact(add)
        token = await Recovery(database, clock=system_clock, passwords=passwords).begin(user.id)
        return {"user": _described(user), "link": reset_link(token, origin=settings.api_origin)}

    made = with_database(settings, work)
    _warn_of_address(settings)
    show(made, text=f"{email} chooses a password here, within an hour: {made['link']}", as_json=as_json)


@app.command(name="list")
def list_(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """List everybody, oldest first, and where they belong."""

    async def work(database: Database) -> list[dict[str, Any]]:
        people = People(database, clock=system_clock)
        return [
            _described(user) | {"workspaces": {home.workspace.slug: home.role for home in await people.homes(user.id)}}
            for user in await people.list_()
        ]

    found = with_database(settings_for(data_dir), work)
    lines = [f"{user['email']}  {user['name']}  {_places(user['workspaces'])}" for user in found]
    show({"users": found}, text="\n".join(lines) or "There is nobody.", as_json=as_json)


@app.command(name="reset-link")
def reset_link_(person: Person, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Print a link by which a person chooses a new password; it lasts an hour, and any before it is void."""
    settings = settings_for(data_dir)

    async def work(database: Database) -> str:
        user = await People(database, clock=system_clock).named(person)
        token = await Recovery(database, clock=system_clock, passwords=Passwords()).begin(user.id)
        return reset_link(token, origin=settings.api_origin)

    link = with_database(settings, work)
    _warn_of_address(settings)
    show({"link": link}, text=link, as_json=as_json)


@app.command()
def role(
    person: Person,
    workspace: WorkspaceSlug,
    role: Annotated[Role, typer.Option(help="What the person may do there from now on.")],
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Give a person a role in a workspace, whether they belong to it yet or not."""

    async def work(database: Database) -> dict[str, Any]:
        home = await workspace_named(workspace, database)
        user = await People(database, clock=system_clock).named(person)
        await Members(database, clock=system_clock).set_role(home, user, role, actor=OPERATOR)
        return {"user": _described(user), "workspace": home.slug, "role": role}

    done = with_database(settings_for(data_dir), work)
    show(done, text=f"{done['user']['email']} is {role} in {workspace}.", as_json=as_json)


def _warn_of_address(settings: Settings) -> None:
    """Say that a link may lead nowhere: a running server knows its port, a command beside it does not."""
    if settings.public_url is None:
        typer.echo(f"Is the server not at {settings.api_origin}? Set TRACEPASS_PUBLIC_URL.", err=True)


def _described(user: User) -> dict[str, Any]:
    return {"id": str(user.id), "email": user.email, "name": user.name, "createdAt": user.created_at}


def _places(workspaces: dict[str, str]) -> str:
    return ", ".join(f"{slug} ({role})" for slug, role in workspaces.items()) or "belongs nowhere"
