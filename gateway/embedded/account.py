"""Whom the servers run as: PostgreSQL refuses root, so root hands them to an account of less power."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import Misconfigured

SERVICE_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An account of this machine; None in its place means "whoever we are"."""

    name: str
    uid: int
    gid: int


def service_account() -> Account | None:
    """None for a normal user; for root the first of SERVICE_ACCOUNTS that exists. Raises Misconfigured."""
    if os.geteuid() != 0:
        return None
    for name in SERVICE_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise Misconfigured("root needs an account named 'postgres' or 'nobody' to run PostgreSQL; or set DATABASE_URL and REDIS_URL")


def run_as(account: Account | None, *argv: str | Path) -> subprocess.CompletedProcess[str]:
    """Run to the end as `account`, in "/", and hand back what it said; the exit status is the caller's to judge."""
    return subprocess.run(
        [str(part) for part in argv],
        cwd="/",
        env=environment(),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        capture_output=True,
        text=True,
        check=False,
    )


def environment() -> dict[str, str]:
    """What a server may know of our environment: no PG* variable, no locale and no secret of ours."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def may_execute(account: Account | None, path: Path) -> bool:
    """Whether `account` can run, or for a directory enter, `path`: asked of a child of that account, not computed."""
    return run_as(account, "/bin/sh", "-c", 'test -x "$0"', path).returncode == 0


def own_directory(path: Path, account: Account | None) -> None:
    """Make `path`, closed to everyone but `account`; one that is there already is left exactly as it is."""
    if path.exists():
        return
    path.mkdir()
    path.chmod(0o700)
    if account:
        os.chown(path, account.uid, account.gid)
