"""`gw psql` finds the database of a running `gw dev`."""

import os
import sys
from pathlib import Path

import pytest

from gateway.embedded.binaries import postgres_directory
from gateway.embedded.launcher import EmbeddedServers
from gateway.embedded.psql import main, running_database
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


async def test_psql_replaces_process_with_remaining_arguments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replaced: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, argv: replaced.append(argv))
    monkeypatch.setenv("PGSERVICE", "payroll")
    async with EmbeddedServers(fast=True) as servers:
        monkeypatch.setattr(sys, "argv", ["psql", "--state", str(servers.state), "-c", "SELECT 1"])
        main()
        program = str(postgres_directory() / "psql")
        assert replaced == [[program, servers.database_url, "-c", "SELECT 1"]]
    assert "PGSERVICE" not in os.environ


def test_psql_without_running_servers_exits_with_advice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["psql", "--state", str(tmp_path)])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert capsys.readouterr().err.startswith(f"gw psql: nothing runs on {tmp_path}")
