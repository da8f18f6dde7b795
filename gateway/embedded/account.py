"""The account that runs the bundled servers, because PostgreSQL refuses root."""

import os
import pwd
import subprocess
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import Misconfigured

SERVICE_ACCOUNTS = ("postgres", "nobody")

FAKETIME_VARIABLES = ("LD_PRELOAD", "FAKETIME", "FAKETIME_DONT_FAKE_MONOTONIC", "NO_FAKE_STAT")
"""Variables of libfaketime: where tests move the clock, the servers' clocks move along."""


OWN_SERVERS = "set DATABASE_URL and REDIS_URL and use --external-servers"
"""Advice for a machine on which the bundled servers cannot run."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of this machine; None in its place means the current user."""

    name: str
    uid: int
    gid: int


def service_account() -> Account | None:
    """Return the account for the servers: None for a normal user, a service account for root.

    For root it is the first of SERVICE_ACCOUNTS that exists. Raises Misconfigured if none does.
    """
    if os.geteuid() != 0:
        return None
    for name in SERVICE_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue  # this system has no such account, perhaps the next one
        return Account(name, entry.pw_uid, entry.pw_gid)
    names = " or ".join(map(repr, SERVICE_ACCOUNTS))
    raise Misconfigured(f"root needs an account named {names} to run PostgreSQL; or {OWN_SERVERS}")


def run_as(account: Account | None, *argv: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as `account`, in "/", and return output and exit status."""
    return subprocess.run(
        [str(part) for part in argv],
        cwd="/",
        env=server_environment(),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        capture_output=True,
        text=True,
        check=False,
    )


def server_environment() -> dict[str, str]:
    """Return the environment of a server: no PG* variable, no locale and no secret of ours."""
    given = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
    if "FAKETIME" in os.environ:
        given |= {name: os.environ[name] for name in FAKETIME_VARIABLES if name in os.environ}
    return given


def remove_libpq_variables(environ: MutableMapping[str, str]) -> None:
    """Remove libpq's variables, which refer to another PostgreSQL than the bundled one.

    asyncpg and psql take from them whatever an address leaves open, and some, such as PGSERVICE,
    cannot be overridden by any address.
    """
    for name in [name for name in environ if name.startswith("PG")]:
        del environ[name]


def may_execute(account: Account | None, path: Path) -> bool:
    """Return whether `account` can execute `path`, or enter it if it is a directory.

    A child process of that account tries it.
    """
    return run_as(account, "/bin/sh", "-c", 'test -x "$0"', path).returncode == 0


def create_private_directory(path: Path, account: Account | None) -> None:
    """Create `path`, closed to everyone but `account`; an existing one is left as it is."""
    if path.exists():
        return
    path.mkdir()
    path.chmod(0o700)
    if account:
        os.chown(path, account.uid, account.gid)
