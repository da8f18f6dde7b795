"""Bundled servers and their clients get only the environment variables that they need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.embedded.account import remove_libpq_variables, server_environment, service_account
from gateway.embedded.binaries import (
    postgres_directory,
    reachable_postgres,
    reachable_valkey,
    valkey_program,
)
from tests.support.environment import remove_gateway_variables

SHELL = {
    "PGHOST": "db.invalid",
    "PGSERVICE": "payroll",
    "PGOPTIONS": "-c search_path=payroll",
    "DATABASE_URL": "postgresql://db.invalid",
    "REDIS_URL": "redis://cache.invalid",
    "GATEWAY_CONFIG": "own.toml",
    "GATEWAY_SERVER__PORT": "81",
    "GATEWAY_E2E_BIN": "programs",
    "GATEWAY_FAULTS_SEED": "7",
    "LANG": "tr_TR.UTF-8",
    "LD_PRELOAD": "other.so",
    "HOME": "home",
}


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SHELL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", "programs")
    monkeypatch.delenv("FAKETIME", raising=False)


@pytest.mark.usefixtures("shell")
def test_server_environment_holds_only_path_locale_and_zone() -> None:
    assert server_environment() == {"PATH": "programs", "LC_ALL": "C", "TZ": "UTC"}


@pytest.mark.usefixtures("shell")
def test_server_environment_keeps_faketime_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = {
        "LD_PRELOAD": "libfaketime.so",
        "FAKETIME": "+40d",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    for name, value in moved.items():
        monkeypatch.setenv(name, value)
    assert moved.items() <= server_environment().items()


@pytest.mark.usefixtures("shell")
def test_faketime_without_preload_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKETIME", "+40d")
    monkeypatch.delenv("LD_PRELOAD")
    assert server_environment()["FAKETIME"] == "+40d"


def test_client_environment_drops_only_libpq_variables() -> None:
    environ = dict(SHELL)
    remove_libpq_variables(environ)
    assert set(SHELL) - set(environ) == {"PGHOST", "PGSERVICE", "PGOPTIONS"}


def test_test_run_environment_drops_gateway_and_database_variables() -> None:
    environ = dict(SHELL)
    remove_gateway_variables(environ)
    assert set(environ) == {"GATEWAY_E2E_BIN", "GATEWAY_FAULTS_SEED", "LANG", "LD_PRELOAD", "HOME"}


ONCE = """
import asyncio, os, sys
from pathlib import Path
from gateway.embedded.launcher import EmbeddedServers

if len(sys.argv) > 2:
    os.setgroups([])
    os.setgid(int(sys.argv[3]))
    os.setuid(int(sys.argv[2]))

async def main():
    async with EmbeddedServers(Path(sys.argv[1]), fast=True):
        pass

asyncio.run(main())
"""


def test_unprivileged_user_can_run_servers(state: Path) -> None:
    account = service_account()
    state.parent.chmod(0o777)
    environment = {
        **os.environ,
        "GATEWAY_POSTGRES_BIN": str(
            reachable_postgres(postgres_directory(), account, state.parent)
        ),
        "GATEWAY_VALKEY_BIN": str(reachable_valkey(valkey_program(), account, state.parent)),
    }
    identity = [str(account.uid), str(account.gid)] if account else []
    done = subprocess.run(
        [sys.executable, "-c", ONCE, str(state), *identity],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert state.stat().st_uid == (account.uid if account else os.geteuid())
