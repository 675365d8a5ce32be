"""Answers that are made while they are sent, and that let go of what they read from as soon as nobody listens."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.responses import StreamingResponse
from starlette.types import Send


class StreamAnswer(StreamingResponse):
    """Sends what a generator gives, and closes it however the sending ends.

    A generator that fails breaks the connection off: the answer lacks its last chunk, so that its reader can tell
    (RFC 9112 8).
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        status_code: int = 200,
        *,
        headers: dict[str, str],
        media_type: str,
    ) -> None:
        super().__init__(pieces, status_code, headers)
        # Starlette would add a charset to the types of texts.
        self.headers["content-type"] = media_type
        self._pieces = pieces

    async def stream_response(self, send: Send) -> None:
        """Send it all."""
        async with aclosing(self._pieces):
            await super().stream_response(send)
