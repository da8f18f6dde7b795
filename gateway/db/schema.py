"""Writes gateway/db/schema.sql, the result of all migrations, and their checksums.

A migration that is listed with its checksum may have been applied somewhere, and never changes.
"""

import argparse
import asyncio
import subprocess
import sys
from pathlib import Path

from gateway.db.migrate import MIGRATIONS, migrate, read_migrations
from gateway.embedded.account import server_environment
from gateway.embedded.binaries import postgres_directory
from gateway.embedded.launcher import EmbeddedServers
from gateway.errors import Misconfigured

SCHEMA = Path(__file__).parent / "schema.sql"
HEADING = (
    "-- What the migrations add up to. Written by `python -m gateway.db.schema`; "
    "change a migration, not this file.\n"
)
CHECKSUMS = MIGRATIONS / "SHA256SUMS"
NOISE = ("--", "SET ", "SELECT pg_catalog.set_config", "\\")


async def current_schema() -> str:
    """Return the text of `schema.sql`: the dump of an empty, migrated, bundled PostgreSQL."""
    async with EmbeddedServers(fast=True) as servers:
        await migrate(servers.database_url)
        dump = [
            str(postgres_directory() / "pg_dump"),
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            servers.database_url,
        ]
        text = await asyncio.to_thread(
            subprocess.check_output, dump, env=server_environment(), text=True
        )
    lines = [line for line in text.splitlines() if not line.startswith(NOISE)]
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return HEADING + "\n" + "\n".join(kept).strip() + "\n"


def list_checksums() -> dict[str, str]:
    """Return the checksum of each migration by its file name, as the files are now."""
    return {f"{one.version:04}_{one.name}.sql": one.checksum.hex() for one in read_migrations()}


def read_checksums() -> dict[str, str]:
    """Return the listed checksums by file name; the form is that of `sha256sum`."""
    lines = (line.split() for line in CHECKSUMS.read_text("utf-8").splitlines())
    return {name: checksum for checksum, name in lines}


def changed_migrations() -> list[str]:
    """Return the file names of listed migrations that were changed or removed."""
    present = list_checksums()
    return [name for name, checksum in read_checksums().items() if present.get(name) != checksum]


def write_files() -> None:
    """Write the schema and the list of checksums; raises Misconfigured for changed migrations."""
    if changed := changed_migrations():
        raise Misconfigured(
            f"{', '.join(changed)} may have been applied already: restore it, and write what is "
            "new into a migration of the next number"
        )
    lines = [f"{checksum}  {name}\n" for name, checksum in list_checksums().items()]
    CHECKSUMS.write_text("".join(lines), "utf-8")
    SCHEMA.write_text(asyncio.run(current_schema()), "utf-8")


if __name__ == "__main__":
    argparse.ArgumentParser(prog="gw schema", description=__doc__).parse_args()
    try:
        write_files()
    except Misconfigured as error:
        sys.exit(f"gw schema: {error.detail}")
    sys.stdout.write(f"{SCHEMA} and {CHECKSUMS} written\n")
