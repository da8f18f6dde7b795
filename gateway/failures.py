"""One-line error messages for operators: why a command could not run, and what to do."""

import errno
import sys
from collections.abc import Callable, Iterable

import asyncpg
import structlog

from gateway.errors import Flaw, GatewayError, Misconfigured
from gateway.settings.loading import setting_path

MIGRATE = "run `python -m gateway migrate` on this database first"
NOT_ALLOWED = "this user may not use it: choose another place, or change its owner or mode"
FILE_IN_THE_WAY = "a file stands where a directory is needed: choose another place"

FILE_ADVICE = {
    errno.EACCES: NOT_ALLOWED,
    errno.EPERM: NOT_ALLOWED,
    errno.EROFS: "it lies on a read-only file system: choose another place",
    errno.ENOSPC: "the disk is full: make room, or choose another place",
    errno.EDQUOT: "the disk quota is used up: make room, or choose another place",
    errno.ENOENT: "it does not exist: correct the path",
    errno.ENOTDIR: FILE_IN_THE_WAY,
    errno.EEXIST: FILE_IN_THE_WAY,
    errno.EISDIR: "it is a directory, a file is needed: correct the path",
    errno.ENAMETOOLONG: "the path is too long: choose a shorter one",
}

DATABASE_ADVICE: dict[type[Exception], str] = {
    asyncpg.InvalidPasswordError: "correct the password in DATABASE_URL",
    asyncpg.InvalidAuthorizationSpecificationError: "correct the user in DATABASE_URL",
    asyncpg.InvalidCatalogNameError: "create that database, or correct DATABASE_URL",
    asyncpg.UndefinedTableError: MIGRATE,
    asyncpg.UndefinedColumnError: MIGRATE,
    asyncpg.InsufficientPrivilegeError: "grant it to the user of DATABASE_URL",
    asyncpg.CannotConnectNowError: "wait until PostgreSQL has started",
    asyncpg.TooManyConnectionsError: "raise max_connections, or stop what uses PostgreSQL",
    asyncpg.ReadOnlySQLTransactionError: "name the primary server in DATABASE_URL",
    asyncpg.exceptions.ClientConfigurationError: "correct DATABASE_URL",
    asyncpg.PostgresConnectionError: "see PostgreSQL's log, and correct DATABASE_URL",
    asyncpg.PostgresError: "see PostgreSQL's log; --log-level debug shows what was asked of it",
    asyncpg.InterfaceError: "correct that value",
}
"""Exception types with the advice for each; the first type that fits is taken."""

NO_CONNECTION = (ConnectionError, TimeoutError)
"""Errors of the connection to a server, as opposed to errors that the server answers."""


log = structlog.get_logger()


def run_reporting_errors(work: Callable[[], int]) -> int:
    """Run a command and return its exit status: 2 after an error, 130 after Ctrl-C.

    An error that one line explains is printed as that line; any other is raised.
    """
    try:
        return work()
    except Misconfigured as error:
        print_problems(error.detail, error.flaws)
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        line = failure_line(error)
        if line is None:
            raise
        log.debug("command_failed", exc_info=True)
        print(f"gateway: {line}", file=sys.stderr)
        return 2


def print_problems(title: str, flaws: Iterable[Flaw]) -> None:
    """Print problems for people, each with the path of its setting as in the configuration file."""
    print(f"gateway: {title}", file=sys.stderr)
    for flaw in flaws:
        print(f"  {setting_path(flaw.pointer)}: {flaw.detail}", file=sys.stderr)


def failure_line(error: BaseException) -> str | None:
    """Return one line with the failure and its remedy, or None if only a traceback explains it."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    line = _line(error)
    return None if line is None else " ".join(line.split())


def _line(error: BaseException) -> str | None:
    if isinstance(error, GatewayError):
        return error.detail
    for kind, advice in DATABASE_ADVICE.items():
        if isinstance(error, kind):
            return f"the database refused: {error}: {advice}"
    if isinstance(error, OSError) and error.filename is not None:
        advice = FILE_ADVICE.get(error.errno or 0, "correct the path, or choose another place")
        return f"{_path(error)}: {advice}"
    if isinstance(error, NO_CONNECTION):
        said = str(error) or type(error).__name__
        return f"no server answers: {said}: is it running, and is its address right?"
    return None


def _path(error: OSError) -> str:
    """Return the path of a failed call; of two, as of a rename, the target."""
    return str(error.filename if error.filename2 is None else error.filename2)
