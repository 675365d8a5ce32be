"""What we sign is believed by the published library, and by whoever follows our own header."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tracepass.delivery.signing import REPLAY_WINDOW_SECONDS, new_secret, signature_headers

BODY = '{"id":"evt_1","data":{"name":"Größe"}}'.encode()


def _headers(*keys: str, at: int | None = None) -> dict[str, str]:
    moment = int(time.time()) if at is None else at
    return dict(signature_headers("evt_1", moment, BODY, keys=keys))


def test_the_published_library_believes_the_signature() -> None:
    secret = new_secret()
    assert Webhook(secret).verify(BODY.decode(), _headers(secret)) == {"id": "evt_1", "data": {"name": "Größe"}}


def test_while_a_secret_is_replaced_holders_of_either_believe_it() -> None:
    new, old = new_secret(), new_secret()
    headers = _headers(new, old)
    for secret in (new, old):
        Webhook(secret).verify(BODY.decode(), headers)
    assert headers["X-TracePass-Signature"].count("v1=") == 2
    assert headers["webhook-signature"].count("v1,") == 2


def test_another_secret_another_body_another_time_are_not_believed() -> None:
    secret = new_secret()
    headers = _headers(secret)
    stale = _headers(secret, at=int(time.time()) - REPLAY_WINDOW_SECONDS - 5)
    moved = headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}
    for key, body, given in (
        (new_secret(), BODY, headers),
        (secret, BODY + b" ", headers),
        (secret, BODY, stale),
        (secret, BODY, moved),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body.decode(), given)


def test_our_own_header_is_keyed_with_the_whole_text_of_the_secret() -> None:
    secret = new_secret()
    headers = _headers(secret, at=1_700_000_000)
    expected = hmac.new(secret.encode(), b"1700000000." + BODY, hashlib.sha256).hexdigest()
    assert headers["X-TracePass-Signature"] == f"v1={expected}"
    assert headers["X-TracePass-Timestamp"] == "1700000000"
    assert headers["X-TracePass-Event-Id"] == headers["webhook-id"] == "evt_1"


def test_secrets_are_32_random_bytes() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    for secret in secrets:
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
