"""Authlib's authorization server, run over what was fetched before and leaving behind what is to be stored.

Authlib's core is synchronous and asks for things while it runs. Here everything it may ask for is awaited first, the
core runs without any input or output, and its results are awaited afterwards. One core serves one request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidRequestError, OAuth2Payload, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7636.challenge import compare_s256_code_challenge

from tracepass.oauth.models import AUTH_METHODS, CHALLENGE_METHODS, SUPPORTED, Client, Code, RefreshToken

Fields = Mapping[str, list[str]]
Issue = Callable[[tuple[str, ...]], dict[str, Any]]
"""Makes the members of a token answer for some scopes."""


@dataclass(frozen=True, slots=True)
class CoreAnswer:
    """What the core would answer: a status, a body, and for a browser the address to go to."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def location(self) -> str | None:
        """Return where the browser is to go, if anywhere."""
        return self.headers.get("Location")


class _Payload(OAuth2Payload):  # type: ignore[misc]  # Authlib has no types
    """The parameters of a request, each of which may have come more than once."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields

    @property
    def data(self) -> dict[str, str]:
        """Return the first value of each parameter; one without a value counts as absent (RFC 6749 3.1)."""
        return {name: values[0] for name, values in self._fields.items() if values[0]}

    @property
    def datalist(self) -> Fields:
        """Return all values."""
        return self._fields


class CoreRequest(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    """A request as the core sees it."""

    def __init__(self, method: str, uri: str, fields: Fields, *, authorization: str | None = None) -> None:
        super().__init__(method, uri, headers={} if authorization is None else {"Authorization": authorization})
        self.payload = _Payload(fields)

    @property
    def form(self) -> dict[str, str]:
        """Return the fields of the body."""
        fields: dict[str, str] = self.payload.data
        return fields


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib has no types
    """Codes: saved and claimed by the service, judged here."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def save_authorization_code(self, code: str, request: CoreRequest) -> None:  # noqa: ARG002 - Authlib's signature
        """Leave the code behind for the service."""
        self.server.made_code = code

    def query_authorization_code(self, code: str, client: Client) -> Code | None:  # noqa: ARG002 - Authlib's signature
        """Return the code that the service has claimed for this application."""
        claimed: Code | None = self.server.code
        return claimed if claimed is not None and claimed.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Do nothing: who claimed it has used it up."""

    def authenticate_user(self, authorization_code: Code) -> Any:
        """Return who granted it: the grant stands for them."""
        return authorization_code.grant_id


class _RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]  # Authlib has no types
    """Refresh tokens: claimed by the service, judged here, and always replaced by a new one."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken | None:  # noqa: ARG002 - as Authlib asks
        """Return the token that the service has claimed."""
        found: RefreshToken | None = self.server.refresh_token
        return found

    def authenticate_user(self, refresh_token: RefreshToken) -> Any:
        """Return who granted it: the grant stands for them."""
        return refresh_token.grant_id

    def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
        """Do nothing: who claimed it has used it up."""


class _S256(CodeChallenge):  # type: ignore[misc]  # Authlib has no types
    """Proof of possession of the code, which everybody owes and which only S256 gives (RFC 9700 2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = CHALLENGE_METHODS
    CODE_CHALLENGE_METHODS = {"S256": compare_s256_code_challenge}  # noqa: RUF012 - Authlib's attribute

    def validate_code_challenge(self, grant: _CodeGrant, redirect_uri: str) -> None:
        """Demand a challenge and its method: without one the default would be ``plain`` (RFC 7636 4.3)."""
        if not grant.request.payload.data.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'; PKCE with S256 is required.")
        if grant.request.payload.data.get("code_challenge_method") not in CHALLENGE_METHODS:
            raise InvalidRequestError("The 'code_challenge_method' must be S256.")
        super().validate_code_challenge(grant, redirect_uri)


class Core(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """The authorization server for one request."""

    def __init__(
        self,
        client: Client | None,
        *,
        code: Code | None = None,
        refresh_token: RefreshToken | None = None,
        issue: Issue | None = None,
    ) -> None:
        super().__init__(scopes_supported=sorted(SUPPORTED))
        self.client = client
        self.code = code
        self.refresh_token = refresh_token
        self.made_code: str | None = None
        self.register_grant(_CodeGrant, [_S256(required=True)])
        self.register_grant(_RefreshGrant)
        if issue is not None:
            self.register_token_generator("default", _generator(issue))

    def query_client(self, client_id: str) -> Client | None:
        """Return the application that the service has looked up."""
        return self.client if self.client is not None and self.client.client_id == client_id else None

    def save_token(self, token: Mapping[str, Any], request: CoreRequest) -> None:
        """Do nothing: the service stores what it issued."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Do nothing: nobody listens."""

    def create_oauth2_request(self, request: CoreRequest) -> CoreRequest:
        """Return the request, which is one already."""
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> CoreAnswer:
        """Return what is to be answered."""
        return CoreAnswer(status, body, dict(headers))

    def handle_error_response(self, request: CoreRequest, error: OAuth2Error) -> CoreAnswer:  # noqa: ARG002 - as above
        """Let the service turn an error into an answer."""
        raise error


def _generator(issue: Issue) -> Callable[..., dict[str, Any]]:
    def generate(*, scope: str, **_: Any) -> dict[str, Any]:
        return issue(tuple(scope.split()))

    return generate
