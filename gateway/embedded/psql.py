"""`gw psql`: PostgreSQL's own prompt on the bundled database of a running `gw dev`."""

import argparse
import json
import os
from pathlib import Path

from gateway.embedded.binaries import postgres_directory
from gateway.embedded.launcher import default_state
from gateway.errors import GatewayError, Misconfigured


def running_database(state: Path) -> str:
    """The URL that the servers on `state` wrote down. Raises Misconfigured when none run there."""
    try:
        url = json.loads((state / "servers.json").read_text("utf-8"))["database_url"]
    except FileNotFoundError:
        raise Misconfigured(f"nothing runs on {state}: start `python3 gw dev`, or name its directory with --state") from None
    return str(url)


def main() -> None:
    """Become psql."""
    parser = argparse.ArgumentParser(prog="gw psql", description="Further arguments go to psql, for example -c 'SELECT 1'.")
    parser.add_argument("--state", type=Path, default=default_state(), help="the state directory of gw dev (%(default)s)")
    known, rest = parser.parse_known_args()
    try:
        psql = postgres_directory() / "psql"
        os.execv(psql, [str(psql), running_database(known.state), *rest])
    except GatewayError as error:
        parser.exit(1, f"gw psql: {error.detail}\n")


if __name__ == "__main__":
    main()
