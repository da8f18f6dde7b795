"""Logging: one JSON object a line on standard error.

`event` is a stable slug, facts are keys, and no value that a sender wrote can forge a line.
Messages of libraries have the event `library`, with the logger's name and the text.
"""

import json
import logging
import sys
from typing import Any, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from gateway.tokens.key_texts import redact_keys

LONGEST = 4_096
"""The most characters logged of a value."""


def _cap(_: object, __: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        event[name] = _short(value)
    return event


def _short(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return value if len(text) <= LONGEST else text[:LONGEST] + "…"


def _without_keys(_: object, __: str, line: Any) -> str:
    return redact_keys(str(line))


def _of_library(_: object, __: str, event: EventDict) -> EventDict:
    """Move a library's message into a fact, because an event that varies cannot be searched for."""
    record: logging.LogRecord = event.pop("_record")
    event.pop("_from_structlog")
    return {**event, "event": "library", "logger": record.name, "said": event["event"]}


STAMPING_PROCESSORS: tuple[Processor, ...] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
RENDERING_PROCESSORS: tuple[Processor, ...] = (
    structlog.processors.format_exc_info,
    _cap,
    structlog.processors.JSONRenderer(ensure_ascii=True, default=str),
    _without_keys,
)
"""The last processors of every line, which also redact API keys.

`ensure_ascii` escapes control and bidirectional characters in values.
"""


class UnbufferedLog:
    """An unbuffered log that never raises: a line that cannot be written is counted as lost.

    That happens on a full disk, for example. The next line that can be written is preceded by
    the count.
    """

    def __init__(self, file: TextIO) -> None:
        self._file, self._lost = file, 0

    def msg(self, line: str) -> None:
        """Write one line."""
        try:
            if self._lost:
                lost = {"lines": self._lost, "event": "log_lines_lost", "level": "warning"}
                self._file.write(json.dumps(lost) + "\n")
                self._file.flush()
                self._lost = 0
            self._file.write(line + "\n")
            self._file.flush()
        except (OSError, ValueError):  # ValueError: it is closed
            self._lost += 1

    debug = info = warning = warn = error = critical = fatal = exception = log = failure = err = msg


def configure(*, level: str = "info") -> None:
    """Configure structlog for the process, and the logs of libraries from warnings upwards."""
    lines = UnbufferedLog(sys.stderr)
    lowest = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *STAMPING_PROCESSORS,
            *RENDERING_PROCESSORS,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(lowest, logging.WARNING), handlers=[_libraries()], force=True)
    logging.captureWarnings(capture=True)


def _libraries() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=list(STAMPING_PROCESSORS),
            processors=[_of_library, *RENDERING_PROCESSORS],
        )
    )
    return handler
