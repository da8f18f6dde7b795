"""Tests of the output and the exit status of the operator's commands."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.__main__ import main

pytestmark = pytest.mark.usefixtures("logs_as_before")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("DATABASE_URL", "REDIS_URL", "GATEWAY_CONFIG", "GATEWAY_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_ALLOW_UNSAFE", "1")
    return monkeypatch


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], environ: pytest.MonkeyPatch) -> Run:
    def told(*arguments: str, **variables: str) -> tuple[int, str, str]:
        for name, value in variables.items():
            environ.setenv(name, value)
        status = main(list(arguments))
        said = capfd.readouterr()
        return status, said.out, said.err

    return told


@pytest.mark.parametrize(
    "command",
    [["migrate"], ["serve"], ["keys", "list"], ["keys", "make", "x", "admin"], ["audit", "verify"]],
)
def test_command_requires_explicit_database_url(run: Run, command: list[str]) -> None:
    status, out, error = run(*command, PGHOST="127.0.0.1", PGDATABASE="payroll")
    assert (status, out) == (2, "")
    assert error == (
        "gateway: DATABASE_URL is not set: set it to "
        "postgresql://USER:PASSWORD@HOST:5432/DATABASE\n"
    )


@pytest.mark.parametrize("command", [["migrate"], ["keys", "list"], ["audit", "verify"]])
def test_unreachable_database_error_hides_password(run: Run, command: list[str]) -> None:
    status, _, error = run(*command, DATABASE_URL="postgresql://me:hush@127.0.0.1:1/x")
    assert status == 2
    assert error.startswith("gateway: PostgreSQL at 127.0.0.1:1 does not answer (")
    assert error.endswith("is it running, and is DATABASE_URL right?\n")
    assert "hush" not in error
    assert error.count("\n") == 1


def test_command_on_unmigrated_database_suggests_migrate(run: Run, blank_database: str) -> None:
    for command in (["keys", "list"], ["keys", "make", "x", "admin"], ["audit", "verify"]):
        status, _, error = run(*command, DATABASE_URL=blank_database)
        assert (status, error.count("\n")) == (2, 1)
        assert "run `python -m gateway migrate` on this database first" in error


def test_key_is_created_listed_and_revoked(run: Run, database_url: str) -> None:
    status, made, _ = run("keys", "make", "first", "admin", DATABASE_URL=database_url)
    assert (status, made[:4]) == (0, "gwk_")
    _, listed, _ = run("keys", "list")
    number, state, scopes, *_, name = listed.split()
    assert (state, scopes, name) == ("valid", "admin", "first")
    assert made.strip() not in listed
    assert run("keys", "revoke", number)[0] == 0
    assert run("keys", "list")[1].split()[1] == "revoked"
    assert run("keys", "revoke", "999999") == (2, "", "gateway: there is no key 999999\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["keys", "revoke", "99999999999"],
        ["keys", "revoke", "first"],
        ["keys", "make", "\udcff", "admin"],
        ["keys", "make", "", "admin"],
        ["keys", "make", "x", "ingest", "--integration", "Not A Slug"],
    ],
)
def test_invalid_key_argument_is_refused_before_database_access(
    arguments: list[str], environ: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    environ.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/x")
    with pytest.raises(SystemExit) as exited:
        main(arguments)
    assert exited.value.code == 2
    assert "error: argument" in capfd.readouterr().err


@pytest.mark.parametrize(
    "written", [b"\xff\xfe", b"{}", b'{"seq":1,"since":0,"upto":1,"entries":0,"hash":"x"}']
)
def test_invalid_seal_file_is_reported_in_one_line(
    run: Run, database_url: str, tmp_path: Path, written: bytes
) -> None:
    (tmp_path / "seals").write_bytes(written)
    status, _, error = run(
        "audit", "verify", "--seals", str(tmp_path / "seals"), DATABASE_URL=database_url
    )
    assert (status, error.count("\n")) == (2, 1)
    assert "is no seal: name the file that audit.seal_file writes" in error


def test_check_reports_all_flaws_and_unchecked_settings(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(
        "[server]\nprot = 1\nport = 99999\n[notify.recipients]\nincident_manager "
        '= ["oncall", "person:ghost"]\n'
    )
    status, out, error = run("check", "--config", str(file))
    assert status == 2
    assert "  server.prot: no such setting" in error
    assert "  server.port: a port is a number from 0 to 65535" in error
    assert "  notify.recipients.incident_manager[0]: names no channel" in error
    assert error.count("(it is 'oncall')") == 1
    assert "gateway: not checked: DATABASE_URL is not set: the database was not looked at\n" in out
    assert "gateway: not checked: notify.recipients.incident_manager[1]\n" in out


def test_check_reports_foreign_listen_address_but_not_port_in_use(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        file.write_text(
            f'[server]\nport = {port}\n[mail.listener]\nhost = "203.0.113.9"\nport = 2525\n'
        )
        status, _, error = run("check", "--config", str(file))
    assert status == 2
    assert (
        "  mail.listener.host: port 2525 on 203.0.113.9 is no address of "
        "this machine: correct the host ("
    ) in error
    assert "  server." not in error
    file.write_text('[server]\nport = 99999\nhost = "gateway.invalid"\n')
    assert (
        "  server.host: gateway.invalid is no address of this machine"
        in run("check", "--config", str(file))[2]
    )


def test_check_reports_flaws_beside_unreadable_values(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(
        '[sla]\ndefault = "nope"\n[notify.recipients]\nleader = [5, '
        '"oncall"]\n[[escalation.management]]\npriorities = "all"\n'
    )
    _, _, error = run("check", "--config", str(file))
    assert "  notify.recipients.leader[0]: Expected `str`, got `int`" in error
    assert "  notify.recipients.leader[1]: names no channel" in error
    assert error.count("notify.recipients.leader[0]") == 1
    assert "  sla.default: no policy is named 'nope'" in error


def test_check_looks_up_recipients_in_database(
    run: Run, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(
        '[notify.recipients]\nincident_manager = ["person:ghost"]\nleader = '
        '["webhook:https://hooks.example.com"]\n'
    )
    status, out, error = run(
        "check", "--config", str(file), DATABASE_URL=database_url, REDIS_URL=redis_url
    )
    assert status == 1
    assert (
        "notify.recipients.incident_manager[0]: no active person has the login "
        "'ghost' (it is 'person:ghost')"
    ) in error
    assert "not checked" not in out


def test_check_accepts_configuration_with_reachable_recipients(
    run: Run, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "gateway.toml"
    hook = '["webhook:https://hooks.example.com"]'
    file.write_text(f"[notify.recipients]\nincident_manager = {hook}\nleader = {hook}\n")
    status, out, error = run(
        "check", "--config", str(file), DATABASE_URL=database_url, REDIS_URL=redis_url
    )
    assert (status, error) == (0, "")
    assert out.endswith("gateway: the configuration is in order\n")
    assert "gateway: server.external_url is empty: no message holds a link" in out
    file.write_text('[server]\nexternal_url = "https://gw.example"\n' + file.read_text())
    assert "no message holds a link" not in run("check", "--config", str(file))[1]


def test_check_warns_of_missing_mail_authentication_servers(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('[mail]\nreply_to = "desk@example.com"\n')
    assert "mail.authentication.servers is empty" in run("check", "--config", str(file))[1]
    file.write_text(file.read_text() + '[mail.authentication]\nservers = ["mx.example.com"]\n')
    assert "mail.authentication" not in run("check", "--config", str(file))[1]


def test_check_reports_unreachable_postgresql_and_redis(run: Run) -> None:
    status, _, error = run(
        "check", DATABASE_URL="postgresql://127.0.0.1:1/x", REDIS_URL="redis://127.0.0.1:1"
    )
    assert status == 2
    assert "  database.url: " in error
    assert "  redis.url: no server answers at REDIS_URL" in error


async def test_serve_refuses_port_in_use_before_database_access(run: Run) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = "postgresql://127.0.0.1:1/x"
    status, _, error = await asyncio.to_thread(run, "serve", "--port", str(port), DATABASE_URL=url)
    server.close()
    assert (status, error.splitlines()[-1]) == (
        2,
        (
            f"gateway: port {port} on 127.0.0.1 is in use: stop what listens "
            "there, or choose another port"
        ),
    )
