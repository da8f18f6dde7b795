"""The commands on documentation pages run in order against a new gateway."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.settings import Database, load
from tests.support.served import RunningGateway, served

ROOT = Path(__file__).parents[1]
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    database = Database(url=database_url, pool_min=1, pool_max=8)
    async with served(msgspec.structs.replace(load(None, {}), database=database)) as running:
        yield running


async def run(gateway: RunningGateway, name: str, folder: Path) -> None:
    """Run the commands of a page; curl is replaced by tests/support/curl.py."""
    curl = folder / "curl"
    curl.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/tests/support/curl.py" "$@"\n', "utf-8"
    )
    curl.chmod(0o700)
    script = "\n".join(COMMANDS.findall((ROOT / "docs" / name).read_text("utf-8")))
    assert script
    process = await asyncio.create_subprocess_exec(
        "sh",
        "-eu",
        "-c",
        script,
        env={
            "PATH": f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GATEWAY": str(gateway.client.make_url("/")).rstrip("/"),
            "ADMIN": gateway.keys["admin"],
        },
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()


async def test_monitors_page_commands_create_pinged_monitor(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    await run(gateway, "monitors.md", tmp_path)
    _, listed = await gateway.get("/api/v1/monitors", "admin")
    assert [(one["slug"], one["state"]) for one in listed["monitors"]] == [("nightly-backup", "up")]


async def test_on_call_page_commands_put_somebody_on_call(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    await run(gateway, "on-call.md", tmp_path)
    _, now = await gateway.get("/api/v1/schedules/web/on-call", "admin")
    assert (now["people"], now["shifts"][0]["why"]) == (["bob"], "override")
    _, later = await gateway.get("/api/v1/on-call?at=2026-03-10T03:00:00Z", "admin")
    assert [one["people"] for one in later["schedules"]] == [["bob"]]


async def test_people_page_commands_create_person_with_contact_methods(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    await run(gateway, "people.md", tmp_path)
    login = {"login": "ann", "password": "six elm trees at dusk"}
    assert (await gateway.post("/api/v1/login", login, None)).status == 200
    _, group = await gateway.get("/api/v1/groups/dba", "admin")
    assert group["members"] == ["ann"]
    _, chosen = await gateway.get("/api/v1/people/ann/methods", "admin")
    assert [one["address"] for one in chosen["methods"]] == ["", "ann@home.example"]


async def test_calendars_page_commands_make_absences_and_feeds(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    await run(gateway, "on-call-calendars.md", tmp_path)
    far = "?from=2150-01-01T00:00:00Z&to=2151-01-01T00:00:00Z"
    _, listed = await gateway.get(f"/api/v1/people/ann/absences{far}", "admin")
    assert [one["reason"] for one in listed["absences"]] == ["Annual leave"]
    _, feed = await gateway.get("/api/v1/schedules/databases/feed", "admin")
    assert feed["made_by"] == "ann"
    shown = await gateway.client.get(feed["address"])
    assert (await shown.text()).startswith("BEGIN:VCALENDAR")
