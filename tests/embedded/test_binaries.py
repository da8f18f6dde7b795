"""Where programs are looked for, and what is said when there are none."""

from pathlib import Path

import pytest

from gateway.embedded import binaries
from gateway.errors import Misconfigured


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the extra nor anything of the system."""
    monkeypatch.setattr(binaries, "find_spec", lambda _: None)
    monkeypatch.setattr(binaries, "SYSTEM_POSTGRES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("GATEWAY_POSTGRES_BIN", raising=False)
    monkeypatch.delenv("GATEWAY_VALKEY_BIN", raising=False)


@pytest.mark.usefixtures("bare_machine")
def test_missing_postgresql_error_names_remedies() -> None:
    with pytest.raises(Misconfigured, match=r"PostgreSQL .* install req.*, or set DATABASE"):
        binaries.postgres_directory()


@pytest.mark.usefixtures("bare_machine")
def test_missing_valkey_error_names_remedies() -> None:
    with pytest.raises(Misconfigured, match=r"Valkey .* install req.*, or set DATABASE"):
        binaries.valkey_program()


@pytest.mark.usefixtures("bare_machine")
def test_newest_system_postgresql_is_used(tmp_path: Path) -> None:
    for version in ("9", "15", "16"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "postgres").touch()
    assert binaries.postgres_directory() == tmp_path / "16" / "bin"


def test_configured_directory_without_postgresql_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GATEWAY_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(Misconfigured, match="GATEWAY_POSTGRES_BIN is set, but"):
        binaries.postgres_directory()
