"""A log line is one JSON object, whatever its values contain; its event is a slug."""

import ast
import errno
import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gateway.observe import logs

HOSTILE = [
    'x\n{"level":"critical","event":"forged"}',
    "a\r\nb",
    "\x1b[31mred\x1b[0m",
    "\u202egnp.exe",
    "\u2028\u2029\x85",
    "\0",
    "x" * 100_000,
]


def written(capsys: pytest.CaptureFixture[str], level: str = "info", **facts: Any) -> str:
    """Return the log output of these facts; the logging configuration is restored afterwards."""
    before, handlers = structlog.get_config(), logging.root.handlers[:]
    try:
        logs.configure(level=level)
        structlog.configure(
            logger_factory=structlog.PrintLoggerFactory(sys.stderr), cache_logger_on_first_use=False
        )
        structlog.get_logger().warning("request_refused", **facts)
    finally:
        structlog.configure(**before)
        logging.root.handlers[:] = handlers
        logging.captureWarnings(capture=False)
    return capsys.readouterr().err


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_logged_as_one_escaped_bounded_line(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    line = written(capsys, title=text)
    assert line.count("\n") == 1
    assert line.isascii()
    assert not any(ord(character) < 32 for character in line.rstrip("\n"))
    told = json.loads(line)
    assert (told["event"], told["level"]) == ("request_refused", "warning")
    assert told["title"].startswith(text[:10])
    assert len(told["title"]) <= logs.LONGEST + 1


@pytest.mark.parametrize(
    "many", [["x" * 100] * 1_000, {"inner": {"deeper": "x" * 100_000}}], ids=["list", "dict"]
)
def test_nested_values_are_bounded(capsys: pytest.CaptureFixture[str], many: Any) -> None:
    assert len(written(capsys, headers=many)) < 2 * logs.LONGEST


class Disk(io.StringIO):
    """A file on a disk that may be full."""

    full = False

    def flush(self) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")


def test_unwritable_log_lines_are_counted_and_reported_later() -> None:
    disk = Disk()
    lines = logs.UnbufferedLog(disk)
    lines.msg("before")
    disk.full = True
    written = disk.tell()
    for number in range(3):
        lines.error(f"lost {number}")
    disk.truncate(written)
    disk.seek(written)
    disk.full = False
    lines.msg("after")
    lines.msg("later")
    before, told, *after = disk.getvalue().splitlines()
    assert (before, after) == ("before", ["after", "later"])
    assert json.loads(told) == {"lines": 3, "event": "log_lines_lost", "level": "warning"}


def test_closed_log_raises_no_error() -> None:
    disk = Disk()
    lines = logs.UnbufferedLog(disk)
    disk.close()
    lines.msg("nobody reads it")


def test_message_below_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    assert written(capsys, "error") == ""


@given(
    st.recursive(
        st.text() | st.integers() | st.binary() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_value_can_be_logged(value: Any) -> None:
    cap = logs._cap(None, "", {"event": "e", "value": value})
    line = structlog.processors.JSONRenderer(ensure_ascii=True, default=str)(None, "", cap)
    assert "\n" not in line


def libraries_write(capsys: pytest.CaptureFixture[str], text: str, **more: Any) -> dict[str, Any]:
    """Return the line on standard error for a log record of a library."""
    record = logging.LogRecord(
        "aiohttp.server", logging.ERROR, "web.py", 1, text, None, **{"exc_info": None, **more}
    )
    handler = logs._libraries()
    handler.emit(record)
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.isascii()
    told: dict[str, Any] = json.loads(line)
    return told


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_library_log_is_one_line_of_same_shape(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    told = libraries_write(capsys, text)
    assert (told["event"], told["level"], told["logger"]) == ("library", "error", "aiohttp.server")
    assert told["said"].startswith(text[:10])
    assert len(told["said"]) <= logs.LONGEST + 1


def test_library_traceback_is_logged_as_exception_fact(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        int("a\nb")
    except ValueError:
        told = libraries_write(capsys, "Error handling request", exc_info=sys.exc_info())
    assert "ValueError: invalid literal" in told["exception"]


def test_process_logs_only_json_lines() -> None:
    """A process of its own writes only JSON lines.

    It has a task whose exception nobody awaits, a warning, and a log line of the gateway.
    """
    said = (
        "import asyncio, warnings, structlog; from gateway.observe.logs "
        "import configure; configure()"
    )
    said += "; structlog.get_logger().info('ours')"
    lost = (
        "async def f():\n t = asyncio.ensure_future(asyncio.sleep(0, result=1)); "
        "t.cancel()\n async def g(): 1/0\n"
    )
    script = (
        f"{said}\n{lost} asyncio.ensure_future(g()); await "
        "asyncio.sleep(0)\nasyncio.run(f())\nwarnings.warn('old')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(one["event"], one.get("logger")) for one in lines] == [
        ("ours", None),
        ("library", "asyncio"),
        ("library", "py.warnings"),
    ]
    assert "ZeroDivisionError" in lines[1]["exception"]


CODE = Path(logs.__file__).parents[1]
LEVELS = {"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal"}
SLUG = re.compile(r"[a-z]+(_[a-z]+)*")


RESOURCE = "api/setup/resource.py"
"""The module whose `Resource` is given the names of the events that it logs."""


def logged_events() -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the place and event of each call of a logger; each module names its logger `log`."""
    for path in sorted(CODE.rglob("*.py")):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if "log." in text or "Resource(" in text else ():
            match node:
                case ast.Call(func=ast.Name(id="Resource"), keywords=given):
                    for one in given:
                        if one.arg in {"created", "changed"}:
                            yield f"{path.relative_to(CODE)}:{one.lineno}", one.value
                case _ if str(path.relative_to(CODE)) == RESOURCE:
                    pass
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="log"), attr=level), args=args
                ) if level in LEVELS:
                    place = f"{path.relative_to(CODE)}:{node.lineno}"
                    yield place, args[0] if len(args) == 1 else None


def test_every_logged_event_is_a_snake_case_literal() -> None:
    events = list(logged_events())
    assert len(events) > 80
    assert [
        place
        for place, event in events
        if not (
            isinstance(event, ast.Constant)
            and isinstance(event.value, str)
            and SLUG.fullmatch(event.value)
        )
    ] == []


def test_every_logger_is_named_log() -> None:
    """The test above finds loggers by this name."""
    made = {
        line.strip()
        for path in CODE.rglob("*.py")
        for line in path.read_text().splitlines()
        if "get_logger(" in line
    }
    assert made == {"log = structlog.get_logger()"}
