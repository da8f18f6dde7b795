"""The `gw psql` command: PostgreSQL's prompt on the bundled database of a running `gw dev`."""

import argparse
import json
import os
from pathlib import Path

from gateway.embedded.account import remove_libpq_variables
from gateway.embedded.binaries import postgres_directory
from gateway.embedded.launcher import default_state
from gateway.errors import GatewayError, Misconfigured


def running_database(state: Path) -> str:
    """Return the database URL of the servers on `state`; raises Misconfigured if none run there."""
    try:
        url = json.loads((state / "servers.json").read_text("utf-8"))["database_url"]
    except (FileNotFoundError, NotADirectoryError):
        raise Misconfigured(
            f"nothing runs on {state}: start `python3 gw dev`, or name its directory with --state"
        ) from None
    except PermissionError:
        raise Misconfigured(f"{state} belongs to another user: run this as that user") from None
    return str(url)


def main() -> None:
    """Replace this process with psql."""
    parser = argparse.ArgumentParser(
        prog="gw psql", description="Further arguments go to psql, for example -c 'SELECT 1'."
    )
    parser.add_argument("--state", type=Path, help="the state folder that `gw dev` printed")
    known, rest = parser.parse_known_args()
    try:
        url = running_database(known.state or default_state())
        psql = postgres_directory() / "psql"
        remove_libpq_variables(os.environ)
        os.execv(psql, [str(psql), url, *rest])
    except GatewayError as error:
        parser.exit(2, f"gw psql: {error.detail}\n")


if __name__ == "__main__":
    main()
