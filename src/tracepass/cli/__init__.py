"""The commands of `tracepass`: run an installation, and what its operator does beside the API."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError

from tracepass.cli import assistant, audit, demo, doctor, gtins, indexes, keys, plans, server, users, workspaces
from tracepass.cli.installation import DatabaseAway, IndexesMissing, UnknownWorkspace
from tracepass.core.embedded import EmbeddedMongodError
from tracepass.core.errors import Refusal
from tracepass.core.logging import configure_logging
from tracepass.core.secretkey import SecretKeyMissing
from tracepass.demo import DemoFailed
from tracepass.settings import Settings
from tracepass.supervisor import AddressInUse

app = typer.Typer(
    name="tracepass",
    help="TracePass: digital product passports on your own machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
server.register(app)
demo.register(app)
indexes.register(app)
doctor.register(app)
assistant.register(app)
app.add_typer(workspaces.app)
app.add_typer(keys.app)
app.add_typer(users.app)
app.add_typer(plans.app)
app.add_typer(gtins.app)
app.add_typer(gtins.prefixes)
app.add_typer(audit.app)

# What an operator can put right: they get the sentence, not the stack.
_EXPECTED = (
    AddressInUse,
    DatabaseAway,
    DemoFailed,
    EmbeddedMongodError,
    IndexesMissing,
    SecretKeyMissing,
    UnknownWorkspace,
)


def main() -> None:
    """Run the command line; what goes wrong is one sentence on stderr and exit code 1."""
    try:
        configure_logging(Settings().log_level)
        app()
    except Refusal as refusal:
        _fail(refusal.message)
    except ValidationError as error:
        _fail("\n".join(f"{_variable(item['loc'])}: {item['msg']}" for item in error.errors()))
    except _EXPECTED as error:
        _fail(str(error))


def _fail(sentence: str) -> None:
    typer.echo(f"tracepass: {sentence}", err=True)
    sys.exit(1)


def _variable(location: tuple[int | str, ...]) -> str:
    """Name the environment variable of a setting that was refused."""
    return "TRACEPASS_" + "__".join(str(part) for part in location).upper()
