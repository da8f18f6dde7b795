"""`gw dev` on a developer's machine: foreign servers in the environment, restarts, failures."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.__main__ import main
from tests.support.process import CLOCK, ROOT

OTHER_SERVERS = {
    "DATABASE_URL": "mysql2://payroll@db.invalid/payroll",
    "REDIS_URL": "cache.invalid:6379",
    "GATEWAY_DATABASE__URL_FILE": "/run/secrets/none",
    "PGHOST": "db.invalid",
    "PGPORT": "6432",
    "PGUSER": "payroll",
    "PGDATABASE": "payroll",
    "PGPASSWORD": "secret",
    "PGSSLMODE": "verify-full",
    "PGSERVICE": "payroll",
    "PGTARGETSESSIONATTRS": "standby",
    "PGOPTIONS": "-c search_path=payroll",
}
SERVES_WITHIN = 60.0


class Developer:
    """A developer with one state folder who starts `gw dev` on it."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.ready = folder / "ready.json"
        self.log = folder / "log"
        self.facts: dict[str, Any] = {}

    @contextmanager
    def started(self, **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
        options = ["--port=0", f"--state={self.state}", f"--ready-file={self.ready}"]
        argv = [sys.executable, "-m", "gateway", "dev", *options]
        with self.log.open("wb") as sink:
            environ = {**os.environ, **OTHER_SERVERS, **variables}
            process = subprocess.Popen(argv, cwd=ROOT, env=environ, stdout=sink, stderr=sink)
        try:
            yield process
        finally:
            process.terminate()
            status = process.wait(30)
        assert status == 0, self.log.read_text()
        assert not self.ready.exists()

    async def wait_until_serving(self, process: "subprocess.Popen[bytes]") -> None:
        until = CLOCK.monotonic() + SERVES_WITHIN
        while not self.ready.exists():
            assert process.poll() is None, self.log.read_text()
            assert CLOCK.monotonic() < until, self.log.read_text()
            await CLOCK.sleep(0.05)
        self.facts = json.loads(self.ready.read_text())

    def mails(self) -> list[str]:
        return sorted(one.name for one in (self.state / "mail").glob("*"))

    async def send_alert(self, severity: str = "warning") -> int:
        head = {"Authorization": f"Bearer {self.facts['ingest_key']}"}
        body = {"title": "disk full", "severity": severity}
        address = f"{self.facts['url']}/ingest/generic"
        async with (
            aiohttp.ClientSession() as session,
            session.post(address, json=body, headers=head) as answer,
        ):
            return answer.status

    async def wait_until_alert_is_accepted(self) -> None:
        until = CLOCK.monotonic() + SERVES_WITHIN
        while await self.send_alert() != 202:
            assert CLOCK.monotonic() < until, self.log.read_text()
            await CLOCK.sleep(0.1)

    async def wait_until_logged(self, slug: str) -> None:
        until = CLOCK.monotonic() + SERVES_WITHIN
        while slug not in self.log.read_text():
            assert CLOCK.monotonic() < until, self.log.read_text()
            await CLOCK.sleep(0.05)


@pytest.fixture
def developer() -> Iterator[Developer]:
    with tempfile.TemporaryDirectory(prefix="gateway-test-", dir="/tmp") as name:
        Path(name).chmod(0o711)
        yield Developer(Path(name))


def kill_child(process: "subprocess.Popen[bytes]", name: str) -> None:
    found = subprocess.check_output(["pgrep", "-P", str(process.pid), "-x", name], text=True)
    os.kill(int(found), signal.SIGKILL)


@pytest.mark.timeout(180)
async def test_dev_ignores_shell_servers_and_keeps_keys_after_restart(
    developer: Developer,
) -> None:
    with developer.started() as process:
        await developer.wait_until_serving(process)
        assert await developer.send_alert() == 202
        said = developer.log.read_text()
        assert f"state     {developer.state}" in said
        assert developer.ready.stat().st_mode & 0o777 == 0o600
        assert "DATABASE_URL is not used" in said
        assert "REDIS_URL is not used" in said
        psql = [sys.executable, "-m", "gateway.embedded.psql", f"--state={developer.state}"]
        counted = subprocess.run(
            [*psql, "-tAc", "SELECT count(*) FROM incident"],
            cwd=ROOT,
            env={**os.environ, **OTHER_SERVERS},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (counted.returncode, counted.stdout) == (0, "1\n"), counted.stderr
    before = developer.facts
    with developer.started() as process:
        await developer.wait_until_serving(process)
        assert developer.facts["admin_key"] == before["admin_key"]
        assert developer.facts["ingest_key"] == before["ingest_key"]
        assert await developer.send_alert() == 202


@pytest.mark.timeout(180)
async def test_dev_keeps_mails_and_writes_its_own_address_into_them(developer: Developer) -> None:
    with developer.started() as process:
        await developer.wait_until_serving(process)
        assert Path(developer.facts["mail"]) == developer.state / "mail"
        said = developer.log.read_text()
        assert f"mail      {developer.state / 'mail'}" in said
        url, admin, ingest = (developer.facts[one] for one in ("url", "admin_key", "ingest_key"))
        assert f"export GATEWAY={url} ADMIN={admin} INGEST={ingest}" in said
        person = {
            "login": "ann",
            "name": "Ann",
            "email": "ann@a.example",
            "roles": ["incident_manager"],
        }
        head = {"Authorization": f"Bearer {admin}"}
        async with (
            aiohttp.ClientSession(headers=head) as session,
            session.post(f"{url}/api/v1/people", json=person) as answer,
        ):
            assert answer.status == 201
        assert await developer.send_alert("critical") == 202
        await developer.wait_until_logged(f"P1 opened: disk full  {url}/r/")
        assert "mail to ann@a.example: [INC-" in developer.log.read_text()
    assert developer.mails() == ["000001.eml"]


@pytest.mark.timeout(180)
async def test_dev_uses_the_relay_and_the_address_that_are_configured(developer: Developer) -> None:
    relay = {
        "GATEWAY_NOTIFY__SMTP__HOST": "127.0.0.1",
        "GATEWAY_SERVER__EXTERNAL_URL": "https://desk.example",
    }
    with developer.started(**relay) as process:
        await developer.wait_until_serving(process)
        assert developer.facts["mail"] == ""
        person = {"login": "ann", "name": "Ann"}
        head = {"Authorization": f"Bearer {developer.facts['admin_key']}"}
        at = f"{developer.facts['url']}/api/v1/people"
        async with aiohttp.ClientSession(headers=head) as session:
            await session.post(at, json=person)
            async with session.post(f"{at}/ann/push-link") as answer:
                assert (await answer.json())["url"].startswith("https://desk.example/push/")
    assert developer.mails() == []


@pytest.mark.timeout(180)
async def test_killed_embedded_servers_are_restarted(developer: Developer) -> None:
    with developer.started() as process:
        await developer.wait_until_serving(process)
        for name in ("postgres", "valkey-server"):
            kill_child(process, name)
        for name in ("PostgreSQL", "Valkey"):
            told = f'"server": "{name}", "event": "embedded_server_restarted"'
            await developer.wait_until_logged(told)
        await developer.wait_until_alert_is_accepted()
        assert process.poll() is None


@pytest.mark.timeout(180)
async def test_killed_serving_process_is_replaced_in_ready_file(developer: Developer) -> None:
    with developer.started() as process:
        await developer.wait_until_serving(process)
        before = developer.facts
        [serving] = before["pids"]
        assert serving != process.pid == before["pid"]
        os.kill(serving, signal.SIGKILL)
        until = CLOCK.monotonic() + SERVES_WITHIN
        while (now := json.loads(developer.ready.read_text()))["pids"] == [serving]:
            assert CLOCK.monotonic() < until, developer.log.read_text()
            await CLOCK.sleep(0.05)
        assert now | {"pids": []} == before | {"pids": []}
        assert developer.ready.stat().st_mode & 0o777 == 0o600
        assert await developer.send_alert() == 202
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{now['url']}/metrics") as answer,
        ):
            assert 'gateway_process_restarts_total{reason="killed"} 1.0' in await answer.text()


@pytest.mark.usefixtures("logs_as_before")
class TestRefusals:
    """Tests of refusals: each is one line with status 2, before any server is started."""

    @pytest.fixture(autouse=True)
    def terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def refusal(self, *arguments: str | Path) -> str:
        assert main(["dev", *map(str, arguments)]) == 2
        said = self.capsys.readouterr().err
        assert len(said.splitlines()) == 1, said
        return said.removeprefix("gateway: ").strip()

    def test_port_in_use_is_refused(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            said = self.refusal("--port", str(port), "--state", tmp_path / "state")
        assert said.startswith(f"port {port} on 127.0.0.1 is in use: stop what listens there")
        assert not (tmp_path / "state").exists()

    def test_mail_listener_port_in_use_is_refused(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            config = tmp_path / "gateway.toml"
            config.write_text(f'[mail.listener]\nhost = "127.0.0.1"\nport = {port}\n')
            said = self.refusal("--port=0", "--config", config, "--state", tmp_path / "state")
        assert said.startswith(f"port {port} on 127.0.0.1 is in use")

    def test_state_that_is_file_is_refused(self, tmp_path: Path) -> None:
        state = tmp_path / "state"
        state.touch()
        ready = tmp_path / "ready.json"
        said = self.refusal("--port=0", "--state", state, "--ready-file", ready)
        assert said == f"{state} is a file: choose a folder with --state"
        assert list(tmp_path.iterdir()) == [state]

    def test_state_below_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        said = self.refusal("--port=0", "--state", tmp_path / "file" / "state")
        assert "a file stands where a directory is needed: choose another place" in said

    def test_unwritable_state_is_refused(self) -> None:
        said = self.refusal("--port=0", "--state", "/proc/state")
        assert said.startswith("/proc/state: ")

    def test_missing_home_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
        monkeypatch.delenv("XDG_STATE_HOME", raising=False)
        monkeypatch.setenv("HOME", "/proc/nobody")
        assert self.refusal("--port=0").startswith("/proc/nobody")

    def test_ready_file_in_missing_folder_is_refused(self, tmp_path: Path) -> None:
        ready = tmp_path / "none" / "ready.json"
        said = self.refusal("--port=0", "--state", tmp_path / "state", "--ready-file", ready)
        assert said == f"{ready}.new: it does not exist: correct the path"
        assert not (tmp_path / "state").exists()

    def test_external_servers_without_urls_are_refused(self, tmp_path: Path) -> None:
        said = self.refusal("--port=0", "--state", tmp_path / "state", "--external-servers")
        assert said == "--external-servers needs DATABASE_URL and REDIS_URL"
