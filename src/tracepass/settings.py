"""The settings of a process, read once from the environment (prefix ``TRACEPASS_``) and an optional ``.env``."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SECRET_KEY_BYTES = 32
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,252})(?::\d{1,5})?")
_ORIGIN = re.compile(r"https?://[a-z0-9](?:[a-z0-9.-]{0,252})(?::\d{1,5})?")
_ADDRESS = re.compile(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Storage(BaseModel):
    """Where pictures and files are kept: in the database, or in S3-compatible storage."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["gridfs", "s3"] = "gridfs"
    bucket: str = "tracepass"
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key_id: str | None = None
    secret_access_key: SecretStr | None = None


class Smtp(BaseModel):
    """The server that mails are sent with; without a host none are."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True)

    host: str | None = None
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    username: str | None = None
    password: SecretStr | None = None
    sender: Annotated[str, Field(alias="from", pattern=r"^[^\r\n]*@[^\r\n]*$")] = "tracepass@localhost"
    tls: Literal["starttls", "tls", "none"] = "starttls"


class Webhooks(BaseModel):
    """How events are brought to their receivers."""

    model_config = ConfigDict(frozen=True)

    allow_local: bool = False
    ladder: Annotated[tuple[Annotated[float, Field(ge=0, le=604_800)], ...], NoDecode] = (
        0, 5, 300, 1_800, 7_200, 18_000, 36_000, 36_000,
    )  # fmt: skip
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 15
    disable_after_days: Annotated[float, Field(gt=0, le=365)] = 5

    @field_validator("ladder", mode="before")
    @classmethod
    def _split_rungs(cls, value: object) -> object:
        """Read ``0, 5, 300`` as a tuple of seconds."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value


class Settings(BaseSettings):
    """All settings of a process; ``docs/configuration.md`` explains each one."""

    model_config = SettingsConfigDict(
        env_prefix="TRACEPASS_",
        env_nested_delimiter="__",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        # A key that is not taken would stand in the message that says so, and in the log.
        hide_input_in_errors=True,
    )

    mongodb_uri: SecretStr | None = None
    mongod: Path | None = None
    database: str = "tracepass"
    max_pool_size: Annotated[int, Field(ge=1, le=100)] = 4
    data_dir: Path = Path(".tracepass")
    plans: Literal["on", "off"] = "on"
    public_url: str | None = None
    resolver_url: str | None = None
    resolver_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    bound_url: str = "http://localhost:8000"
    secret_key: SecretStr | None = None
    previous_secret_key: SecretStr | None = None
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = ()
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    request_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    storage: Storage = Storage()
    smtp: Smtp = Smtp()
    webhooks: Webhooks = Webhooks()
    registration: Literal["open", "closed"] = "open"
    log_level: Literal["debug", "info", "warning", "error", "critical"] = "info"

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        """Read ``10.0.0.0/8, ::1`` as a tuple of networks."""
        if isinstance(value, str):
            return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
        return value

    @field_validator("resolver_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        """Read ``id.brand.example, id.other.example`` as a tuple of hosts, and refuse what is none."""
        if isinstance(value, str):
            hosts = tuple(part.strip().lower() for part in value.split(",") if part.strip())
            wrong = [host for host in hosts if not _HOST.fullmatch(host)]
            if wrong:
                message = f"{wrong[0]!r} must be a host, as id.example.com, with a port or without"
                raise ValueError(message)
            return hosts
        return value

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        """Read ``https://a.example, https://b.example`` or ``*`` as a tuple of origins (RFC 6454 7)."""
        if not isinstance(value, str):
            return value
        origins = tuple(part.strip().lower() for part in value.split(",") if part.strip())
        wrong = [origin for origin in origins if origin != "*" and not _ORIGIN.fullmatch(origin)]
        if wrong:
            message = f"{wrong[0]!r} must be an origin, as https://shop.example.com, or * alone"
            raise ValueError(message)
        return origins

    @field_validator("public_url", "resolver_url", "bound_url")
    @classmethod
    def _check_url(cls, value: str | None) -> str | None:
        """Refuse an address that is no http(s) origin; a trailing slash is dropped."""
        if value is None:
            return None
        if not _ADDRESS.fullmatch(value):
            message = f"{value!r} must start with http:// or https:// and name a host"
            raise ValueError(message)
        return value.rstrip("/")

    @field_validator("secret_key", "previous_secret_key")
    @classmethod
    def _check_secret_key(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse a key that is not 32 bytes in base64."""
        if value is not None:
            decode_secret_key(value.get_secret_value())
        return value

    @cached_property
    def api_origin(self) -> str:
        """Where clients reach the API: the public URL, else the bound host and port."""
        return self.public_url or self.bound_url

    @cached_property
    def resolver_origin(self) -> str:
        """Where scanners reach the resolver: its own URL, else the API's."""
        return self.resolver_url or self.api_origin

    @property
    def embedded(self) -> bool:
        """Whether this installation runs its own mongod."""
        return self.mongodb_uri is None


def decode_secret_key(text: str) -> bytes:
    """Return the 32 bytes of a base64 secret key.

    Raises:
        ValueError: the text is not base64 of exactly 32 bytes.
    """
    try:
        raw = base64.b64decode(text.strip().encode(), validate=True)
    except binascii.Error as error:
        message = "the secret key must be base64"
        raise ValueError(message) from error
    if len(raw) != SECRET_KEY_BYTES:
        message = f"the secret key must hold {SECRET_KEY_BYTES} bytes, it holds {len(raw)}"
        raise ValueError(message)
    return raw
