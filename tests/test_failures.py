"""Each known failure of a command is one line with advice; anything else keeps its traceback."""

import errno
import os
from pathlib import Path

import asyncpg
import pytest

from gateway.__main__ import main
from gateway.errors import Misconfigured, Unavailable
from gateway.failures import failure_line

pytestmark = pytest.mark.usefixtures("logs_as_before")


def file_error(number: int, *files: str) -> OSError:
    return OSError(number, os.strerror(number), *files[:1], None, *files[1:])


@pytest.mark.parametrize(
    ("error", "happened", "advice"),
    [
        (
            asyncpg.InvalidPasswordError('password failed for user "ops"'),
            'the database refused: password failed for user "ops"',
            "correct the password in DATABASE_URL",
        ),
        (
            asyncpg.InvalidCatalogNameError('database "payroll" does not exist'),
            'the database refused: database "payroll" does not exist',
            "create that database, or correct DATABASE_URL",
        ),
        (
            asyncpg.UndefinedTableError('relation "api_key" does not exist'),
            'the database refused: relation "api_key" does not exist',
            "run `python -m gateway migrate` on this database first",
        ),
        (
            asyncpg.PostgresSyntaxError("invalid command-line argument"),
            "the database refused: invalid command-line argument",
            "see PostgreSQL's log; --log-level debug shows what was asked of it",
        ),
        (
            ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"),
            "no server answers: [Errno 111] Connect call failed",
            "is it running, and is its address right?",
        ),
        (
            TimeoutError(),
            "no server answers: TimeoutError",
            "is it running, and is its address right?",
        ),
        (
            file_error(errno.EROFS, "/state"),
            "/state",
            "it lies on a read-only file system: choose another place",
        ),
        (
            file_error(errno.EACCES, "/state/lock"),
            "/state/lock",
            "this user may not use it: choose another place, or change its owner or mode",
        ),
        (
            file_error(errno.EIO, "draft", "final"),
            "final",
            "correct the path, or choose another place",
        ),
    ],
)
def test_known_failure_becomes_one_line_with_advice(
    error: Exception, happened: str, advice: str
) -> None:
    assert failure_line(error) == f"{happened}: {advice}"


def test_gateway_error_message_is_kept_on_one_line() -> None:
    assert failure_line(Unavailable("the database is down")) == "the database is down"
    assert failure_line(ExceptionGroup("tasks", [Misconfigured("one\nreason")])) == "one reason"


@pytest.mark.parametrize("error", [ValueError("bug"), KeyError("name"), OSError(errno.EBADF, "")])
def test_unexpected_error_has_no_failure_line(error: Exception) -> None:
    assert failure_line(error) is None


@pytest.mark.parametrize("port", ["99999", "-1", "eighty", "1e3", "８０"])
@pytest.mark.parametrize("command", ["dev", "serve"])
def test_invalid_port_is_refused(
    command: str,
    port: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as exited:
        main([command, f"--port={port}"])
    assert exited.value.code == 2
    assert "choose a number from 0 to 65535" in capsys.readouterr().err


def test_unknown_log_level_in_environment_is_refused(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GATEWAY_LOG_LEVEL", "loud")
    with pytest.raises(SystemExit) as exited:
        main(["check"])
    assert exited.value.code == 2
    said = capsys.readouterr().err
    assert "'loud' is no log level: choose one of debug, info, warning, error" in said


def test_unreadable_configuration_is_reported_in_one_line(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert main(["check", "--config", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("gateway: ")
    assert len(said.splitlines()) == 1
