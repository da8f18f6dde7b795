"""Writes gateway/db/schema.sql, the whole schema for readers: the result of all migrations."""

import argparse
import asyncio
import subprocess
import sys
from pathlib import Path

from gateway.db.migrate import migrate
from gateway.embedded.account import server_environment
from gateway.embedded.binaries import postgres_directory
from gateway.embedded.launcher import EmbeddedServers

SCHEMA = Path(__file__).parent / "schema.sql"
HEADING = (
    "-- What the migrations add up to. Written by `python -m gateway.db.schema`; "
    "change a migration, not this file.\n"
)
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


if __name__ == "__main__":
    argparse.ArgumentParser(prog="gw schema", description=__doc__).parse_args()
    SCHEMA.write_text(asyncio.run(current_schema()), "utf-8")
    sys.stdout.write(f"{SCHEMA} written\n")
