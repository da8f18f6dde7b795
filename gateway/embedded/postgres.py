"""The bundled PostgreSQL: creates a cluster once, then starts `postgres` on a Unix socket only."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from gateway.embedded.account import Account, create_private_directory, run_as
from gateway.embedded.binaries import postgres_directory, reachable_postgres
from gateway.embedded.child import EmbeddedProcess
from gateway.errors import Misconfigured, Unavailable

COMMON: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}

FAST: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
}
"""Settings for tests: nothing needs to survive a crash of the machine."""

DURABLE: Mapping[str, str] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
}
"""Settings for development and benchmarks: committed data is durable."""


def database_url(run: Path) -> str:
    """Return the URL of the server with its socket in `run`."""
    return f"postgresql://gateway@/postgres?host={run}&port=5432&sslmode=disable"


def start_postgres(
    state: Path, run: Path, account: Account | None, log: Path, lock: int, *, fast: bool
) -> EmbeddedProcess:
    """Create the cluster in `state`/pg if there is none and start it; raises Misconfigured."""
    programs = reachable_postgres(postgres_directory(), account, state)
    cluster = state / "pg"
    if cluster.exists():
        _same_major(cluster, programs, account)
    else:
        _create_cluster(cluster, programs, account, fast=fast)
    options = {**COMMON, **(FAST if fast else DURABLE), "unix_socket_directories": str(run)}
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return EmbeddedProcess(
        "PostgreSQL", [programs / "postgres", "-D", cluster, *settings], account, log, lock
    )


TEMPORARY_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
)
"""Errors of a server that may answer later; all others need a person.

They are classes 08, 53 and 57 of PostgreSQL's appendix A.
"""


async def postgres_answers(url: str) -> bool:
    """Return whether the server accepts connections.

    It does not while it starts, recovers or stops, or has no free connection.
    """
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except TEMPORARY_ERRORS:
        return False
    await connection.close()
    return True


def _create_cluster(cluster: Path, programs: Path, account: Account | None, *, fast: bool) -> None:
    """Create a cluster beside its place, then rename it, so that none is incomplete."""
    draft = cluster.with_name("pg.draft")
    shutil.rmtree(draft, ignore_errors=True)
    create_private_directory(draft, account)
    # Trust is safe here: there is no TCP,
    # and the socket's directory is closed to every other account.
    made = run_as(
        account,
        programs / "initdb",
        "-D",
        draft,
        "-U",
        "gateway",
        "--auth=trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-instructions",
        *(["--no-sync"] if fast else []),
        *_collation(programs, account),
    )
    if made.returncode:
        raise Unavailable(f"initdb failed: {made.stderr.strip()}")
    draft.rename(cluster)


def _collation(programs: Path, account: Account | None) -> list[str]:
    """Return the initdb options for the same collation on every platform, from PostgreSQL 17 on.

    Earlier versions have no built-in collations.
    """
    return (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if _major(programs, account) >= 17
        else []
    )


def _same_major(cluster: Path, programs: Path, account: Account | None) -> None:
    kept = (cluster / "PG_VERSION").read_text("ascii").strip()
    major = _major(programs, account)
    if kept != str(major):
        raise Misconfigured(
            f"{cluster} was made by PostgreSQL {kept} and this is {major}: "
            f"move the data with {kept}'s pg_dump and pg_restore, point GATEWAY_POSTGRES_BIN at "
            f"PostgreSQL {kept}, or choose another state directory"
        )


def _major(programs: Path, account: Account | None) -> int:
    """Return the major version: 18 for "postgres (PostgreSQL) 18.6 (Debian ...)"."""
    said = run_as(account, programs / "postgres", "--version")
    if said.returncode:
        raise Misconfigured(f"{programs / 'postgres'} does not run: {said.stderr.strip()}")
    return int(said.stdout.split()[2].split(".")[0])
