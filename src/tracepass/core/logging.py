"""Log lines: one JSON object each, on standard error, never with a token or a body."""

from __future__ import annotations

import logging
import sys
from typing import BinaryIO

import orjson
import structlog


def configure_logging(level: str, *, file: BinaryIO | None = None) -> None:
    """Send the lines of this process from a level on (``debug`` to ``critical``) to a file, else standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(file=file or sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
