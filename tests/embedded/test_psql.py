"""`gw psql` finds the database of a running `gw dev`."""

from pathlib import Path

import pytest

from gateway.embedded.launcher import EmbeddedServers
from gateway.embedded.psql import running_database
from gateway.errors import Misconfigured


async def test_running_database_url_is_found() -> None:
    async with EmbeddedServers(fast=True) as servers:
        assert running_database(servers.state) == servers.database_url


@pytest.mark.parametrize("below", ["none", "file/none"])
def test_missing_state_folder_suggests_gw_dev(below: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="start `python3 gw dev`"):
        running_database(tmp_path / below)


def test_empty_state_folder_suggests_gw_dev(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="start `python3 gw dev`"):
        running_database(tmp_path)
