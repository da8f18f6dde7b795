"""`gw psql` finds the database of a running `gw dev`."""

from pathlib import Path

import pytest

from gateway.embedded.launcher import Embedded
from gateway.embedded.psql import running_database
from gateway.errors import Misconfigured


async def test_the_database_of_running_servers_is_found() -> None:
    async with Embedded(fast=True) as servers:
        assert running_database(servers.state) == servers.database_url


@pytest.mark.parametrize("below", ["none", "file/none"])
def test_a_folder_that_is_none_says_what_to_start(below: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="start `python3 gw dev`"):
        running_database(tmp_path / below)


def test_nothing_running_says_what_to_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="start `python3 gw dev`"):
        running_database(tmp_path)
