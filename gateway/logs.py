"""One JSON object a line on standard error: `event` is a stable slug, facts are keys, nothing a sender wrote can forge a line."""

import logging
import sys

import structlog

LONGEST = 4_096
"""Characters kept of any one value."""


def _cap(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for name, value in event.items():
        if isinstance(value, str) and len(value) > LONGEST:
            event[name] = value[:LONGEST] + "…"
    return event


def configure(*, level: str = "info") -> None:
    """Set up structlog for the process; `ensure_ascii` escapes control and bidirectional characters in values."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _cap,
            structlog.processors.JSONRenderer(ensure_ascii=True, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
