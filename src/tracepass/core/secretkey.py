"""The secret key of an installation, which seals what must be read back."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from tracepass.settings import SECRET_KEY_BYTES, Settings, decode_secret_key

FILE_NAME = "secret.key"


class SecretKeyMissing(RuntimeError):
    """A database by URI was given without a secret key."""


def load_secret_key(settings: Settings) -> bytes:
    """Return the 32 bytes of ``TRACEPASS_SECRET_KEY``, or of the embedded installation's own key file.

    Raises:
        SecretKeyMissing: the database is reached by URI and no key is set.
    """
    if settings.secret_key is not None:
        return decode_secret_key(settings.secret_key.get_secret_value())
    if not settings.embedded:
        raise SecretKeyMissing(
            "TRACEPASS_SECRET_KEY is not set. It seals secrets in your database, so every process needs the same one: "
            "make it once with `openssl rand -base64 32` and keep it safe."
        )
    return _own_key(settings.data_dir / FILE_NAME)


def load_secret_keys(settings: Settings) -> tuple[bytes, ...]:
    """Return the secret key, and after it the one before, which still opens what it sealed.

    Raises:
        SecretKeyMissing: the database is reached by URI and no key is set.
    """
    previous = settings.previous_secret_key
    older = () if previous is None else (decode_secret_key(previous.get_secret_value()),)
    return (load_secret_key(settings), *older)


def _own_key(path: Path) -> bytes:
    """Read the key file, which is made at the first start; of two that make it at once, one wins."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not the process id: in a container it is always 1, and a start that was killed here leaves its file.
        fresh = path.with_name(f".{FILE_NAME}.{secrets.token_hex(8)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(SECRET_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            return decode_secret_key(path.read_text())
        finally:
            fresh.unlink()
    return decode_secret_key(path.read_text())
