"""Keys, kept answers and the refusals of repetitions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracepass.core.errors import Invalid, Refusal
from tracepass.core.tenancy import Tenancy

HEADER = "Idempotency-Key"
MAX_LENGTH = 255
_STRING = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BARE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_ESCAPED = re.compile(r"\\(.)")


def read_key(values: Sequence[str]) -> str | None:
    """Return the key of a request from the values of its header, or None without one.

    A key comes bare, or quoted as a string of RFC 8941, 3.3.3: both are the same key.

    Raises:
        Invalid: there are several, or it is blank, too long or ill-formed.
    """
    if not values:
        return None
    if len(values) > 1:
        raise _bad("must come once")
    text = values[0].strip(" \t")
    quoted = _STRING.fullmatch(text)
    if quoted is None and (text.startswith('"') or not _BARE.fullmatch(text)):
        raise _bad("must be printable ASCII, bare or as one quoted string")
    key = text if quoted is None else _ESCAPED.sub(r"\1", quoted[1])
    if not key.strip():
        raise _bad("must not be blank")
    if len(key) > MAX_LENGTH:
        raise _bad(f"must have at most {MAX_LENGTH} characters")
    return key


def _bad(sentence: str) -> Invalid:
    return Invalid({HEADER: [sentence]})


@dataclass(frozen=True, slots=True)
class Request:
    """What a key stands for: one request of one tenancy; ``digest`` is that of its query and of what it sends."""

    tenancy: Tenancy
    method: str
    path: str
    key: str
    digest: str

    @property
    def id(self) -> str:
        """Return the key of its claim; the parts are told apart by their lengths, so none can pose as another."""
        parts = (str(self.tenancy.workspace_id), self.tenancy.environment, self.method, self.path, self.key)
        return hashlib.sha256(b"".join(b"%d:%s" % (len(part), part) for part in map(str.encode, parts))).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is kept."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class KeyReuse(Refusal):
    """The key belongs to another request."""

    def __init__(self) -> None:
        super().__init__(
            "idempotency_key_reuse",
            "This Idempotency-Key was sent before with another body or query; take a new key for a new request.",
        )


class InFlight(Refusal):
    """The first request under the key still runs."""

    def __init__(self) -> None:
        super().__init__(
            "idempotency_in_flight",
            "The first request with this Idempotency-Key is still running; repeat in a second for its answer.",
            headers={"Retry-After": "1"},
        )


class AnswerLost(Refusal):
    """The request took effect, but its answer is not there to be given again."""

    def __init__(self, effects: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(
            "idempotency_answer_lost",
            "This request took effect, but its answer was not kept; read what it changed instead of repeating it.",
            details={"effects": [dict(effect) for effect in effects]},
        )
