"""The notification command of Nagios and Icinga.

No notification is lost while the gateway is away, and all arrive in order.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

SCRIPT = Path(__file__).parents[2] / "integrations" / "nagios" / "notify_incident_gateway.py"


@dataclass
class Stub:
    """A gateway that answers with the given statuses and records the requests it accepted."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    committed: list[dict[str, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.names.append(request.headers["Idempotency-Key"])
        status = self.answers.pop(0) if self.answers else 202
        if status == 202:
            self.committed.append(await request.json())
        return web.Response(status=status, text="{}")

    @asynccontextmanager
    async def up(self) -> AsyncIterator["Stub"]:
        app = web.Application()
        app.router.add_post("/ingest/{source}", self.take)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            self.port = runner.addresses[0][1]
            yield self
        finally:
            await runner.cleanup()


@dataclass
class Nagios:
    """A Nagios that runs the notification command."""

    folder: Path
    stub: Stub

    async def tell(self, *told: str, within: str = "5", spool: str = "spool") -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(SCRIPT),
            "--url",
            f"http://127.0.0.1:{self.stub.port}",
            "--key-file",
            str(self.folder / "key"),
            "--pause",
            "0.01",
            "--within",
            within,
            "--spool",
            str(self.folder / spool),
            *told,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | {"TMPDIR": str(self.folder)},
        )
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode()

    @property
    def waiting(self) -> list[Path]:
        return sorted(self.folder.glob("spool/*/[0-9]*.json"))


@pytest.fixture
def nagios(tmp_path: Path) -> Nagios:
    (tmp_path / "key").write_text("gwk_x\n")
    return Nagios(tmp_path, Stub())


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.get_running_loop().run_in_executor(None, lambda: None)


async def test_notification_is_retried_under_one_key_and_set_aside_on_refusal(
    nagios: Nagios,
) -> None:
    nagios.stub.answers = [503, 429, 202, 400]
    async with nagios.stub.up():
        assert (await nagios.tell("type=PROBLEM", "host=a"))[0] == 0
        assert len(set(nagios.stub.names)) == 1
        assert (await nagios.tell("type=PROBLEM", "host=b"))[0] == 2
    assert nagios.stub.committed == [{"type": "PROBLEM", "host": "a"}]
    assert (nagios.waiting, len([*nagios.folder.glob("spool/*/refused/*.json")])) == ([], 1)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"caf\xe9", "café"),
        (b"caf\xe8", "cafè"),
        ("磁盘满".encode("gb2312"), "磁盘满"),
        ("磁盘满".encode()[:-1], "磁盘\ufffd"),
        ("磁盘满".encode(), "磁盘满"),
    ],
)
async def test_non_utf8_arguments_are_decoded(nagios: Nagios, sent: bytes, read: str) -> None:
    async with nagios.stub.up():
        assert (await nagios.tell("host=a", os.fsdecode(b"service=" + sent)))[0] == 0
    assert nagios.stub.committed == [{"host": "a", "service": read}]


async def test_notifications_spooled_during_outage_are_sent_in_order(nagios: Nagios) -> None:
    async with nagios.stub.up():
        pass
    for at, state in enumerate(("WARNING", "CRITICAL", "OK")):
        status, output = await nagios.tell(
            "host=a", "service=disk", f"state={state}", f"time={1795918240 + at}", within="0.3"
        )
        assert (status, "kept in" in output) == (1, True)
    assert len(nagios.waiting) == 3
    async with nagios.stub.up():
        await until(lambda: not nagios.waiting)
    assert [one["state"] for one in nagios.stub.committed] == ["WARNING", "CRITICAL", "OK"]


async def test_notifications_of_same_second_arrive_in_start_order(nagios: Nagios) -> None:
    async with nagios.stub.up():
        pass
    started = []
    for number in range(6):
        told = nagios.tell(
            "host=a", "service=disk", f"output={number}", "time=1795918240", within="30"
        )
        started.append(asyncio.create_task(told))
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)
    await until(lambda: len(nagios.waiting) == len(started))
    async with nagios.stub.up():
        assert {status for status, _ in await asyncio.gather(*started)} == {0}
    assert [one["output"] for one in nagios.stub.committed] == [str(number) for number in range(6)]


async def test_notification_of_killed_command_is_sent_by_next_command(nagios: Nagios) -> None:
    async with nagios.stub.up():
        pass
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SCRIPT),
        "--url",
        f"http://127.0.0.1:{nagios.stub.port}",
        "--key-file",
        str(nagios.folder / "key"),
        "--spool",
        str(nagios.folder / "spool"),
        "host=a",
        "state=CRITICAL",
        "time=1",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await until(lambda: len(nagios.waiting) == 1)
    process.kill()
    await process.wait()
    async with nagios.stub.up():
        assert (await nagios.tell("host=a", "state=OK", "time=2"))[0] == 0
    assert [one["state"] for one in nagios.stub.committed] == ["CRITICAL", "OK"]


async def test_notification_with_wrong_key_is_kept_and_sent_later(nagios: Nagios) -> None:
    nagios.stub.answers = [401]
    async with nagios.stub.up():
        status, output = await nagios.tell("host=a", "time=1")
        assert (status, "until this is mended" in output) == (2, True)
        assert (await nagios.tell("host=b", "time=2"))[0] == 0
    assert [one["host"] for one in nagios.stub.committed] == ["a", "b"]


async def test_unwritable_spool_folder_is_reported_and_replaced(nagios: Nagios) -> None:
    (nagios.folder / "file").write_text("")
    async with nagios.stub.up():
        status, output = await nagios.tell("host=a", spool="file/spool")
    assert (status, "Not a directory" in output) == (0, True)
    assert nagios.stub.committed == [{"host": "a"}]


def test_command_timeouts_are_below_nagios_and_icinga_limits() -> None:
    text = SCRIPT.read_text("utf-8")
    assert json.loads(text.partition("WITHIN = ")[2].partition("\n")[0]) == {
        "nagios": 25.0,
        "icinga": 55.0,
    }
