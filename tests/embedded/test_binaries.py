"""Server programs are found in several places; the error names remedies if there are none."""

import shutil
from pathlib import Path

import pytest

from gateway.embedded import binaries
from gateway.embedded.account import service_account
from gateway.embedded.binaries import postgres_directory, valkey_program
from gateway.embedded.launcher import EmbeddedServers
from gateway.errors import Misconfigured


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with neither the pip extra of bundled servers nor servers of the system."""
    monkeypatch.setattr(binaries, "find_spec", lambda _: None)
    monkeypatch.setattr(binaries, "SYSTEM_POSTGRES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("GATEWAY_POSTGRES_BIN", raising=False)
    monkeypatch.delenv("GATEWAY_VALKEY_BIN", raising=False)


@pytest.mark.usefixtures("bare_machine")
def test_missing_postgresql_error_names_remedies() -> None:
    with pytest.raises(Misconfigured, match=r"PostgreSQL .* install req.*, or set DATABASE"):
        postgres_directory()


@pytest.mark.usefixtures("bare_machine")
def test_missing_valkey_error_names_remedies() -> None:
    with pytest.raises(Misconfigured, match=r"Valkey .* install req.*, or set DATABASE"):
        valkey_program()


@pytest.mark.usefixtures("bare_machine")
def test_newest_system_postgresql_is_used(tmp_path: Path) -> None:
    for version in ("9", "15", "16"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "postgres").touch()
    assert postgres_directory() == tmp_path / "16" / "bin"


def test_configured_directory_without_postgresql_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GATEWAY_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(Misconfigured, match="GATEWAY_POSTGRES_BIN is set, but"):
        postgres_directory()


async def test_programs_in_private_home_are_copied_and_home_stays_private(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = state.parent / "home"
    package = postgres_directory().parent.parent
    valkey = valkey_program()
    shutil.copytree(package, home / package.name, symlinks=True)
    shutil.copytree(package.with_name(package.name + ".libs"), home / (package.name + ".libs"))
    shutil.copy2(valkey, home / "valkey-server")
    home.chmod(0o700)
    monkeypatch.setenv("GATEWAY_POSTGRES_BIN", str(home / package.name / "pginstall" / "bin"))
    monkeypatch.setenv("GATEWAY_VALKEY_BIN", str(home / "valkey-server"))
    async with EmbeddedServers(state, fast=True):
        assert (state / "bin").exists() == (service_account() is not None)
    assert home.stat().st_mode & 0o777 == 0o700
