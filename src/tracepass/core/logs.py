"""Logs: one JSON line an event on stderr, readable lines on a terminal; stdout belongs to a command's answer."""

from __future__ import annotations

import logging
import sys

import orjson
import structlog
from structlog.typing import EventDict, Processor

_LEVELS = logging.getLevelNamesMapping()


class UnknownLogLevel(ValueError):
    """TRACEPASS_LOG_LEVEL is none of the levels."""


def configure_logging(level: str) -> None:
    """Send all logs of this process, those of libraries included, to stderr from `level` (like `info`) on.

    Raises UnknownLogLevel.
    """
    if level.upper() not in _LEVELS:
        raise UnknownLogLevel(
            f"TRACEPASS_LOG_LEVEL: {level!r} is no log level; use one of {', '.join(sorted(_LEVELS)).lower()}"
        )
    number = _LEVELS[level.upper()]
    # Libraries speak through the standard library; what they say below a warning is their own business.
    logging.basicConfig(
        stream=sys.stderr, level=max(number, logging.WARNING), format="%(levelname)s %(name)s %(message)s"
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_renderers(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _renderers() -> list[Processor]:
    if sys.stderr.isatty():
        return [structlog.dev.ConsoleRenderer()]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_dumps)]


def _dumps(event: EventDict, **_: object) -> str:
    return orjson.dumps(event, default=str).decode()
