"""Why a call got no answer, as codes that stay the same whatever the network library calls them."""

from __future__ import annotations

import ssl

import h11
import httpcore2

from tracepass.core.targets import CallFailed

_HEAD_TOO_LARGE = 431


def failure_of(error: Exception) -> CallFailed:
    """Return what an error of the network or of the protocol comes to."""
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLError):
        return _of_encryption(cause)
    if isinstance(cause, h11.RemoteProtocolError):
        return _of_protocol(cause)
    if isinstance(error, httpcore2.ConnectError):
        return CallFailed("connect_failed", "The server takes no connection.")
    if isinstance(error, httpcore2.LocalProtocolError):
        return CallFailed("bad_request", "The headers of the call cannot be sent.")
    return CallFailed("connection_lost", "The server broke the connection off before it answered.")


def _of_encryption(cause: ssl.SSLError) -> CallFailed:
    if isinstance(cause, ssl.SSLCertVerificationError):
        fault = cause.verify_message.rstrip(".")
        return CallFailed("certificate_refused", f"The certificate is not good for it: {fault}.")
    return CallFailed("tls_failed", "The server and we agree on no encryption.")


def _of_protocol(cause: h11.RemoteProtocolError) -> CallFailed:
    if cause.error_status_hint == _HEAD_TOO_LARGE:
        return CallFailed("head_too_large", "The answer has more headers than we read.")
    return CallFailed("bad_answer", "The answer is no HTTP.")
