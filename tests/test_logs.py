"""A log line is one JSON object, whatever a sender wrote into its values."""

import json
import sys
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gateway import logs

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
    """What logging these facts writes; the tests' own configuration comes back afterwards."""
    before = structlog.get_config()
    try:
        logs.configure(level=level)
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr), cache_logger_on_first_use=False)
        structlog.get_logger().warning("request_refused", **facts)
    finally:
        structlog.configure(**before)
    return capsys.readouterr().err


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_forges_a_line_moves_the_cursor_or_fills_the_disk(capsys: pytest.CaptureFixture[str], text: str) -> None:
    line = written(capsys, title=text)
    assert line.count("\n") == 1
    assert line.isascii()
    assert not any(ord(character) < 32 for character in line.rstrip("\n"))
    told = json.loads(line)
    assert (told["event"], told["level"]) == ("request_refused", "warning")
    assert told["title"].startswith(text[:10])
    assert len(told["title"]) <= logs.LONGEST + 1


def test_below_the_level_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert written(capsys, "error") == ""


@given(
    st.recursive(
        st.text() | st.integers() | st.binary() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_value_can_be_logged(value: Any) -> None:
    cap = logs._cap(None, "", {"event": "e", "value": value})
    line = structlog.processors.JSONRenderer(ensure_ascii=True, default=str)(None, "", cap)
    assert "\n" not in line
